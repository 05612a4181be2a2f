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

    gone as (
        select
            grain,
            from_name as name,
            cast(sum(transition_count) as bigint) as transition_count
        from named_transitions
        where from_name <> '(start)'
        group by grain, from_name
    )

select
    coalesce(visited.grain, gone.grain) as grain,
    coalesce(visited.name, gone.name) as name,
    visited.visit_count,
    gone.transition_count
from visited
full join gone on visited.grain = gone.grain and visited.name = gone.name
where coalesce(visited.visit_count, 0) <> coalesce(gone.transition_count, 0)
