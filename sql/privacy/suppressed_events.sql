-- suppressed_events: what is kept of those whose processing was stopped, and is in no
-- published table.
-- Grain: one row per event_id.
-- Reads: event_owners, suppressed_customers.
select cast(event_owners.event_key as varchar) as event_id, event_owners.customer_id
from event_owners
semi join
    suppressed_customers on event_owners.customer_id = suppressed_customers.customer_id
order by event_owners.event_key
