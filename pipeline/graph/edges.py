"""The transitions of one grain as edges, with their direction.

Rule: shares are those of settled visits, so a journey still open counts neither as completed nor
as ended.
"""

from collections.abc import Mapping

import polars as pl

Frames = Mapping[str, pl.DataFrame]
DAY_US = 86_400_000_000
START, COMPLETED, ENDED, OPEN = "(start)", "(completed)", "(ended)", "(open)"
ENDS = frozenset({COMPLETED, ENDED, OPEN})
GRAPH_EDGES = pl.Schema(
    {
        "grain": pl.String,
        "from_name": pl.String,
        "to_name": pl.String,
        "transition_count": pl.Int64,
        "customer_count": pl.Int64,
        "settled_count": pl.Int64,
        "share": pl.Float64,
        "share_low": pl.Float64,
        "share_high": pl.Float64,
        "wait_hours_p50": pl.Float64,
        "uncertain_share": pl.Float64,
        "mean_days": pl.Float64,  # from entering the one to entering the other
        "removal_effect": pl.Float64,  # share of completions lost if nobody went this way
        "is_minimum_cut": pl.Boolean,
        "is_back": pl.Boolean,  # to an earlier stage
        "is_loop": pl.Boolean,  # to itself
    }
)


def edges(grain: str, frames: Frames) -> pl.DataFrame:
    """One row per transition of a grain, sorted, with its direction: the columns of GRAPH_EDGES.

    What the graph says of an edge, its removal effect and the cut, is null until the graph is
    there.
    """
    catalogue = frames["stages"] if grain == "stage" else frames["touchpoints"]
    column = "position" if grain == "stage" else "stage_position"
    positions = dict(catalogue.select(grain, column).iter_rows())
    lines = frames[f"{grain}_transitions"].rename(
        {f"from_{grain}": "from_name", f"to_{grain}": "to_name"}
    )
    far = {
        name: pl.col(f"{name}_name").replace_strict(positions, default=None, return_dtype=pl.Int64)
        for name in ("from", "to")
    }
    return (
        lines.join(_mean_days(grain, frames), on=["from_name", "to_name"], how="left")
        .with_columns(
            grain=pl.lit(grain),
            removal_effect=None,
            is_minimum_cut=None,
            is_back=(far["to"] < far["from"]).fill_null(value=False),
            is_loop=pl.col("from_name") == pl.col("to_name"),
        )
        .select(GRAPH_EDGES.names())
        .cast(GRAPH_EDGES)
        .sort("from_name", "to_name")
    )


def _mean_days(grain: str, frames: Frames) -> pl.DataFrame:
    """How long the settled steps of each transition took on average: means add up, medians not."""
    return (
        frames["chain_steps"]
        .filter((pl.col("grain") == grain) & (pl.col("settled_count") > 0))
        .group_by("from_name", "to_name")
        .agg(pl.col("spent_us").sum(), pl.col("settled_count").sum())
        .select(
            "from_name",
            "to_name",
            mean_days=pl.col("spent_us") / pl.col("settled_count") / DAY_US,
        )
    )
