-- event_log: every touchpoint of a journey, in the column names of XES (IEEE 1849).
-- Grain: one row per case:concept:name, position.
-- Reads: events.
select
    customer_id || '/' || journey_number as "case:concept:name",
    touchpoint as "concept:name",
    occurred_at as "time:timestamp",
    'complete' as "lifecycle:transition",
    actor as "org:resource",
    channel as "org:group",
    customer_id as "case:customer_id",
    journey_number as "case:journey_number",
    position,
    stage,
    session_number,
    source,
    amount_cents,
    currency,
    event_id
from events
where journey_number is not null
order by customer_id, position
