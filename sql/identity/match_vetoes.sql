-- match_vetoes: customers that people keep apart.
-- Grain: one row per left_customer_id, right_customer_id.
-- Reads: stitched_identifiers, given_links.
select distinct
    one.customer_id as left_customer_id, other.customer_id as right_customer_id
from given_links
join
    stitched_identifiers as one
    on given_links.left_namespace = one.namespace
    and given_links.left_value = one.value
join
    stitched_identifiers as other
    on given_links.right_namespace = other.namespace
    and given_links.right_value = other.value
where given_links.rule = 'veto' and one.customer_id <> other.customer_id
order by one.customer_id, other.customer_id
