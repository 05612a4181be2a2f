"""Transitions and drop-offs that changed: from period to period, and from night to night.

Rule: the two sides of a test share no visit. One customer's transitions are alike, so a test
counts as if there were fewer of them: counts over their `scatter` (Rao and Scott, Biometrics 48,
1992). A drop-off is the transition to (ended).
"""

from pathlib import Path

import duckdb
import polars as pl

from pipeline import publish
from pipeline.errors import NothingPublished
from pipeline.landing.schema import INSTANT
from pipeline.proportions import SURE, difference, false_discovery, is_supported

GRAINS = ("stage", "touchpoint", "channel", "owner")
KEYS = ("grain", "from_name", "to_name")
TRANSITION_CHANGES = pl.Schema(
    {
        "grain": pl.String,
        "from_name": pl.String,
        "to_name": pl.String,
        "before_count": pl.Int64,
        "before_total": pl.Int64,
        "before_share": pl.Float64,
        "after_count": pl.Int64,
        "after_total": pl.Int64,
        "after_share": pl.Float64,
        "difference": pl.Float64,
        "difference_low": pl.Float64,
        "difference_high": pl.Float64,
        "p_value": pl.Float64,
        "q_value": pl.Float64,
        "is_changed": pl.Boolean,
    }
)
NIGHTLY_CHANGES = pl.Schema(
    [
        ("previous_as_of", INSTANT),
        *TRANSITION_CHANGES.items(),
        ("is_restated", pl.Boolean),
    ]
)
PREVIOUS = pl.Schema(
    {
        "grain": pl.String,
        "from_name": pl.String,
        "to_name": pl.String,
        "settled_count": pl.Int64,
        "previous_as_of": INSTANT,
    }
)


def transition_changes(periods: pl.DataFrame) -> pl.DataFrame:
    """The 28 settled days before against the last 28: TRANSITION_CHANGES.

    Shares are of all that left a name in the period. Where a side has too few visits for a test
    (`is_supported`) there is a difference and no p, and nothing is called changed.
    """
    rows = periods.with_columns(
        before_total=pl.col("before_count").sum().over("grain", "from_name"),
        after_total=pl.col("after_count").sum().over("grain", "from_name"),
    )
    return _compared(rows).select(TRANSITION_CHANGES.names()).cast(TRANSITION_CHANGES)


def nightly_changes(
    previous: pl.DataFrame, current: pl.DataFrame, periods: pl.DataFrame
) -> pl.DataFrame:
    """What had settled by the last published snapshot, against what has settled since.

    The new snapshot's shares themselves hold most of the old one's visits, and no test is made
    for that; so the side `after` is the visits that are new. Where a name has fewer settled
    transitions than before, events changed their customers or were erased: it `is_restated`, and
    what is new cannot be told from what is moved.

    Args:
        previous: `previous_as_of`, KEYS and `settled_count` of the last snapshot; may be empty.
        current: KEYS and `settled_count`.
        periods: KEYS and `scatter`, of the last weeks.
    """
    instants = previous["previous_as_of"].drop_nulls()
    if instants.is_empty():
        return pl.DataFrame(schema=NIGHTLY_CHANGES)
    both = (
        current.select(*KEYS, "settled_count")
        .join(
            previous.select(*KEYS, before_count="settled_count"), on=KEYS, how="full", coalesce=True
        )
        .join(periods.select(*KEYS, "scatter"), on=KEYS, how="left")
        .with_columns(pl.col("scatter").fill_null(1.0))
    )
    counted = both.with_columns(pl.col("before_count", "settled_count").fill_null(0)).with_columns(
        after_count=pl.col("settled_count") - pl.col("before_count")
    )
    whole = ["grain", "from_name"]
    rows = counted.with_columns(
        before_total=pl.col("before_count").sum().over(whole),
        after_total=pl.col("after_count").sum().over(whole),
        is_restated=(pl.col("after_count") < 0).any().over(whole),
    )
    apart = rows.filter(~pl.col("is_restated"))
    restated = rows.filter("is_restated")
    return (
        pl.concat([_compared(apart), restated], how="diagonal")
        .with_columns(previous_as_of=pl.lit(instants[0]))
        .filter(pl.col("is_restated") | (pl.col("after_total") > 0))
        .sort(KEYS)
        .select(NIGHTLY_CHANGES.names())
        .cast(NIGHTLY_CHANGES)
    )


def settled_transitions(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """KEYS and `settled_count` of all four published tables of transitions."""
    found: pl.DataFrame = pl.concat(
        con.table(f"{grain}_transitions")
        .pl()
        .filter(pl.col("to_" + grain) != "(open)")
        .select(
            pl.lit(grain).alias("grain"),
            pl.col(f"from_{grain}").alias("from_name"),
            pl.col(f"to_{grain}").alias("to_name"),
            "settled_count",
        )
        for grain in GRAINS
    )
    return found


def previous_transitions(published: Path) -> pl.DataFrame:
    """What had settled by the last published snapshot; no rows before the first."""
    try:
        con = publish.connect(published)
    except NothingPublished:
        return pl.DataFrame(schema=PREVIOUS)
    try:
        ((as_of,),) = con.sql("select as_of from parameters").fetchall()
        return settled_transitions(con).with_columns(
            previous_as_of=pl.lit(as_of, dtype=pl.Datetime("us"))
        )
    finally:
        con.close()


def _compared(rows: pl.DataFrame) -> pl.DataFrame:
    """Shares, difference, interval, p and q of rows with two sides of counts."""
    arms = [
        (rows[column] / rows["scatter"]).to_numpy()
        for column in ("after_count", "after_total", "before_count", "before_total")
    ]
    apart = difference(*arms)
    enough = pl.Series(is_supported(*arms), dtype=pl.Boolean)
    found = rows.with_columns(
        before_share=pl.col("before_count") / pl.col("before_total"),
        after_share=pl.col("after_count") / pl.col("after_total"),
        difference=pl.Series(apart.value),
        difference_low=pl.Series(apart.low),
        difference_high=pl.Series(apart.high),
        p_value=pl.when(enough).then(pl.Series(apart.p)),
    ).fill_nan(None)
    p = found["p_value"].to_numpy().astype(float)
    return (
        found.with_columns(q_value=pl.Series(false_discovery(p), dtype=pl.Float64).fill_nan(None))
        .with_columns(is_changed=(pl.col("q_value") <= SURE).fill_null(value=False))
        .sort(KEYS)
    )
