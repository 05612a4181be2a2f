"""Landed batches without one person: each is written anew beside the others, then exchanged.

Rule: a batch is the old one or the new one, whenever the work is killed; what was begun is taken
up again by doing it once more.
"""

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipeline import warehouse
from pipeline.lake import open_lake
from pipeline.landing import ledger
from pipeline.landing.schema import FILES, LANDED_EVENTS
from pipeline.privacy.gate import RULE, UNTOLD, read_sql
from pipeline.privacy.person import Person
from pipeline.privacy.rewording import reworded, reworded_json, reworded_path
from pipeline.privacy.spellings import for_python
from pipeline.settings import Settings

WORKSHOP = ".privacy"
# Which rows of a table are somebody else's; any other table keeps those that do not name them.
KEPT = {
    "events": "kept_events",
    "revisions": "kept_events",
    "identifiers": "kept_identifiers",
    "attributes": "kept_attributes",
    "quarantine": "kept_quarantine",
}


def connect(settings: Settings) -> duckdb.DuckDBPyConnection:
    """A database of this erasure alone, in memory, which spills into the lake's workshop."""
    return warehouse.connect(
        ":memory:",
        threads=settings.machine.threads,
        memory_gib=settings.machine.memory_gib,
        temp_gib=settings.machine.temp_gib,
        temp_folder=settings.lake / WORKSHOP / "temp",
    )


def doom(con: duckdb.DuckDBPyConnection, settings: Settings, person: Person) -> pl.DataFrame:
    """Find what of the lake is the person's.

    Leaves the tables `erased_identifiers` and `doomed_events` and the variables that the queries
    of sql/privacy/ read in the connection.

    Returns:
        `event_id`, `is_told_by_names`: False for events that come back unrecognised unless their
        own ids are remembered.
    """
    open_lake(con, settings.lake)
    names = pl.DataFrame(
        list(person.identifiers),
        schema={"namespace": pl.String, "value": pl.String},
        orient="row",
    )
    con.register("given", names)
    con.execute("create or replace table erased_identifiers as from given")
    events = pl.DataFrame({"event_id": person.event_ids}, schema={"event_id": pl.String})
    con.register("given", events)
    con.execute("create or replace table attributed_events as from given")
    con.unregister("given")
    con.execute(f"create or replace table doomed_events as {read_sql('doomed_events')}")
    con.execute("set variable named = ?", [person.expression])
    con.execute("set variable untold = ?", [UNTOLD])
    found: pl.DataFrame = con.table("doomed_events").pl()
    return found


def rewrite(con: duckdb.DuckDBPyConnection, lake: Path, person: Person) -> Counter[str]:
    """Rewrite every batch that holds anything of the person; `doom` has been called.

    Returns:
        How many rows went or were rewritten, by table.
    """
    settle(lake)
    found: Counter[str] = Counter()
    for batch in sorted(ledger.landed(lake).glob("*")):
        found.update(_rewrite_batch(con, lake, batch, person))
    shutil.rmtree(lake / WORKSHOP, ignore_errors=True)
    return found


def count(con: duckdb.DuckDBPyConnection, lake: Path, person: Person) -> Counter[str]:
    """What `rewrite` would do, without doing it."""
    found: Counter[str] = Counter()
    for batch in sorted(ledger.landed(lake).glob("*")):
        staging = _fresh(lake / WORKSHOP / "new" / batch.name)
        found.update(_stage(con, batch, staging, person))
    shutil.rmtree(lake / WORKSHOP, ignore_errors=True)
    return found


def settle(lake: Path) -> None:
    """Bring an exchange of batches that was killed half way to its end."""
    for old in sorted((lake / WORKSHOP / "old").glob("*")):
        target = ledger.landed(lake) / old.name
        if not target.exists():
            (lake / WORKSHOP / "new" / old.name).rename(target)
    shutil.rmtree(lake / WORKSHOP, ignore_errors=True)


def _rewrite_batch(
    con: duckdb.DuckDBPyConnection, lake: Path, batch: Path, person: Person
) -> Counter[str]:
    """Exchange one batch for what is left of it; nothing is touched where nothing goes."""
    staging = _fresh(lake / WORKSHOP / "new" / batch.name)
    found = _stage(con, batch, staging, person)
    if found:
        for path in batch.iterdir():
            if not (staging / path.name).exists():
                os.link(path, staging / path.name)
        ledger.sync(staging)
        old = lake / WORKSHOP / "old" / batch.name
        old.parent.mkdir(parents=True, exist_ok=True)
        batch.rename(old)
        staging.rename(batch)
        shutil.rmtree(old)
    else:
        shutil.rmtree(staging)
    return found


