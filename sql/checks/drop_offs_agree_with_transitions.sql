-- The pages show both: an ending counted here is a transition to (ended) there.
with
    endings as (
        select
            grain,
            from_name as name,
            transition_count as ended,
            settled_count as settled_ended_count
        from named_transitions
        where grain in ('stage', 'touchpoint') and to_name = '(ended)'
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
