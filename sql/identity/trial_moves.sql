-- trial_moves: whose identifiers were whose, and whose they are under the policy tried.
-- Grain: one row per before_id, after_id; a null stands for no customer.
-- Reads: before_identifiers, after_identifiers.
select
    before_identifiers.customer_id as before_id,
    after_identifiers.customer_id as after_id,
    count(*) as identifier_count
from before_identifiers
full join
    after_identifiers on before_identifiers.identifier = after_identifiers.identifier
where
    before_identifiers.customer_id is not null
    or after_identifiers.customer_id is not null
group by before_identifiers.customer_id, after_identifiers.customer_id
