"""Finding hashes among sorted ones: their first bits tell where each stands but for a step."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.identity.components import Flags, Numbers

Hashes = NDArray[np.uint64]
# Rows that are looked at together.
SLICE_ROWS = 1 << 17


def hashed(texts: pl.Series) -> Hashes:
    """The hash of each text, alike within one run."""
    found: Hashes = texts.cast(pl.String).hash(seed=0).to_numpy()
    return found


def sorted_by(hashes: Hashes, *, alike: int = 0) -> tuple[NDArray[np.int64], Hashes]:
    """The rows in the order of their hashes, and the hashes in it; `alike` first bits of all are.

    Sorting one number made of a hash and its row takes a third of the time of sorting rows.
    """
    # As a column of records each would be fetched from afar, again and again.
    hashes = np.ascontiguousarray(hashes)
    room = np.uint64((1 << len(hashes).bit_length()) - 1)
    packed = (hashes << np.uint64(alike)) & ~room
    packed |= np.arange(len(hashes), dtype=np.uint64)
    packed.sort()
    packed &= room
    order = packed.astype(np.int64)
    ascending = hashes[order]
    if (ascending[1:] < ascending[:-1]).any():
        # Two that differ in their last bits alone.
        order = np.argsort(hashes, kind="stable")
        ascending = hashes[order]
    return order, ascending


def starts(ascending: Hashes) -> Numbers:
    """Where the hashes with the same first bits begin; about one hash for each beginning."""
    bits = max(1, len(ascending).bit_length() - 1)
    # How many begin with each bits, a place further on: what comes before is where they begin.
    found = np.zeros((1 << bits) + 1, dtype=np.int32)
    for part in slices(len(ascending)):
        lead = (ascending[part] >> np.uint64(64 - bits)).astype(np.int64)
        if lead.size:
            times = np.bincount(lead - lead[0])
            found[lead[0] + 1 : lead[0] + 1 + len(times)] += times.astype(np.int32)
    np.cumsum(found, out=found)
    return found[:-1]


def among(ascending: Hashes, wanted: Hashes, start: Numbers) -> Flags:
    """Which wanted hashes, in any order, are among the ascending ones, whose `starts` are given."""
    found = np.zeros(len(wanted), dtype=np.bool_)
    if not ascending.size:
        return found
    end = np.int32(len(ascending) - 1)
    past = np.uint64(64 - (len(start).bit_length() - 1))
    for part in slices(len(wanted)):
        sought = wanted[part]
        place = np.minimum(start[sought >> past], end)
        near = ascending[place]
        # Most are there at once; the others go on, a place at a time.
        row = np.flatnonzero((near < sought) & (place < end))
        place = place[row]
        while row.size:
            place += 1
            step = ascending[place]
            near[row] = step
            goes_on = (step < sought[row]) & (place < end)
            row, place = row[goes_on], place[goes_on]
        found[part] = near == sought
    return found


def opens(ascending: NDArray[np.integer]) -> Flags:
    """Where another value begins."""
    found = np.ones(len(ascending), dtype=np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=found[1:])
    return found


def distinct(numbers: NDArray[Any]) -> NDArray[Any]:
    """Each number once, ascending; `np.unique` takes a hundred times as long."""
    ascending = np.sort(numbers)
    return ascending[opens(ascending)]


def reduced(fold: np.ufunc, column: NDArray[Any], start: NDArray[np.int64]) -> NDArray[Any]:
    """Each stretch of a column folded into one value."""
    return column[:0] if not start.size else fold.reduceat(column, start)


def joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    """Parts as one array; they are let go."""
    whole = np.concatenate(parts)
    parts.clear()
    return whole


def slices(size: int) -> Iterator[slice]:
    """All rows, some at a time; one empty slice where there are none."""
    for start in range(0, max(size, 1), SLICE_ROWS):
        yield slice(start, min(start + SLICE_ROWS, size))
