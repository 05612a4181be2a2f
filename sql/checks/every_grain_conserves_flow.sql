-- What comes into a stage, touchpoint, channel or owner, starts included, goes out of
-- it again, ends included.
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

    flows as (
        select grain, to_name as name, transition_count as came, 0 as went
        from moves
        where to_name not in ('(completed)', '(ended)', '(open)')
        union all
        select grain, from_name as name, 0 as came, transition_count as went
        from moves
        where from_name <> '(start)'
    ),

    summed as (
        select
            grain,
            name,
            cast(sum(came) as bigint) as came,
            cast(sum(went) as bigint) as went
        from flows
        group by grain, name
    )

select grain, name, came, went
from summed
where came <> went
