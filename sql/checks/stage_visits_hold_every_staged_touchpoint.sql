-- Visits and journeys are cut from the same touchpoints.
with
    visited as (
        select
            customer_id, journey_number, cast(sum(touchpoint_count) as bigint) as held
        from stage_visits
        group by customer_id, journey_number
    ),

    staged as (
        select customer_id, journey_number, count(*) as touched
        from journey_events
        where journey_number is not null and stage is not null
        group by customer_id, journey_number
    )

select
    staged.customer_id,
    staged.journey_number,
    staged.touched,
    coalesce(visited.held, 0) as held
from staged
left join
    visited
    on staged.customer_id = visited.customer_id
    and staged.journey_number = visited.journey_number
where staged.touched <> coalesce(visited.held, 0)
