"""The database that a run builds, from which the analysts' file is published."""

from pathlib import Path

import duckdb
import polars as pl

from pipeline import warehouse
from pipeline.settings import Settings

BUILD = "build.duckdb"


def connect(settings: Settings, path: Path) -> duckdb.DuckDBPyConnection:
    """A connection within the machine's limits, spilling beside the work it does."""
    return warehouse.connect(
        path,
        threads=settings.machine.threads,
        memory_gib=settings.machine.memory_gib,
        temp_gib=settings.machine.temp_gib,
        temp_folder=settings.work / "temp",
    )


def table_names(con: duckdb.DuckDBPyConnection) -> set[str]:
    """What `con` holds: tables and views of its own."""
    rows = con.execute(
        "select table_name from information_schema.tables where table_schema = 'main'"
    ).fetchall()
    return {name for (name,) in rows}


def store(con: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """Keep a frame as a table of the database."""
    con.register("stored", frame)
    con.execute(f"create or replace table {name} as from stored")
    con.unregister("stored")
