"""Which persona of the last published snapshot is which of tonight's.

Rule: personas are learned anew each night and numbered by size, so a number holds for one
snapshot. Two are the same where more than half of all customers of either are customers of both
(Jaccard above 0.5: Hennig, Cluster-wise assessment of cluster stability, Computational Statistics
and Data Analysis 52, 2007); no persona can be the same as two.
"""

from pathlib import Path

import polars as pl

from pipeline import publish
from pipeline.errors import NothingPublished
from pipeline.landing.schema import INSTANT

SAME = 0.5
PERSONA_CHANGES = pl.Schema(
    {
        "previous_as_of": INSTANT,
        "previous_persona": pl.Int64,
        "persona": pl.Int64,
        "previous_customer_count": pl.Int64,
        "customer_count": pl.Int64,
        "both_count": pl.Int64,
        "overlap": pl.Float64,
        "is_same": pl.Boolean,
    }
)
PREVIOUS = pl.Schema(
    {"previous_as_of": INSTANT, "customer_id": pl.String, "previous_persona": pl.Int64}
)


def previous_personas(published: Path) -> pl.DataFrame:
    """PREVIOUS: everybody's persona in the last published snapshot; no rows before the first."""
    try:
        con = publish.connect(published)
    except NothingPublished:
        return PREVIOUS.to_frame()
    try:
        ((as_of,),) = con.sql("select as_of from parameters").fetchall()
        known: pl.DataFrame = con.table("customer_personas").pl()
    finally:
        con.close()
    return (
        known.rename({"persona": "previous_persona"})
        .with_columns(previous_as_of=pl.lit(as_of, dtype=pl.Datetime("us")))
        .select(PREVIOUS.names())
        .cast(PREVIOUS)
    )


def persona_changes(previous: pl.DataFrame, current: pl.DataFrame) -> pl.DataFrame:
    """PERSONA_CHANGES: pairs of personas that share customers, the likest first.

    Counted are customers who have a persona in both snapshots. One row per previous_persona and
    persona; empty where either snapshot has no personas.

    Args:
        previous: PREVIOUS.
        current: customer_personas.
    """
    both = previous.join(current.select("customer_id", "persona"), on="customer_id")
    pairs = both.group_by("previous_as_of", "previous_persona", "persona").agg(both_count=pl.len())
    of_previous = pl.col("both_count").sum().over("previous_persona")
    of_current = pl.col("both_count").sum().over("persona")
    return (
        pairs.with_columns(previous_customer_count=of_previous, customer_count=of_current)
        .with_columns(
            overlap=pl.col("both_count")
            / (pl.col("previous_customer_count") + pl.col("customer_count") - pl.col("both_count"))
        )
        .with_columns(is_same=pl.col("overlap") > SAME)
        .sort("overlap", "previous_persona", "persona", descending=[True, False, False])
        .select(PERSONA_CHANGES.names())
        .cast(PERSONA_CHANGES)
    )
