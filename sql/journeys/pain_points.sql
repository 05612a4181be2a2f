-- pain_points: the troubles of each stage by the customers they touched.
-- Grain: one row per stage, touchpoint, pain.
-- Reads: journey_map, pain_evidence.
with
    counted as (
        select stage, touchpoint, pain as trouble, count(*) as customer_count
        from pain_evidence
        group by stage, touchpoint, pain
    )

select
    counted.stage,
    row_number() over (
        partition by counted.stage
        order by counted.customer_count desc, counted.touchpoint, counted.trouble
    ) as rank,
    counted.touchpoint || ': ' || counted.trouble as pain,
    counted.touchpoint,
    counted.trouble,
    counted.customer_count,
    -- Of the customers who reached the stage.
    cast(counted.customer_count as double)
    / nullif(journey_map.customer_count, 0) as share
from counted
join journey_map on counted.stage = journey_map.stage
order by journey_map.position, rank
