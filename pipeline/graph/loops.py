"""Visits to the same again, there and back, and there and back at once (ping-pong).

Rule: a pair is counted once. A loop counts by the rarer of its two directions; ping-pong is a
visit to one right after one to the other right after one to the first, A-B-A or B-A-B.
"""

import networkx as nx
import polars as pl

GRAPH_LOOPS = pl.Schema(
    {
        "grain": pl.String,
        "name": pl.String,
        "other_name": pl.String,  # the same name for a loop to itself
        "loop_count": pl.Int64,  # there and back: the rarer of the two directions
        "ping_pong_count": pl.Int64,  # there and back at once; null for a loop to itself
        "ping_pong_lift": pl.Float64,  # against going back whatever came before
    }
)


def loops(grain: str, graph: nx.DiGraph, chain_steps: pl.DataFrame) -> pl.DataFrame:
    """Each name that leads to itself and each pair that leads there and back, most often first."""
    rows = [
        (grain, tail, head, min(count, graph.edges[head, tail]["count"]))
        for tail, head, count in graph.edges(data="count")
        if tail <= head and graph.has_edge(head, tail)
    ]
    schema = {name: GRAPH_LOOPS[name] for name in ("grain", "name", "other_name", "loop_count")}
    found = pl.DataFrame(rows, schema=schema, orient="row")
    return (
        found.join(_ping_pong(grain, chain_steps), on=["name", "other_name"], how="left")
        .with_columns(
            ping_pong_count=pl.when(pl.col("name") != pl.col("other_name")).then(
                pl.col("ping_pong_count").fill_null(0)
            )
        )
        .select(GRAPH_LOOPS.names())
        .cast(GRAPH_LOOPS)
        .sort("loop_count", "name", "other_name", descending=[True, False, False])
    )


def _ping_pong(grain: str, chain_steps: pl.DataFrame) -> pl.DataFrame:
    """How often each pair was gone there and back at once, and against how often by chance.

    By chance: of the settled steps from A to B, as many go on to A as of all settled visits to B.
    """
    mine = chain_steps.filter(pl.col("grain") == grain)
    back = (
        mine.group_by("from_name", "to_name")
        .agg(pl.col("settled_count").sum())
        .with_columns(
            share=pl.col("settled_count") / pl.col("settled_count").sum().over("from_name")
        )
        .select("from_name", "share", before_1="to_name")
    )
    there = (
        mine.filter(pl.col("before_1") != pl.col("from_name"))
        .with_columns(is_back=pl.col("to_name") == pl.col("before_1"))
        .group_by("before_1", "from_name")
        .agg(
            settled=pl.col("settled_count").sum(),
            back=pl.col("transition_count").filter("is_back").sum(),
            settled_back=pl.col("settled_count").filter("is_back").sum(),
        )
        .join(back, on=["from_name", "before_1"])
    )
    return (
        there.select(
            pl.min_horizontal("before_1", "from_name").alias("name"),
            pl.max_horizontal("before_1", "from_name").alias("other_name"),
            "back",
            "settled_back",
            by_chance=pl.col("settled") * pl.col("share"),
        )
        .sort("name", "other_name", "by_chance")
        .group_by("name", "other_name", maintain_order=True)
        .agg(
            ping_pong_count=pl.col("back").sum(),
            ping_pong_lift=pl.when(pl.col("by_chance").sum() > 0).then(
                pl.col("settled_back").sum() / pl.col("by_chance").sum()
            ),
        )
    )
