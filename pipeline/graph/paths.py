"""The likeliest way from start to completed.

Rule: its shares multiply to more than those of any other way; each is of settled visits.
"""

import networkx as nx
import numpy as np
import polars as pl

from pipeline.graph.edges import COMPLETED, START
from pipeline.graph.network import travelled

GRAPH_PATHS = pl.Schema(
    {
        "grain": pl.String,
        "step": pl.Int64,  # from 1; (start) is step 0
        "name": pl.String,
        "share": pl.Float64,  # of the step that leads here
        "path_share": pl.Float64,  # of all steps up to here
    }
)


def likeliest_path(grain: str, graph: nx.DiGraph) -> pl.DataFrame:
    """The way from start to completed whose shares multiply to most: GRAPH_PATHS, or no row."""
    taken = travelled(graph)
    if START not in taken or COMPLETED not in taken:
        return GRAPH_PATHS.to_frame()
    if not nx.has_path(taken, START, COMPLETED):
        return GRAPH_PATHS.to_frame()
    way = nx.dijkstra_path(taken, START, COMPLETED, weight="far")
    shares = [graph.edges[step]["share"] for step in nx.utils.pairwise(way)]
    return pl.DataFrame(
        {
            "grain": [grain] * len(shares),
            "step": range(1, len(way)),
            "name": way[1:],
            "share": shares,
            "path_share": np.cumprod(shares),
        },
        schema=GRAPH_PATHS,
    )
