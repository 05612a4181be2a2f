-- match_pairs: two customers who may be one person, and what was made of it.
-- Grain: one row per left_identifier_id, right_identifier_id.
-- Reads: identifiers, match_pairs, salt, suppressed_customers.
-- Who asked that processing stops stands in no pair.
select
    one.customer_id as left_customer_id,
    other.customer_id as right_customer_id,
    md5(salt.salt || match_pairs.left_identifier) as left_identifier_id,
    md5(salt.salt || match_pairs.right_identifier) as right_identifier_id,
    match_pairs.probability,
    match_pairs.status,
    match_pairs.features,
    match_pairs.model_id
from match_pairs
left join identifiers as one on match_pairs.left_identifier = one.identifier
left join identifiers as other on match_pairs.right_identifier = other.identifier
left join suppressed_customers as stopped on one.customer_id = stopped.customer_id
left join
    suppressed_customers as other_stopped
    on other.customer_id = other_stopped.customer_id
cross join salt
where stopped.customer_id is null and other_stopped.customer_id is null
order by match_pairs.left_identifier, match_pairs.right_identifier
