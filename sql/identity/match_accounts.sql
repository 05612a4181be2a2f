-- match_accounts: the kinds of unique identifier that each customer has.
-- Grain: one row per customer_id, namespace.
-- Reads: stitched_identifiers, unique_namespaces.
select distinct customer_id, namespace
from stitched_identifiers
where status = 'active' and namespace in (select namespace from unique_namespaces)
order by customer_id, namespace
