"""How near a published snapshot comes to the simulator's truth."""

from pathlib import Path
from typing import NamedTuple

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
