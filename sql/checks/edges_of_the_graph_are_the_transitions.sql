-- The graph is drawn from the transitions, and its groups of customers add up to them.
with
    moves as (
        select grain, from_name, to_name, transition_count, settled_count
        from named_transitions
        where grain in ('stage', 'touchpoint')
    ),

    grouped as (
        select
            grain,
            from_name,
            to_name,
            cast(sum(transition_count) as bigint) as transition_count,
            cast(sum(settled_count) as bigint) as settled_count
        from graph_counts
        group by grain, from_name, to_name
    )

select
    coalesce(moves.grain, graph_edges.grain) as grain,
    coalesce(moves.from_name, graph_edges.from_name) as from_name,
    coalesce(moves.to_name, graph_edges.to_name) as to_name,
    moves.transition_count,
    graph_edges.transition_count as edge_count,
    grouped.transition_count as group_count
from moves
full join
    graph_edges
    on moves.grain = graph_edges.grain
    and moves.from_name = graph_edges.from_name
    and moves.to_name = graph_edges.to_name
left join
    grouped
    on moves.grain = grouped.grain
    and moves.from_name = grouped.from_name
    and moves.to_name = grouped.to_name
where
    coalesce(moves.transition_count, 0) <> coalesce(graph_edges.transition_count, 0)
    or coalesce(moves.settled_count, 0) <> coalesce(graph_edges.settled_count, 0)
    or coalesce(moves.transition_count, 0) <> coalesce(grouped.transition_count, 0)
    or coalesce(moves.settled_count, 0) <> coalesce(grouped.settled_count, 0)
