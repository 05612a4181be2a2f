"""The graph's tables, for both grains.

Rule: every number is a pure function of the published tables named in READS, and of chain_steps.
"""

import polars as pl

from pipeline.graph import bootstrap
from pipeline.graph.chain import chain
from pipeline.graph.communities import communities
from pipeline.graph.counts import counted, groups
from pipeline.graph.cut import minimum_cut
from pipeline.graph.drop_offs import drop_off_points
from pipeline.graph.edge_effects import with_effects
from pipeline.graph.edges import Frames, edges
from pipeline.graph.findings import findings
from pipeline.graph.loops import loops
from pipeline.graph.network import build
from pipeline.graph.nodes import intervals, nodes
from pipeline.graph.orders import CHAIN_ORDERS, chain_orders, chosen
from pipeline.graph.paths import likeliest_path
from pipeline.graph.removal import REMOVAL_GRAINS, removal_effects
from pipeline.graph.summary import summary

GRAINS = ("stage", "touchpoint")
READS = (
    "chain_steps",
    "drop_off_changes",
    "drop_off_spans",
    "drop_offs",
    "parameters",
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
    transition. `graph_summary`: one row per grain. `graph_paths`: the likeliest way from start to
    completed, step by step. `graph_loops`: visits to the same again, and there and back.
    `graph_counts`: settled steps by random group of customers, from which intervals are drawn.
    `chain_orders`: how well chains of each order foretell. `removal_effects`: what is lost without
    each stage, touchpoint and channel. `drop_off_points`: where journeys end, the most ended
    first; outcome touchpoints are decisions and left out. `findings`: one row per finding of
    `findings`, by rank.
    """
    steps = frames["chain_steps"]
    weights = bootstrap.weights(len(groups(steps)), seed(frames["parameters"]))
    orders = pl.concat(
        [CHAIN_ORDERS.to_frame(), *(chain_orders(steps, grain) for grain in REMOVAL_GRAINS)]
    )
    made: dict[str, list[pl.DataFrame]] = {}
    for grain in GRAINS:
        lines = edges(grain, frames)
        graph = build(lines)
        counts, parts, cut = counted(steps, grain, 1), communities(graph), minimum_cut(graph)
        bounds = intervals(counts, weights)
        points = nodes(grain, graph, bounds, parts)
        for name, frame in {
            "graph_edges": with_effects(lines, chain(graph), cut),
            "graph_nodes": points,
            "graph_summary": summary(
                grain,
                graph,
                counts,
                bounds,
                parts=parts,
                cut=cut,
                chain_order=chosen(orders, grain),
            ),
            "graph_paths": likeliest_path(grain, graph),
            "graph_loops": loops(grain, graph, steps),
            "drop_off_points": drop_off_points(
                grain, frames["drop_offs"], points, frames["touchpoints"]
            ),
        }.items():
            made.setdefault(name, []).append(frame)
    drawn = {name: pl.concat(parts) for name, parts in made.items()}
    said = findings(frames, drawn["graph_paths"])
    return drawn | {
        "graph_counts": graph_counts(steps),
        "chain_orders": orders,
        "removal_effects": removal_effects(steps, frames["touchpoints"], orders, weights),
        "findings": pl.DataFrame({"rank": range(1, len(said) + 1), "finding": said}),
    }


def seed(parameters: pl.DataFrame) -> int:
    """What draws begin from: the instant the run speaks about."""
    return int(parameters["as_of_us"].item())


def graph_counts(chain_steps: pl.DataFrame) -> pl.DataFrame:
    """The steps of both graphs by group of customers, whatever came before them."""
    return (
        chain_steps.filter(pl.col("grain").is_in(GRAINS))
        .group_by("grain", "customer_group", "from_name", "to_name")
        .agg(
            pl.col("transition_count", "settled_count", "spent_us", "value_cents").sum(),
        )
        .sort("grain", "customer_group", "from_name", "to_name")
    )
