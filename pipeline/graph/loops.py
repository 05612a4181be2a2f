"""Visits to the same again, and there and back.

Rule: a pair is counted once, by the rarer of its two directions.
"""

import networkx as nx
import polars as pl

GRAPH_LOOPS = pl.Schema(
    {
        "grain": pl.String,
        "name": pl.String,
        "other_name": pl.String,  # the same name for a loop to itself
        "loop_count": pl.Int64,  # there and back: the rarer of the two directions
    }
)


def loops(grain: str, graph: nx.DiGraph) -> pl.DataFrame:
    """Each name that leads to itself and each pair that leads there and back, most often first."""
    rows = [
        (grain, tail, head, min(count, graph.edges[head, tail]["count"]))
        for tail, head, count in graph.edges(data="count")
        if tail <= head and graph.has_edge(head, tail)
    ]
    return pl.DataFrame(rows, schema=GRAPH_LOOPS, orient="row").sort(
        "loop_count", "name", "other_name", descending=[True, False, False]
    )