def _fresh(folder: Path) -> Path:
    """An empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _stage(
    con: duckdb.DuckDBPyConnection, batch: Path, staging: Path, person: Person
) -> Counter[str]:
    """Write the tables of a batch that change into `staging`; says by how many rows."""
    for name in ("events", "revisions"):
        _view(con, f"batch_{name}", sorted(batch.glob(f"{name}*.parquet")))
    con.execute(f"create or replace temp table doomed_records as {read_sql('doomed_records')}")
    found: Counter[str] = Counter()
    for path in sorted(batch.glob("*.parquet")):
        # A batch may hold a table in several files, events.parquet and events_....parquet.
        table = path.stem.partition("_")[0]
        if table == "files":
            continue
        _view(con, "batch_rows", [path])
        kept = read_sql(KEPT.get(table, "kept_rows"))
        texts = _reword(con, person) if table in {"events", "revisions"} else 0
        gone = _rows(con, "from batch_rows") - _rows(con, kept)
        if table == "quarantine":
            texts = _rows(con, read_sql("changed_quarantine"))
        if gone or texts:
            target = warehouse.quoted((staging / path.name).as_posix())
            con.execute(f"copy ({kept}) to {target} (format parquet, compression zstd)")
        found.update({table: gone, f"{table} texts": texts})
    found.update({"ledger rows": _account(con, batch / "files.parquet", staging, person)})
    return +found


def _view(con: duckdb.DuckDBPyConnection, name: str, paths: Sequence[Path]) -> None:
    """Parquet files under a name; an empty table of events where there are none."""
    if paths:
        listed = ", ".join(warehouse.quoted(path.as_posix()) for path in paths)
        con.execute(f"create or replace temp view {name} as from read_parquet([{listed}])")
    else:
        con.register("nothing", pl.DataFrame(schema=LANDED_EVENTS))
        con.execute(f"create or replace temp view {name} as from nothing")


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> int:
    """How many rows a query has."""
    (counted,) = con.sql(query).count("*").fetchall()
    return int(counted[0])


def _reword(con: duckdb.DuckDBPyConnection, person: Person) -> int:
    """Make `reworded_events`, what others' events say without naming the person."""
    rows: pl.DataFrame = con.sql(read_sql("naming_events")).pl()
    names = for_python(person.expression)
    told = [
        (
            event_id,
            content_hash,
            *(reworded(text, names) for text in texts),
            reworded_json(properties, names),
        )
        for event_id, content_hash, *texts, properties in rows.iter_rows()
    ]
    con.register("told", pl.DataFrame(told, schema=rows.schema, orient="row"))
    con.execute("create or replace temp table reworded_events as from told")
    con.unregister("told")
    return rows.height


def _account(con: duckdb.DuckDBPyConnection, path: Path, staging: Path, person: Person) -> int:
    """Move erased records of the batch's ledger to those ignored; says how many rows changed."""
    ledger_rows = pl.read_parquet(path)
    changes = con.sql(read_sql("erased_counts")).pl()
    names = for_python(person.expression)
    rows = [
        _accounted(row, change, names)
        for row in ledger_rows.iter_rows(named=True)
        for change in [changes.filter(pl.col("file_id") == row["file_id"]).to_dicts()]
    ]
    new = pl.DataFrame(rows, schema=FILES)
    changed = sum(one != other for one, other in zip(new.rows(), ledger_rows.rows(), strict=True))
    if changed:
        new.write_parquet(staging / path.name)
    return changed


def _accounted(
    row: dict[str, Any], changes: list[dict[str, Any]], names: re.Pattern[str]
) -> dict[str, Any]:
    """A ledger row whose erased records are counted as ignored, its path without names."""
    row = {**row, "path": reworded_path(row["path"], names)}
    for change in changes:
        rules = json.loads(row["ignored_rules"])
        if change["erased_count"]:
            rules[RULE] = rules.get(RULE, 0) + change["erased_count"]
        row |= {
            "landed_count": row["landed_count"] - change["landed_count"],
            "revised_count": row["revised_count"] - change["revised_count"],
            "duplicate_count": row["duplicate_count"] - change["revised_count"],
            "ignored_count": row["ignored_count"] + change["erased_count"],
            "event_count": row["event_count"] - change["event_count"],
            "ignored_rules": json.dumps(rules, sort_keys=True),
        }
    return row
