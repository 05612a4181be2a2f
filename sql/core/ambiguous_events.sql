-- ambiguous_events: what happened on shared devices when nobody near in time had
-- logged in, or several had.
-- Grain: one row per event_id.
-- Reads: contested_devices, kind_touchpoints, known_events, named_customers,
-- nearest_logins, touchpoints.
select
    contested_devices.ambiguous_customer_id as customer_id,
    known_events.event_id,
    known_events.occurred_at,
    known_events.source,
    known_events.channel,
    known_events.kind,
    known_events.label,
    kind_touchpoints.touchpoint,
    touchpoints.stage,
    known_events.device_kind,
    nearest_logins.is_contested
from nearest_logins
join contested_devices on nearest_logins.identifier = contested_devices.identifier
join known_events on nearest_logins.event_id = known_events.event_id
-- What no touchpoint describes is shown all the same.
left join
    kind_touchpoints
    on known_events.channel = kind_touchpoints.channel
    and known_events.kind = kind_touchpoints.kind
    and known_events.label is not distinct from kind_touchpoints.label
left join touchpoints on kind_touchpoints.touchpoint = touchpoints.touchpoint
-- A device that changed hands has an owner, who stands in for the log-in.
left join named_customers on nearest_logins.event_key = named_customers.event_key
where nearest_logins.customer_id is null and named_customers.event_key is null
order by known_events.occurred_at, known_events.event_id
