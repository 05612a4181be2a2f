"""One graph in a row: what becomes of a journey that begins, and what the whole looks like.

Rule: expected of a journey at its start; steps and days are those of journeys that complete.
"""

import networkx as nx
import numpy as np
import polars as pl

from pipeline.graph import absorption
from pipeline.graph.bootstrap import column
from pipeline.graph.communities import Communities
from pipeline.graph.counts import Counts
from pipeline.graph.cut import Cut
from pipeline.graph.edges import START
from pipeline.graph.nodes import DRAWN

GRAPH_SUMMARY = pl.Schema(
    {
        "grain": pl.String,
        "journey_count": pl.Int64,
        "absorption_completed": pl.Float64,
        "absorption_low": pl.Float64,
        "absorption_high": pl.Float64,
        "expected_steps": pl.Float64,
        "expected_steps_low": pl.Float64,
        "expected_steps_high": pl.Float64,
        "expected_days": pl.Float64,
        "expected_days_low": pl.Float64,
        "expected_days_high": pl.Float64,
        "chain_order": pl.Int64,
        "community_count": pl.Int64,
        "modularity": pl.Float64,
        "cut_count": pl.Int64,
    }
)


def summary(  # noqa: PLR0913 - each is a finding of its own
    grain: str,
    graph: nx.DiGraph,
    counts: Counts,
    bounds: pl.DataFrame,
    *,
    parts: Communities,
    cut: Cut,
    chain_order: int,
) -> pl.DataFrame:
    """The row of one grain: GRAPH_SUMMARY, or no row where no journey has begun.

    Args:
        grain: stage or touchpoint.
        graph: What `build` gave.
        counts: The settled steps, each remembering one name.
        bounds: What `intervals` gave.
        parts: What `communities` gave.
        cut: What `minimum_cut` gave.
        chain_order: The order chosen for the grain.
    """
    journeys = sum(count for _, _, count in graph.out_edges(START, data="count"))
    if journeys == 0 or counts.states == ((START,),):
        return GRAPH_SUMMARY.to_frame()
    (solved,) = absorption.solved(counts, np.ones((1, counts.steps.shape[0])))
    bounds = bounds.filter(pl.col("name") == START)
    row = {
        "grain": grain,
        "journey_count": journeys,
        "absorption_completed": solved.goal[0, 0],
        "chain_order": chain_order,
        "community_count": len(set(parts.number_of.values())),
        "modularity": parts.modularity,
        "cut_count": cut.capacity,
        **{
            name: column(values[0, :1])[0]
            for name, values in (("expected_steps", solved.steps), ("expected_days", solved.days))
        },
        **{
            f"{name}_{end}": bounds[f"{name}_{end}"].item()
            for name in DRAWN.values()
            for end in ("low", "high")
            if name != "removal"
        },
    }
    return pl.DataFrame([row], schema=GRAPH_SUMMARY)
