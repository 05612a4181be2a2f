-- ocel_events: the touchpoints of all journeys with the objects each is about.
-- Grain: one row per event_id.
-- Reads: events.
select
    event_id,
    touchpoint,
    occurred_at,
    stage,
    channel,
    source,
    actor,
    amount_cents,
    currency,
    'customer:' || customer_id as customer,
    'journey:' || customer_id || '/' || journey_number as journey,
    case
        when object_kind is not null and object_id is not null
        then object_kind || ':' || source || ':' || object_id
    end as subject
from events
where journey_number is not null
order by occurred_at, event_id
