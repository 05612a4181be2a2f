"""Links with all their evidence: what was seen, in what order of trust, and what undoes it."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.identity import given_links
from pipeline.identity.components import Flags, Numbers
from pipeline.identity.expiry import expiry
from pipeline.identity.given_links import Given
from pipeline.identity.hashes import joined, opens, reduced
from pipeline.identity.piles import give_back
from pipeline.identity.tables import given, read_sql

RULES = ("force", "merge", "seen_together", "match")
FORCE, MERGE, SEEN, MATCH = range(len(RULES))
# Our choice: what a source vouches for (a log-in, a declared merge) or a person decides is as good
# as certain, and n sightings together leave half the doubt of none over n + 1, with n rounded down
# to a power of 2. A match is worth three quarters of its probability, rounded down: never as much
# as having been seen together once. A link's level is its place here.
SIGHTINGS = (16, 8, 4, 2, 1)
PROBABILITIES = (0.99, 0.95, 0.9, 0.8, 0.5, 0.0)
CONFIDENCE = np.array(
    [
        0.99,
        *(1 - 0.5 / (count + 1) for count in SIGHTINGS),
        *(round(0.75 * probability, 4) for probability in PROBABILITIES),
    ]
)


@dataclass(frozen=True, slots=True)
class Links:
    """Every link; left is the stronger end. Those seen come in the order of their ends.

    Attributes:
        rule: The place of each one's rule in `RULES`.
        level: The place of its evidence in `CONFIDENCE`.
        weight: The probability of a match, else 0.
        sources: The place in `source_names` of those that saw it, or -1 for none.
        is_undone: The source took its merge back.
        expired_by: The end that had expired before, or -1.
        ended_us: The number of a link -> when it ceased to carry: undone, or expired.
        told: The number of a given link -> why it was given.
        vetoes: The pairs that are to be kept apart: `left_number`, `right_number`, `reason`.
        unseen: The reasons of given links that name an identifier which nobody has seen.
    """

    left: Numbers
    right: Numbers
    rule: NDArray[np.uint8]
    level: NDArray[np.uint8]
    weight: NDArray[np.float32]
    event_count: Numbers
    first_seen_us: NDArray[np.int64]
    last_seen_us: NDArray[np.int64]
    sources: Numbers
    source_names: pl.Series
    is_undone: Flags
    expired_by: Numbers
    ended_us: dict[int, int]
    told: dict[int, str | None]
    vetoes: pl.DataFrame
    unseen: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.left)


class _Evidence(NamedTuple):
    """What was seen of some links, in the order of their ends.

    Attributes:
        ends: Both numbers of each as one; see `given_links.keys`.
        source: The number of the first source that saw it.
        level: The place of the evidence in `CONFIDENCE`.
    """

    ends: NDArray[np.int64]
    source: Numbers
    is_merge: Flags
    level: NDArray[np.uint8]
    event_count: Numbers
    first_us: NDArray[np.int64]
    last_us: NDArray[np.int64]


class _Sources(NamedTuple):
    """The sources of links that several have seen: their ends as one number, and the names."""

    ends: NDArray[np.int64]
    names: pl.Series


def links(  # noqa: PLR0913 - one array for each thing that counts
    con: duckdb.DuckDBPyConnection,
    *,
    pairs: list[pl.DataFrame],
    crowd: pl.DataFrame,
    may_link: Flags,
    life_us: NDArray[np.int64],
    told: Given,
    undone: pl.DataFrame,
) -> Links:
    """Every link of `pairs` and `crowd`, and after them the given ones.

    Args:
        con: Holds source_numbers.
        pairs: See `Meetings.pairs`; it is emptied on the way, as its memory is needed.
        crowd: Those of crowds, in the order of their numbers; see `crowd_links`.
        may_link: Which identifiers may link by what was seen.
        life_us: How long a link of each identifier lives on; 0 for ever.
        told: The given links.
        undone: The merges that their source took back: `left_number`, `right_number`,
            `unmerged_at`.
    """
    seen, together = _evidence(con, pairs, crowd, undone)
    source_names: pl.Series = con.sql("from source_numbers order by source_number").pl()["source"]
    sources = seen.source - np.int32(1)
    if together is not None:
        names = together.names.unique().sort()
        place = dict(
            zip(names, range(len(source_names), len(source_names) + len(names)), strict=True)
        )
        # A merge that was taken back may have been all that a link rested on.
        at = np.searchsorted(seen.ends, together.ends).clip(max=len(seen.ends) - 1)
        known = seen.ends[at] == together.ends
        which = together.names.replace_strict(place, return_dtype=pl.Int32).to_numpy()
        sources[at[known]] = which[known]
        source_names = pl.concat([source_names, names])
    size = len(seen.ends)
    found = Links(
        left=(seen.ends >> 32).astype(np.int32),
        right=seen.ends.astype(np.int32),
        rule=np.where(seen.is_merge, np.uint8(MERGE), np.uint8(SEEN)),
        level=seen.level,
        weight=np.zeros(size, dtype=np.float32),
        event_count=seen.event_count,
        first_seen_us=seen.first_us,
        last_seen_us=seen.last_us,
        sources=sources,
        source_names=source_names,
        is_undone=np.zeros(size, dtype=np.bool_),
        expired_by=np.full(size, -1, dtype=np.int32),
        ended_us={},
        told={},
        vetoes=told.veto,
        unseen=told.unseen,
    )
    _undo(found, seen.ends, undone)
    _expire(found, seen.first_us, may_link, life_us)
    return _with_given(found, seen.ends, told)


def _evidence(
    con: duckdb.DuckDBPyConnection,
    pairs: list[pl.DataFrame],
    crowd: pl.DataFrame,
    undone: pl.DataFrame,
) -> tuple[_Evidence, _Sources | None]:
    """What was seen of each link, and the sources if several saw one; `pairs` is emptied."""
    lefts = crowd["left_number"].to_numpy()
    parts, sources, start, are_several = [], [], 0, False
    while pairs:
        pair = pairs.pop(0)
        # What has the same left end stands in the same part.
        last = int(pair["left_number"].to_numpy().max(initial=-1))
        end = int(np.searchsorted(lefts, last, side="right")) if pairs else len(lefts)
        met = crowd[start : max(start, end)]
        part, is_several = _folded(pl.concat([pair, met]), undone)
        if is_several or undone.height:
            sources.append(_sources(con, pair, met))
        parts.append(part)
        are_several |= is_several
        start = max(start, end)
    columns = [list(column) for column in zip(*parts, strict=True)]
    parts.clear()
    whole = []
    for column in columns:
        whole.append(joined(column))
        # The parts lie scattered, and their room serves no later column.
        give_back()
    seen = _Evidence(*whole)
    if not are_several:
        return seen, None
    ends, names = zip(*sources, strict=True)
    return seen, _Sources(np.concatenate(ends), pl.concat(names))


def _folded(seen: pl.DataFrame, undone: pl.DataFrame) -> tuple[_Evidence, bool]:
    """One row per link, and whether any was seen by several sources."""
    ends = given_links.keys(seen)
    if undone.height:
        stands = _standing(seen["is_merge"].to_numpy(), ends, given_links.keys(undone))
        seen, ends = seen.filter(stands), ends[stands]
    # Pairs stand in order; sorted they need not be.
    order = np.argsort(ends, kind="stable")
    ends = ends[order]
    start = np.flatnonzero(opens(ends))

    def folded(column: str, fold: np.ufunc) -> NDArray[Any]:
        return reduced(fold, seen[column].to_physical().to_numpy()[order], start)

    source = folded("source_number", np.minimum)
    is_merge = folded("is_merge", np.logical_or)
    is_vouched = is_merge | folded("is_authenticated", np.logical_or)
    event_count = folded("event_count", np.add)
    counted = len(SIGHTINGS) - np.digitize(event_count, SIGHTINGS[-2::-1])
    found = _Evidence(
        ends=ends[start],
        source=source,
        is_merge=is_merge,
        level=np.where(is_vouched, 0, counted).astype(np.uint8),
        event_count=event_count.astype(np.int32),
        first_us=folded("first_seen_at", np.minimum),
        last_us=folded("last_seen_at", np.maximum),
    )
    return found, bool((folded("source_number", np.maximum) > source).any())


def _sources(
    con: duckdb.DuckDBPyConnection, pairs: pl.DataFrame, crowd_links: pl.DataFrame
) -> _Sources:
    """The sources of those links that several have seen."""
    with given(con, pairs=pairs, crowd_links=crowd_links):
        told = con.sql(read_sql("link_sources")).pl()
    return _Sources(given_links.keys(told), told["sources"])


def _standing(is_merge: Flags, ends: NDArray[np.int64], undone: NDArray[np.int64]) -> Flags:
    """The rows that count: a merge taken back is no evidence beside what else was seen."""
    is_undone = np.isin(ends, undone)
    otherwise = ends[is_undone & ~is_merge]
    return ~(is_undone & is_merge & np.isin(ends, otherwise))


def _undo(found: Links, ends: NDArray[np.int64], undone: pl.DataFrame) -> None:
    """Note which links are nothing but a merge taken back."""
    instants = undone["unmerged_at"].to_physical().to_list() if undone.height else []
    for key, at_us in zip(given_links.keys(undone).tolist(), instants, strict=True):
        place = int(np.searchsorted(ends, key))
        if place < len(ends) and ends[place] == key and found.rule[place] == MERGE:
            found.is_undone[place] = True
            found.ended_us[place] = at_us


def _expire(
    found: Links,
    first_us: NDArray[np.int64],
    may_link: Flags,
    life_us: NDArray[np.int64],
) -> None:
    """Note which links came too late, and when those before them ended."""
    if not life_us.any():
        return
    left, right = found.left, found.right
    dead = expiry(
        left,
        right,
        first_us,
        found.last_seen_us,
        may_link=may_link[left] & may_link[right] & ~found.is_undone,
        life_us=life_us,
    )
    found.expired_by[dead.expired] = dead.by
    for number, at_us in zip(dead.closed.tolist(), dead.closed_us.tolist(), strict=True):
        if found.expired_by[number] < 0:
            found.ended_us[number] = min(at_us, found.ended_us.get(number, at_us))


def _with_given(found: Links, ends: NDArray[np.int64], told: Given) -> Links:
    """The links with the given ones: a forced one takes the place of what was seen, if anything.

    A match of two that were seen together says nothing new.
    """
    if not (told.force.height or told.match.height):
        return found
    keys = given_links.keys(told.force)
    at = np.searchsorted(ends, keys).clip(max=max(len(ends) - 1, 0))
    is_seen = ends[at] == keys if len(ends) else np.zeros(len(keys), dtype=np.bool_)
    place = at[is_seen]
    found.rule[place], found.level[place] = FORCE, 0
    found.is_undone[place], found.expired_by[place] = False, -1
    for number, reason in zip(
        place.tolist(), told.force["reason"].filter(is_seen).to_list(), strict=True
    ):
        found.told[number] = reason
        found.ended_us.pop(number, None)
    met = np.isin(given_links.keys(told.match), np.concatenate([ends, keys]))
    match = told.match.filter(~met)
    added = pl.concat([told.force.filter(~is_seen), match])
    is_match = np.arange(added.height) >= added.height - match.height
    weight = added["weight"].fill_null(0).to_numpy()
    doubt = len(PROBABILITIES) - np.digitize(weight, PROBABILITIES[-2::-1])
    left, right = given_links.ends(added)
    numbers = range(found.size, found.size + added.height)
    return replace(
        found,
        left=np.concatenate([found.left, left]),
        right=np.concatenate([found.right, right]),
        rule=_extended(found.rule, np.where(is_match, MATCH, FORCE)),
        level=_extended(found.level, np.where(is_match, len(SIGHTINGS) + doubt, 0)),
        weight=_extended(found.weight, weight),
        event_count=_extended(found.event_count, np.zeros(added.height)),
        first_seen_us=_extended(found.first_seen_us, np.zeros(added.height)),
        last_seen_us=_extended(found.last_seen_us, np.zeros(added.height)),
        sources=_extended(found.sources, np.full(added.height, -1)),
        is_undone=_extended(found.is_undone, np.zeros(added.height)),
        expired_by=_extended(found.expired_by, np.full(added.height, -1)),
        told={**found.told, **dict(zip(numbers, added["reason"].to_list(), strict=True))},
    )


def _extended(column: NDArray[Any], added: NDArray[Any]) -> NDArray[Any]:
    """A column with more at its end, of the same type."""
    return np.concatenate([column, added.astype(column.dtype)])
