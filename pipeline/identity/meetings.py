"""Where one event names several identifiers: pairs alone together, and crowds.

Hashes and numbers are sorted here, pile by pile: that takes a fifth of the work of grouping
them in SQL, and memory that does not grow with the number of sightings.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.identity.components import Numbers
from pipeline.identity.hashes import opens, reduced, sorted_by
from pipeline.identity.piles import Piles
from pipeline.landing.schema import INSTANT

# Flags of an event, and the source above them.
MERGE, AUTHENTICATED, SOURCE_AT = 2, 1, 2

Instants = NDArray[np.int64]
Rows = NDArray[Any]
# A meeting of two; `code` holds source and flags.
MEETING = np.dtype([("first", "i4"), ("last", "i4"), ("code", "i4"), ("at_us", "i8")])


@dataclass(frozen=True, slots=True)
class Meetings:
    """What the events of a policy's identifiers named together.

    Attributes:
        pairs: Of events that named two, one row per both numbers, source and flags:
            `left_number`, `right_number`, `source_number`, `first_seen_at`, `last_seen_at`,
            `event_count`, `is_merge`, `is_authenticated`. Several tables in the order of their
            numbers, and no left number is in two of them.
        crowds: Events that named more, one row each: `crowd_number`, `source_number`,
            `occurred_at`, `is_merge`, `is_authenticated`.
        crowd_members: `crowd_number`, `identifier_number`; crowd by crowd, the strongest first.
        meetings: Each event that named two: `first_number`, `last_number`, `occurred_at`; empty
            unless asked for.
        repeat_count: How often an event named each identifier again.
    """

    pairs: list[pl.DataFrame]
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


def meetings(events: Piles, *, size: int, folder: Path | None, are_kept: bool) -> Meetings:
    """The meetings of sightings that lie in piles by event.

    Args:
        events: The sightings; see `sighted.NAMED`.
        size: How many identifiers there are.
        folder: Where piles are files, if they are.
        are_kept: Whether each meeting of two is needed by itself.
    """
    bits = events.bits
    repeat_count = np.zeros(size, dtype=np.int32)
    met = Piles(folder, "meetings", count=events.count, kind=MEETING)
    crowds, kept = [], [np.zeros(0, dtype=MEETING)]
    for pile in range(events.count):
        two, crowd = _met(events.take(pile), repeat_count, alike=bits)
        if are_kept:
            kept.append(two)
        # The first bits of a number, so that piles are in the order of numbers.
        lift = np.uint64(64 - max(size.bit_length(), bits))
        met.spread(two["first"].astype(np.uint64) << lift, two)
        crowds.append(crowd)
    return Meetings(
        pairs=[pairs_table(folded(met.take(pile), size=size)) for pile in range(events.count)],
        **_crowd_tables(crowds),
        meetings=_meetings_table(np.concatenate(kept)),
        repeat_count=repeat_count,
    )


def _met(seen: Rows, repeat_count: Numbers, *, alike: int) -> tuple[Rows, Crowds]:
    """Each meeting of two, one row each, and the crowds; repeats are counted on the way."""
    order, event = sorted_by(seen["event"], alike=alike)
    seen = seen.take(order)
    begins = opens(event)
    if (opens(seen["check"]) & ~begins).any():
        # Two events of one hash: as good as never.
        seen = seen.take(np.lexsort((seen["check"], seen["event"])))
        begins = opens(seen["event"]) | opens(seen["check"])
    start = np.flatnonzero(begins)
    named = np.diff(start, append=len(seen))
    at = start[named == 2]
    is_crowd = named > 2
    crowd = seen.take(np.flatnonzero(np.repeat(is_crowd, named)))
    return (
        _pairs(seen, at, repeat_count),
        _crowds(crowd, named[is_crowd], repeat_count),
    )


def _pairs(seen: Rows, at: NDArray[np.int64], repeat_count: Numbers) -> Rows:
    """The meetings of the identifiers of these sightings, each with that of the next one."""
    left, right = seen["number"][at], seen["number"][at + 1]
    differ = left != right
    if not differ.all():
        np.add.at(repeat_count, left[~differ], np.int32(1))
        left, right, at = left[differ], right[differ], at[differ]
    met = np.empty(len(left), dtype=MEETING)
    met["first"], met["last"] = np.minimum(left, right), np.maximum(left, right)
    met["code"] = _together(seen["code"][at], seen["code"][at + 1])
    met["at_us"] = np.minimum(seen["at_us"][at], seen["at_us"][at + 1])
    return met


def _together(one: Numbers, other: Numbers) -> Numbers:
    """The code of an event that has come in two versions: the first source, all flags."""
    flags = (one | other) & (MERGE | AUTHENTICATED)
    return (np.minimum(one, other) >> SOURCE_AT << SOURCE_AT) | flags


def _crowds(seen: Rows, named: NDArray[np.int64], repeat_count: Numbers) -> Crowds:
    """The crowds of these sightings, one crowd after another."""
    if not seen.size:
        nothing = np.zeros(0, dtype=np.int32)
        return Crowds(nothing, nothing.astype(np.int64), nothing, nothing)
    start = np.cumsum(named) - named
    event = np.repeat(np.arange(len(named), dtype=np.int64), named)
    met = np.sort(event << 32 | seen["number"])
    is_first = opens(met)
    np.add.at(repeat_count, met[~is_first].astype(np.int32), np.int32(1))
    met = met[is_first]
    event = met >> 32
    # One identifier, named three times, is no crowd.
    is_crowd = np.bincount(event) > 1
    met = met[is_crowd[event]]
    place = np.cumsum(is_crowd, dtype=np.int32) - np.int32(1)
    source = np.minimum.reduceat(seen["code"] >> SOURCE_AT, start) << SOURCE_AT
    flags = np.bitwise_or.reduceat(seen["code"] & (MERGE | AUTHENTICATED), start)
    return Crowds(
        code=(source | flags)[is_crowd],
        at_us=np.minimum.reduceat(seen["at_us"], start)[is_crowd],
        crowd=place[met >> 32],
        member=met.astype(np.int32),
    )


def folded(met: Rows, *, size: int) -> Pairs:
    """One row per both numbers, source and flags, in that order."""
    kinds = int(met["code"].max(initial=0)) + 1
    if size * size * kinds < 1 << 63:
        pair = (met["first"].astype(np.int64) * size + met["last"]) * kinds + met["code"]
        order = np.argsort(pair)
        met = met.take(order)
        begins = opens(pair[order])
    else:
        met = met.take(np.lexsort((met["code"], met["last"], met["first"])))
        begins = np.logical_or.reduce([opens(met[name]) for name in ("first", "last", "code")])
    start = np.flatnonzero(begins)
    at_us = np.ascontiguousarray(met["at_us"])
    return Pairs(
        first=met["first"][start],
        last=met["last"][start],
        code=met["code"][start],
        first_us=reduced(np.minimum, at_us, start),
        last_us=reduced(np.maximum, at_us, start),
        times=np.diff(start, append=len(met)).astype(np.int32),
    )


def _told(code: Numbers) -> dict[str, NDArray[Any]]:
    """Source and flags as columns."""
    return {
        "source_number": code >> SOURCE_AT,
        "is_merge": (code & MERGE) > 0,
        "is_authenticated": (code & AUTHENTICATED) > 0,
    }


def pairs_table(pairs: Pairs) -> pl.DataFrame:
    """Pairs as a table, see `Meetings.pairs`."""
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


def _meetings_table(met: Rows) -> pl.DataFrame:
    """Each event that named two as a table, see `Meetings.meetings`."""
    return pl.DataFrame(
        {
            "first_number": met["first"],
            "last_number": met["last"],
            "occurred_at": pl.Series(met["at_us"]).cast(INSTANT),
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
