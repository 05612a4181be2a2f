-- event_customers: whose event it is, but of those whose processing was stopped.
-- Grain: one row per event_id that has such a customer.
-- Reads: event_owners, suppressed_customers.
-- Kept as a view: hardly anybody is left out of event_owners.
select
    cast(event_owners.event_key as varchar) as event_id,
    event_owners.event_key,
    event_owners.customer_id,
    event_owners.customer_rank,
    event_owners.identifier,
    event_owners.attribution,
    event_owners.is_uncertain
from event_owners
left join
    suppressed_customers on event_owners.customer_id = suppressed_customers.customer_id
where suppressed_customers.customer_id is null
