"""What landed events name, as numbered identifiers and the links between them.

Identifiers are linked within one role of one event, as a star around the strongest and never
as all pairs. Strings stay in DuckDB; what leaves it is dense numbers, the strongest first.
"""

from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.identity import given_links, sharing
from pipeline.identity.components import Flags, Numbers, components
from pipeline.identity.evidence import Links, links
from pipeline.identity.given_links import Given
from pipeline.identity.policy import Policy, blocked_values, namespace_policy
from pipeline.identity.tables import build, drop, given, holds_rows, read_sql
from pipeline.landing.schema import INSTANT

UNDONE = pl.Schema({"left_number": pl.Int32, "right_number": pl.Int32, "unmerged_at": INSTANT})


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Every identifier; its place is its number, and a lower number is a stronger one.

    Attributes:
        frame: `namespace`, `value`, `status`, `reason`, `is_strong`, `priority`, `event_count`,
            `first_seen_at`, `last_seen_at`, `night`.
        rules: The policy of each namespace, by its number; see `namespace_policy`.
        namespace: The number of each one's namespace.
        person: The lowest number among values of one namespace that were declared merged.
        is_forced: A person decided whose it is, whatever else speaks against it.
    """

    frame: pl.DataFrame
    rules: pl.DataFrame
    namespace: Numbers
    person: Numbers
    night: Numbers
    is_unique: Flags
    is_blocked: Flags
    is_shared: Flags
    is_forced: Flags

    @property
    def size(self) -> int:
        """How many there are."""
        return self.frame.height

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
    con.execute("set variable identifier_salt = 0")
    build(con, "identifier_sightings")
    present = con.sql("select distinct namespace from identifier_sightings").fetchall()
    rules = namespace_policy(policy, [name for (name,) in present])
    frame = _numbered(con, policy, rules)
    with given(con, numbered_identifiers=frame):
        return _linked(con, rules, frame)


def _numbered(con: duckdb.DuckDBPyConnection, policy: Policy, rules: pl.DataFrame) -> pl.DataFrame:
    """The identifiers of `identifier_sightings` by number, the strongest first.

    Within a namespace any fixed order serves: that of their keys.
    """
    salt = 0
    while True:
        _block(con, policy)
        with given(con, namespace_policy=rules):
            frame: pl.DataFrame = con.sql(read_sql("judged_identifiers")).pl()
        key = frame["identifier_key"].to_numpy()
        order = np.argsort(key)
        ascending = key[order]
        if not (ascending[1:] == ascending[:-1]).any():
            break
        # As good as never: one night in some hundred thousand, with ten million identifiers.
        salt += 1
        con.execute(f"set variable identifier_salt = {salt}")
        build(con, "identifier_sightings")
    drop(con, "identifier_sightings", "blocked_identifiers")
    rank = np.empty(rules.height, dtype=np.int16)
    rank[np.argsort(rules["priority"].to_numpy(), kind="stable")] = np.arange(rules.height)
    order = order[np.argsort(rank[frame["namespace_number"].to_numpy()[order]], kind="stable")]
    frame = frame[order]
    namespace = frame["namespace_number"]
    return frame.with_columns(
        pl.Series("identifier_number", np.arange(frame.height, dtype=np.int32)),
        pl.col("blocked_reason").is_not_null().alias("is_blocked"),
        *(rules[name].gather(namespace) for name in ("is_strong", "priority", "is_unique")),
    )


def _linked(
    con: duckdb.DuckDBPyConnection, rules: pl.DataFrame, frame: pl.DataFrame
) -> tuple[Identifiers, Links]:
    """The identifiers and links, once the table `numbered_identifiers` is there."""
    build(con, "source_numbers", "meetings", "crowds", "crowd_members", "pairs")
    build(con, "repeated_sightings", "declared_merges")
    if not rules["limit_count"].to_numpy().any():
        drop(con, "meetings")
    told = given_links.numbered(con)
    undone = _undone(con)
    apart = np.concatenate([given_links.keys(undone), given_links.keys(told.veto)])
    identifiers = _guarded(con, frame, rules, told, apart=apart)
    drop(con, "repeated_sightings", "declared_merges", "meetings")
    shared = pl.DataFrame({"identifier_number": np.flatnonzero(identifiers.is_shared)})
    with given(con, shared_identifiers=shared):
        build(con, "crowd_links")
    found = links(
        con,
        may_link=identifiers.may_link,
        life_us=_lives(identifiers),
        told=told,
        undone=undone,
    )
    drop(con, "source_numbers", "crowds", "crowd_members", "pairs", "crowd_links")
    return identifiers, found


def _block(con: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Note the identifiers that name nobody in `blocked_identifiers`."""
    with given(con, blocked_values=blocked_values(policy)):
        build(con, "blocked_identifiers")
    matching = read_sql("identifiers_matching")
    for namespace, pattern, reason in policy.patterns:
        # A variable is a constant to the engine, which then compiles the expression once.
        for name, text in (("namespace", namespace), ("pattern", pattern), ("reason", reason)):
            con.execute(f"set variable blocked_{name} = ?", [text])
        con.execute(f"insert into blocked_identifiers {matching}")


