"""How near a published snapshot comes to the simulator's truth."""

from pathlib import Path
from typing import NamedTuple

import duckdb
import polars as pl


class Pairwise(NamedTuple):
    """Pairs of identifiers of one customer that are of one person, and the other way round."""

    precision: float
    recall: float


def pairs(frame: pl.DataFrame, *groups: str) -> int:
    """How many pairs of rows share the values of `groups`."""
    counts = frame.group_by(groups).len()["len"].cast(pl.Int64)
    return int((counts * (counts - 1) // 2).sum())


def pairwise(snapshot: Path, truth: Path) -> Pairwise:
    """Precision over what was stitched, recall over the persons' reachable identifiers."""
    stitched = pl.read_parquet(snapshot / "identity" / "identifiers.parquet").filter(
        pl.col("customer_id").is_not_null()
    )
    persons = pl.read_parquet(truth / "identifiers.parquet")
    owned = persons.filter(~pl.col("is_shared"))
    both = stitched.join(owned, on=["namespace", "value"], how="inner")
    reachable = owned.filter(pl.col("is_reachable"))
    found = stitched.join(reachable, on=["namespace", "value"], how="inner")
    return Pairwise(
        precision=pairs(both, "customer_id", "person_id") / pairs(both, "customer_id"),
        recall=pairs(found, "customer_id", "person_id") / pairs(reachable, "person_id"),
    )


def attributed(project: Path) -> pl.DataFrame:
    """What became of every anonymous web event of a simulated company that has run.

    Columns `is_tablet` (a shop's shared one), `attribution` (ambiguous or none where nobody got
    it) and `is_right`: its customer's identifiers are, most of them, those of the person who
    really was there.
    """
    snapshot = (project / "data" / "published" / "current").resolve()
    sent = pl.read_parquet(project / "truth" / "anonymous_events.parquet")
    landed = (
        pl.scan_parquet(project / "data" / "lake" / "landed" / "*" / "identifiers*.parquet")
        .filter(pl.col("namespace") == "anonymous_id")
        .select("event_id", "occurred_at", anonymous_id="value")
        .unique()
        .collect()
    )
    with duckdb.connect(str(snapshot / "wend.duckdb"), read_only=True) as con:
        owned = con.sql("select event_id, customer_id, attribution from events").pl()
        unsure = con.sql("select event_id, 'ambiguous' as attribution from ambiguous_events").pl()
    told = pl.concat([owned, unsure], how="diagonal")
    return (
        sent.join(landed, on=["anonymous_id", "occurred_at"], how="inner")
        .unique(["event_id", "person_id"])
        .join(told, on="event_id", how="left")
        .join(_people(snapshot, project / "truth"), on="customer_id", how="left")
        .select(
            "is_tablet",
            pl.col("attribution").fill_null("none"),
            is_right=(pl.col("person_id") == pl.col("person")).fill_null(value=False),
        )
    )


def _people(snapshot: Path, truth: Path) -> pl.DataFrame:
    """The person whom most identifiers of each customer are of: `customer_id`, `person`."""
    persons = pl.read_parquet(truth / "identifiers.parquet").filter(~pl.col("is_shared"))
    return (
        pl.read_parquet(snapshot / "identity" / "identifiers.parquet")
        .drop_nulls("customer_id")
        .join(persons, on=["namespace", "value"])
        .group_by("customer_id", person="person_id")
        .len()
        .sort("len", "person", descending=[True, False])
        .unique("customer_id", keep="first")
        .select("customer_id", "person")
    )
