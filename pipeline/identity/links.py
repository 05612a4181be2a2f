"""What landed events name, as numbered identifiers and the links between them.

Identifiers are linked within one role of one event, as a star around the strongest and never
as all pairs. Strings stay in DuckDB; what leaves it is dense numbers, the strongest first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.identity import given_links, sharing
from pipeline.identity.components import Flags, Numbers, components
from pipeline.identity.crowds import crowd_links
from pipeline.identity.evidence import Links, links
from pipeline.identity.given_links import Given
from pipeline.identity.hashes import slices
from pipeline.identity.meetings import Meetings, meetings
from pipeline.identity.piles import aside, give_back
from pipeline.identity.policy import Policy, namespace_policy
from pipeline.identity.sighted import Sighted, sighted
from pipeline.identity.tables import build, drop, given, holds_rows, read_sql
from pipeline.landing.schema import INSTANT

UNDONE = pl.Schema({"left_number": pl.Int32, "right_number": pl.Int32, "unmerged_at": INSTANT})


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Every identifier; its place is its number, and a lower number is a stronger one.

    Attributes:
        value: Each one's value.
        rules: The policy of each namespace, by its number; see `namespace_policy`.
        namespace: The number of each one's namespace.
        person: The lowest number among values of one namespace that were declared merged.
        event_count: How many events name it.
        is_forced: A person decided whose it is, whatever else speaks against it.
        reasons: The number of an identifier -> why it is shared or blocked.
    """

    value: pl.Series
    rules: pl.DataFrame
    namespace: Numbers
    person: Numbers
    night: Numbers
    first_seen_us: NDArray[np.int64]
    last_seen_us: NDArray[np.int64]
    event_count: Numbers
    is_blocked: Flags
    is_shared: Flags
    is_forced: Flags
    reasons: Mapping[int, str]

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.value)

    @property
    def is_unique(self) -> Flags:
        """Of which a customer has one at most."""
        is_unique: Flags = self.rules["is_unique"].to_numpy()[self.namespace]
        return is_unique

    @property
    def may_link(self) -> Flags:
        """Which of them may link by what was seen."""
        return ~(self.is_blocked | self.is_shared)

    @property
    def is_active(self) -> Flags:
        """Which of them belong to a customer."""
        return self.may_link | self.is_forced


def sighting_count(con: duckdb.DuckDBPyConnection) -> int:
    """How many rows `linkable_identifiers` has; leaves what `gather` reads beside it."""
    build(con, "sighting_counts", "source_numbers")
    [(count,)] = con.sql("select sum(sighting_count) from sighting_counts").fetchall()
    return int(count or 0)


def gather(
    con: duckdb.DuckDBPyConnection, policy: Policy, *, folder: Path | None, bits: int
) -> tuple[Identifiers, Links]:
    """The identifiers and links of `linkable_identifiers`, guarded by the policy.

    The guards in order: values that name nobody are blocked; those that many share are shared;
    links that came after an identifier had expired are expired.

    Args:
        con: Holds linkable_identifiers and what `sighting_count` leaves.
        policy: How far each kind of identifier may be trusted.
        folder: Where piles are files, if they are, and what is needed at times alone.
        bits: How many bits of a hash tell its pile.
    """
    present = con.sql("select distinct namespace from sighting_counts").fetchall()
    rules = namespace_policy(policy, [name for (name,) in present])
    seen = sighted(con, policy, rules, folder=folder, bits=bits)
    life_us = _lives(rules, seen)
    seen = _aside(seen, folder)
    met = meetings(
        seen.events,
        size=len(seen.value),
        folder=folder,
        are_kept=bool(rules["limit_count"].to_numpy().any()),
    )
    give_back()
    identifiers, crowd, told, undone = _judged(con, rules, seen, met)
    event_count = aside(folder, "event_count", identifiers.event_count)
    identifiers = replace(identifiers, event_count=event_count)
    pairs = met.pairs
    del seen, met
    give_back()
    found = links(
        con,
        pairs=pairs,
        crowd=crowd,
        may_link=identifiers.may_link,
        life_us=life_us,
        told=told,
        undone=undone,
    )
    drop(con, "sighting_counts", "source_numbers")
    return identifiers, found


