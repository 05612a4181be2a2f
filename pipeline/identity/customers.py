"""Linked identifiers to customers with stable ids.

A customer is named after its earliest landed identifier, so that later nights rename nobody
but those who turn out to be one or several; no state is kept to achieve it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.identity.components import bonded, broken, vetoes
from pipeline.identity.links import Identifiers, Links, Numbers, gather, given, read_sql
from pipeline.identity.policy import Policy

# Our choice: what a source vouches for (a log-in, a declared merge) is as good as certain, and n
# sightings together leave half the doubt of none over n + 1, with n rounded down to a power of 2.
# A link's level is its place here.
CONFIDENCE = np.array([0.99] + [1 - 0.5 / (count + 1) for count in (16, 8, 4, 2, 1)])
STATUSES = ("used", "rejected", "shared", "blocked")


@dataclass(frozen=True, slots=True)
class Stitched:
    """What a stitching counted."""

    identifier_count: int
    active_count: int
    shared_count: int
    blocked_count: int
    link_count: int
    used_count: int
    rejected_count: int
    customer_count: int
    largest_customer: int


@dataclass(frozen=True, slots=True)
class Groups:
    """Identifiers grouped under the policy.

    Attributes:
        label: The group of each identifier.
        level: The weakest level of link that each group rests on; see `CONFIDENCE`.
        veto: For each link the number of the unique namespace that forbids it, or -1.
    """

    label: Numbers
    level: NDArray[np.uint8]
    veto: Numbers


def stitch(con: duckdb.DuckDBPyConnection, *, policy: Policy, key: bytes, out: Path) -> Stitched:
    """Write the identity tables of `linkable_identifiers` as Parquet files in `out`.

    Writes `identifiers`, `customer_links`, `customer_changes` (against the table
    `previous_identifiers`, if the connection has one) and `customer_confidence`.

    Args:
        con: Holds the inputs; several temporary tables are left in it.
        policy: How far each kind of identifier may be trusted.
        key: What customer ids are keyed with; another key gives other ids.
        out: The folder of the four files, made if it is not there.
    """
    identifiers, links = gather(con, policy)
    groups = group(identifiers, links)
    customers, customer = named(identifiers, groups, key=key)
    identifier_table = _identifier_table(identifiers, customers, customer)
    link_table = _link_table(identifiers, links, groups, identifier_table["identifier"])
    out.mkdir(parents=True, exist_ok=True)
    written = {
        "identifiers": identifier_table,
        "customer_links": link_table,
        "customer_changes": _changes(con, identifier_table, customers),
        "customer_confidence": customers.select("customer_id", "identity_confidence"),
    }
    for name, frame in written.items():
        staged = out / f"{name}.staged"
        frame.write_parquet(staged, compression="zstd", compression_level=1)
        staged.replace(out / f"{name}.parquet")
    status, link_status = identifier_table["status"], link_table["status"]
    return Stitched(
        identifier_count=identifier_table.height,
        active_count=int((status == "active").sum()),
        shared_count=int((status == "shared").sum()),
        blocked_count=int((status == "blocked").sum()),
        link_count=link_table.height,
        used_count=int((link_status == "used").sum()),
        rejected_count=int((link_status == "rejected").sum()),
        customer_count=customers.height,
        largest_customer=int(customers["identifier_count"].to_numpy().max(initial=0)),
    )


def group(identifiers: Identifiers, links: Links) -> Groups:
    """Which identifiers are one customer: components, re-solved where a rule is broken."""
    left, right = links.left, links.right
    is_active = identifiers.is_active
    usable = np.flatnonzero(is_active[left] & is_active[right])
    left, right = left[usable], right[usable]
    level = _level(links)[usable]
    label, weakest = bonded(identifiers.size, left, right, level)
    veto = np.full(links.size, -1, dtype=np.int32)
    unique = np.flatnonzero(identifiers.is_unique & is_active)
    namespace = identifiers.namespace
    bad = np.zeros(len(weakest), dtype=np.bool_)
    found = broken(
        label[unique],
        namespace[unique],
        identifiers.person[unique],
        kinds=int(namespace.max(initial=0)) + 1,
    )
    bad[: len(found)] = found
    if not bad.any():
        return Groups(label, weakest, veto)
    # Only customers who break the rule are taken apart; all others stand as they are.
    members = np.flatnonzero(bad[label])
    place = np.zeros(identifiers.size, dtype=np.int32)
    place[members] = np.arange(len(members))
    within = np.flatnonzero(bad[label[left]])
    within = within[_best_first(identifiers, links, usable[within])]
    persons = _persons(identifiers, members)
    left, right, level = place[left[within]], place[right[within]], level[within]
    said = np.array(vetoes(left.tolist(), right.tolist(), persons), dtype=np.int32)
    veto[usable[within]] = said
    stands = said < 0
    parts, weakest_parts = bonded(len(members), left[stands], right[stands], level[stands])
    label[members] = len(weakest) + parts
    return Groups(label, np.concatenate([weakest, weakest_parts]), veto)


def _level(links: Links) -> NDArray[np.uint8]:
    """The place of each link's evidence in `CONFIDENCE`."""
    counted = len(CONFIDENCE) - 1 - np.digitize(links.event_count, [2, 4, 8, 16])
    return np.where(links.is_vouched, 0, counted).astype(np.uint8)


