"""How well groups agree with the truth: pairs, records and the largest group."""

from typing import NamedTuple

import polars as pl


class Scores(NamedTuple):
    """Pairwise precision and recall, their mean f1, B-cubed f1, and the largest group."""

    precision: float
    recall: float
    f1: float
    b3: float
    largest: int


def scores(group: pl.Series, person: pl.Series) -> Scores:
    """The scores of one group for each record against the person it is."""
    frame = pl.DataFrame({"group": group, "person": person})
    together = _pairs(frame, "group", "person")
    precision = together / max(_pairs(frame, "group"), 1)
    recall = together / max(_pairs(frame, "person"), 1)
    count = frame.with_columns(
        pl.len().over("group", "person").alias("both"),
        pl.len().over("group").alias("in_group"),
        pl.len().over("person").alias("of_person"),
    ).cast({"both": pl.Float64})
    pure = float((count["both"] / count["in_group"]).sum()) / frame.height
    whole = float((count["both"] / count["of_person"]).sum()) / frame.height
    return Scores(
        precision=precision,
        recall=recall,
        f1=_harmonic(precision, recall),
        b3=_harmonic(pure, whole),
        largest=int(frame.group_by("group").len()["len"].to_numpy().max(initial=0)),
    )


def _pairs(frame: pl.DataFrame, *columns: str) -> int:
    """How many pairs of rows agree in some columns."""
    size = frame.group_by(columns).len()["len"].cast(pl.Int64)
    return int((size * (size - 1) // 2).sum())


def _harmonic(one: float, other: float) -> float:
    """The harmonic mean of two shares."""
    return 2 * one * other / max(one + other, 1e-12)
