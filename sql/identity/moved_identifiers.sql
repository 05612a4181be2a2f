-- moved_identifiers: former identifiers that are not known to be whose they were.
-- Grain: one row per identifier.
-- Reads: previous_identifiers, gone_belongings.
select identifier, customer_id
from previous_identifiers
where belonging in (select belonging from gone_belongings)
