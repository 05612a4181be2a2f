"""Published snapshots, compared table by table."""

from pathlib import Path

import duckdb
import polars as pl

# What tells of the run rather than of the records: the wall clock, batches, what was there before.
OF_THE_RUN = {"runs", "customer_changes", "nightly_changes", "persona_changes"}
# They say nothing that `events` does not, but call customers by other names.
ALIASES = {"activity_stream", "event_log"}
CLOCKED = {"batch_id", "finished_at", "run_id"}


def tables(project: Path, *, leave_out: frozenset[str] = frozenset()) -> dict[str, pl.DataFrame]:
    """Every published table, its rows in a fixed order, without columns of the wall clock."""
    path = project / "data" / "published" / "current" / "wend.duckdb"
    found = {}
    with duckdb.connect(str(path.resolve()), read_only=True) as con:
        names = [
            name
            for (name,) in con.sql("select table_name from information_schema.tables").fetchall()
        ]
        for name in sorted(set(names) - OF_THE_RUN - ALIASES):
            frame = con.table(name).pl()
            frame = frame.drop(*((CLOCKED | leave_out) & set(frame.columns)))
            found[name] = frame.sort(frame.columns) if frame.columns else frame
    return found


def differences(left: dict[str, pl.DataFrame], right: dict[str, pl.DataFrame]) -> list[str]:
    """The tables that are not the same, and by how many rows."""
    said = [f"{name}: only in one" for name in sorted(left.keys() ^ right.keys())]
    for name in sorted(left.keys() & right.keys()):
        if not left[name].equals(right[name]):
            rows = set(left[name].rows()) ^ set(right[name].rows())
            said.append(f"{name}: {len(rows)} rows differ, such as {sorted(map(str, rows))[:2]}")
    return said
