"""The arms of experiments that events tell of, side by side.

Rule: everyone is looked at for equally long after their first exposure; who saw several variants,
or has not been looked at for so long yet, is counted and in no share.
"""

import polars as pl
from scipy import special

from pipeline.proportions import difference, false_discovery, is_supported, wilson

BASELINES = ("control", "baseline", "original", "off", "false", "a")
ARMS = pl.Schema(
    {
        "experiment": pl.String,
        "variant": pl.String,
        "is_baseline": pl.Boolean,
        "customer_count": pl.Int64,
        "completed_count": pl.Int64,
        "completed_share": pl.Float64,
        "share_low": pl.Float64,
        "share_high": pl.Float64,
        "difference": pl.Float64,
        "difference_low": pl.Float64,
        "difference_high": pl.Float64,
        "p_value": pl.Float64,
        "q_value": pl.Float64,
        "waiting_count": pl.Int64,
        "mixed_count": pl.Int64,  # of the whole experiment
        "split_p_value": pl.Float64,  # of arms this uneven, were they meant to be even
    }
)


def experiment_arms(exposures: pl.DataFrame) -> pl.DataFrame:
    """The share of each variant's customers who completed within one dormancy limit: ARMS.

    The baseline is the variant called control, baseline, original, off, false or a, in this order;
    else the first by name. Every other one is compared with it.
    """
    if exposures.is_empty():
        return pl.DataFrame(schema=ARMS)
    mixed = exposures.group_by("experiment").agg(mixed_count=pl.col("is_mixed").sum())
    order = (
        pl.col("variant")
        .str.to_lowercase()
        .replace_strict(
            {name: place for place, name in enumerate(BASELINES)},
            default=len(BASELINES),
            return_dtype=pl.Int64,
        )
    )
    counted = ~pl.col("is_waiting")
    arms = (
        exposures.filter(~pl.col("is_mixed"))
        .group_by("experiment", "variant")
        .agg(
            customer_count=counted.sum(),
            completed_count=(counted & pl.col("has_completed")).sum(),
            waiting_count=pl.col("is_waiting").sum(),
        )
        .with_columns(order=order)
        .sort("experiment", "order", "variant")
        .join(mixed, on="experiment", how="left", maintain_order="left")
        .with_columns(
            is_baseline=pl.int_range(pl.len()).over("experiment") == 0,
            base_part=pl.col("completed_count").first().over("experiment"),
            base_whole=pl.col("customer_count").first().over("experiment"),
        )
    )
    split = arms.group_by("experiment").agg(pl.col("customer_count", "waiting_count"))
    even = pl.DataFrame(
        {
            "experiment": split["experiment"],
            "split_p_value": [
                _even([one + other for one, other in zip(*counts, strict=True)])
                for counts in split.select("customer_count", "waiting_count").rows()
            ],
        },
        schema_overrides={"split_p_value": pl.Float64},
    )
    sides = ("completed_count", "customer_count", "base_part", "base_whole")
    counts = [arms[name].to_numpy() for name in sides]
    apart = difference(*counts)
    own = wilson(*counts[:2])
    is_other = ~pl.col("is_baseline")
    enough = pl.Series(is_supported(*counts), dtype=pl.Boolean)
    found = arms.with_columns(
        completed_share=pl.col("completed_count") / pl.col("customer_count"),
        share_low=pl.Series(own.low),
        share_high=pl.Series(own.high),
        difference=pl.when(is_other).then(pl.Series(apart.value)),
        difference_low=pl.when(is_other).then(pl.Series(apart.low)),
        difference_high=pl.when(is_other).then(pl.Series(apart.high)),
        p_value=pl.when(is_other & enough).then(pl.Series(apart.p)),
    )
    q = false_discovery(found["p_value"].cast(pl.Float64).to_numpy())
    return (
        found.with_columns(q_value=pl.Series(q, dtype=pl.Float64))
        .join(even, on="experiment", how="left", maintain_order="left")
        .with_columns(pl.selectors.float().fill_nan(None))
        .select(ARMS.names())
        .cast(ARMS)
    )


def _even(counts: list[int]) -> float | None:
    """How often arms that are meant to be even come out this uneven; None of one arm."""
    if len(counts) < 2 or not any(counts):
        return None
    expected = sum(counts) / len(counts)
    # Pearson's chi-square.
    apart = sum((count - expected) ** 2 for count in counts) / expected
    return float(special.chdtrc(len(counts) - 1, apart))
