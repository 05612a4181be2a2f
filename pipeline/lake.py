"""The landed tables of a lake, opened in a database."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from pipeline.build import store
from pipeline.landing import ledger

RECORDS = ("events", "revisions", "identifiers", "attributes")


def open_lake(con: duckdb.DuckDBPyConnection, lake: Path) -> None:
    """Give `con` the landed tables as views over the lake."""
    for table in (*RECORDS, "quarantine"):
        _open(con, lake, table)
    store(con, "landed_files", ledger.files(lake))


def open_past_lake(con: duckdb.DuckDBPyConnection, lake: Path, instant: datetime) -> None:
    """Give `con` the landed tables as views of what could be known at `instant`."""
    con.execute("set variable known_by = ?", [instant.astimezone(UTC).replace(tzinfo=None)])
    for table in RECORDS:
        _open(con, lake, table, "known_at <= getvariable('known_by')")


def _open(con: duckdb.DuckDBPyConnection, lake: Path, table: str, known: str | None = None) -> None:
    """Give `con` one landed table, but for rows of which `known` does not hold.

    Records get their event's id a second time, as `event_key`, a number of 128 bits: what is made
    of all events is sorted, joined and written by it in less time than by a text of 36 letters.
    """
    paths = ledger.parquet(lake, table)
    if paths:
        rows = con.read_parquet([path.as_posix() for path in paths])
        if known is not None:
            rows = rows.filter(known)
        if table in RECORDS:
            rows = rows.project("*, cast(event_id as uuid) as event_key")
        rows.create_view(f"landed_{table}", replace=True)
    else:
        nothing = ledger.landed_table(lake, table).collect()
        if table in RECORDS:
            nothing = nothing.with_columns(event_key="event_id")
        store(con, f"landed_{table}", nothing)
