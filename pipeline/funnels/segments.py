"""Whether segments of a funnel convert differently, each held against all others together.

Of settled entries only. Intervals, the pooled test and q values are those of all proportions;
where an expected count is below 5 (Cochran 1954) the test is Fisher's exact one.
"""

import numpy as np
import polars as pl

from pipeline.proportions import difference, false_discovery

DIFFERENCES = pl.Schema(
    {
        "segment": pl.String,
        "settled_count": pl.Int64,
        "share": pl.Float64,
        "rest_share": pl.Float64,
        "difference": pl.Float64,
        "difference_low": pl.Float64,
        "difference_high": pl.Float64,
        "p_value": pl.Float64,
        "q_value": pl.Float64,
    }
)


def differences(found: pl.DataFrame) -> pl.DataFrame:
    """Each segment against the rest at the last step that is not optional: DIFFERENCES.

    Args:
        found: Rows of the macro `funnel`.
    """
    last = found.filter(~pl.col("is_optional"))["step"].max()
    ends = (
        found.filter(pl.col("step") == 1)
        .select("segment", pl.col("settled_count").alias("entered"))
        .join(
            found.filter(pl.col("step") == last).select(
                "segment", pl.col("settled_count").alias("converted")
            ),
            on="segment",
        )
        .filter(pl.col("entered") > 0)
        .sort("segment")
    )
    if ends.height < 2:
        return pl.DataFrame(schema=DIFFERENCES)
    count, hits = (ends[name].to_numpy() for name in ("entered", "converted"))
    rest, rest_hits = count.sum() - count, hits.sum() - hits
    apart = difference(hits, count, rest_hits, rest)
    p = np.array(
        [
            fisher(*counts) if is_few(*counts) else pooled
            for *counts, pooled in zip(hits, count, rest_hits, rest, apart.p, strict=True)
        ]
    )
    return pl.DataFrame(
        {
            "segment": ends["segment"],
            "settled_count": count,
            "share": hits / count,
            "rest_share": rest_hits / rest,
            "difference": apart.value,
            "difference_low": apart.low,
            "difference_high": apart.high,
            "p_value": p,
            "q_value": false_discovery(p),
        },
        schema=DIFFERENCES,
    ).sort("q_value", "p_value", "segment")


def is_few(hits: int, count: int, rest_hits: int, rest: int) -> bool:
    """Whether fewer than five are to be expected in one of the four cells."""
    pooled = (hits + rest_hits) / (count + rest)
    return bool(min(pooled, 1 - pooled) * min(count, rest) < 5)


def fisher(hits: int, count: int, rest_hits: int, rest: int) -> float:
    """The exact two-sided p value that both shares are one."""
    from scipy import stats  # noqa: PLC0415 - slow

    table = [[hits, count - hits], [rest_hits, rest - rest_hits]]
    return float(stats.fisher_exact(table).pvalue)
