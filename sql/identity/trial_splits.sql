-- trial_splits: the customers that the policy tried would part into the most others.
-- Grain: one row per customer_id, at most ten.
-- Reads: trial_moves.
select
    before_id as customer_id,
    count(*) as customer_count,
    cast(sum(identifier_count) as bigint) as identifier_count,
    string_agg(after_id, ' ' order by after_id) as customer_ids
from trial_moves
where before_id is not null and after_id is not null
group by before_id
having count(*) > 1
order by customer_count desc, identifier_count desc, customer_id
limit 10
