"""Drop-off points: the stages and touchpoints in which settled journeys end, ranked.

Rule: an outcome touchpoint is a decision of the customer's and no drop-off.
"""

import polars as pl

DROP_OFF_POINTS = pl.Schema(
    {
        "grain": pl.String,
        "rank": pl.Int64,
        "name": pl.String,
        "stage": pl.String,
        "settled_count": pl.Int64,
        "settled_ended_count": pl.Int64,
        "drop_off_share": pl.Float64,
        "share_low": pl.Float64,
        "share_high": pl.Float64,
        "is_must_pass": pl.Boolean,
        "completions_lost": pl.Float64,  # had those who ended here gone on as the others did
    }
)


def drop_off_points(
    grain: str, drop_offs: pl.DataFrame, points: pl.DataFrame, touchpoints: pl.DataFrame
) -> pl.DataFrame:
    """Where settled journeys end, the most ended first, then the higher share: DROP_OFF_POINTS."""
    decided = touchpoints.filter(pl.col("outcome").is_not_null())["touchpoint"].to_list()
    counted = drop_offs.filter(
        (pl.col("grain") == grain)
        & (pl.col("settled_ended_count") > 0)
        & ((pl.col("grain") == "stage") | ~pl.col("name").is_in(decided))
    )
    goes_on = 1 - pl.col("settled_ended_count") / pl.col("settled_count")
    return (
        counted.join(points.drop("grain"), on="name", how="left", maintain_order="left")
        .with_columns(
            completions_lost=pl.when(goes_on > 0).then(
                pl.col("settled_ended_count") * pl.col("absorption_completed") / goes_on
            )
        )
        .sort("settled_ended_count", "drop_off_share", "name", descending=[True, True, False])
        .with_columns(rank=pl.int_range(1, pl.len() + 1))
        .select(DROP_OFF_POINTS.names())
        .cast(DROP_OFF_POINTS)
    )
