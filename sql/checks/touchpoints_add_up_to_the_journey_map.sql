-- A stage has the events of its touchpoints, and its losses are those of drop_offs.
with
    summed as (
        select stage, cast(sum(event_count) as bigint) as event_count
        from touchpoint_measures
        where stage is not null
        group by stage
    )

select
    journey_map.stage,
    journey_map.event_count,
    summed.event_count as touchpoint_event_count,
    journey_map.left_count,
    drop_offs.settled_ended_count,
    journey_map.left_base_count,
    drop_offs.settled_count
from journey_map
left join summed on journey_map.stage = summed.stage
left join drop_offs on drop_offs.grain = 'stage' and journey_map.stage = drop_offs.name
where
    journey_map.event_count <> coalesce(summed.event_count, 0)
    or journey_map.left_count <> coalesce(drop_offs.settled_ended_count, -1)
    or journey_map.left_base_count <> coalesce(drop_offs.settled_count, -1)
