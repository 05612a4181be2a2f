-- sessions: a customer's events in one channel, cut where it falls silent over its gap.
-- Grain: one row per customer_id, channel, session_number.
-- Reads: session_events.
select
    customer_id,
    channel,
    session_number,
    min(occurred_at) as started_at,
    max(occurred_at) as ended_at,
    cast(max(occurred_us) - min(occurred_us) as double)
    / 60000000e0 as duration_minutes,
    count(*) as event_count,
    count(touchpoint) as touchpoint_count,
    min(position) as first_position,
    max(position) as last_position
from session_events
group by customer_id, channel, session_number