def _judged(
    con: duckdb.DuckDBPyConnection, rules: pl.DataFrame, seen: Sighted, met: Meetings
) -> tuple[Identifiers, pl.DataFrame, Given, pl.DataFrame]:
    """The identifiers guarded, the links of crowds, the given links, and the merges undone."""
    is_strong = rules["is_strong"].to_numpy()[seen.namespace]
    is_blocked = np.zeros(len(seen.value), dtype=np.bool_)
    is_blocked[list(seen.blocked)] = True
    member = met.crowd_members["identifier_number"].to_numpy()
    members = met.crowd_members.with_columns(
        namespace_number=seen.namespace[member], is_blocked=is_blocked[member]
    )
    tables = {
        "pairs": pl.concat(met.pairs),
        "crowds": met.crowds,
        "crowd_members": members,
        "meetings": met.meetings,
    }
    if _are_asked(con, rules, met):
        spaces = rules["namespace"].cast(pl.Enum(rules["namespace"]))
        tables["numbered_identifiers"] = pl.DataFrame(
            {
                "identifier_number": np.arange(len(seen.value), dtype=np.int32),
                "namespace": spaces.gather(seen.namespace),
                "value": seen.value,
                "namespace_number": seen.namespace,
                "is_strong": is_strong,
                "is_blocked": is_blocked,
            }
        )
    with given(con, **tables):
        told = given_links.numbered(con)
        undone = _undone(con)
        apart = np.concatenate([given_links.keys(undone), given_links.keys(told.veto)])
        identifiers = _guarded(
            con,
            seen,
            rules,
            told,
            met,
            apart=apart,
            is_strong=is_strong & ~is_blocked,
            is_blocked=is_blocked,
        )
    crowd = crowd_links(met, is_blocked=is_blocked, is_shared=identifiers.is_shared)
    return identifiers, crowd, told, undone


def _are_asked(con: duckdb.DuckDBPyConnection, rules: pl.DataFrame, met: Meetings) -> bool:
    """Whether any question is to be asked of all identifiers as a table."""
    return (
        _declares(met)
        or bool(rules["limit_count"].to_numpy().any())
        or any(holds_rows(con, name) for name in ("given_links", "unmerged_identifiers"))
    )


def _declares(met: Meetings) -> bool:
    """Whether a source declares any two identifiers to be one person."""
    return any(one["is_merge"].any() for one in (*met.pairs, met.crowds))


def _aside(seen: Sighted, folder: Path | None) -> Sighted:
    """The same, with what is needed for naming and writing alone put aside."""
    columns: dict[str, Any] = {
        name: aside(folder, name, getattr(seen, name))
        for name in ("night", "first_seen_us", "last_seen_us")
    }
    return replace(seen, **columns)


def _undone(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The merges that a source took back later: both numbers, and `unmerged_at`."""
    if not holds_rows(con, "unmerged_identifiers"):
        return UNDONE.to_frame()
    undone: pl.DataFrame = con.sql(read_sql("undone_merges")).pl()
    return undone


def _guarded(  # noqa: PLR0913 - one argument for each thing that counts
    con: duckdb.DuckDBPyConnection,
    seen: Sighted,
    rules: pl.DataFrame,
    told: Given,
    met: Meetings,
    *,
    apart: NDArray[np.int64],
    is_strong: Flags,
    is_blocked: Flags,
) -> Identifiers:
    """The identifiers in the order of their numbers, each with what speaks against it."""
    size = len(seen.value)
    is_shared, is_forced = (np.zeros(size, dtype=np.bool_) for _ in range(2))
    merges = (
        con.sql(read_sql("declared_merges")).pl()
        if _declares(met)
        else UNDONE.to_frame().drop("unmerged_at")
    )
    person = _persons(size, merges, told, seen.namespace, apart=apart)
    why = sharing.reasons(
        con,
        rules,
        met,
        namespace=seen.namespace,
        person=person,
        is_strong=is_strong,
        is_blocked=is_blocked,
    )
    is_shared[list(why)] = True
    for end in given_links.ends(told.force):
        is_forced[end] = True
    return Identifiers(
        value=seen.value,
        rules=rules,
        namespace=seen.namespace,
        person=person,
        night=seen.night,
        first_seen_us=seen.first_seen_us,
        last_seen_us=seen.last_seen_us,
        event_count=seen.sighting_count - met.repeat_count,
        is_blocked=is_blocked,
        is_shared=is_shared,
        is_forced=is_forced,
        reasons={**seen.blocked, **why},
    )


def _persons(
    size: int,
    merges: pl.DataFrame,
    told: Given,
    namespace: Numbers,
    *,
    apart: NDArray[np.int64],
) -> Numbers:
    """For each identifier the lowest number it was declared or forced one with, else itself."""
    person = np.arange(size, dtype=np.int32)
    merges = merges.filter(~np.isin(given_links.keys(merges), apart))
    pairs = [given_links.ends(merges), given_links.forced_persons(told, namespace)]
    left, right = (np.concatenate(column) for column in zip(*pairs, strict=True))
    members, where = np.unique(np.concatenate([left, right]), return_inverse=True)
    if members.size:
        _, label = components(len(members), where[: len(left)], where[len(left) :])
        # `members` ascends, so the first of each label is its lowest number.
        _, first = np.unique(label, return_index=True)
        person[members] = members[first][label]
    return person


def _lives(rules: pl.DataFrame, seen: Sighted) -> NDArray[np.int64]:
    """For how many microseconds a link of each identifier lives on; 0 where it need not be asked.

    Whoever was first and last seen within one life has not expired in between.
    """
    life_us = rules["expires_us"].to_numpy()
    lives = np.zeros(len(seen.value), dtype=np.int64)
    if not life_us.any():
        return lives
    for part in slices(len(lives)):
        own_us = life_us[seen.namespace[part]]
        is_long = seen.last_seen_us[part] - seen.first_seen_us[part] > own_us
        lives[part][is_long] = own_us[is_long]
    return lives
