-- current_members: whose each identifier is by today's knowledge.
-- Grain: one row per identifier of a customer.
-- Reads: identifiers.
select identifier, customer_id from identifiers where customer_id is not null
