-- A path's first step is a transition from the start, its last one a transition to an
-- end.
with
    coded as (
        select 'stage' as grain, stage_codes as codes, status
        from journey_paths
        union all
        select 'touchpoint' as grain, collapsed_codes as codes, status
        from journey_paths
    ),

    edges as (
        select
            coded.grain,
            sides.side,
            case
                sides.side
                when 'start'
                then substr(coded.codes, 1, 1)
                else substr(coded.codes, length(coded.codes), 1)
            end as code,
            case
                sides.side when 'start' then '(start)' else '(' || coded.status || ')'
            end as edge,
            count(*) as journey_count
        from coded
        cross join (values ('start'), ('end')) as sides(side)
        where coded.codes <> ''
        group by 1, 2, 3, 4
    ),

    moves as (
        select grain, to_name as name, from_name as edge, transition_count
        from named_transitions
        where grain in ('stage', 'touchpoint') and from_name = '(start)'
        union all
        select grain, from_name as name, to_name as edge, transition_count
        from named_transitions
        where
            grain in ('stage', 'touchpoint')
            and to_name in ('(completed)', '(ended)', '(open)')
    ),

    named as (
        select edges.grain, path_codes.name, edges.edge, edges.journey_count
        from edges
        join
            path_codes
            on edges.grain = path_codes.grain
            and edges.code = path_codes.code
    )

select
    coalesce(named.grain, moves.grain) as grain,
    coalesce(named.name, moves.name) as name,
    coalesce(named.edge, moves.edge) as edge,
    named.journey_count,
    moves.transition_count
from named
full join
    moves
    on named.grain = moves.grain
    and named.name = moves.name
    and named.edge = moves.edge
where coalesce(named.journey_count, 0) <> coalesce(moves.transition_count, 0)
