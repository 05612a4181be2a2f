-- The map, the graph and the transitions show the same visits to a place.
with
    arrivals as (
        select
            grain,
            to_name as name,
            cast(sum(transition_count) as bigint) as arrival_count
        from named_transitions
        where
            grain in ('stage', 'touchpoint')
            and to_name not in ('(completed)', '(ended)', '(open)')
        group by grain, to_name
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
