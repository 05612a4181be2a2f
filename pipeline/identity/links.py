"""What landed events name, as numbered identifiers and the links between them.

Identifiers are linked within one role of one event, as a star around the strongest and never
as all pairs. Strings stay in DuckDB; what leaves it is dense numbers, the strongest first.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.identity import given_links, sharing
from pipeline.identity.components import Flags, Numbers, components
from pipeline.identity.evidence import Links, links
from pipeline.identity.given_links import Given
from pipeline.identity.meetings import Meetings, meetings
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


def gather(con: duckdb.DuckDBPyConnection, policy: Policy) -> tuple[Identifiers, Links]:
    """The identifiers and links of `linkable_identifiers`, guarded by the policy.

    The guards in order: values that name nobody are blocked; those that many share are shared;
    links that came after an identifier had expired are expired.
    """
    present = con.sql("select distinct namespace from linkable_identifiers").fetchall()
    rules = namespace_policy(policy, [name for (name,) in present])
    return _linked(con, rules, sighted(con, policy, rules))


def _linked(
    con: duckdb.DuckDBPyConnection, rules: pl.DataFrame, seen: Sighted
) -> tuple[Identifiers, Links]:
    """The identifiers and links of numbered identifiers."""
    build(con, "source_numbers")
    met = meetings(
        con,
        keys=seen.keys,
        numbers=seen.numbers,
        sighting_count=int(seen.sighting_count.sum(dtype=np.int64)),
        are_kept=bool(rules["limit_count"].to_numpy().any()),
    )
    is_strong = rules["is_strong"].to_numpy()[seen.namespace]
    is_blocked = np.zeros(len(seen.value), dtype=np.bool_)
    is_blocked[list(seen.blocked)] = True
    spaces = rules["namespace"].cast(pl.Enum(rules["namespace"]))
    numbered = pl.DataFrame(
        {
            "identifier_number": np.arange(len(seen.value), dtype=np.int32),
            "namespace": spaces.gather(seen.namespace),
            "value": seen.value,
            "namespace_number": seen.namespace,
            "is_strong": is_strong,
            "is_blocked": is_blocked,
        }
    )
    member = met.crowd_members["identifier_number"].to_numpy()
    members = met.crowd_members.with_columns(
        namespace_number=seen.namespace[member],
        is_strong=is_strong[member],
        is_blocked=is_blocked[member],
    )
    tables = {
        "numbered_identifiers": numbered,
        "pairs": met.pairs,
        "crowds": met.crowds,
        "crowd_members": members,
        "meetings": met.meetings,
    }
    with given(con, **tables):
        told = given_links.numbered(con)
        undone = _undone(con)
        apart = np.concatenate([given_links.keys(undone), given_links.keys(told.veto)])
        identifiers = _guarded(con, seen, rules, told, met, apart=apart)
        shared = pl.DataFrame({"identifier_number": np.flatnonzero(identifiers.is_shared)})
        with given(con, shared_identifiers=shared):
            build(con, "crowd_links")
        found = links(
            con,
            pairs=met.pairs,
            may_link=identifiers.may_link,
            life_us=_lives(identifiers),
            told=told,
            undone=undone,
        )
    drop(con, "source_numbers", "crowd_links")
    return identifiers, found


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
) -> Identifiers:
    """The identifiers in the order of their numbers, each with what speaks against it."""
    size = len(seen.value)
    is_blocked, is_shared, is_forced = (np.zeros(size, dtype=np.bool_) for _ in range(3))
    is_blocked[list(seen.blocked)] = True
    declares = met.pairs["is_merge"].any() or met.crowds["is_merge"].any()
    merges = (
        con.sql(read_sql("declared_merges")).pl()
        if declares
        else UNDONE.to_frame().drop("unmerged_at")
    )
    person = _persons(size, merges, told, seen.namespace, apart=apart)
    why = sharing.reasons(
        con,
        rules,
        namespace=seen.namespace,
        person=person,
        is_strong=rules["is_strong"].to_numpy()[seen.namespace] & ~is_blocked,
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


def _lives(identifiers: Identifiers) -> NDArray[np.int64]:
    """For how many microseconds a link of each identifier lives on; 0 where it need not be asked.

    Whoever was first and last seen within one life has not expired in between.
    """
    life_us = identifiers.rules["expires_us"].to_numpy()
    if not life_us.any():
        return np.zeros(identifiers.size, dtype=np.int64)
    own_us = life_us[identifiers.namespace]
    return np.where(identifiers.last_seen_us - identifiers.first_seen_us > own_us, own_us, 0)
