"""How much an agreement proves, before any model: chance, rarity and how many records a person has.

A table with several records of each person shows every value too often. What follows from counts
is therefore counted by persons: a value counts once for all the records one person is thought to
have.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.identity.matching import homes
from pipeline.identity.matching.columns import Column
from pipeline.identity.matching.records import Records

Numbers = NDArray[np.int64]
# Of pairs that agree in less else than this, most are of one household or by chance.
PURE = 0.3


@dataclass(frozen=True, slots=True)
class Rule:
    """Two attributes that agree exactly, and what becomes of the pairs that do.

    Attributes:
        about: The two columns.
        pair_count: How many pairs of records agree in both.
        share: The least share of them that chance does not explain.
        purity: The share of them that agree in half of all else, too, or where the table shows
            homes in half of what is a person's own. A household agrees in name and address, and
            often in telephone and e-mail address, and in nothing else.
    """

    about: tuple[Column, Column]
    pair_count: int
    share: float
    purity: float


def rules(records: Records, siblings: float) -> list[Rule]:
    """Every two attributes of different comparisons, with what their agreement is worth.

    Args:
        records: The persons.
        siblings: How many other records a record's person is thought to have.
    """
    codes = {one.name: codes_of(records.frame[one.slug]) for one in records.columns}
    count = {name: _pair_count(code) for name, code in codes.items()}
    possible = records.size * (records.size - 1) / 2
    own = siblings * records.size / 2
    chance = {name: max(pairs - own, 0.0) / possible for name, pairs in count.items()}
    telling = homes.telling(records.columns)
    found = []
    for one, other in itertools.combinations(records.columns, 2):
        if one.place >= 0 and other.place >= 0:
            continue
        pairs = _pair_count(_together(codes[one.name], codes[other.name]))
        by_chance = max(count[one.name] * chance[other.name], count[other.name] * chance[one.name])
        if pairs:
            others = [
                [codes[rest.name]]
                for rest in records.columns
                if rest.place < 0 and rest not in (one, other)
            ]
            if one.place < 0 and other.place < 0:
                others.append([codes[rest.name] for rest in records.columns if rest.place >= 0])
            # Those of one home agree in half of all else as well; not in what is a person's own.
            if apart := [[codes[rest.name]] for rest in telling if rest not in (one, other)]:
                others = apart
            purity = _purity(_together(codes[one.name], codes[other.name]), others)
            found.append(Rule((one, other), pairs, max(0.0, 1 - by_chance / pairs), purity))
    return found


def _purity(codes: Numbers, others: Sequence[Sequence[Numbers]]) -> float:
    """The share of neighbours in blocks that agree in at least half of what both say else.

    Args:
        codes: The block of each record, -1 for none.
        others: What else there is, as the columns in one of which two agree.
    """
    order = np.argsort(codes, kind="stable")
    order = order[codes[order] >= 0]
    one, other = order[:-1], order[1:]
    beside = codes[one] == codes[other]
    one, other = one[beside], other[beside]
    said, same = np.zeros(len(one)), np.zeros(len(one))
    for columns in others:
        both, alike = np.zeros(len(one), dtype=np.bool_), np.zeros(len(one), dtype=np.bool_)
        for code in columns:
            known = (code[one] >= 0) & (code[other] >= 0)
            both |= known
            alike |= known & (code[one] == code[other])
        said += both
        same += alike
    told = said > 0
    return float((2 * same[told] >= said[told]).mean()) if told.any() else 0.0


def siblings_of(records: Records, said: Sequence[Rule], *, recall: float) -> float:
    """How many other records a record's person has, by the rules that chance seldom meets.

    Args:
        records: The persons.
        said: The rules; those count of whose pairs nine in ten are more than chance.
        recall: The share of one person's pairs that some rule is thought to find.
    """
    found = [np.empty(0, dtype=np.int64)]
    purest = max((rule.purity for rule in said), default=0.0)
    for rule in said:
        if rule.share >= 0.9 and rule.purity >= max(PURE, 0.8 * purest):
            one, other = (codes_of(records.frame[column.slug]) for column in rule.about)
            found.append(_pairs(_together(one, other)))
    return 2 * len(np.unique(np.concatenate(found))) / recall / records.size


def frequencies(values: pl.Series, name: str, *, siblings: float) -> pl.DataFrame:
    """How likely a person has each value: what Splink calls term frequencies.

    A value seen with one person only gets less than one person's share, after Good and Turing:
    where no value is seen twice, as with e-mail addresses, another sighting proves much.

    Returns:
        One row per value: the value under `name`, and its frequency as `tf_` + `name`.
    """
    counted = values.drop_nulls().value_counts(name="records").rename({values.name: name})
    persons = np.maximum(counted["records"].to_numpy() / (1 + siblings), 1.0)
    total = persons.sum()
    once, twice = (persons < 1.5).sum(), ((persons >= 1.5) & (persons < 2.5)).sum()
    rare = np.clip(2 * twice / max(once, 1), 0.05, 1.0)
    share = np.where(persons < 1.5, rare, persons) / max(total, 1.0)
    return counted.select(name, pl.Series(f"tf_{name}", share)).sort(name)


def codes_of(values: pl.Series) -> Numbers:
    """Each value as a number from 0, -1 where there is none."""
    return values.rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1


def _together(one: Numbers, other: Numbers) -> Numbers:
    both = one * (len(other) + 1) + other
    both[(one < 0) | (other < 0)] = -1
    _, code = np.unique(both, return_inverse=True)
    numbers: Numbers = code.astype(np.int64) - int((both < 0).any())
    return numbers


def _pair_count(codes: Numbers) -> int:
    count = np.bincount(codes[codes >= 0])
    return int((count * (count - 1) // 2).sum())


def _pairs(codes: Numbers) -> Numbers:
    """All pairs that agree, left below right, as left * size + right."""
    order = np.argsort(codes, kind="stable")
    order = order[codes[order] >= 0]
    code = codes[order]
    found = [np.empty(0, dtype=np.int64)]
    start = np.arange(len(order))
    distance = 1
    while start.size:
        start = start[start + distance < len(order)]
        start = start[code[start] == code[start + distance]]
        found.append(order[start] * len(codes) + order[start + distance])
        distance += 1
    return np.concatenate(found)
