"""Identifiers that came to another person: a recycled cookie, a telephone number given away.

A link lives from its first sighting to `expires_days` after its last, in event time. An identifier
carries a new link only while one that it has lives; once none does, it has expired. What it had
linked before stays; every link first seen afterwards is `expired` and joins nobody.

Three things follow. A link seen again is still the same link and lives on, so that a cookie
which comes back with the account it had was never anybody else's. What an identifier links to at
the last instant of its life still counts, and a microsecond later does not. And since only first
and last sightings matter, the order in which they landed does not.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.identity.components import Flags, Numbers
from pipeline.identity.hashes import sorted_by

Instants = NDArray[np.int64]


class Expiry(NamedTuple):
    """What expiry does to links.

    Attributes:
        expired: The numbers of the links that came too late.
        by: The end of each that had expired before.
        closed: The numbers of the links that an identifier carried before it expired.
        closed_us: When it did, for each.
    """

    expired: NDArray[np.int64]
    by: Numbers
    closed: NDArray[np.int64]
    closed_us: Instants


NOTHING = Expiry(
    *(np.zeros(0, dtype=kind) for kind in (np.int64, np.int32, np.int64, np.int64))  # type: ignore[arg-type]
)


def expiry(  # noqa: PLR0913 - one array for each thing that counts
    left: Numbers,
    right: Numbers,
    first_us: Instants,
    last_us: Instants,
    *,
    may_link: Flags,
    life_us: Instants,
) -> Expiry:
    """Which links came after an end of theirs had expired, and which it had carried till then.

    Args:
        left: One end of each link.
        right: The other end.
        first_us: When it was first seen.
        last_us: When it was last seen.
        may_link: Which links count.
        life_us: How long a link of each identifier lives on; 0 for ever.
    """
    concerned = life_us > 0
    if not concerned.any():
        return NOTHING
    chosen = [np.flatnonzero(may_link & concerned[end]) for end in (left, right)]
    link = np.concatenate(chosen)
    one = np.concatenate([end[at] for end, at in zip((left, right), chosen, strict=True)])
    # By when each was first seen, then by identifier: those of one stay in the first order.
    by_first = np.argsort(first_us[link])
    by_identifier, _ = sorted_by(one[by_first].astype(np.uint64) << np.uint64(32))
    order = by_first[by_identifier]
    link, one = link[order], one[order]
    opens = np.diff(one, prepend=-1) != 0
    start = np.maximum.accumulate(np.where(opens, np.arange(len(one)), 0))
    # The latest sighting so far of each identifier: instants as ranks, so that each identifier
    # can be lifted above all before it.
    instants, rank = np.unique(last_us[link], return_inverse=True)
    lift = np.cumsum(opens) * np.int64(len(instants) + 1)
    latest = instants[np.maximum.accumulate(rank + lift) - lift] if len(link) else last_us[:0]
    dead_us = latest + life_us[one]
    before_us = np.concatenate([dead_us[:1], dead_us[:-1]])
    breaks = ~opens & (first_us[link] > before_us)
    broken_at = np.maximum.accumulate(np.where(breaks, np.arange(len(one)), -1))
    is_late = broken_at >= start
    # The first link too late tells when what came before it ended.
    first_late = is_late & (np.concatenate([[-1], broken_at[:-1]]) < start)
    died_us = dict(zip(one[first_late].tolist(), before_us[first_late].tolist(), strict=True))
    ended = ~is_late & np.isin(one, one[first_late])
    return Expiry(
        expired=link[is_late],
        by=one[is_late],
        closed=link[ended],
        closed_us=np.array([died_us[number] for number in one[ended].tolist()], dtype=np.int64),
    )
