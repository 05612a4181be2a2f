-- customer_confidence: how sure it is that a customer's identifiers are one person; not
-- of those whose processing was stopped.
-- Grain: one row per customer_id.
-- Reads: customer_confidence, suppressed_customers.
select customer_confidence.customer_id, customer_confidence.identity_confidence
from customer_confidence
left join
    suppressed_customers
    on customer_confidence.customer_id = suppressed_customers.customer_id
where suppressed_customers.customer_id is null
order by customer_confidence.customer_id
