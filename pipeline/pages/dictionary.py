"""The published file as its readers meet it: tables, columns and macros with what they mean."""

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import duckdb

from pipeline.warehouse import HEADER, heading

# The events in their order are published with what other tables say of them.
SHOWN_AS = {"event_places": "events", "ordered_events": "events"}


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    type: str
    words: str


@dataclass(frozen=True)
class Entry:
    """One published table or view.

    Attributes:
        grain: What one row stands for; empty where no file of sql/ makes the table.
        reads: The nearest published tables it is made of.
        row_count: None for a view.
    """

    name: str
    words: str
    grain: str
    reads: tuple[str, ...]
    row_count: int | None
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Macro:
    """A question with parameters that the file can be asked."""

    name: str
    parameters: tuple[str, ...]
    words: str


def macros(con: duckdb.DuckDBPyConnection) -> list[Macro]:
    """Every table macro of the published file, by name."""
    found = con.execute(
        "select distinct function_name, parameters, coalesce(comment, '') from duckdb_functions() "
        "where function_type = 'table_macro' and not internal order by 1"
    ).fetchall()
    return [Macro(name, tuple(parameters), words) for name, parameters, words in found]


def entries(con: duckdb.DuckDBPyConnection, sql: Path) -> list[Entry]:
    """Every table and view of the published file, by name, with the headers of `sql`."""
    columns: dict[str, list[Column]] = defaultdict(list)
    for table, name, kind, words in con.execute(
        "select table_name, column_name, data_type, coalesce(comment, '') from duckdb_columns() "
        "where schema_name = 'main' and not internal order by table_name, column_index"
    ).fetchall():
        columns[table].append(Column(name, kind.lower(), words))
    tables = con.execute(
        "select table_name, coalesce(comment, ''), estimated_size from duckdb_tables() "
        "where not internal union all select view_name, coalesce(comment, ''), null "
        "from duckdb_views() where not internal order by 1"
    ).fetchall()
    headers = dict(_headers(sql))
    made = []
    for name, words, row_count in tables:
        grain = headers[name].grain if name in headers else ""
        known = dict.fromkeys(_origins(name, headers, columns, {name}))
        said, _, told = words.partition(" Grain: ")
        reads = tuple(table for table in known if table != name)
        made.append(Entry(name, said, told or grain, reads, row_count, tuple(columns[name])))
    return made


class Header(NamedTuple):
    """What the file that makes a table says of it."""

    grain: str
    reads: tuple[str, ...]


def _origins(
    name: str, headers: Mapping[str, Header], published: Container[str], seen: set[str]
) -> Iterator[str]:
    """The published tables that a table reads, itself or through others; `seen` grows by those."""
    for read in headers[name].reads if name in headers else ():
        shown = SHOWN_AS.get(read, read)
        table = read if shown in seen else shown
        if table in published:
            yield table
        elif table not in seen:
            seen.add(table)
            yield from _origins(table, headers, published, seen)


def _headers(sql: Path) -> Iterator[tuple[str, Header]]:
    """Table -> its header, for every file that makes one."""
    # Of two files that name a table the later says what it is made of, the other how it is shown.
    for path in sorted(sql.glob("*/*.sql"), key=lambda path: path.parent.name != "publish"):
        found = HEADER.fullmatch(heading(path.read_text(encoding="utf-8")))
        if found is not None:
            yield path.stem, Header(found["grain"], tuple(found["reads"].split(", ")))