def _best_first(
    identifiers: Identifiers, links: Links, chosen: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The order in which links may claim their ends: declared, strong, frequent, recent first."""
    left, right = links.left[chosen], links.right[chosen]
    return np.lexsort(
        (
            right,
            left,
            -links.last_seen_us[chosen],
            -links.event_count[chosen],
            # Left is the stronger end; a link is as good as its weaker one.
            identifiers.priority[left],
            identifiers.priority[right],
            ~links.is_merge[chosen],
        )
    )


def _persons(identifiers: Identifiers, members: NDArray[np.int64]) -> list[dict[int, int]]:
    """For each member the person it stands for by unique namespace."""
    facts = zip(
        identifiers.is_unique[members].tolist(),
        identifiers.namespace[members].tolist(),
        identifiers.person[members].tolist(),
        strict=True,
    )
    return [{kind: person} if is_unique else {} for is_unique, kind, person in facts]


def named(
    identifiers: Identifiers, groups: Groups, *, key: bytes
) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """The customers, each with an id that only a merge or a split can change.

    The id is a keyed hash of the identifier that landed first, and of several that landed in
    one night of the strongest: a cookie may turn out to be shared, an account seldom does.

    Returns:
        One row per customer: `customer_id`, `identity_confidence`, `identifier_count`; and the
        row of each identifier, -1 where it names no customer.
    """
    active = np.flatnonzero(identifiers.is_active)
    label = groups.label[active]
    latest = np.iinfo(np.int64).max
    first = np.full(len(groups.level), latest, dtype=np.int64)
    np.minimum.at(first, label, identifiers.night[active].astype(np.int64) << 32 | active)
    present = np.flatnonzero(first < latest)
    row = np.full(len(first), -1, dtype=np.int64)
    row[present] = np.arange(len(present))
    customer = np.full(identifiers.size, -1, dtype=np.int64)
    customer[active] = row[label]
    count = np.bincount(customer[active], minlength=len(present))
    namesakes = identifiers.frame.select("namespace", "value")[first[present] & 0xFFFFFFFF]
    customers = pl.DataFrame(
        {
            "customer_id": pl.Series(_keyed(namesakes.iter_rows(), key), dtype=pl.String),
            "identity_confidence": np.where(count > 1, CONFIDENCE[groups.level[present]], 1.0),
            "identifier_count": count,
        }
    )
    return customers, customer


def _keyed(names: Iterable[tuple[str, str]], key: bytes) -> list[str]:
    # A longer key than blake2b takes still counts in full.
    start = blake2b(key=key if len(key) <= 64 else blake2b(key).digest(), digest_size=10)
    ids = []
    for namespace, value in names:
        state = start.copy()
        state.update(f"{namespace}:{value}".encode())
        ids.append("c" + state.hexdigest())
    return ids


def _identifier_table(
    identifiers: Identifiers, customers: pl.DataFrame, customer: NDArray[np.int64]
) -> pl.DataFrame:
    """One row per identifier, as published."""
    row = pl.Series("customer", customer)
    return identifiers.frame.select(
        pl.concat_str("namespace", pl.lit(":"), "value").alias("identifier"),
        "namespace",
        "value",
        "status",
        "reason",
        customers["customer_id"].gather(row.set(row < 0, None)).alias("customer_id"),
        "is_strong",
        "priority",
        "event_count",
        "first_seen_at",
        "last_seen_at",
        "night",
    )


def _link_table(
    identifiers: Identifiers, links: Links, groups: Groups, names: pl.Series
) -> pl.DataFrame:
    """One row per link, as published, with the reason why it does not count."""
    left, right = links.left, links.right
    namespaces = identifiers.namespaces
    # Status and the namespace that is to blame, as one number.
    blame = np.zeros(links.size, dtype=np.int32)
    kinds = len(namespaces)
    rejected = groups.veto >= 0
    blame[rejected] = 1 * kinds + groups.veto[rejected]
    for code, flags in ((2, identifiers.is_shared), (3, identifiers.is_blocked)):
        for end in (left, right):
            at = flags[end]
            blame[at] = code * kinds + identifiers.namespace[end[at]]
    status = pl.Series(STATUSES).gather(blame // max(kinds, 1))
    reasons: list[str | None] = [None] * kinds
    reasons += [f"two different {name} values would share a customer" for name in namespaces]
    reasons += [f"many people share its {name}" for name in namespaces]
    reasons += [f"its {name} is blocked" for name in namespaces]
    return links.frame.select(
        names.gather(left).alias("left_identifier"),
        names.gather(right).alias("right_identifier"),
        pl.when("is_merge").then(pl.lit("merge")).otherwise(pl.lit("seen_together")).alias("rule"),
        status.alias("status"),
        pl.Series(reasons, dtype=pl.String).gather(blame).alias("reason"),
        "sources",
        "event_count",
        "first_seen_at",
        "last_seen_at",
    )


def _changes(
    con: duckdb.DuckDBPyConnection, identifiers: pl.DataFrame, customers: pl.DataFrame
) -> pl.DataFrame:
    """What became of the last published customers."""
    present = identifiers.select("identifier", "customer_id")
    known = con.sql(
        "select 1 from information_schema.tables where table_name = 'previous_identifiers'"
    ).fetchall()
    frames = {"current_customers": customers.select("customer_id", "identifier_count")}
    if not known:
        frames["previous_identifiers"] = present.clear()
    elif con.sql("select 1 from previous_identifiers limit 1").fetchall():
        frames["identifiers"] = present
    # Without a former customer there is nobody to look for.
    frames.setdefault("identifiers", present.clear())
    with given(con, **frames):
        changes: pl.DataFrame = con.sql(read_sql("customer_changes")).pl()
    return changes.sort("change", "customer_id", "other_customer_id")
