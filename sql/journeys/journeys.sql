-- journeys: a customer's touchpoints from a first sign of life to an outcome or
-- silence.
-- Grain: one row per customer_id, journey_number.
-- Reads: journey_events, parameters.
with
    gathered as (
        select
            customer_id,
            journey_number,
            min(occurred_at) as started_at,
            max(occurred_at) as last_touched_at,
            max(case when is_sign then occurred_at end) as last_sign_at,
            max(case when is_sign then occurred_us end) as last_sign_us,
            max(occurred_us) - min(occurred_us) as duration_us,
            max(case when is_opening then touchpoint end) as first_touchpoint,
            -- An outcome closes its journey, so a journey has one at most.
            max(outcome) as outcome,
            max(
                case when outcome is not null then touchpoint end
            ) as outcome_touchpoint,
            min(position) as first_position,
            max(position) as last_position,
            count(*) as touchpoint_count,
            count(stage) as staged_count,
            cast(sum(amount_cents) as bigint) as value_cents,
            max(case when is_uncertain then 1 else 0 end) = 1 as is_uncertain
        from journey_events
        where journey_number is not null
        group by customer_id, journey_number
    )

select
    gathered.customer_id,
    gathered.journey_number,
    gathered.started_at,
    gathered.last_touched_at,
    gathered.last_sign_at,
    cast(gathered.duration_us as double) / 86400000000e0 as duration_days,
    case
        when gathered.outcome = 'completes'
        then 'completed'
        when
            gathered.outcome = 'ends'
            or parameters.as_of_us - gathered.last_sign_us > parameters.dormancy_us
        then 'ended'
        else 'open'
    end as status,
    gathered.first_touchpoint,
    gathered.outcome_touchpoint,
    gathered.first_position,
    gathered.last_position,
    gathered.touchpoint_count,
    gathered.staged_count,
    coalesce(gathered.value_cents, 0) as value_cents,
    gathered.is_uncertain
from gathered
cross join parameters
