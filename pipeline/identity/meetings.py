"""Where one event names several identifiers: pairs alone together, and crowds.

Hashes and numbers are sorted here, slice by slice: that takes a fifth of the work of grouping
them in SQL, and memory that does not grow with the number of sightings.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.identity.components import Numbers
from pipeline.identity.hashes import opens, places, starts
from pipeline.identity.tables import read_sql
from pipeline.landing.schema import INSTANT

# Sightings that are looked at together.
SLICE_ROWS = 1 << 24
BATCH_ROWS = 1 << 17
# Flags of an event, and the source above them.
MERGE, AUTHENTICATED, SOURCE_AT = 2, 1, 2

Instants = NDArray[np.int64]
Keys = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Meetings:
    """What the events of a policy's identifiers named together.

    Attributes:
        pairs: Of events that named two, one row per both numbers, source and flags:
            `left_number`, `right_number`, `source_number`, `first_seen_at`, `last_seen_at`,
            `event_count`, `is_merge`, `is_authenticated`. In the order of their numbers.
        crowds: Events that named more, one row each: `crowd_number`, `source_number`,
            `occurred_at`, `is_merge`, `is_authenticated`.
        crowd_members: `crowd_number`, `identifier_number`.
        meetings: Each event that named two: `first_number`, `last_number`, `occurred_at`; empty
            unless asked for.
        repeat_count: How often an event named each identifier again.
    """

    pairs: pl.DataFrame
    crowds: pl.DataFrame
    crowd_members: pl.DataFrame
    meetings: pl.DataFrame
    repeat_count: Numbers


class Pairs(NamedTuple):
    """Pairs as arrays; `code` holds source and flags."""

    first: Numbers
    last: Numbers
    code: Numbers
    first_us: Instants
    last_us: Instants
    times: Numbers


class Crowds(NamedTuple):
    """Crowds as arrays, and their members with the place of their crowd."""

    code: Numbers
    at_us: Instants
    crowd: Numbers
    member: Numbers


class Sightings(NamedTuple):
    """Sightings as arrays: two hashes of the event, whom it named, when, by which source."""

    event: Keys
    check: NDArray[np.uint32]
    number: Numbers
    at_us: Instants
    code: Numbers


def meetings(
    con: duckdb.DuckDBPyConnection,
    *,
    keys: Keys,
    numbers: Numbers,
    sighting_count: int,
    are_kept: bool,
) -> Meetings:
    """The meetings of `linkable_identifiers`.

    Args:
        con: Holds linkable_identifiers and source_numbers.
        keys: The keys of all identifiers, ascending.
        numbers: The number of each.
        sighting_count: How many sightings there are.
        are_kept: Whether each meeting of two is needed by itself.
    """
    repeat_count = np.zeros(len(keys), dtype=np.int32)
    slices = 1 + sighting_count // SLICE_ROWS
    pairs, crowds, kept = [], [], []
    start = starts(keys)
    for nth in range(slices):
        con.execute(f"set variable event_slices = {slices}")
        con.execute(f"set variable event_slice = {nth}")
        seen = _sightings(con, keys, numbers, start)
        two, crowd = _met(seen, repeat_count)
        if are_kept:
            kept.append(two)
        pairs.append(_folded(two, size=len(keys)))
        crowds.append(crowd)
    del two
    folded = pairs.pop() if slices == 1 else _folded(_joined(pairs), size=len(keys))
    return Meetings(
        pairs=_pairs_table(folded),
        **_crowd_tables(crowds),
        meetings=pl.concat([_meetings_table(one) for one in kept or [_none()]]),
        repeat_count=repeat_count,
    )


def _sightings(
    con: duckdb.DuckDBPyConnection, keys: Keys, numbers: Numbers, start: Numbers
) -> Sightings:
    """The sightings of one slice of the events."""
    batches = con.sql(read_sql("event_sightings")).to_arrow_reader(BATCH_ROWS)
    found: list[Sightings] = []
    for batch in batches:
        event, key, check, at_us, code = (
            column.to_numpy(zero_copy_only=False) for column in batch.columns
        )
        number = numbers[places(keys, key, start)]
        found.append(Sightings(event, check, number, at_us, code))
    if not found:
        number = np.zeros(0, dtype=np.int32)
        return Sightings(
            number.astype(np.uint64),
            number.astype(np.uint32),
            number,
            number.astype(np.int64),
            number,
        )
    columns = [list(column) for column in zip(*found, strict=True)]
    found.clear()
    return Sightings(*(_whole(column) for column in columns))


def _whole(parts: list[NDArray[Any]]) -> NDArray[Any]:
    """Parts as one array; they are let go."""
    whole = np.concatenate(parts)
    parts.clear()
    return whole


def _met(seen: Sightings, repeat_count: Numbers) -> tuple[Pairs, Crowds]:
    """Each meeting of two, one row each, and the crowds; repeats are counted on the way."""
    order = np.argsort(seen.event)
    begins = opens(seen.event[order])
    check = seen.check[order]
    if (opens(check) & ~begins).any():
        # Two events of one hash: as good as never.
        order = np.lexsort((seen.check, seen.event))
        begins = opens(seen.event[order]) | opens(seen.check[order])
    start = np.flatnonzero(begins)
    named = np.diff(start, append=len(order))
    at = start[named == 2]
    two = _pairs(seen, order[at], order[at + 1], repeat_count)
    is_crowd = named > 2
    rows = order[np.repeat(is_crowd, named)]
    return two, _crowds(seen, rows, named[is_crowd], repeat_count)


def _pairs(
    seen: Sightings, one: NDArray[np.int64], other: NDArray[np.int64], repeat_count: Numbers
) -> Pairs:
    """The meetings whose two sightings are in these rows."""
    left, right = seen.number[one], seen.number[other]
    repeat_count += np.bincount(left[left == right], minlength=len(repeat_count)).astype(np.int32)
    differ = left != right
    if not differ.all():
        left, right, one, other = left[differ], right[differ], one[differ], other[differ]
    at_us = np.minimum(seen.at_us[one], seen.at_us[other])
    return Pairs(
        first=np.minimum(left, right),
        last=np.maximum(left, right),
        code=_together(seen.code[one], seen.code[other]),
        first_us=at_us,
        last_us=at_us,
        times=np.ones(len(left), dtype=np.int32),
    )


def _together(one: Numbers, other: Numbers) -> Numbers:
    """The code of an event that has come in two versions: the first source, all flags."""
    flags = (one | other) & (MERGE | AUTHENTICATED)
    return (np.minimum(one, other) >> SOURCE_AT << SOURCE_AT) | flags


def _crowds(
    seen: Sightings, rows: NDArray[np.int64], named: NDArray[np.int64], repeat_count: Numbers
) -> Crowds:
    """The crowds whose sightings are in these rows, one crowd after another."""
    if not rows.size:
        nothing = np.zeros(0, dtype=np.int32)
        return Crowds(nothing, nothing.astype(np.int64), nothing, nothing)
    start = np.cumsum(named) - named
    event = np.repeat(np.arange(len(named), dtype=np.int64), named)
    met = np.sort(event << 32 | seen.number[rows])
    is_first = opens(met)
    again = met[~is_first].astype(np.int32)
    repeat_count += np.bincount(again, minlength=len(repeat_count)).astype(np.int32)
    met = met[is_first]
    event = met >> 32
    # One identifier, named three times, is no crowd.
    is_crowd = np.bincount(event) > 1
    met = met[is_crowd[event]]
    place = np.cumsum(is_crowd, dtype=np.int32) - np.int32(1)
    code = seen.code[rows]
    source = np.minimum.reduceat(code >> SOURCE_AT, start) << SOURCE_AT
    flags = np.bitwise_or.reduceat(code & (MERGE | AUTHENTICATED), start)
    return Crowds(
        code=(source | flags)[is_crowd],
        at_us=np.minimum.reduceat(seen.at_us[rows], start)[is_crowd],
        crowd=place[met >> 32],
        member=met.astype(np.int32),
    )


def _folded(pairs: Pairs, *, size: int) -> Pairs:
    """One row per both numbers, source and flags, in that order."""
    kinds = int(pairs.code.max(initial=0)) + 1
    if size * size * kinds < 1 << 63:
        key = (pairs.first.astype(np.int64) * size + pairs.last) * kinds + pairs.code
        order = np.argsort(key)
        begins = opens(key[order])
    else:
        order = np.lexsort((pairs.code, pairs.last, pairs.first))
        begins = np.logical_or.reduce(
            [opens(column[order]) for column in (pairs.first, pairs.last, pairs.code)]
        )
    start = np.flatnonzero(begins)
    chosen = order[start]
    return Pairs(
        first=pairs.first[chosen],
        last=pairs.last[chosen],
        code=pairs.code[chosen],
        first_us=_reduced(np.minimum, pairs.first_us[order], start),
        last_us=_reduced(np.maximum, pairs.last_us[order], start),
        times=_reduced(np.add, pairs.times[order], start),
    )


def _reduced(fold: np.ufunc, column: NDArray[Any], start: NDArray[np.int64]) -> NDArray[Any]:
    """Each stretch of a column folded into one value."""
    return column[:0] if not start.size else fold.reduceat(column, start)


def _joined(pairs: list[Pairs]) -> Pairs:
    """Pairs of several slices after one another; they are let go."""
    columns = [list(column) for column in zip(*pairs, strict=True)]
    pairs.clear()
    return Pairs(*(_whole(column) for column in columns))


def _none() -> Pairs:
    """No pairs."""
    number, instant = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int64)
    return Pairs(number, number, number, instant, instant, number)


def _told(code: Numbers) -> dict[str, NDArray[Any]]:
    """Source and flags as columns."""
    return {
        "source_number": code >> SOURCE_AT,
        "is_merge": (code & MERGE) > 0,
        "is_authenticated": (code & AUTHENTICATED) > 0,
    }


def _pairs_table(pairs: Pairs) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "left_number": pairs.first,
            "right_number": pairs.last,
            "first_seen_at": pl.Series(pairs.first_us).cast(INSTANT),
            "last_seen_at": pl.Series(pairs.last_us).cast(INSTANT),
            "event_count": pairs.times,
            **_told(pairs.code),
        }
    )


def _meetings_table(pairs: Pairs) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "first_number": pairs.first,
            "last_number": pairs.last,
            "occurred_at": pl.Series(pairs.first_us).cast(INSTANT),
        }
    )


def _crowd_tables(crowds: list[Crowds]) -> dict[str, pl.DataFrame]:
    """The tables `crowds` and `crowd_members`."""
    before = np.cumsum([0, *(len(one.code) for one in crowds)])
    code, at_us, _, member = (np.concatenate(column) for column in zip(*crowds, strict=True))
    crowd = np.concatenate(
        [one.crowd + np.int32(offset) for one, offset in zip(crowds, before[:-1], strict=True)]
    )
    return {
        "crowds": pl.DataFrame(
            {
                "crowd_number": np.arange(len(code), dtype=np.int32),
                "occurred_at": pl.Series(at_us).cast(INSTANT),
                **_told(code),
            }
        ),
        "crowd_members": pl.DataFrame({"crowd_number": crowd, "identifier_number": member}),
    }
