"""What became of the last published customers, asked only of those whom something concerns.

Nearly all identifiers stay whose they were, and are passed over by hash. What is left is compared
by its text, so that a hash may raise a false alarm and no more.
"""

from collections.abc import Callable, Iterator

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.identity.components import Flags
from pipeline.identity.hashes import Hashes, among, distinct, hashed, slices, starts
from pipeline.identity.piles import let_go
from pipeline.identity.tables import given, holds_rows, read_sql

# Former identifiers that are looked at together.
BATCH_ROWS = 1 << 16
# One new identifier to so many is expected.
NEWCOMERS = 8
HELD_ROWS = 1 << 21
MEMBERS = pl.Schema({"identifier": pl.String, "customer_id": pl.String})

Names = Callable[[NDArray[np.int64]], pl.Series]


def changes(
    con: duckdb.DuckDBPyConnection,
    *,
    identifier: Hashes,
    customer: NDArray[np.integer],
    customers: pl.DataFrame,
    names: Names,
) -> pl.DataFrame:
    """What became of the customers of `previous_identifiers`, if the connection has any.

    Args:
        con: Holds `previous_identifiers`: `identifier`, `customer_id`.
        identifier: The hash of each identifier of today.
        customer: The row of its customer, -1 where it has none.
        customers: `customer_id`, `identifier_count`.
        names: The identifiers of some rows.
    """
    ids = customers["customer_id"]
    if not holds_rows(con, "previous_identifiers"):
        return _told(con, MEMBERS.to_frame(), MEMBERS.to_frame(), customers)
    own = hashed(ids)
    moved, was_there = _moved(con, identifier, customer, own)
    known = distinct(hashed(moved["identifier"]))
    rows = np.flatnonzero((customer >= 0) & _are_known(identifier, known))
    present = pl.DataFrame(
        {"identifier": names(rows), "customer_id": ids.gather(customer[rows])}, schema=MEMBERS
    )
    # A customer who was there before stands for itself, even where nothing left it.
    reached = np.zeros(len(ids), dtype=np.bool_)
    reached[customer[rows]] = True
    stood = pl.DataFrame({"customer_id": ids.filter(reached & was_there)}).select(
        pl.lit(None, pl.String).alias("identifier"), "customer_id"
    )
    is_left = ids.is_in(moved["customer_id"].unique().implode()).to_numpy()
    return _told(
        con, pl.concat([moved, stood]), present, customers.filter(~was_there | reached | is_left)
    )


def _are_known(identifier: Hashes, known: Hashes) -> Flags:
    """Which identifiers are among the known ones."""
    start = starts(known)
    found = np.empty(len(identifier), dtype=np.bool_)
    for part in slices(len(identifier)):
        found[part] = among(known, identifier[part], start)
        let_go(identifier)
    return found


def _moved(
    con: duckdb.DuckDBPyConnection, identifier: Hashes, customer: NDArray[np.integer], own: Hashes
) -> tuple[pl.DataFrame, Flags]:
    """The former identifiers that are not whose they were, and which customers were there."""
    whose = customer[customer >= 0]
    present = _present(identifier, customer, own)
    was_there = np.zeros(len(own), dtype=np.bool_)
    ascending, start, place = present[:0], starts(present[:0]), 0
    moved, former, fresh = [MEMBERS.to_frame()], own[:0], [own[:0]]
    for batch in _previous(con):
        theirs = hashed(batch["customer_id"])
        pairs = _pairs(hashed(batch["identifier"]), theirs)
        met = place + _met_again(present[place:], pairs)
        was_there[whose[met]] = True
        place = int(met[-1]) + 1 if met.size else place
        if len(met) == len(pairs):
            continue
        if not ascending.size:
            ascending = np.sort(present)
            start = starts(ascending)
        moved.append(batch.filter(~among(ascending, pairs, start)))
        fresh.append(distinct(theirs))
        # Each customer comes in many batches, and need be held but once.
        if sum(map(len, fresh)) > HELD_ROWS:
            former, fresh = distinct(np.concatenate([former, *fresh])), [own[:0]]
    former = distinct(np.concatenate([former, *fresh]))
    return pl.concat(moved), was_there | among(former, own, starts(former))


def _present(identifier: Hashes, customer: NDArray[np.integer], own: Hashes) -> Hashes:
    """One hash of each identifier and the customer it belongs to, if to any."""
    found = np.empty(np.count_nonzero(customer >= 0), dtype=np.uint64)
    end = 0
    for part in slices(len(customer)):
        belongs = customer[part] >= 0
        pairs = _pairs(identifier[part][belongs], own[customer[part][belongs]])
        found[end : end + len(pairs)] = pairs
        end += len(pairs)
        let_go(identifier)
    return found


def _met_again(present: Hashes, pairs: Hashes) -> NDArray[np.int64]:
    """Which of the present pairs at hand are among these.

    Both nights' identifiers come in the order of their numbers, and few are new: those at hand are
    nearly always all.
    """
    ascending = np.sort(pairs)
    near = present[: len(pairs) + len(pairs) // NEWCOMERS + 1]
    return np.flatnonzero(among(ascending, near, starts(ascending)))


def _pairs(identifier: Hashes, customer: Hashes) -> Hashes:
    """One hash of two, spread as evenly as they are."""
    return identifier ^ (customer * np.uint64(0x9E3779B97F4A7C15))


def _previous(con: duckdb.DuckDBPyConnection) -> Iterator[pl.DataFrame]:
    """The former identifiers, some at a time."""
    rows = con.sql("select identifier, customer_id from previous_identifiers")
    for batch in rows.to_arrow_reader(BATCH_ROWS):
        yield pl.DataFrame(pl.from_arrow(batch)).cast(MEMBERS)


def _told(
    con: duckdb.DuckDBPyConnection,
    previous: pl.DataFrame,
    present: pl.DataFrame,
    customers: pl.DataFrame,
) -> pl.DataFrame:
    """The changes between these."""
    current = customers.select("customer_id", "identifier_count")
    with given(con, former_identifiers=previous, identifiers=present, current_customers=current):
        found: pl.DataFrame = con.sql(read_sql("customer_changes")).pl()
    return found.sort("change", "customer_id", "other_customer_id")
