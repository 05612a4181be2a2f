-- match_names: the identifier that stands for each customer in links to others.
-- Grain: one row per customer_id.
-- Reads: stitched_identifiers.
select customer_id, namespace, value, identifier
from stitched_identifiers
where status = 'active'
qualify
    row_number() over (partition by customer_id order by priority, night, identifier)
    = 1
order by customer_id
