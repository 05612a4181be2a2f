"""Rows of an export's query, streamed, and files that are never seen half written."""

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import duckdb

from pipeline.resources import sql_folder

ROWS = 10_000


class Exported(NamedTuple):
    """How much an export holds."""

    event_count: int
    object_count: int


def rows(con: duckdb.DuckDBPyConnection, name: str) -> Iterator[dict[str, Any]]:
    """The rows of sql/exports/`name`.sql over the published tables, by column."""
    found = con.cursor().execute((sql_folder() / "exports" / f"{name}.sql").read_text())
    names = [column[0] for column in found.description or ()]
    while chunk := found.fetchmany(ROWS):
        yield from (dict(zip(names, row, strict=True)) for row in chunk)


@contextmanager
def written(path: Path) -> Iterator[TextIO]:
    """A text file, compressed if its name ends in .gz, that takes its place once it is whole."""
    staged = path.with_name(f".{path.name}.part")
    try:
        if path.suffix == ".gz":
            # No name and no time of writing inside: the same journeys give the same bytes.
            with (
                staged.open("wb") as raw,
                gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed,
                io.TextIOWrapper(packed, encoding="utf-8", newline="\n") as text,
            ):
                yield text
        else:
            with staged.open("w", encoding="utf-8", newline="\n") as plain:
                yield plain
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)


def stamp(instant: datetime) -> str:
    """A naive UTC instant as ISO 8601."""
    return f"{instant.isoformat(timespec='milliseconds')}Z"
