-- The pages show both: an ending counted here is a transition to (ended) there.
with
    endings as (
        select
            'stage' as grain,
            from_stage as name,
            transition_count as ended,
            settled_count as settled_ended_count
        from stage_transitions
        where to_stage = '(ended)'
        union all
        select
            'touchpoint' as grain,
            from_touchpoint as name,
            transition_count as ended,
            settled_count as settled_ended_count
        from touchpoint_transitions
        where to_touchpoint = '(ended)'
    )

select
    drop_offs.grain,
    drop_offs.name,
    drop_offs.ended,
    coalesce(endings.ended, 0) as ended_transitions
from drop_offs
full join endings on drop_offs.grain = endings.grain and drop_offs.name = endings.name
where
    coalesce(drop_offs.ended, -1) <> coalesce(endings.ended, 0)
    or drop_offs.settled_ended_count <> coalesce(endings.settled_ended_count, 0)
