-- attributed_events: what was published as having happened to the customers.
-- Grain: one row per event_id.
-- Reads: asked_customers, events.
select distinct event.event_id
from events as event
semi join asked_customers as customer on event.customer_id = customer.customer_id
order by event.event_id
