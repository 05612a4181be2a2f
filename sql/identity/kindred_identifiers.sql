-- kindred_identifiers: the identifiers asked about and all others of their customers.
-- Grain: one row per identifier.
-- Reads: identifiers, asked_identifiers.
select
    identifiers.identifier,
    identifiers.status,
    identifiers.reason,
    identifiers.customer_id
from identifiers
where
    identifiers.identifier in (select identifier from asked_identifiers)
    or identifiers.customer_id
    in (select customer_id from asked_identifiers where customer_id is not null)
