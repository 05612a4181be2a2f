-- value_history: how often and how lately each customer got what they came for.
-- Grain: one row per customer_id.
-- Reads: business_days, ordered_events, parameters.
with
    -- It counts once a day of the company's time zone: many page views of one day are
    -- one visit.
    valued_days as (
        select
            ordered_events.customer_id,
            business_days.day_number,
            min(ordered_events.occurred_us) as first_us,
            min(ordered_events.occurred_at) as first_at,
            max(ordered_events.occurred_at) as last_at,
            max(ordered_events.occurred_us) as last_us
        from ordered_events
        cross join parameters
        join
            business_days
            on cast(
                floor(
                    cast(ordered_events.occurred_us as double) / 86400000000e0
                ) as bigint
            )
            = business_days.utc_day
            and ordered_events.occurred_us >= business_days.from_us
            and ordered_events.occurred_us < business_days.until_us
        where
            ordered_events.is_value
            and ordered_events.occurred_us <= parameters.as_of_us
        group by ordered_events.customer_id, business_days.day_number
    ),

    valued as (
        select
            customer_id,
            count(*) - 1 as repeat_count,
            min(first_us) as first_us,
            max(first_us) as last_day_us,
            max(last_us) as last_us,
            min(first_at) as first_value_at,
            max(last_at) as last_value_at
        from valued_days
        group by customer_id
    ),

    known as (
        select
            ordered_events.customer_id,
            min(ordered_events.occurred_us) as known_us,
            max(
                case
                    when ordered_events.outcome = 'ends' then ordered_events.occurred_us
                end
            ) as ended_us,
            max(
                case
                    when ordered_events.outcome = 'completes'
                    then ordered_events.occurred_us
                end
            ) as completed_us
        from ordered_events
        cross join parameters
        where ordered_events.occurred_us <= parameters.as_of_us
        group by ordered_events.customer_id
    ),

    reasoned as (
        select
            known.customer_id,
            valued.repeat_count,
            cast(valued.last_day_us - valued.first_us as double)
            / 86400000000e0 as recency_days,
            cast(parameters.as_of_us - valued.first_us as double)
            / 86400000000e0 as age_days,
            valued.first_value_at,
            valued.last_value_at,
            case
                when valued.customer_id is null
                then 'no value event yet'
                -- The last bill read after a cancellation does not undo it.
                when
                    known.ended_us > coalesce(known.completed_us, 0)
                    and valued.last_us <= known.ended_us + parameters.dormancy_us
                then 'already left'
                when parameters.as_of_us - known.known_us < parameters.min_history_us
                then 'known for too short a time'
                -- What a score would foretell has happened: it is a list for winning
                -- back.
                when valued.last_us <= parameters.as_of_us - parameters.horizon_us
                then 'silent for a whole horizon already'
            end as reason_not_scored
        from known
        cross join parameters
        -- Who never had a value event is kept, with the reason.
        left join valued on known.customer_id = valued.customer_id
    )

select
    customer_id,
    repeat_count as value_event_count,
    recency_days,
    age_days,
    first_value_at,
    last_value_at,
    reason_not_scored is null as is_eligible,
    -- A model that never saw anybody fall silent would foretell that nobody does.
    reason_not_scored is null
    or reason_not_scored = 'silent for a whole horizon already' as is_learned_from,
    reason_not_scored
from reasoned
