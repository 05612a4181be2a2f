-- match_pairs: two customers who may be one person, and what was made of it.
-- Grain: one row per left_identifier_id, right_identifier_id.
-- Reads: match_pairs, identifiers, salt.
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
cross join salt
order by match_pairs.left_identifier, match_pairs.right_identifier
