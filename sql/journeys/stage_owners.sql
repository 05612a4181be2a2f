-- stage_owners: which departments meet customers in each stage, and how many.
-- Grain: one row per stage, owner.
-- Reads: ordered_events.
with
    counted as (
        select stage, owner, count(distinct customer_id) as customer_count
        from ordered_events
        where stage is not null and owner is not null
        group by stage, owner
    )

select
    stage,
    owner,
    customer_count,
    row_number() over (partition by stage order by customer_count desc, owner) as place
from counted
order by stage, place
