-- persona_steps: how often each customer went from one touchpoint to another one.
-- Grain: one row per customer_id, from_name, to_name.
-- Reads: persona_moves.
select customer_id, from_name, to_name, count(*) as step_count
from persona_moves
group by customer_id, from_name, to_name
