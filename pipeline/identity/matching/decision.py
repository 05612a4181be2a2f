"""Which records are one person: the groups, and what became of each pair that came near.

Pairs that were never compared but would share a group are weighed, too, before it is final.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.identity.matching import blocks, model, refinement
from pipeline.identity.matching.columns import Column
from pipeline.identity.matching.model import Model
from pipeline.identity.matching.records import Records

Numbers = NDArray[np.int64]
# One of the pairs of records that a person's records make is compared with about so many others.
PER_RECORD = 40
# A group that would be larger is not weighed pair by pair: what was not compared counts against it.
LARGEST = 200
FORBIDDEN = -1e6


@dataclass(frozen=True, slots=True)
class Apart:
    """Which records are known to be different persons, whatever they say.

    Attributes:
        kinds: For each record the kinds of unique identifier it has, a bit each: two records
            that both have one of a kind have different ones.
        pairs: Pairs that people keep apart, as left * number of records + right.
    """

    kinds: Numbers
    pairs: Numbers

    def holds(self, left: Numbers, right: Numbers) -> NDArray[np.bool_]:
        """Which of these pairs it keeps apart."""
        keys = np.minimum(left, right) * len(self.kinds) + np.maximum(left, right)
        is_apart: NDArray[np.bool_] = ((self.kinds[left] & self.kinds[right]) != 0) | np.isin(
            keys, self.pairs
        )
        return is_apart


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided.

    Attributes:
        pairs: One row per pair that is likely enough or joined: `left`, `right` (numbers of
            records), `weight`, `probability`, `status`, `features`.
        group: The lowest record of each record's group.
    """

    pairs: pl.DataFrame
    group: Numbers


def candidates(records: Records) -> tuple[Numbers, Numbers]:
    """The pairs to compare."""
    return blocks.pairs(records, per_record=PER_RECORD)


def decide(  # noqa: PLR0913 - the thresholds are the caller's
    con: duckdb.DuckDBPyConnection,
    records: Records,
    learnt: Model,
    *,
    accept: float,
    review: float,
    apart: Apart | None = None,
) -> Decided:
    """Group the records by a model.

    Args:
        con: Where Splink keeps its tables.
        records: The persons.
        learnt: The model.
        accept: Records are joined while they are one person with at least this probability.
        review: Pairs of at least this probability that are not joined are for people to decide.
        apart: Who is known not to be one person; by default nobody.
    """
    nobody = np.zeros(records.size, dtype=np.int64)
    apart = apart or Apart(kinds=nobody, pairs=nobody[:0])
    compared = candidates(records)
    found = model.weights(con, records, learnt, compared)
    rough = _grouped(found, records.size, apart, least=0.0, unseen=None)
    left, right = refinement.within(rough, largest=LARGEST)
    size = records.size
    known = np.isin(left * size + right, compared[0] * size + compared[1])
    if not known.all():
        missing = (left[~known], right[~known])
        found = pl.concat([found, model.weights(con, records, learnt, missing)])
        found = found.sort("left", "right")
    least = float(np.log2(accept / (1 - accept)))
    group = _grouped(found, size, apart, least=least, unseen=refinement.LOW)
    told = _told(found, group, apart, accept=accept, review=review)
    features = pl.Series("features", [], dtype=pl.String)
    if told.height:
        ends = (told["left"].to_numpy(), told["right"].to_numpy())
        features = _features(model.levels(con, records, learnt, ends), learnt)
    return Decided(told.with_columns(features), group)


def _grouped(
    found: pl.DataFrame,
    size: int,
    apart: Apart,
    *,
    least: float,
    unseen: float | None,
) -> Numbers:
    left, right = found["left"].to_numpy(), found["right"].to_numpy()
    weight = np.clip(found["weight"].to_numpy(), refinement.LOW, refinement.HIGH)
    weight[apart.holds(left, right)] = FORBIDDEN
    pairs = refinement.Weighed(left, right, weight)
    return refinement.grouped(size, pairs, least=least, unseen=unseen)


def _told(
    found: pl.DataFrame,
    group: Numbers,
    apart: Apart,
    *,
    accept: float,
    review: float,
) -> pl.DataFrame:
    """Every pair that is likely enough to be looked at, or that was joined, with its status."""
    left, right = found["left"].to_numpy(), found["right"].to_numpy()
    probability = 1 / (1 + np.exp2(-np.clip(found["weight"].to_numpy(), -60, 60)))
    together = group[left] == group[right]
    status = np.select(
        [together, apart.holds(left, right), probability >= accept],
        ["accepted", "vetoed", "separated"],
        "review",
    )
    return found.with_columns(
        pl.Series("probability", np.round(probability, 6)), pl.Series("status", status)
    ).filter(pl.Series(together | (probability >= review)))


def _features(told: pl.DataFrame, learnt: Model) -> pl.Series:
    """What speaks for and against each pair, the strongest first, without any value."""
    names = {one.slug: one for one in learnt.columns}
    said: list[list[tuple[float, str]]] = [[] for _ in range(told.height)]
    for comparison in learnt.settings["comparisons"]:
        slug = comparison["output_column_name"]
        words = _words(comparison, names[slug])
        for row, gamma in enumerate(told[f"gamma_{slug}"].to_list()):
            if gamma in words:
                said[row].append(words[gamma])
    sentences = [
        "; ".join(text for _, text in sorted(one, key=lambda said: (-abs(said[0]), said[1])))
        for one in said
    ]
    return pl.Series("features", sentences, dtype=pl.String)


def _words(comparison: Mapping[str, Any], column: Column) -> dict[int, tuple[float, str]]:
    """For each level that proves something, how much and how it is said."""
    said = [one for one in comparison["comparison_levels"] if not one.get("is_null_level")]
    words = {}
    for place, level in enumerate(said):
        bits = float(np.log2(level["m_probability"] / level["u_probability"]))
        label = level["label_for_charts"]
        if column.place < 0 or label == "different":
            label = f"{label} {column.name}"
        if abs(bits) >= 1:
            words[len(said) - 1 - place] = (bits, label)
    return words
