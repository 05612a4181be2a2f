-- customer_changes: what became of customers since the last published run; nothing is
-- told of those whose processing was stopped.
-- Grain: one row per change, customer_id, other_customer_id.
-- Reads: customer_changes, suppressed_customers.
select
    customer_changes.change,
    customer_changes.customer_id,
    customer_changes.other_customer_id,
    customer_changes.identifier_count
from customer_changes
left join
    suppressed_customers as stopped
    on customer_changes.customer_id = stopped.customer_id
-- A change may be of one customer alone.
left join
    suppressed_customers as other_stopped
    on customer_changes.other_customer_id = other_stopped.customer_id
where stopped.customer_id is null and other_stopped.customer_id is null
order by
    customer_changes.change,
    customer_changes.customer_id,
    customer_changes.other_customer_id
