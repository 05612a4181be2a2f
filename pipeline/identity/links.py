"""What landed events name, as numbered identifiers and the links between them.

Identifiers are linked within one role of one event, as a star around the strongest and never
as all pairs. Strings stay in DuckDB; what leaves it is dense numbers, the strongest first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.identity.components import components
from pipeline.identity.policy import Policy, blocked_values, namespace_policy
from pipeline.landing.schema import INSTANT
from pipeline.resources import sql_folder

Numbers = NDArray[np.int32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Every identifier; its place is its number, and a lower number is a stronger one.

    Attributes:
        frame: `namespace`, `value`, `status`, `reason`, `is_strong`, `priority`, `event_count`,
            `first_seen_at`, `last_seen_at`, `night`.
        namespaces: The namespaces by their number.
        namespace: The number of each one's namespace.
        person: The lowest number among values of one namespace that were declared merged.
    """

    frame: pl.DataFrame
    namespaces: list[str]
    namespace: Numbers
    person: Numbers
    priority: Numbers
    night: Numbers
    is_unique: Flags
    is_blocked: Flags
    is_shared: Flags

    @property
    def size(self) -> int:
        """How many there are."""
        return self.frame.height

    @property
    def is_active(self) -> Flags:
        """Which of them may link."""
        return ~(self.is_blocked | self.is_shared)


@dataclass(frozen=True, slots=True)
class Links:
    """Every link, in the order of its ends; left is the stronger one.

    Attributes:
        frame: `first_seen_at`, `last_seen_at`, `event_count`, `sources`, `is_merge`.
        is_vouched: A source declares it, or the customer had logged in.
    """

    frame: pl.DataFrame
    left: Numbers
    right: Numbers
    event_count: NDArray[np.int64]
    last_seen_us: NDArray[np.int64]
    is_merge: Flags
    is_vouched: Flags

    @property
    def size(self) -> int:
        """How many there are."""
        return self.frame.height


def gather(con: duckdb.DuckDBPyConnection, policy: Policy) -> tuple[Identifiers, Links]:
    """The identifiers and links of `linkable_identifiers`, guarded by the policy."""
    _build(con, "identifier_sightings")
    _block(con, policy)
    present = con.sql("select distinct namespace from identifier_sightings").fetchall()
    with given(con, namespace_policy=namespace_policy(policy, [name for (name,) in present])):
        _build(con, "numbered_identifiers")
    _drop(con, "identifier_sightings", "blocked_identifiers")
    for name in ("source_numbers", "meetings", "crowds", "crowd_members", "pairs"):
        _build(con, name)
    for name in ("repeated_sightings", "declared_merges"):
        _build(con, name)
    _drop(con, "meetings")
    identifiers = _guarded(con)
    _drop(con, "numbered_identifiers", "repeated_sightings", "declared_merges")
    shared = pl.DataFrame({"identifier_number": np.flatnonzero(identifiers.is_shared)})
    with given(con, shared_identifiers=shared):
        _build(con, "crowd_links")
    links = _links(con)
    _drop(con, "source_numbers", "crowds", "crowd_members", "pairs", "crowd_links")
    return identifiers, links


@contextmanager
def given(con: duckdb.DuckDBPyConnection, **frames: pl.DataFrame) -> Iterator[None]:
    """Frames as tables of the connection, for a while."""
    for name, frame in frames.items():
        con.register(name, frame)
    try:
        yield
    finally:
        for name in frames:
            con.unregister(name)


def read_sql(name: str) -> str:
    """The select of one file in sql/identity/."""
    return (sql_folder() / "identity" / f"{name}.sql").read_text(encoding="utf-8")


def _build(con: duckdb.DuckDBPyConnection, name: str) -> None:
    con.execute(f"create or replace temp table {name} as {read_sql(name)}")


def _drop(con: duckdb.DuckDBPyConnection, *names: str) -> None:
    for name in names:
        con.execute(f"drop table {name}")


