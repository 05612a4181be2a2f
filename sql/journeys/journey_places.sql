-- journey_places: every touchpoint of a customer with the journey it belongs to, in
-- numbers.
-- Grain: one row per customer_rank, position, for every touchpoint.
-- Reads: ordered_events, parameters.
-- What a customer does no later than aftermath_us after an outcome is no sign of life
-- and belongs to no journey, unless it is an outcome itself; with 0, all of it is one.
with
    -- Whole numbers alone go through the windows: they take a fraction of the time that
    -- texts do.
    touched as (
        select
            customer_rank,
            position,
            occurred_us,
            outcome is not null as is_outcome,
            initiator = 'customer' as is_by_customer
        from ordered_events
        where touchpoint is not null
    ),

    -- Only needed where an aftermath is left out; by default none is.
    decided as (
        select
            touched.*,
            parameters.aftermath_us,
            max(case when touched.is_outcome then touched.occurred_us end) over (
                partition by touched.customer_rank
                order by touched.position
                rows between unbounded preceding and 1 preceding
            ) as outcome_us
        from touched
        cross join parameters
        where parameters.aftermath_us > 0
    ),

    -- A sign of life: the customer acted, or the journey was decided.
    signed as (
        select
            touched.customer_rank,
            touched.position,
            touched.occurred_us,
            touched.is_outcome,
            touched.is_outcome or touched.is_by_customer as is_sign
        from touched
        cross join parameters
        where parameters.aftermath_us = 0
        union all
        select
            customer_rank,
            position,
            occurred_us,
            is_outcome,
            is_outcome
            or (
                is_by_customer
                and (outcome_us is null or occurred_us - outcome_us > aftermath_us)
            ) as is_sign
        from decided
    ),

    paced as (
        select
            *,
            max(case when is_sign then occurred_us end) over earlier as sign_us,
            max(case when is_sign then position end) over earlier as sign_position,
            max(case when is_outcome then position end) over earlier as outcome_position
        from signed
        window
            earlier as (
                partition by customer_rank
                order by position
                rows between unbounded preceding and 1 preceding
            )
    ),

    -- It goes on while the latest sign decided nothing and is not dormant.
    placed as (
        select
            paced.customer_rank,
            paced.position,
            paced.is_sign,
            coalesce(
                (
                    paced.outcome_position is null
                    or paced.outcome_position < paced.sign_position
                )
                and paced.occurred_us - paced.sign_us <= parameters.dormancy_us,
                false
            ) as goes_on
        from paced
        cross join parameters
    ),

    numbered as (
        select
            customer_rank,
            position,
            is_sign,
            goes_on,
            cast(
                sum(case when is_sign and not goes_on then 1 else 0 end) over (
                    partition by customer_rank
                    order by position
                    rows between unbounded preceding and current row
                ) as bigint
            ) as journey_number
        from placed
    )

select
    ordered_events.customer_id,
    ordered_events.customer_rank,
    ordered_events.position,
    case
        when numbered.is_sign or numbered.goes_on then numbered.journey_number
    end as journey_number,
    ordered_events.occurred_at,
    ordered_events.kind_number,
    ordered_events.touchpoint_number,
    ordered_events.amount_cents,
    ordered_events.is_uncertain,
    numbered.is_sign,
    numbered.is_sign and not numbered.goes_on as is_opening
from ordered_events
join
    numbered
    on ordered_events.customer_rank = numbered.customer_rank
    and ordered_events.position = numbered.position
