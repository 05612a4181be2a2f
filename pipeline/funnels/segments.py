"""Whether segments of a funnel convert differently, each held against all others together.

Of settled entries only. The difference has Newcombe's interval from two Wilson intervals
(Newcombe 1998, Statistics in Medicine 17, method 10). The test is the pooled two-proportion z
test; Fisher's exact one where an expected count is below 5 (Cochran 1954). q values are
Benjamini and Hochberg's (1995) over the segments.
"""

import math

import polars as pl
from scipy import stats

Z = 1.959963984540054
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
    entered, converted = ends["entered"].sum(), ends["converted"].sum()
    rows = []
    for segment, count, hits in ends.iter_rows():
        rest, rest_hits = entered - count, converted - hits
        low, high = newcombe(hits, count, rest_hits, rest)
        rows.append(
            {
                "segment": segment,
                "settled_count": count,
                "share": hits / count,
                "rest_share": rest_hits / rest,
                "difference": hits / count - rest_hits / rest,
                "difference_low": low,
                "difference_high": high,
                "p_value": two_proportions(hits, count, rest_hits, rest),
            }
        )
    found_q = stats.false_discovery_control([row["p_value"] for row in rows])
    return pl.DataFrame(
        [{**row, "q_value": float(q)} for row, q in zip(rows, found_q, strict=True)],
        schema=DIFFERENCES,
    ).sort("q_value", "p_value", "segment")


def wilson(hits: int, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    middle = hits + Z * Z / 2
    reach = Z * math.sqrt(hits * (count - hits) / count + Z * Z / 4)
    scale = count + Z * Z
    return max(middle - reach, 0.0) / scale, min((middle + reach) / scale, 1.0)


def newcombe(hits: int, count: int, rest_hits: int, rest: int) -> tuple[float, float]:
    """The 95 % interval of the difference of two shares."""
    one, two = hits / count, rest_hits / rest
    one_low, one_high = wilson(hits, count)
    two_low, two_high = wilson(rest_hits, rest)
    return (
        one - two - math.hypot(one - one_low, two_high - two),
        one - two + math.hypot(one_high - one, two - two_low),
    )


def two_proportions(hits: int, count: int, rest_hits: int, rest: int) -> float:
    """The two-sided p value that both shares are one."""
    pooled = (hits + rest_hits) / (count + rest)
    if pooled in (0.0, 1.0):
        return 1.0
    if min(pooled, 1 - pooled) * min(count, rest) < 5:
        table = [[hits, count - hits], [rest_hits, rest - rest_hits]]
        return float(stats.fisher_exact(table).pvalue)
    deviation = math.sqrt(pooled * (1 - pooled) * (1 / count + 1 / rest))
    return float(2 * stats.norm.sf(abs(hits / count - rest_hits / rest) / deviation))
