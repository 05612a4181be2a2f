"""The graph's tables, for both grains.

Rule: every number is a pure function of the published tables named in READS.
"""

from collections.abc import Mapping

import polars as pl

from pipeline.graph.drop_offs import drop_off_points
from pipeline.graph.edges import Frames, edges
from pipeline.graph.findings import findings
from pipeline.graph.loops import loops
from pipeline.graph.network import build
from pipeline.graph.nodes import nodes
from pipeline.graph.paths import likeliest_path

GRAINS = ("stage", "touchpoint")
READS = (
    "drop_off_changes",
    "drop_off_spans",
    "drop_offs",
    "journey_map",
    "stage_transitions",
    "stages",
    "touchpoint_measures",
    "touchpoint_transitions",
    "touchpoints",
    "unmapped_kinds",
)


def tables(frames: Frames) -> dict[str, pl.DataFrame]:
    """The graph's tables, over the tables named in READS.

    `graph_nodes`: one row per grain (stage, touchpoint) and name. `graph_edges`: one row per
    transition. `graph_paths`: the likeliest way from start to completed, step by step.
    `graph_loops`: visits to the same again, and there and back. `drop_off_points`: where
    journeys end, the most ended first; outcome touchpoints are decisions and left out.
    `findings`: one row per finding of `findings`, by rank.
    """
    made: dict[str, list[pl.DataFrame]] = {
        name: []
        for name in ("graph_nodes", "graph_edges", "graph_paths", "graph_loops", "drop_off_points")
    }
    for grain in GRAINS:
        lines = edges(grain, frames)
        graph = build(lines)
        points = nodes(grain, graph, _stays(grain, frames))
        made["graph_edges"].append(lines)
        made["graph_nodes"].append(points)
        made["graph_paths"].append(likeliest_path(grain, graph))
        made["graph_loops"].append(loops(grain, graph))
        made["drop_off_points"].append(
            drop_off_points(grain, frames["drop_offs"], points, frames["touchpoints"])
        )
    drawn = {name: pl.concat(parts) for name, parts in made.items()}
    said = findings(frames, drawn["graph_paths"])
    return drawn | {"findings": pl.DataFrame({"rank": range(1, len(said) + 1), "finding": said})}


def _stays(grain: str, frames: Frames) -> Mapping[str, float]:
    """The median days of a visit to each stage; a touchpoint takes no time of its own."""
    if grain != "stage":
        return {}
    return {
        name: days
        for name, days in frames["journey_map"].select("stage", "median_days").iter_rows()
        if days is not None
    }
