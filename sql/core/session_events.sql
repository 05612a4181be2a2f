-- session_events: the session of every event: its channel has not been silent too long.
-- Grain: one row per customer_id, position.
-- Reads: channels, ordered_events.
with
    paced as (
        select
            customer_id,
            position,
            channel,
            occurred_at,
            occurred_us,
            touchpoint,
            occurred_us - lag(occurred_us) over (
                partition by customer_id, channel order by position
            ) as silence_us
        from ordered_events
    )

select
    paced.customer_id,
    paced.position,
    paced.channel,
    paced.occurred_at,
    paced.occurred_us,
    paced.touchpoint,
    -- A first event has no silence before it, and opens session 1.
    cast(
        sum(
            case
                when paced.silence_us is null or paced.silence_us > channels.gap_us
                then 1
                else 0
            end
        ) over (
            partition by paced.customer_id, paced.channel
            order by paced.position
            rows between unbounded preceding and current row
        ) as bigint
    ) as session_number
from paced
join channels on paced.channel = channels.channel
