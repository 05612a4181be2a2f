"""Linked identifiers to customers with stable ids.

A customer is named after its earliest landed identifier, so that later nights rename nobody
but those who turn out to be one or several; no state is kept to achieve it.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.identity import lookup
from pipeline.identity.components import Numbers
from pipeline.identity.evidence import CONFIDENCE, FORCE, RULES, Links
from pipeline.identity.groups import Groups, group
from pipeline.identity.ids import CUSTOMER, keyed
from pipeline.identity.links import Identifiers, gather
from pipeline.identity.policy import Policy
from pipeline.identity.tables import given, read_sql
from pipeline.landing.schema import INSTANT

STATUSES = ("used", "rejected", "vetoed", "expired", "shared", "blocked")
# Room for the rank of a namespace in what orders identifiers by who may name a customer.
RANK_BITS = 11
USED, REJECTED, VETOED, EXPIRED, SHARED, BLOCKED = range(len(STATUSES))


@dataclass(frozen=True, slots=True)
class Stitched:
    """What a stitching counted; `unseen` tells of given links that name nobody seen."""

    identifier_count: int
    active_count: int
    shared_count: int
    blocked_count: int
    link_count: int
    used_count: int
    rejected_count: int
    unseen: tuple[str, ...]
    customer_count: int
    largest_customer: int


def stitch(con: duckdb.DuckDBPyConnection, *, policy: Policy, key: bytes, out: Path) -> Stitched:
    """Write the identity tables of `linkable_identifiers` as Parquet files in `out`.

    Writes `identifiers`, `customer_links`, `customer_changes` (against the table
    `previous_identifiers`, if the connection has one) and `customer_confidence`. What people
    decided and what was matched it reads from `given_links`, and what sources took back from
    `unmerged_identifiers`, where the connection has them.

    Args:
        con: Holds the inputs; several temporary tables are left in it.
        policy: How far each kind of identifier may be trusted.
        key: What customer ids are keyed with; another key gives other ids.
        out: The folder of the four files, made if it is not there, and of what finds a customer's
            rows in them.

    Raises:
        BadSettings: A given veto stands against a given force.
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
        frame.write_parquet(
            staged, compression="zstd", compression_level=1, row_group_size=lookup.GROUP_ROWS
        )
        staged.replace(out / f"{name}.parquet")
    lookup.write(
        out,
        values=identifier_table["value"],
        customer=customer,
        left=links.left,
        right=links.right,
    )
    status, link_status = identifier_table["status"], link_table["status"]
    return Stitched(
        identifier_count=identifier_table.height,
        active_count=int((status == "active").sum()),
        shared_count=int((status == "shared").sum()),
        blocked_count=int((status == "blocked").sum()),
        link_count=link_table.height,
        used_count=int((link_status == "used").sum()),
        rejected_count=int((link_status == "rejected").sum()),
        unseen=links.unseen,
        customer_count=customers.height,
        largest_customer=int(customers["identifier_count"].to_numpy().max(initial=0)),
    )


def named(
    identifiers: Identifiers, groups: Groups, *, key: bytes
) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """The customers, each with an id that only a merge or a split can change.

    The id is a keyed hash of the identifier that landed first, and of several that landed in
    one night of the strongest: a cookie may turn out to be shared, an account seldom does. How
    strong is as shipped: a project that changes a priority renames nobody.

    Returns:
        One row per customer: `customer_id`, `identity_confidence`, `identifier_count`; and the
        row of each identifier, -1 where it names no customer.
    """
    active = np.flatnonzero(identifiers.is_active)
    label = groups.label[active]
    latest = np.iinfo(np.int64).max
    first = np.full(len(groups.level), latest, dtype=np.int64)
    rank = identifiers.rules["name_rank"].to_numpy()[identifiers.namespace[active]]
    night = identifiers.night[active].astype(np.int64)
    np.minimum.at(first, label, (night << RANK_BITS | rank) << 32 | active)
    present = np.flatnonzero(first < latest)
    row = np.full(len(first), -1, dtype=np.int64)
    row[present] = np.arange(len(present))
    customer = np.full(identifiers.size, -1, dtype=np.int64)
    customer[active] = row[label]
    count = np.bincount(customer[active], minlength=len(present))
    namesakes = identifiers.frame.select("namespace", "value")[first[present] & 0xFFFFFFFF]
    customers = pl.DataFrame(
        {
            "customer_id": pl.Series(
                keyed(namesakes.iter_rows(), key, prefix=CUSTOMER), dtype=pl.String
            ),
            "identity_confidence": np.where(count > 1, CONFIDENCE[groups.level[present]], 1.0),
            "identifier_count": count,
        }
    )
    return customers, customer


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
    status, blame = _verdicts(identifiers, links, groups)
    reason = pl.Series(_reasons(identifiers, links), dtype=pl.String).gather(blame)
    if links.told:
        # Why it was given, unless there is something to say against it.
        stands = [number for number in sorted(links.told) if status[number] == USED]
        told = [links.told[number] for number in stands]
        reason = reason.scatter(stands, pl.Series(told, dtype=pl.String))
    ended_at = pl.repeat(None, links.size, dtype=INSTANT, eager=True)
    if links.ended_us:
        numbers = sorted(links.ended_us)
        instants = pl.Series([links.ended_us[number] for number in numbers]).cast(INSTANT)
        ended_at = ended_at.scatter(numbers, instants)
    return links.frame.select(
        names.gather(links.left).alias("left_identifier"),
        names.gather(links.right).alias("right_identifier"),
        pl.Series(RULES).gather(links.rule).alias("rule"),
        pl.Series(STATUSES).gather(status).alias("status"),
        reason.alias("reason"),
        "sources",
        "event_count",
        "first_seen_at",
        "last_seen_at",
        ended_at.alias("ended_at"),
    )


def _verdicts(
    identifiers: Identifiers, links: Links, groups: Groups
) -> tuple[NDArray[np.uint8], Numbers]:
    """For each link its place in `STATUSES`, and the place of the reason in `_reasons`."""
    kinds, vetoes = identifiers.rules.height, links.vetoes.height
    status = np.zeros(links.size, dtype=np.uint8)
    blame = np.zeros(links.size, dtype=np.int32)
    kept_apart = groups.veto >= 0
    blame[kept_apart] = 2 + 3 * kinds + groups.veto[kept_apart]
    status[kept_apart] = np.where(groups.veto[kept_apart] < vetoes, VETOED, REJECTED)
    status[links.is_undone], blame[links.is_undone] = REJECTED, 1
    late = links.expired_by >= 0
    status[late], blame[late] = EXPIRED, 2 + identifiers.namespace[links.expired_by[late]]
    seen = links.rule != FORCE
    for nth, (said, flags) in enumerate(
        ((SHARED, identifiers.is_shared), (BLOCKED, identifiers.is_blocked)), start=1
    ):
        for end in (links.left, links.right):
            at = flags[end] & seen
            status[at], blame[at] = said, 2 + nth * kinds + identifiers.namespace[end[at]]
    return status, blame


def _reasons(identifiers: Identifiers, links: Links) -> list[str | None]:
    """Every reason there may be against a link."""
    namespaces = identifiers.rules["namespace"].to_list()
    return [
        None,
        "its source took the merge back",
        *(f"its {name} was silent too long before and may be another's" for name in namespaces),
        *(f"many people share its {name}" for name in namespaces),
        *(f"its {name} is blocked" for name in namespaces),
        *links.vetoes["reason"],
        *(f"two different {name} values would share a customer" for name in namespaces),
    ]


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
