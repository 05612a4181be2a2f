-- Where people went instead is told of everybody who ended or went back, and of nobody
-- else.
with
    told as (
        select
            stage,
            cast(
                sum(case when detour = 'returned' then visit_count else 0 end) as bigint
            ) as ended_count,
            cast(
                sum(case when detour = 'diverted' then visit_count else 0 end) as bigint
            ) as diverted_count
        from drop_off_detours
        group by stage
    ),

    backward as (
        select
            stage_transitions.from_stage as stage,
            cast(sum(stage_transitions.settled_count) as bigint) as diverted_count
        from stage_transitions
        join stages as before on stage_transitions.from_stage = before.stage
        join stages as after on stage_transitions.to_stage = after.stage
        where after.position < before.position
        group by stage_transitions.from_stage
    )

select
    drop_offs.name as stage,
    drop_offs.settled_ended_count,
    told.ended_count,
    backward.diverted_count,
    told.diverted_count as told_diverted_count
from drop_offs
left join told on drop_offs.name = told.stage
left join backward on drop_offs.name = backward.stage
where
    drop_offs.grain = 'stage'
    and (
        drop_offs.settled_ended_count <> coalesce(told.ended_count, 0)
        or coalesce(backward.diverted_count, 0) <> coalesce(told.diverted_count, 0)
    )