def _undone(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The merges that a source took back later: both numbers, and `unmerged_at`."""
    if not holds_rows(con, "unmerged_identifiers"):
        return UNDONE.to_frame()
    undone: pl.DataFrame = con.sql(read_sql("undone_merges")).pl()
    return undone


def _guarded(
    con: duckdb.DuckDBPyConnection,
    frame: pl.DataFrame,
    rules: pl.DataFrame,
    told: Given,
    *,
    apart: NDArray[np.int64],
) -> Identifiers:
    """The identifiers in the order of their numbers, each with its status and the reason."""
    namespace = frame["namespace_number"].to_numpy()
    is_blocked = frame["is_blocked"].to_numpy()
    person = _persons(con, frame.height, told, namespace, apart=apart)
    why = sharing.reasons(
        con,
        rules,
        namespace=namespace,
        person=person,
        is_strong=frame["is_strong"].to_numpy() & ~is_blocked,
        is_blocked=is_blocked,
    )
    shared = sorted(why)
    is_shared, is_forced = (np.zeros(frame.height, dtype=np.bool_) for _ in range(2))
    is_shared[shared] = True
    for end in given_links.ends(told.force):
        is_forced[end] = True
    reason = frame["blocked_reason"].scatter(
        shared, pl.Series([why[number] for number in shared], dtype=pl.String)
    )
    code = np.where(is_forced, 0, is_shared + 2 * is_blocked)
    repeats = np.zeros(frame.height, dtype=np.int64)
    repeated = con.sql("select * from repeated_sightings").fetchnumpy()
    repeats[repeated["identifier_number"]] = repeated["repeat_count"]
    return Identifiers(
        frame=frame.select(
            "namespace",
            "value",
            pl.Series(["active", "shared", "blocked"]).gather(code).alias("status"),
            reason.alias("reason"),
            "is_strong",
            "priority",
            (pl.col("sighting_count") - pl.Series(repeats)).alias("event_count"),
            "first_seen_at",
            "last_seen_at",
            "night",
        ),
        rules=rules,
        namespace=namespace,
        person=person,
        night=frame["night"].to_numpy(),
        is_unique=frame["is_unique"].to_numpy(),
        is_blocked=is_blocked,
        is_shared=is_shared,
        is_forced=is_forced,
    )


def _persons(
    con: duckdb.DuckDBPyConnection,
    size: int,
    told: Given,
    namespace: Numbers,
    *,
    apart: NDArray[np.int64],
) -> Numbers:
    """For each identifier the lowest number it was declared or forced one with, else itself."""
    person = np.arange(size, dtype=np.int32)
    merges = con.sql("select * from declared_merges").pl()
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
    first_us, last_us = (
        identifiers.frame[f"{which}_seen_at"].to_physical().to_numpy()
        for which in ("first", "last")
    )
    own_us = life_us[identifiers.namespace]
    return np.where(last_us - first_us > own_us, own_us, 0)
