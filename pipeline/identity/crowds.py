"""What events say that name more than two identifiers, without a row for each two of them.

Crowds are worked through as numbers: that takes a tenth of the time of joining them in SQL.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.identity.components import Flags, Numbers
from pipeline.identity.hashes import distinct, opens
from pipeline.identity.meetings import (
    AUTHENTICATED,
    MEETING,
    MERGE,
    SOURCE_AT,
    Meetings,
    folded,
    pairs_table,
)

# Pairs of one crowd that are looked at together, but for the last identifier's.
PAIRS = 1 << 22


def crowd_links(met: Meetings, *, is_blocked: Flags, is_shared: Flags) -> pl.DataFrame:
    """Each crowd as a star around its strongest identifier, never all pairs.

    Where any of its identifiers may link, the centre is one that may: a kiosk cookie must not
    stand between a person's e-mail and telephone.

    Args:
        met: Holds the crowds; their members stand crowd by crowd, the strongest first.
        is_blocked: Which identifiers name nobody.
        is_shared: Which of them several people share.

    Returns:
        The columns of `Meetings.pairs`, in the order of their numbers.
    """
    crowd, member = _members(met)
    start = np.flatnonzero(opens(crowd))
    # The first that may link, else the first: what may not goes after all others.
    barred = is_blocked[member] | is_shared[member]
    rank = barred.astype(np.int64) << 32 | member
    centre = (np.minimum.reduceat(rank, start) if start.size else rank).astype(np.int32)
    middle = np.repeat(centre, np.diff(start, append=len(crowd)))
    chosen = np.flatnonzero(member != middle)
    at = crowd[chosen]
    star = np.empty(len(chosen), dtype=MEETING)
    star["first"] = np.minimum(member[chosen], middle[chosen])
    star["last"] = np.maximum(member[chosen], middle[chosen])
    star["code"] = _codes(met.crowds)[at]
    star["at_us"] = met.crowds["occurred_at"].to_physical().to_numpy()[at]
    return pairs_table(folded(star, size=len(is_blocked)))


def crowd_sightings(
    met: Meetings, *, is_strong: Flags, is_blocked: Flags
) -> tuple[Numbers, Numbers]:
    """Identifiers seen in a crowd with strong ones, and those; each two once.

    Args:
        met: See `crowd_links`.
        is_strong: Which identifiers tell people apart.
        is_blocked: Which of them name nobody.
    """
    crowd, member = _members(met)
    start = np.flatnonzero(opens(crowd))
    size = np.diff(start, append=len(crowd))
    strong = np.flatnonzero(is_strong[member] & ~is_blocked[member])
    beside = size[crowd[strong]]
    found = [np.zeros(0, dtype=np.int64)]
    for part in _stretches(beside):
        chosen, times = strong[part], beside[part]
        # Each of them beside every member of its crowd.
        which = np.repeat(np.arange(len(chosen)), times)
        place = np.arange(len(which)) - np.repeat(np.cumsum(times) - times, times)
        one = member[start[crowd[chosen]][which] + place]
        other = member[chosen][which]
        met_other = (one != other) & ~is_blocked[one]
        found.append(distinct(one[met_other].astype(np.int64) << 32 | other[met_other]))
    pairs = distinct(np.concatenate(found))
    return (pairs >> 32).astype(np.int32), pairs.astype(np.int32)


def _members(met: Meetings) -> tuple[Numbers, Numbers]:
    """The crowd of each member, and the member."""
    members = met.crowd_members
    return members["crowd_number"].to_numpy(), members["identifier_number"].to_numpy()


def _codes(crowds: pl.DataFrame) -> Numbers:
    """Source and flags of each crowd as one number."""
    codes: Numbers = (
        crowds["source_number"].to_numpy() << SOURCE_AT
        | crowds["is_merge"].to_numpy() * np.int32(MERGE)
        | crowds["is_authenticated"].to_numpy() * np.int32(AUTHENTICATED)
    )
    return codes


def _stretches(counts: NDArray[np.int64]) -> Iterator[slice]:
    """Rows whose counts together make no more than can be looked at, or one alone."""
    ends = np.cumsum(counts)
    first = 0
    while first < len(counts):
        before = ends[first] - counts[first]
        last = max(first + 1, int(np.searchsorted(ends, before + PAIRS, side="right")))
        yield slice(first, last)
        first = last
