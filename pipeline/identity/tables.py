"""SQL of the identity room over a connection: its temporary tables and what is given to it."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import polars as pl

from pipeline.resources import sql_folder


@contextmanager
def given(con: duckdb.DuckDBPyConnection, **frames: pl.DataFrame) -> Iterator[None]:
    """Frames as tables of the connection, for a while."""
    for name, frame in frames.items():
        con.register(name, frame)
    try:
        yield
    finally:
        for name in frames:
            con.unregister(name)


def read_sql(name: str) -> str:
    """The select of one file in sql/identity/."""
    return (sql_folder() / "identity" / f"{name}.sql").read_text(encoding="utf-8")


def build(con: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Make the temporary tables of these selects, one after another."""
    for name in names:
        con.execute(f"create or replace temp table {name} as {read_sql(name)}")


def drop(con: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Let temporary tables go that are there still, and the memory they hold."""
    for name in names:
        con.execute(f"drop table if exists {name}")


def holds_rows(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether the connection has a table of that name, and a row in it."""
    known = con.execute(
        "select 1 from information_schema.tables where table_name = ?", [name]
    ).fetchall()
    return bool(known and con.sql(f"from {name} limit 1").fetchall())
