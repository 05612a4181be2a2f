-- suppressed_customers: customers who asked that processing stops; one of their
-- identifiers is enough.
-- Grain: one row per customer_id.
-- Reads: identifiers, suppressed_identifiers.
select identifiers.customer_id
from identifiers
join
    suppressed_identifiers on identifiers.identifier = suppressed_identifiers.identifier
where identifiers.customer_id is not null
group by identifiers.customer_id
