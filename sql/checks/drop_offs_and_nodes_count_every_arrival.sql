-- The map, the graph and the transitions show the same visits to a place.
with
    moves as (
        select 'stage' as grain, to_stage as name, transition_count
        from stage_transitions
        union all
        select 'touchpoint' as grain, to_touchpoint as name, transition_count
        from touchpoint_transitions
    ),

    arrivals as (
        select grain, name, cast(sum(transition_count) as bigint) as arrival_count
        from moves
        where name not in ('(completed)', '(ended)', '(open)')
        group by grain, name
    )

select
    coalesce(drop_offs.grain, arrivals.grain) as grain,
    coalesce(drop_offs.name, arrivals.name) as name,
    drop_offs.entries,
    graph_nodes.entries as node_entries,
    arrivals.arrival_count
from drop_offs
full join
    arrivals on drop_offs.grain = arrivals.grain and drop_offs.name = arrivals.name
-- A place that nobody has reached yet is no node.
left join
    graph_nodes
    on arrivals.grain = graph_nodes.grain
    and arrivals.name = graph_nodes.name
where
    coalesce(drop_offs.entries, -1) <> coalesce(arrivals.arrival_count, 0)
    or coalesce(graph_nodes.entries, 0) <> coalesce(arrivals.arrival_count, 0)
