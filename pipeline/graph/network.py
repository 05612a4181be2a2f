"""The edges of one grain as a networkx graph.

Rule: a share that is not known yet is 0, and an edge that no settled visit took is not travelled.
"""

import math

import networkx as nx
import polars as pl

from pipeline.graph.edges import COMPLETED, START


def build(lines: pl.DataFrame) -> nx.DiGraph:
    """The directed graph of one grain's edges.

    Edges carry `count`, `settled`, `share` (0 where nothing has settled yet), `far` (-log share,
    of edges that have a share) and `days` (the mean from entering the one to entering the
    other).
    """
    graph = nx.DiGraph()
    graph.add_nodes_from([START, COMPLETED])
    for row in lines.iter_rows(named=True):
        share = row["share"] or 0.0
        graph.add_edge(
            row["from_name"],
            row["to_name"],
            count=row["transition_count"],
            settled=row["settled_count"],
            share=share,
            days=row["mean_days"] or 0.0,
            # A certain step is not free: networkx counts paths wrongly over edges of length 0.
            far=max(-math.log(share), 1e-9) if share > 0 else math.inf,
        )
    return graph


def travelled(graph: nx.DiGraph) -> nx.DiGraph:
    """The edges that settled visits took."""
    return graph.edge_subgraph(
        [(tail, head) for tail, head, share in graph.edges(data="share") if share > 0]
    )
