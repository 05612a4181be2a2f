"""What could be won where journeys stop: reach x excess x value, with a range.

Rule: one line a stage or touchpoint, its first cause; the others stay in drop_off_causes, because
the same lost journeys would be counted again.
"""

import polars as pl

OPPORTUNITIES = pl.Schema(
    {
        "grain": pl.String,
        "rank": pl.Int64,
        "name": pl.String,
        "stage": pl.String,
        "factor": pl.String,
        "value": pl.String,
        "from_on": pl.Date,
        "to_on": pl.Date,
        "reach": pl.Int64,  # settled visits with it
        "lost_share": pl.Float64,
        "other_lost_share": pl.Float64,
        "journeys": pl.Float64,  # that would not have been lost at the others' share
        "journeys_low": pl.Float64,
        "journeys_high": pl.Float64,
        "completed_share": pl.Float64,  # of those who go on from here
        "completed_value_cents": pl.Int64,
        "value_cents": pl.Int64,
        "value_cents_low": pl.Int64,
        "value_cents_high": pl.Int64,
    }
)


def opportunities(
    causes: pl.DataFrame, nodes: pl.DataFrame, drop_offs: pl.DataFrame, journeys: pl.DataFrame
) -> pl.DataFrame:
    """The first cause of each stage and touchpoint by what it costs: OPPORTUNITIES.

    A journey saved goes on as the others do: it completes with the chance that a journey here
    has, given that it does not stop here, and is then worth what completed ones are on average.
    The range is that of the effect alone. Where no completed journey tells of money there is no
    value, and journeys decide.

    Args:
        causes: drop_off_causes.
        nodes: graph_nodes.
        drop_offs: The published table.
        journeys: `status`, `value_cents` and `journey_count`, one row per status.
    """
    done = journeys.filter(pl.col("status") == "completed")
    total = done["value_cents"].sum()
    worth = total // done["journey_count"].item() if total else None
    goes_on = 1 - pl.col("drop_off_share")
    first = (
        causes.drop_nulls("rank")
        .sort("grain", "rank")
        .unique(["grain", "name"], keep="first", maintain_order=True)
        .join(
            nodes.select("grain", "name", "absorption_completed"), on=["grain", "name"], how="left"
        )
        .join(drop_offs.select("grain", "name", "drop_off_share"), on=["grain", "name"], how="left")
    )
    counted = first.with_columns(
        completed_share=pl.when(goes_on > 0).then(
            (pl.col("absorption_completed") / goes_on).clip(0, 1)
        ),
        completed_value_cents=pl.lit(worth, dtype=pl.Int64),
        reach=(pl.col("settled_count") / pl.col("sampled_share")).round().cast(pl.Int64),
        journeys=pl.col("excess_lost") / pl.col("sampled_share"),
        journeys_low=pl.col("excess_lost_low") / pl.col("sampled_share"),
        journeys_high=pl.col("excess_lost_high") / pl.col("sampled_share"),
    )
    each = pl.col("completed_share") * pl.col("completed_value_cents")
    valued = counted.with_columns(
        (pl.col(f"journeys{end}") * each).floor().cast(pl.Int64).alias(f"value_cents{end}")
        for end in ("", "_low", "_high")
    )
    order = ["grain", "value_cents_low", "journeys_low", "name"]
    return (
        valued.sort(order, descending=[False, True, True, False], nulls_last=True)
        .with_columns(rank=pl.int_range(1, pl.len() + 1).over("grain"))
        .select(OPPORTUNITIES.names())
        .cast(OPPORTUNITIES)
    )
