-- Whoever is somewhere goes on from there or ends there: each visit is left once.
with
    visits as (
        select 'stage' as grain, stage as name
        from stage_visits
        union all
        select 'touchpoint' as grain, touchpoint as name
        from touchpoint_visits
        union all
        select 'channel' as grain, channel as name
        from touchpoint_visits
        union all
        select 'owner' as grain, coalesce(owner, '(nobody)') as name
        from touchpoint_visits
    ),

    visited as (
        select grain, name, count(*) as visit_count from visits group by grain, name
    ),

    moves as (
        select 'stage' as grain, from_stage as name, transition_count
        from stage_transitions
        union all
        select 'touchpoint' as grain, from_touchpoint as name, transition_count
        from touchpoint_transitions
        union all
        select 'channel' as grain, from_channel as name, transition_count
        from channel_transitions
        union all
        select 'owner' as grain, from_owner as name, transition_count
        from owner_transitions
    ),

    gone as (
        select grain, name, cast(sum(transition_count) as bigint) as transition_count
        from moves
        where name <> '(start)'
        group by grain, name
    )

select
    coalesce(visited.grain, gone.grain) as grain,
    coalesce(visited.name, gone.name) as name,
    visited.visit_count,
    gone.transition_count
from visited
full join gone on visited.grain = gone.grain and visited.name = gone.name
where coalesce(visited.visit_count, 0) <> coalesce(gone.transition_count, 0)
