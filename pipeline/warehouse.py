"""sql/ to tables, in the order their reads ask for, then the checks and the comments.

A model is one file and one select; what it reads is parsed from it, never registered.
"""

import csv
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb

from pipeline.errors import BadModel, UnknownTable
from pipeline.resources import sql_folder

MODEL_FOLDERS = ("core", "journeys", "churn")
HEADER = re.compile(
    r"(?P<name>\w+): (?P<purpose>.+?) "
    r"Grain: (?P<grain>.+?) "
    r"Reads: (?P<reads>[\w, ]+)\."
    r"(?: Kept as a view: (?P<view>.+)| .+)?"
)


@dataclass(frozen=True, slots=True)
class Model:
    """One file of sql/ that makes one table.

    Attributes:
        purpose: The header's first line, what a row is for.
        grain: What one row stands for.
        reads: The tables its select names, parsed from it.
        is_view: Kept as a view, as its header argues.
    """

    name: str
    sql: str
    purpose: str
    grain: str
    reads: frozenset[str]
    is_view: bool


@dataclass(frozen=True, slots=True)
class Built:
    """One table made: for progress and for the ledger. A view has no row count."""

    name: str
    row_count: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Check:
    """A claim that holds while its query returns no row."""

    claim: str
    reason: str
    sql: str
    reads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Failed:
    """A claim that does not hold.

    Attributes:
        row_count: How many rows contradict it.
        examples: Up to three of them, by column; checks select no personal data.
    """

    claim: str
    reason: str
    row_count: int
    examples: tuple[dict[str, Any], ...]


def connect(
    path: Path | str, *, threads: int, memory_gib: float, temp_gib: float, temp_folder: Path
) -> duckdb.DuckDBPyConnection:
    """A connection that reads no Python variable, fetches no extension and keeps its limits."""
    con = duckdb.connect(
        str(path),
        config={
            "python_enable_replacements": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            # Nothing may rest on it, and keeping it costs memory; `order by` still holds.
            "preserve_insertion_order": False,
            "threads": threads,
            "memory_limit": f"{memory_gib}GiB",
            "max_temp_directory_size": f"{temp_gib}GiB",
            "temp_directory": str(temp_folder),
        },
    )
    con.execute("set TimeZone = 'UTC'")
    return con


@cache
def shipped_models() -> tuple[Model, ...]:
    """The models that come with Wend, read once."""
    return tuple(read_models(sql_folder()))


def read_models(folder: Path) -> list[Model]:
    """Every model below `folder`, by name.

    Raises:
        BadModel: A header that is missing or names another table, not one select,
            a CTE named like a table, or two files of one name.
    """
    paths = sorted(
        (path for group in MODEL_FOLDERS for path in (folder / group).glob("*.sql")),
        key=lambda path: path.stem,
    )
    names = {path.stem for path in paths}
    if len(names) < len(paths):
        twice = sorted(
            {path.stem for path in paths if [p.stem for p in paths].count(path.stem) > 1}
        )
        raise BadModel(f"{folder}: two files are named {twice}; a file's name is its table's")
    with duckdb.connect() as con:
        return [_read_model(con, path, names) for path in paths]


def _read_model(con: duckdb.DuckDBPyConnection, path: Path, names: AbstractSet[str]) -> Model:
    """One model, held to its form."""
    sql = path.read_text(encoding="utf-8")
    header = HEADER.fullmatch(heading(sql))
    if header is None or header["name"] != path.stem:
        raise BadModel(
            f"{path}: the first comment lines must be `-- {path.stem}: purpose.`, "
            "`-- Grain: one row per ….` and `-- Reads: a, b.`"
        )
    reads, steps = tables_read(con, path, sql)
    if hidden := steps & (names | reads):
        raise BadModel(f"{path}: the CTE {sorted(hidden)} hides a table of that name; rename it")
    return Model(
        path.stem,
        sql,
        header["purpose"],
        header["grain"],
        reads,
        is_view=header["view"] is not None,
    )


def heading(sql: str) -> str:
    """The comment lines that open a file of sql/, as one line."""
    lines = itertools.takewhile(lambda line: line.startswith("--"), sql.splitlines())
    return " ".join(line.removeprefix("--").strip() for line in lines)


def tables_read(
    con: duckdb.DuckDBPyConnection, path: Path, sql: str
) -> tuple[frozenset[str], frozenset[str]]:
    """The tables that the one select in `sql` reads, and the names of its CTEs.

    Raises:
        BadModel: It does not parse as one select.
    """
    (text,) = con.execute("select json_serialize_sql(?)", [sql]).fetchone() or ("{}",)
    tree = json.loads(text)
    if tree["error"]:
        raise BadModel(f"{path}: not a select: {tree['error_message']}")
    if len(tree["statements"]) != 1:
        raise BadModel(f"{path}: holds {len(tree['statements'])} statements; keep one select")
    nodes = list(_nodes(tree["statements"][0]))
    steps = {entry["key"] for node in nodes for entry in node.get("cte_map", {}).get("map", ())}
    tables = {node["table_name"] for node in nodes if node.get("type") == "BASE_TABLE"}
    return frozenset(tables - steps), frozenset(steps)


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object in a parsed statement."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield node
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)


