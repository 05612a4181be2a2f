-- silences: how long customers stayed silent, and whether they came back.
-- Grain: one row per silent_hours, has_returned.
-- Reads: ordered_events, parameters.
-- A silence begins with a sign of life, as journeys know it, and lasts until the next
-- one, or until as_of. What follows a decision is no silence: that journey is over.
with
    signs as (
        select
            customer_id,
            position,
            occurred_us,
            outcome,
            lead(occurred_us) over (
                partition by customer_id order by position
            ) as next_us
        from ordered_events
        where touchpoint is not null and (initiator = 'customer' or outcome is not null)
    )

select
    cast(
        floor(
            (coalesce(signs.next_us, parameters.as_of_us) - signs.occurred_us)
            / 3600000000
        ) as bigint
    ) as silent_hours,
    signs.next_us is not null as has_returned,
    count(*) as silence_count
from signs
cross join parameters
where signs.outcome is null
group by all
