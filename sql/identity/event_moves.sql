-- event_moves: whose events were whose then, and whose they are today.
-- Grain: one row per former_id, current_id.
-- Reads: current_owners, event_customers.
select
    event_customers.customer_id as former_id,
    current_owners.customer_id as current_id,
    count(*) as event_count
from event_customers
join current_owners on event_customers.event_key = current_owners.event_key
group by event_customers.customer_id, current_owners.customer_id