def in_order(models: Iterable[Model], provided: AbstractSet[str]) -> list[Model]:
    """The models, each after all that it reads; among equals by name.

    Raises:
        UnknownTable: A model reads what neither a file builds nor a step provides.
        BadModel: Models read one another in a circle.
    """
    by_name = {model.name: model for model in models}
    for model in by_name.values():
        if missing := model.reads - by_name.keys() - provided:
            raise UnknownTable(
                f"{model.name} reads {sorted(missing)}, which no file in sql/ builds "
                "and no step provides"
            )
    sorter = TopologicalSorter(
        {name: sorted(by_name[name].reads & by_name.keys()) for name in sorted(by_name)}
    )
    try:
        return [by_name[name] for name in sorter.static_order()]
    except CycleError as error:
        raise BadModel(
            f"models read one another in a circle: {' <- '.join(error.args[1])}"
        ) from error


def needed(models: Iterable[Model], name: str) -> list[Model]:
    """A model and all that it reads, directly or not."""
    by_name = {one.name: one for one in models}
    wanted: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one in by_name and one not in wanted:
            wanted.add(one)
            waiting.extend(by_name[one].reads)
    return [one for one in by_name.values() if one.name in wanted]


def build(
    con: duckdb.DuckDBPyConnection, models: Iterable[Model], provided: AbstractSet[str]
) -> Iterator[Built]:
    """Make each model's table in `con`, and say so as each is done.

    Args:
        con: Where the provided tables are, as tables, views or registered frames.
        models: What `read_models` gave.
        provided: Names of tables that are there already.

    Raises:
        UnknownTable: A model reads what neither a file builds nor a step provides.
        BadModel: Models read one another in a circle.
    """
    for model in in_order(models, provided):
        started = perf_counter()
        if model.is_view:
            con.execute(f'create or replace view "{model.name}" as {model.sql}')
            yield Built(model.name, None, perf_counter() - started)
            continue
        made = con.execute(f'create or replace table "{model.name}" as {model.sql}').fetchone()
        yield Built(model.name, made[0] if made else 0, perf_counter() - started)


def read_checks(folder: Path) -> list[Check]:
    """Every check below `folder`/checks, by claim.

    Raises:
        BadModel: No comment on the first line, or not one select.
    """
    with duckdb.connect() as con:
        return [_read_check(con, path) for path in sorted((folder / "checks").glob("*.sql"))]


def _read_check(con: duckdb.DuckDBPyConnection, path: Path) -> Check:
    """One check, held to its form."""
    sql = path.read_text(encoding="utf-8")
    reason = heading(sql)
    if not reason:
        raise BadModel(f"{path}: the first line must be a comment that says why it holds")
    reads, _ = tables_read(con, path, sql)
    return Check(path.stem.replace("_", " "), reason, sql, reads)


def check(con: duckdb.DuckDBPyConnection, checks: Iterable[Check]) -> list[Failed]:
    """The claims that do not hold in the tables of `con`."""
    return [failed for one in checks if (failed := _fails(con, one))]


def _fails(con: duckdb.DuckDBPyConnection, one: Check) -> Failed | None:
    """What contradicts a claim, if anything does."""
    cursor = con.execute(one.sql)
    columns = [column[0] for column in cursor.description or ()]
    rows = cursor.fetchmany(3)
    if not rows:
        return None
    row_count = len(rows)
    while more := cursor.fetchmany(10_000):
        row_count += len(more)
    examples = tuple(dict(zip(columns, row, strict=True)) for row in rows)
    return Failed(one.claim, one.reason, row_count, examples)


def read_comments(folder: Path) -> dict[tuple[str, str], str]:
    """What each table and column means, by (table, column).

    A table's own text stands at column "". A column's text at table "*" holds wherever no table
    says otherwise: a name means one thing. Tables that sql/ makes are described by their headers,
    all else by comments.csv.
    """
    with (folder / "comments.csv").open(encoding="utf-8", newline="") as file:
        texts = {(row["table"], row["column"]): row["comment"] for row in csv.DictReader(file)}
    for group in (*MODEL_FOLDERS, "publish"):
        for path in sorted((folder / group).glob("*.sql")):
            if header := HEADER.fullmatch(heading(path.read_text(encoding="utf-8"))):
                purpose = header["purpose"][0].upper() + header["purpose"][1:]
                texts[path.stem, ""] = f"{purpose} Grain: {header['grain']}"
    return texts


def comment(con: duckdb.DuckDBPyConnection, texts: Mapping[tuple[str, str], str]) -> None:
    """Give every table, view and column of `con` its text from `read_comments`."""
    # At once: a thousand commits take as long as all else of a small night's publish.
    con.begin()
    tables = con.execute(
        "select table_name, lower(table_type) from information_schema.tables "
        "where table_schema = 'main'"
    ).fetchall()
    for name, kind in tables:
        if text := texts.get((name, "")):
            subject = "view" if kind == "view" else "table"
            con.execute(f'comment on {subject} "{name}" is {quoted(text)}')
    columns = con.execute(
        "select table_name, column_name from information_schema.columns where table_schema = 'main'"
    ).fetchall()
    for table, column in columns:
        if text := texts.get((table, column)) or texts.get(("*", column)):
            con.execute(f'comment on column "{table}"."{column}" is {quoted(text)}')
    con.commit()


def quoted(text: str) -> str:
    """A text as a literal, for statements that take no parameters."""
    return "'" + text.replace("'", "''") + "'"
