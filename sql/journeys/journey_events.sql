-- journey_events: every touchpoint of a customer with the journey it belongs to.
-- Grain: one row per customer_id, position, for every touchpoint.
-- Reads: ordered_events, parameters.
-- What a customer does no later than aftermath_us after an outcome is no sign of life
-- and belongs to no journey, unless it is an outcome itself; with 0, all of it is one.
with
    touched as (
        select
            customer_id,
            position,
            occurred_at,
            occurred_us,
            touchpoint,
            stage,
            stage_position,
            channel,
            owner,
            initiator,
            outcome,
            is_value,
            device_kind,
            amount_cents,
            is_uncertain,
            max(case when outcome is not null then occurred_us end) over (
                partition by customer_id
                order by position
                rows between unbounded preceding and 1 preceding
            ) as outcome_us
        from ordered_events
        where touchpoint is not null
    ),

    -- A sign of life: the customer acted, or the journey was decided.
    signed as (
        select
            touched.*,
            touched.outcome is not null
            or (
                touched.initiator = 'customer'
                and (
                    touched.outcome_us is null
                    or parameters.aftermath_us = 0
                    or touched.occurred_us - touched.outcome_us
                    > parameters.aftermath_us
                )
            ) as is_sign
        from touched
        cross join parameters
    ),

    paced as (
        select
            *,
            max(case when is_sign then occurred_us end) over earlier as sign_us,
            max(case when is_sign then position end) over earlier as sign_position,
            max(case when outcome is not null then position end) over earlier
            as outcome_position
        from signed
        window
            earlier as (
                partition by customer_id
                order by position
                rows between unbounded preceding and 1 preceding
            )
    ),

    -- It goes on while the latest sign decided nothing and is not dormant.
    placed as (
        select
            paced.*,
            coalesce(
                (outcome_position is null or outcome_position < sign_position)
                and occurred_us - sign_us <= dormancy_us,
                false
            ) as goes_on
        from paced
        cross join parameters
    )

select
    customer_id,
    position,
    case
        when is_sign or goes_on
        then
            cast(
                sum(case when is_sign and not goes_on then 1 else 0 end) over (
                    partition by customer_id
                    order by position
                    rows between unbounded preceding and current row
                ) as bigint
            )
    end as journey_number,
    occurred_at,
    occurred_us,
    touchpoint,
    stage,
    stage_position,
    channel,
    owner,
    initiator,
    outcome,
    is_value,
    device_kind,
    amount_cents,
    is_uncertain,
    is_sign,
    is_sign and not goes_on as is_opening
from placed
