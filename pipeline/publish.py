"""One atomic publish a run: a snapshot is built beside the others, then one pointer is switched.

Readers never wait and never see half of a snapshot; a folder no pointer names does not count.
"""

import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipeline.errors import BadQuery, NothingPublished
from pipeline.landing.ledger import sync
from pipeline.warehouse import heading, quoted

FILE_NAME = "wend.duckdb"
POINTER = "current"
RECORD = "run.json"
# Older clients (1.2 and on) open files of this storage version.
STORAGE_VERSION = "v1.2.0"


def current(published: Path) -> Path:
    """The folder of the newest whole snapshot.

    Raises:
        NothingPublished: No run has published yet.
    """
    pointer = published / POINTER
    if not (pointer / FILE_NAME).is_file():
        raise NothingPublished(f"{published}: nothing is published yet; run `wend run` first")
    return pointer.resolve()


def current_record(published: Path) -> dict[str, Any]:
    """The run record of the newest snapshot; empty before the first."""
    path = published / POINTER / RECORD
    return json.loads(path.read_text()) if path.is_file() else {}


def connect(published: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the newest snapshot, which it keeps seeing to its end.

    Raises:
        NothingPublished: No run has published yet.
    """
    return duckdb.connect(
        (current(published) / FILE_NAME).as_posix(),
        read_only=True,
        config={
            "python_enable_replacements": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )


def fresh_folder(published: Path, run_id: str) -> Path:
    """An empty folder for a new snapshot; half-built ones of killed runs are removed."""
    published.mkdir(parents=True, exist_ok=True)
    for folder in published.iterdir():
        if folder.is_dir() and not folder.is_symlink() and not (folder / RECORD).is_file():
            shutil.rmtree(folder)
    name = run_id
    tries = 1
    while (published / name).exists():
        tries += 1
        name = f"{run_id}.{tries}"
    folder = published / name
    folder.mkdir()
    return folder


def write(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    *,
    tables: Iterable[str],
    shaped: Mapping[str, str],
) -> None:
    """Write the analysts' file, which is whole in itself, wherever it is moved or copied to.

    Args:
        con: Open on the build database, whose tables are copied.
        folder: The snapshot's folder.
        tables: Tables to copy under their own names.
        shaped: Name and select of the tables that analysts get in a form of their own.
    """
    target = quoted((folder / FILE_NAME).as_posix())
    con.execute(f"attach {target} as published (storage_version '{STORAGE_VERSION}')")
    try:
        for table in tables:
            con.execute(f"create table published.{table} as from {table}")
        for table, query in shaped.items():
            con.execute(f"create table published.{table} as {query}")
    finally:
        con.execute("detach published")


def macros(folder: Path) -> dict[str, str]:
    """What each file of `folder`/macros says, by its name; each after those that it calls."""
    written = {
        path.stem: path.read_text(encoding="utf-8")
        for path in sorted((folder / "macros").glob("*.sql"))
    }
    calls = {
        name: set(re.findall(r"\b(\w+)\(", re.sub(r"--.*", "", text))) & written.keys() - {name}
        for name, text in written.items()
    }
    return {name: written[name] for name in TopologicalSorter(calls).static_order()}


def install(con: duckdb.DuckDBPyConnection, written: Mapping[str, str]) -> None:
    """Make macros in an analysts' file that holds its tables, each with what its header says."""
    for text in written.values():
        con.execute(text)
    made = con.execute(
        "select distinct function_name, function_type from duckdb_functions() "
        "where function_type in ('macro', 'table_macro') and not internal"
    ).fetchall()
    for name, kind in made:
        if name in written:
            subject = "macro table" if kind == "table_macro" else "macro"
            con.execute(f'comment on {subject} "{name}" is {quoted(heading(written[name]))}')


def switch(folder: Path, record: dict[str, Any]) -> None:
    """Make a finished snapshot the current one: synced whole, then one rename."""
    (folder / RECORD).write_text(json.dumps(record, indent=2, sort_keys=True))
    sync(folder)
    point(folder)


def point(folder: Path) -> None:
    """Let `current`, beside a finished folder, name that folder: one rename."""
    staged = folder.parent / f".{POINTER}.{os.getpid()}"
    staged.unlink(missing_ok=True)
    staged.symlink_to(folder.name)
    staged.replace(folder.parent / POINTER)
    sync(folder.parent)


def prune(published: Path, keep: int) -> list[str]:
    """Remove all but the newest snapshots; the current one always stays."""
    standing = current(published)
    folders = sorted(
        (
            folder
            for folder in published.iterdir()
            if folder.is_dir() and not folder.is_symlink() and folder.resolve() != standing
        ),
        key=lambda folder: (folder.stat().st_mtime_ns, folder.name),
        reverse=True,
    )
    for folder in folders[keep - 1 :]:
        shutil.rmtree(folder)
    return [folder.name for folder in folders[keep - 1 :]]


def read_previous_identifiers(con: duckdb.DuckDBPyConnection, published: Path) -> None:
    """Show the last published identifiers of customers as `previous_identifiers`.

    They are read where they lie: `identifier`, `customer_id`, and `belonging`, which is 0 where an
    older release published them. Before the first run there is no such view.
    """
    path = published / POINTER / "identity" / "identifiers.parquet"
    if not path.is_file():
        return
    found = con.read_parquet(path.as_posix())
    is_known = "belonging" in found.columns
    found.filter("belonging is not null" if is_known else "customer_id is not null").project(
        "identifier, customer_id, "
        + ("belonging" if is_known else "cast(0 as ubigint) as belonging")
    ).create_view("previous_identifiers")


def ask(con: duckdb.DuckDBPyConnection, sql: str, *, limit: int) -> pl.DataFrame:
    """The first rows of an analyst's own question: one SELECT over what is published.

    Raises:
        BadQuery: It is something else, or DuckDB does not take it; says what it says.
    """
    try:
        _keep_in(con)
        asked = con.extract_statements(sql)
        if len(asked) != 1:
            raise BadQuery(f"write one SELECT; there are {len(asked) or 'none'}")
        if not _is_select(con, asked[0]):
            raise BadQuery("write a SELECT; published tables are only read")
        frame: pl.DataFrame = con.sql(sql).limit(limit).pl()
    except duckdb.Error as error:
        raise BadQuery(f"the query failed: {error}") from error
    return frame


def _is_select(con: duckdb.DuckDBPyConnection, asked: duckdb.Statement) -> bool:
    """Whether a statement only reads."""
    if asked.type != duckdb.StatementType.MULTI:
        return asked.type == duckdb.StatementType.SELECT
    # A PIVOT is several statements to DuckDB, wherever it stands: by itself, or in a COPY.
    try:
        con.extract_statements(f"from (\n{asked.query}\n)")
    except duckdb.ParserException:
        return False
    return True


def _keep_in(con: duckdb.DuckDBPyConnection) -> None:
    """Let a connection reach no other file than its own.

    Snapshots of earlier versions have their events in a file beside it.
    """
    if con.sql("select current_setting('enable_external_access')").fetchall() == [(True,)]:
        (path,) = con.sql("select path from duckdb_databases() where not internal").fetchall()[0]
        events = quoted(Path(path).with_name("events.parquet").as_posix())
        con.execute(f"set allowed_paths = [{events}]")
        con.execute("set enable_external_access = false")
