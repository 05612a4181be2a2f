"""Which pairs of records are worth a comparison: those that agree in something rare.

A block of records that agree is compared whole while it is small. A large one (all Smiths) is
cut by the next thing its records may agree in (Smiths born in May), and again, up to three times.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.identity.matching.columns import Column
from pipeline.identity.matching.records import Records

Numbers = NDArray[np.int64]
# A few thousand records can be compared each with each, which misses nobody.
EVERYTHING = 1_500
DEPTH = 3


@dataclass(frozen=True, slots=True)
class Key:
    """Something records may agree in.

    Attributes:
        about: The attribute; two keys of one attribute say nothing together.
        codes: The value of each record as a number from 0, -1 for none.
    """

    about: str
    codes: Numbers


def keys(records: Records) -> list[Key]:
    """All that two records may agree in, the rarest agreement first."""
    found: list[tuple[float, int, Key]] = []
    for column in records.columns:
        whole = records.frame[column.slug]
        for values in _fragments(records, column, whole):
            codes = values.rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1
            found.append((_agreement(codes), len(found), Key(column.name, codes)))
    return [key for share, _, key in sorted(found, key=lambda one: one[:2]) if share > 0]


def _fragments(records: Records, column: Column, whole: pl.Series) -> list[pl.Series]:
    """The value and the parts of it that a slip of the pen leaves whole."""
    part = records.frame.get_column
    if column.kind == "date":
        return [whole, part(f"{column.slug}_year"), whole.str.slice(4)]
    if column.kind == "email":
        user = part(f"{column.slug}_user")
        return [whole, user, user.str.slice(0, 4), whole.str.split("@").list.last()]
    if column.kind == "postcode":
        return [whole, part(f"{column.slug}_area")]
    if column.kind == "category":
        return [whole]
    return [whole, whole.str.slice(0, 4), whole.str.slice(-4)]


def _agreement(codes: Numbers) -> float:
    """The chance that two records agree."""
    count = np.bincount(codes[codes >= 0]).astype(np.float64)
    size = len(codes)
    return float((count * (count - 1)).sum() / max(size * (size - 1), 1))


def pairs(records: Records, *, per_record: int) -> tuple[Numbers, Numbers]:
    """The pairs to compare, each once, as numbers of records; left below right.

    Args:
        records: The persons.
        per_record: About how many pairs there may be for each record.
    """
    size = records.size
    if size <= EVERYTHING:
        left, right = np.triu_indices(size, k=1)
        return left.astype(np.int64), right.astype(np.int64)
    budget = size * per_record
    ways = keys(records)
    found = np.empty(0, dtype=np.int64)
    for limit in (10, 20, 40, 80, 160):
        blocked = [np.empty(0, dtype=np.int64)]
        everybody = np.arange(size)
        blocked += _blocked(ways, everybody, np.zeros_like(everybody), limit=limit, depth=DEPTH)
        more = np.unique(np.concatenate(blocked))
        if found.size and more.size > budget:
            break
        found = more
        if found.size * 2 > budget:
            break
    return found // size, found % size


def _blocked(
    ways: Sequence[Key], members: Numbers, block: Numbers, *, limit: int, depth: int
) -> Iterator[Numbers]:
    """The pairs of each small enough block, as left * size + right; a pair may come twice.

    Args:
        ways: The keys that may cut the blocks further.
        members: The records of the blocks, ascending.
        block: The block of each.
        limit: The largest block that is compared whole.
        depth: How many keys may still be added.
    """
    for place, way in enumerate(ways, start=1):
        code = way.codes[members]
        said = code >= 0
        within = members[said]
        _, part, count = np.unique(
            block[said] * (len(way.codes) + 1) + code[said], return_inverse=True, return_counts=True
        )
        is_small = ((count > 1) & (count <= limit))[part]
        yield _each_with_each(within[is_small], part[is_small], len(way.codes))
        is_large = (count > limit)[part]
        if depth > 1 and is_large.any():
            others = [other for other in ways[place:] if other.about != way.about]
            yield from _blocked(
                others, within[is_large], part[is_large], limit=limit, depth=depth - 1
            )


def _each_with_each(members: Numbers, block: Numbers, size: int) -> Numbers:
    """All pairs within each block."""
    order = np.argsort(block, kind="stable")
    members, block = members[order], block[order]
    found = [np.empty(0, dtype=np.int64)]
    start = np.arange(len(members))
    distance = 1
    while start.size:
        start = start[start + distance < len(members)]
        start = start[block[start] == block[start + distance]]
        found.append(members[start] * size + members[start + distance])
        distance += 1
    return np.concatenate(found)