def _block(con: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Note the identifiers that name nobody in `blocked_identifiers`."""
    with given(con, blocked_values=blocked_values(policy)):
        _build(con, "blocked_identifiers")
    matching = read_sql("identifiers_matching")
    for namespace, pattern, reason in policy.patterns:
        # A variable is a constant to the engine, which then compiles the expression once.
        for name, text in (("namespace", namespace), ("pattern", pattern), ("reason", reason)):
            con.execute(f"set variable blocked_{name} = ?", [text])
        con.execute(f"insert into blocked_identifiers {matching}")


def _guarded(con: duckdb.DuckDBPyConnection) -> Identifiers:
    """The identifiers in the order of their numbers, each with its status and the reason."""
    frame = con.sql("select * from numbered_identifiers").pl()
    if not frame["identifier_number"].is_sorted():
        frame = frame.sort("identifier_number")
    namespace = frame["namespace_number"].to_numpy()
    named = frame.select("namespace_number", "namespace").unique().sort("namespace_number")
    is_blocked = frame["blocked_reason"].is_not_null().to_numpy()
    is_strong = frame["is_strong"].to_numpy() & ~is_blocked
    person = _persons(con, frame.height)
    met, of = _fan_out(
        *_meetings_with_strong(con, is_strong, is_blocked),
        person=person,
        namespace=namespace,
        limit=frame["max_strong"].to_numpy(),
    )
    is_shared = met > 0
    reasons = pl.Series(
        [
            f"seen with {count} different {named['namespace'][kind]} values"
            for count, kind in zip(met[is_shared].tolist(), of[is_shared].tolist(), strict=True)
        ],
        dtype=pl.String,
    )
    reason = frame["blocked_reason"].scatter(np.flatnonzero(is_shared), reasons)
    status = pl.Series(["active", "shared", "blocked"]).gather(is_shared + 2 * is_blocked)
    repeats = np.zeros(frame.height, dtype=np.int64)
    repeated = con.sql("select * from repeated_sightings").fetchnumpy()
    repeats[repeated["identifier_number"]] = repeated["repeat_count"]
    return Identifiers(
        frame=frame.select(
            "namespace",
            "value",
            status.alias("status"),
            reason.alias("reason"),
            "is_strong",
            "priority",
            (pl.col("sighting_count") - pl.Series(repeats)).alias("event_count"),
            "first_seen_at",
            "last_seen_at",
            "night",
        ),
        namespaces=named["namespace"].to_list(),
        namespace=namespace,
        person=person,
        priority=frame["priority"].to_numpy(),
        night=frame["night"].to_numpy(),
        is_unique=frame["is_unique"].to_numpy(),
        is_blocked=is_blocked,
        is_shared=is_shared,
    )


def _persons(con: duckdb.DuckDBPyConnection, size: int) -> Numbers:
    """For each identifier the lowest number it was declared merged with, itself if none."""
    person = np.arange(size, dtype=np.int32)
    merges = con.sql("select * from declared_merges").fetchnumpy()
    ends, where = np.unique(
        np.concatenate([merges["left_number"], merges["right_number"]]), return_inverse=True
    )
    if ends.size:
        half = len(merges["left_number"])
        _, label = components(len(ends), where[:half], where[half:])
        # `ends` ascends, so the first of each label is its lowest number.
        _, first = np.unique(label, return_index=True)
        person[ends] = ends[first][label]
    return person


def _meetings_with_strong(
    con: duckdb.DuckDBPyConnection, is_strong: Flags, is_blocked: Flags
) -> tuple[Numbers, Numbers]:
    """Every identifier beside every strong one it was seen with; a pair may come twice."""
    pairs = con.sql("select left_number, right_number from pairs").fetchnumpy()
    left, right = pairs["left_number"], pairs["right_number"]
    crowd = con.sql(read_sql("crowd_sightings")).fetchnumpy()
    by_right = is_strong[right] & ~is_blocked[left]
    by_left = is_strong[left] & ~is_blocked[right]
    return (
        np.concatenate([left[by_right], right[by_left], crowd["identifier_number"]]),
        np.concatenate([right[by_right], left[by_left], crowd["strong_number"]]),
    )


def _fan_out(
    value: Numbers, strong: Numbers, *, person: Numbers, namespace: Numbers, limit: Numbers
) -> tuple[NDArray[np.int64], Numbers]:
    """How many strong identifiers of one namespace each value over its limit was seen with.

    Identifiers that were declared merged count once.

    Returns:
        By identifier: the count, 0 where it is within the limit; and the namespace's number.
    """
    size = len(limit)
    met, of = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int32)
    # A plain count of meetings is never below the fan-out and clears nearly everybody.
    suspect = (np.bincount(value, minlength=size) > limit)[value]
    seen = np.unique(value[suspect].astype(np.int64) << 32 | person[strong[suspect]])
    value, strong = (seen >> 32).astype(np.int32), (seen & 0xFFFFFFFF).astype(np.int32)
    by_namespace, count = np.unique(
        value.astype(np.int64) << 32 | namespace[strong], return_counts=True
    )
    value = (by_namespace >> 32).astype(np.int32)
    over = count > limit[value]
    value, count, kind = value[over], count[over], by_namespace[over] & 0xFFFFFFFF
    # The largest is written last, and of equals the namespace first by name.
    order = np.lexsort((-kind, count))
    met[value[order]], of[value[order]] = count[order], kind[order]
    return met, of


def _links(con: duckdb.DuckDBPyConnection) -> Links:
    """All links in the order of their ends, each with all its evidence."""
    seen = pl.concat([con.sql(f"from {name}").pl() for name in ("pairs", "crowd_links")])
    ends = seen["left_number"].to_numpy().astype(np.int64) << 32 | seen["right_number"].to_numpy()
    order = np.argsort(ends)
    ends = ends[order]
    first = np.flatnonzero(np.diff(ends, prepend=-1))

    def folded(column: str, fold: np.ufunc) -> NDArray[Any]:
        return fold.reduceat(seen[column].to_physical().to_numpy()[order], first)

    source = folded("source_number", np.minimum)
    is_merge = folded("is_merge", np.logical_or)
    last_seen_us = folded("last_seen_at", np.maximum)
    frame = pl.DataFrame(
        {
            "left_number": (ends[first] >> 32).astype(np.int32),
            "right_number": ends[first].astype(np.int32),
            "first_seen_at": pl.Series(folded("first_seen_at", np.minimum)).cast(INSTANT),
            "last_seen_at": pl.Series(last_seen_us).cast(INSTANT),
            "event_count": folded("event_count", np.add),
            "sources": _sources(con, source),
            "is_merge": is_merge,
        }
    )
    if (folded("source_number", np.maximum) > source).any():
        several = con.sql(read_sql("link_sources")).pl()
        frame = frame.update(several, on=["left_number", "right_number"], maintain_order="left")
    return Links(
        frame=frame.drop("left_number", "right_number"),
        left=frame["left_number"].to_numpy(),
        right=frame["right_number"].to_numpy(),
        event_count=frame["event_count"].to_numpy(),
        last_seen_us=last_seen_us,
        is_merge=is_merge,
        is_vouched=is_merge | folded("is_authenticated", np.logical_or),
    )


def _sources(con: duckdb.DuckDBPyConnection, number: Numbers) -> pl.Series:
    """The names of numbered sources."""
    names: pl.Series = con.sql("from source_numbers order by source_number").pl()["source"]
    return names.gather(number - 1)
