-- xes_events: the touchpoints of all journeys, trace by trace.
-- Grain: one row per customer_id, position.
-- Reads: events, journeys.
select
    events.customer_id,
    events.journey_number,
    journeys.status,
    events.event_id,
    events.touchpoint,
    events.stage,
    events.channel,
    events.source,
    events.actor,
    events.occurred_at,
    events.amount_cents,
    events.currency
from events
inner join
    journeys
    on events.customer_id = journeys.customer_id
    and events.journey_number = journeys.journey_number
order by events.customer_id, events.position
