"""The landed tables of a lake, opened in a database."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from pipeline import warehouse
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
        _open(con, lake, table, " where known_at <= getvariable('known_by')")


def _open(con: duckdb.DuckDBPyConnection, lake: Path, table: str, where: str = "") -> None:
    """Give `con` one landed table, its rows as `where` says."""
    paths = ledger.parquet(lake, table)
    if paths:
        listed = ", ".join(warehouse.quoted(path.as_posix()) for path in paths)
        source = f"read_parquet([{listed}])"
        con.execute(f"create or replace view landed_{table} as from {source}{where}")
    else:
        store(con, f"landed_{table}", ledger.landed_table(lake, table).collect())
