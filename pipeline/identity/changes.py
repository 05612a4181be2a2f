"""What became of the last published customers, asked only of those whom something concerns.

Nearly all identifiers stay whose they were, and are passed over by one number that tells both who
and whose. What is left is compared by its text, so that a number may raise a false alarm and no
more.
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
MEMBERS = pl.Schema({"identifier": pl.String, "customer_id": pl.String})
SPREAD = np.uint64(0x9E3779B97F4A7C15)

Names = Callable[[NDArray[np.int64]], pl.Series]


def belongings(identifier: Hashes, customer: Hashes) -> Hashes:
    """One hash of an identifier and its customer, spread as evenly as theirs are."""
    return identifier ^ (customer * SPREAD)


def changes(
    con: duckdb.DuckDBPyConnection,
    *,
    belonging: Hashes,
    customer: NDArray[np.integer],
    customers: pl.DataFrame,
    names: Names,
) -> pl.DataFrame:
    """What became of the customers of `previous_identifiers`, if the connection has any.

    Args:
        con: Holds `previous_identifiers`: `identifier`, `customer_id`, `belonging`; 0 where it is
            not known.
        belonging: That of each identifier of today.
        customer: The row of its customer, -1 where it has none.
        customers: `customer_id`, `identifier_count`.
        names: The identifiers of some rows.
    """
    ids = customers["customer_id"]
    if not holds_rows(con, "previous_identifiers"):
        return _told(con, MEMBERS.to_frame(), MEMBERS.to_frame(), customers)
    own = hashed(ids)
    moved, was_there = _moved(con, belonging, customer, own)
    known = distinct(hashed(moved["identifier"]))
    rows = _among(known, belonging, customer, own)
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


def _among(
    known: Hashes, belonging: Hashes, customer: NDArray[np.integer], own: Hashes
) -> NDArray[np.int64]:
    """The rows of customers' identifiers whose hashes are among the known ones."""
    start = starts(known)
    found = [np.zeros(0, dtype=np.int64)]
    for part in slices(len(belonging)):
        rows = np.flatnonzero(customer[part] >= 0)
        identifier = belongings(belonging[part][rows], own[customer[part][rows]])
        found.append(part.start + rows[among(known, identifier, start)])
        let_go(belonging)
    return np.concatenate(found)


def _moved(
    con: duckdb.DuckDBPyConnection, belonging: Hashes, customer: NDArray[np.integer], own: Hashes
) -> tuple[pl.DataFrame, Flags]:
    """The former identifiers that are not whose they were, and which customers were there."""
    belongs = customer >= 0
    present, whose = belonging[belongs], customer[belongs]
    was_there = np.zeros(len(own), dtype=np.bool_)
    others, place = [own[:0]], 0
    for former in _former(con):
        met = place + _met_again(present[place:], former)
        was_there[whose[met]] = True
        place = int(met[-1]) + 1 if met.size else place
        if len(met) < len(former):
            others.append(former[~_are_in(present[met], former)])
    # Who moved, and who is there but not where it was looked for.
    other = np.concatenate(others)
    elsewhere = np.flatnonzero(_are_in(other, present))
    was_there[whose[elsewhere]] = True
    gone = pl.DataFrame({"belonging": other[~_are_in(present[elsewhere], other)]})
    with given(con, gone_belongings=gone):
        moved: pl.DataFrame = con.sql(read_sql("moved_identifiers")).pl()
    return moved, was_there | _are_in(hashed(moved["customer_id"]), own)


def _are_in(known: Hashes, wanted: Hashes) -> Flags:
    """Which wanted hashes are among the known ones; both in any order."""
    ascending = distinct(known)
    return among(ascending, wanted, starts(ascending))


def _met_again(present: Hashes, former: Hashes) -> NDArray[np.int64]:
    """Which of the present ones at hand are among the former ones.

    Both nights' identifiers come in the order of their numbers, and few are new: those at hand are
    nearly always all.
    """
    near = present[: len(former) + len(former) // NEWCOMERS + 1]
    return np.flatnonzero(_are_in(former, near))


def _former(con: duckdb.DuckDBPyConnection) -> Iterator[Hashes]:
    """What is known of the former belongings in the order of their rows, some at a time."""
    [(is_kept,)] = con.sql("select current_setting('preserve_insertion_order')").fetchall()
    con.execute("set preserve_insertion_order = true")
    for batch in con.sql(read_sql("known_belongings")).to_arrow_reader(BATCH_ROWS):
        yield batch.column("belonging").to_numpy()
    con.execute("set preserve_insertion_order = ?", [is_kept])


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
