"""Cursor columns of databases: how far rows were fetched, and from where the next fetch begins.

A cursor is a whole number whatever the column holds: microseconds or days from 1970, or the integer
itself.
"""

from datetime import UTC, timedelta
from math import ceil

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from pipeline.errors import SourceRefused
from pipeline.landing.clocks import EPOCH, MICROSECOND, microseconds
from pipeline.landing.live.fetched import Visit
from pipeline.settings import Database

# PostgreSQL's type -> what a cursor of it is.
KINDS = {
    "timestamptz": "instant",
    "timestamp": "local",
    "date": "date",
    "int2": "number",
    "int4": "number",
    "int8": "number",
}
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
DAY = timedelta(days=1)
# The days of Python's calendar, counted from 1970.
FIRST_DAY, LAST_DAY = -719_162, 2_932_896


def numbers(column: pa.Array) -> pa.Array:
    """Instants as microseconds, dates as days, integers as they are."""
    if pa.types.is_date32(column.type):
        column = column.cast(pa.int32())
    return column.cast(pa.int64())


def newest(column: pa.ChunkedArray, limit: int | None) -> int | None:
    """The highest cursor value that is not in the future; None where there is none."""
    found = numbers(column)
    if limit is not None:
        found = found.filter(pc.less_equal(found, limit))
    highest: int | None = pc.max(found).as_py()
    return highest


def before(kind: str, latest: int, database: Database) -> int:
    """Where the next fetch begins."""
    if kind == "number":
        return latest - database.overlap_numbers
    if kind == "date":
        return latest - ceil(database.overlap_hours / 24)
    return latest - round(database.overlap_hours * HOUR_US)


def literal(kind: str, value: int) -> str:
    """A cursor value in SQL."""
    if kind == "number":
        return str(value)
    moment = EPOCH + (value * DAY if kind == "date" else value * MICROSECOND)
    if kind == "date":
        return f"date '{moment:%Y-%m-%d}'"
    if kind == "local":
        return f"timestamp '{moment.replace(tzinfo=None).isoformat()}'"
    return f"timestamptz '{moment.isoformat()}'"


def present(kind: str, visit: Visit) -> int | None:
    """The present as a cursor value; None where cursors are no times.

    A row stamped in the year 2099 must not carry the cursor past all rows to come.
    """
    if kind == "number":
        return None
    if kind == "instant":
        return microseconds(visit.now)
    here = visit.now.astimezone(visit.zone or UTC).replace(tzinfo=UTC)
    return microseconds(here) // (DAY_US if kind == "date" else 1)


def refuse_endless(batch: pa.RecordBatch) -> None:
    """Refuse what PostgreSQL holds and Arrow's reading turns into another instant: infinity.

    Raises:
        SourceRefused: Names the column.
    """
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if not pa.types.is_temporal(field.type):
            continue
        unit = DAY_US if pa.types.is_timestamp(field.type) else 1
        ends = pc.min_max(numbers(column)).as_py()
        if ends["min"] is None:
            continue
        if ends["min"] < FIRST_DAY * unit or ends["max"] >= (LAST_DAY + 1) * unit:
            raise SourceRefused(
                f"column {field.name} holds infinity or a year outside 1 to 9999: "
                f"leave such rows out in a query, or cast it there: {field.name}::text"
            )
