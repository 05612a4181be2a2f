-- Without self-loops all else stays, and the loops left out are counted.
with
    moves as (
        select
            'stage' as grain,
            from_stage as from_name,
            to_stage as to_name,
            transition_count
        from stage_transitions
        union all
        select
            'touchpoint' as grain,
            from_touchpoint as from_name,
            to_touchpoint as to_name,
            transition_count
        from touchpoint_transitions
        union all
        select
            'channel' as grain,
            from_channel as from_name,
            to_channel as to_name,
            transition_count
        from channel_transitions
        union all
        select
            'owner' as grain,
            from_owner as from_name,
            to_owner as to_name,
            transition_count
        from owner_transitions
    ),

    loops as (
        select grain, from_name, transition_count from moves where from_name = to_name
    ),

    expected as (
        select
            moves.grain,
            moves.from_name,
            moves.to_name,
            moves.transition_count,
            coalesce(loops.transition_count, 0) as repeated_count
        from moves
        left join
            loops on moves.grain = loops.grain and moves.from_name = loops.from_name
        where moves.from_name <> moves.to_name
    )

select
    coalesce(expected.grain, collapsed_transitions.grain) as grain,
    coalesce(expected.from_name, collapsed_transitions.from_name) as from_name,
    coalesce(expected.to_name, collapsed_transitions.to_name) as to_name,
    expected.transition_count,
    collapsed_transitions.transition_count as collapsed_count,
    expected.repeated_count,
    collapsed_transitions.repeated_count as shown_repeated_count
from expected
full join
    collapsed_transitions
    on expected.grain = collapsed_transitions.grain
    and expected.from_name = collapsed_transitions.from_name
    and expected.to_name = collapsed_transitions.to_name
where
    coalesce(expected.transition_count, 0)
    <> coalesce(collapsed_transitions.transition_count, 0)
    or coalesce(expected.repeated_count, -1)
    <> coalesce(collapsed_transitions.repeated_count, -1)
