"""Linked identifiers to customers with stable ids.

A customer is named after its earliest landed identifier, so that later nights rename nobody
but those who turn out to be one or several; no state is kept to achieve it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from numpy.typing import NDArray

from pipeline.identity import lookup, piles
from pipeline.identity.changes import belongings, changes
from pipeline.identity.components import Numbers
from pipeline.identity.evidence import CONFIDENCE, FORCE, RULES, Links
from pipeline.identity.groups import Groups, group
from pipeline.identity.hashes import Hashes, hashed, joined, opens, slices, sorted_by
from pipeline.identity.ids import CUSTOMER, keyed_texts, letters_of, texts_at
from pipeline.identity.links import Identifiers, gather, sighting_count
from pipeline.identity.policy import Policy
from pipeline.landing.schema import INSTANT

STATUSES = ("used", "rejected", "vetoed", "expired", "shared", "blocked")
STANDINGS = ("active", "shared", "blocked")
# Columns in which a few values come again and again.
FEW_VALUES = (
    *("namespace", "status", "reason", "is_strong", "priority"),
    *("rule", "sources", "change", "identity_confidence"),
    "left_identifier",
)
# Columns of texts that begin alike.
KINDRED = ("right_identifier",)
# How other columns are written. Texts that have nothing in common are not worth packing: it takes
# more time than all else about a file.
ENCODINGS = {
    "event_count": "DELTA_BINARY_PACKED",
    "night": "DELTA_BINARY_PACKED",
}
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
    bits = piles.bits_of(sighting_count(con))
    with piles.folder(con, bits=bits) as folder:
        identifiers, links = gather(con, policy, folder=folder, bits=bits)
        links = _aside(links, folder)
        groups = group(identifiers, links)
        piles.give_back()
        verdict, blame = _verdicts(identifiers, links, groups)
        customers, customer = named(identifiers, groups, key=key)
        nothing = np.zeros(0, dtype=np.int64)
        # What has done its part need not be held: the largest tables are still to be written.
        del groups
        identifiers = replace(identifiers, person=nothing.astype(np.int32))
        piles.give_back()
        status = _standing(identifiers)
        statuses = np.bincount(status, minlength=len(STANDINGS)).tolist()
        verdicts = np.bincount(verdict, minlength=len(STATUSES)).tolist()
        stitched = Stitched(
            identifier_count=identifiers.size,
            active_count=statuses[0],
            shared_count=statuses[1],
            blocked_count=statuses[2],
            link_count=links.size,
            used_count=verdicts[USED],
            rejected_count=verdicts[REJECTED],
            unseen=links.unseen,
            customer_count=customers.height,
            largest_customer=int(customers["identifier_count"].to_numpy().max(initial=0)),
        )
        out.mkdir(parents=True, exist_ok=True)
        whose: list[Hashes] = []
        rows = _identifier_slices(identifiers, status, customers, customer, whose)
        _write(out, "identifiers", rows)
        identifiers = replace(identifiers, first_seen_us=nothing, last_seen_us=nothing)
        _write(out, "customer_links", _link_slices(identifiers, links, verdict, blame))
        lookup.write(
            out, values=identifiers.value, customer=customer, left=links.left, right=links.right
        )
        # All texts are written, and the few that are asked for now can be read again.
        del identifiers, links, verdict, blame, rows
        piles.give_back()
        changed = changes(
            con,
            belonging=piles.aside(folder, "belonging", joined(whose)),
            customer=customer,
            customers=customers,
            names=lambda rows: lookup.identifiers_of(out, rows),
        )
        _write(out, "customer_changes", iter([_arrow(changed)]))
        confidence = customers.select("customer_id", "identity_confidence")
        _write(out, "customer_confidence", iter([_arrow(confidence)]))
        return stitched


def _aside(links: Links, folder: Path | None) -> Links:
    """The same, with what is needed for writing alone put aside."""
    names = ("weight", "event_count", "first_seen_us", "last_seen_us", "sources")
    columns: dict[str, Any] = {
        name: piles.aside(folder, f"link_{name}", getattr(links, name)) for name in names
    }
    return replace(links, **columns)


def named(identifiers: Identifiers, groups: Groups, *, key: bytes) -> tuple[pl.DataFrame, Numbers]:
    """The customers, each with an id that only a merge or a split can change.

    The id is a keyed hash of the identifier that landed first, and of several that landed in
    one night of the strongest: a cookie may turn out to be shared, an account seldom does. How
    strong is as shipped: a project that changes a priority renames nobody.

    Returns:
        One row per customer: `customer_id`, `identity_confidence`, `identifier_count`; and the
        row of each identifier, -1 where it names no customer.
    """
    latest = np.iinfo(np.int64).max
    first = np.full(len(groups.level), latest, dtype=np.int64)
    name_rank = identifiers.rules["name_rank"].to_numpy()
    is_active = identifiers.is_active
    for part in slices(identifiers.size):
        active = part.start + np.flatnonzero(is_active[part])
        night = identifiers.night[active].astype(np.int64)
        rank = night << RANK_BITS | name_rank[identifiers.namespace[active]]
        np.minimum.at(first, groups.label[active], rank << 32 | active)
    present = np.flatnonzero(first < latest)
    row = np.full(len(first), -1, dtype=np.int32)
    row[present] = np.arange(len(present), dtype=np.int32)
    customer = row[groups.label]
    customer[~is_active] = -1
    count = np.zeros(len(present), dtype=np.int64)
    for part in slices(identifiers.size):
        np.add.at(count, customer[part][is_active[part]], 1)
    namesakes = first[present] & 0xFFFFFFFF
    ids = [
        keyed_texts(_names(identifiers, namesakes[part]), key, prefix=CUSTOMER)
        for part in slices(len(namesakes))
    ]
    customers = pl.DataFrame(
        {
            "customer_id": pl.concat(ids, rechunk=True),
            "identity_confidence": np.where(count > 1, CONFIDENCE[groups.level[present]], 1.0),
            "identifier_count": count,
        }
    )
    return customers, customer


def _names(identifiers: Identifiers, rows: NDArray[np.integer]) -> pl.Series:
    """The identifiers of some rows, as `namespace:value`."""
    # Looked up in the order in which they lie, and put back after it.
    order, _ = sorted_by(rows.astype(np.uint64) << np.uint64(32))
    at = rows[order]
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    begins = identifiers.rules["namespace"] + ":"
    names = begins.gather(identifiers.namespace[at]) + identifiers.value.gather(at)
    return names.gather(place)


def _standing(identifiers: Identifiers) -> NDArray[np.uint8]:
    """For each identifier its place in `STANDINGS`."""
    against = identifiers.is_shared + 2 * identifiers.is_blocked.astype(np.uint8)
    against[identifiers.is_forced] = 0
    return against


def _identifier_slices(
    identifiers: Identifiers,
    status: NDArray[np.uint8],
    customers: pl.DataFrame,
    customer: Numbers,
    whose: list[Hashes],
) -> Iterator[pa.Table]:
    """One row per identifier, as published, some at a time; `belonging` goes to `whose`, too."""
    rules = identifiers.rules
    letters = letters_of(customers["customer_id"])
    # The last is that of nobody, in row -1.
    own = np.append(hashed(customers["customer_id"]), np.uint64(0))
    begins = rules["namespace"] + ":"
    for part in slices(identifiers.size):
        namespace, value = identifiers.namespace[part], identifiers.value[part]
        rows = pl.DataFrame(
            {
                "identifier": begins.gather(namespace) + value,
                "namespace": _listed(rules["namespace"]).gather(namespace),
                "value": value,
                "status": _listed(STANDINGS).gather(status[part]),
                "reason": _few(identifiers.reasons, part, pl.String()),
                "is_strong": rules["is_strong"].gather(namespace),
                "priority": rules["priority"].gather(namespace),
                "event_count": identifiers.event_count[part].astype(np.int64),
                "first_seen_at": pl.Series(identifiers.first_seen_us[part]).cast(INSTANT),
                "last_seen_at": pl.Series(identifiers.last_seen_us[part]).cast(INSTANT),
                "night": identifiers.night[part],
            }
        )
        is_alone = pl.Series(customer[part] < 0)
        belonging = belongings(hashed(rows["identifier"]), own[customer[part]])
        whose.append(belonging)
        rows = rows.with_columns(belonging=pl.Series(belonging).set(is_alone, None))
        # From letters to letters: a text of its own for each would cost as much as all else.
        ids = texts_at(letters, customer[part])
        yield _arrow(rows).add_column(rows.columns.index("is_strong"), "customer_id", ids)
        piles.let_go(identifiers.night, identifiers.event_count)
        piles.let_go(identifiers.first_seen_us, identifiers.last_seen_us)


def _link_slices(
    identifiers: Identifiers, links: Links, status: NDArray[np.uint8], blame: Numbers
) -> Iterator[pa.Table]:
    """One row per link, as published, with the reason why it does not count, some at a time."""
    reasons = pl.Series(_reasons(identifiers, links), dtype=pl.String)
    # Why it was given, unless there is something to say against it.
    told = {number: why for number, why in links.told.items() if status[number] == USED}
    for part in slices(links.size):
        reason = reasons.gather(blame[part])
        given = _few(told, part, pl.String())
        sources = pl.Series(links.sources[part])
        instants = (
            pl.Series(column[part]).cast(INSTANT).set(sources < 0, None)
            for column in (links.first_seen_us, links.last_seen_us)
        )
        rows = pl.DataFrame(
            {
                "right_identifier": _names(identifiers, links.right[part]),
                "rule": _listed(RULES).gather(links.rule[part]),
                "status": _listed(STATUSES).gather(status[part]),
                "reason": given.zip_with(given.is_not_null(), reason),
                "sources": links.source_names.gather(sources.set(sources < 0, None)),
                "event_count": links.event_count[part].astype(np.int64),
                **dict(zip(("first_seen_at", "last_seen_at"), instants, strict=True)),
                "ended_at": _few(links.ended_us, part, pl.Int64()).cast(INSTANT),
            }
        )
        left = _left_names(identifiers, links.left[part])
        yield _arrow(rows).add_column(0, "left_identifier", left)
        piles.let_go(links.event_count, links.first_seen_us, links.last_seen_us, links.sources)


def _left_names(identifiers: Identifiers, left: Numbers) -> pa.ChunkedArray:
    """The names of the left ends; one after another they mostly have the same.

    A chunk for each row group, which lists each name once.
    """
    begins = opens(left)
    names = _names(identifiers, left[begins]).to_arrow(compat_level=pl.CompatLevel.oldest())
    place = np.cumsum(begins, dtype=np.int32) - np.int32(1)
    chunks = []
    for start in range(0, len(place), lookup.GROUP_ROWS):
        codes = place[start : start + lookup.GROUP_ROWS]
        listed = names[int(codes[0]) : int(codes[-1]) + 1]
        chunks.append(pa.DictionaryArray.from_arrays(codes - codes[0], listed))
    return pa.chunked_array(chunks, type=pa.dictionary(pa.int32(), names.type))


def _listed(texts: Sequence[str] | pl.Series) -> pl.Series:
    """Different texts of which rows shall keep the place alone."""
    return pl.Series(texts, dtype=pl.Enum(texts))


def _few(known: Mapping[int, Any], part: slice, kind: pl.DataType) -> pl.Series:
    """What is known of some rows of a slice, and null for all others."""
    column = pl.repeat(None, part.stop - part.start, dtype=kind, eager=True)
    here = sorted(number for number in known if part.start <= number < part.stop)
    if not here:
        return column
    said = pl.Series([known[number] for number in here], dtype=kind)
    return column.scatter([number - part.start for number in here], said)


def _arrow(rows: pl.DataFrame) -> pa.Table:
    """The same rows as Parquet files are written from."""
    return rows.to_arrow(compat_level=pl.CompatLevel.oldest())


def _write(out: Path, name: str, tables: Iterator[pa.Table]) -> None:
    """Write rows as a Parquet file, which is there once it is whole."""
    staged = out / f"{name}.staged"
    writer: pq.ParquetWriter | None = None
    try:
        for rows in tables:
            if writer is None:
                columns = rows.column_names
                writer = pq.ParquetWriter(
                    staged,
                    rows.schema,
                    compression={
                        column: "snappy" if column in KINDRED else "none" for column in columns
                    },
                    use_dictionary=[column for column in FEW_VALUES if column in columns],
                    column_encoding={
                        column: how for column, how in ENCODINGS.items() if column in columns
                    },
                    write_statistics=False,
                    # Else a reader would be told of places in lists where texts are.
                    store_schema=False,
                )
            writer.write_table(rows, row_group_size=lookup.GROUP_ROWS)
        assert writer
        writer.close()
        staged.replace(out / f"{name}.parquet")
    finally:
        staged.unlink(missing_ok=True)


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
