"""Whose processing was stopped: their events land and are kept, and nothing is made of them.

They are in no published table and no sum. A suppression is a keyed hash and survives every rebuild;
where two customers merge, that of either holds for both.
"""

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from pipeline.landing.schema import INSTANT
from pipeline.privacy.gate import read_sql, set_pads
from pipeline.privacy.tombstones import keyed, replace
from pipeline.settings import erasure_key

FILE = "suppressions.parquet"
# Beside the identity tables of a snapshot: an erasure must find what is published nowhere.
EVENTS = "suppressed_events.parquet"
SUPPRESSIONS = pl.Schema({"digest": pl.String, "suppressed_at": INSTANT})
SUPPRESSED = pl.Schema({"identifier": pl.String})


def table(lake: Path) -> pl.DataFrame:
    """All suppressions, columns of SUPPRESSIONS."""
    path = lake / FILE
    return pl.read_parquet(path) if path.is_file() else pl.DataFrame(schema=SUPPRESSIONS)


def digests(lake: Path, identifiers: Iterable[tuple[str, str]]) -> list[str]:
    """What stands for each identifier among the suppressions."""
    key = erasure_key(lake)
    return [keyed(key, "suppressed", f"{namespace}:{value}") for namespace, value in identifiers]


def add(lake: Path, identifiers: Iterable[tuple[str, str]], at: datetime) -> int:
    """Stop processing of what these identifiers name; says how many were not stopped before."""
    known = table(lake)
    rows = pl.DataFrame(
        [(digest, at.replace(tzinfo=None)) for digest in digests(lake, identifiers)],
        schema=SUPPRESSIONS,
        orient="row",
    )
    whole = pl.concat([known, rows]).unique("digest", keep="first").sort("digest")
    _write(lake, whole)
    return whole.height - known.height


def lift(lake: Path, identifiers: Iterable[tuple[str, str]]) -> int:
    """Let processing go on; says for how many identifiers it had been stopped."""
    known = table(lake)
    kept = known.filter(~pl.col("digest").is_in(digests(lake, identifiers)))
    if kept.height < known.height:
        _write(lake, kept)
    return known.height - kept.height


def suppressed(con: duckdb.DuckDBPyConnection, lake: Path) -> pl.DataFrame:
    """The suppressed ones among the table `identifiers` of `con`: column `identifier`."""
    known = table(lake)
    if known.is_empty():
        return pl.DataFrame(schema=SUPPRESSED)
    set_pads(con, erasure_key(lake))
    con.register("suppressions", known)
    found: pl.DataFrame = con.sql(read_sql("suppressed_identifiers")).pl()
    con.unregister("suppressions")
    return found


def kept_events(snapshot: Path) -> pl.DataFrame:
    """What a snapshot keeps of suppressed customers: columns `event_id` and `customer_id`."""
    path = snapshot / "identity" / EVENTS
    if not path.is_file():  # published before there were any
        return pl.DataFrame(schema={"event_id": pl.String, "customer_id": pl.String})
    return pl.read_parquet(path)


def _write(lake: Path, rows: pl.DataFrame) -> None:
    staged = lake / f".{FILE}.{os.getpid()}"
    rows.write_parquet(staged)
    replace(staged, lake / FILE)
