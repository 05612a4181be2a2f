"""Values that people shared with somebody erased stay shared, though fewer are left to show it.

A telephone that four people used would join the other three as soon as one of them is erased.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from pipeline.identity.policy import Policy
from pipeline.landing.schema import INSTANT
from pipeline.privacy.gate import read_sql, set_pads
from pipeline.privacy.tombstones import keyed
from pipeline.privacy.tombstones import replace as exchange
from pipeline.settings import erasure_key

FILE = "kept_shared.parquet"
KEPT_SHARED = pl.Schema({"digest": pl.String, "kept_at": INSTANT})
REASON = "was shared with somebody who was erased"


def table(lake: Path) -> pl.DataFrame:
    """All values that stay shared, as keyed hashes; columns of KEPT_SHARED."""
    path = lake / FILE
    return pl.read_parquet(path) if path.is_file() else pl.DataFrame(schema=KEPT_SHARED)


def add(lake: Path, identifiers: Iterable[tuple[str, str]], at: datetime) -> None:
    """Let these values stay shared, whoever is erased."""
    key = erasure_key(lake)
    rows = pl.DataFrame(
        [
            (keyed(key, "shared", f"{namespace}:{value}"), at.replace(tzinfo=None))
            for namespace, value in identifiers
        ],
        schema=KEPT_SHARED,
        orient="row",
    )
    if rows.is_empty():
        return
    staged = lake / f".{FILE}.{os.getpid()}"
    whole = pl.concat([table(lake), rows]).unique("digest", keep="first").sort("digest")
    whole.write_parquet(staged)
    exchange(staged, lake / FILE)


def kept(con: duckdb.DuckDBPyConnection, lake: Path, policy: Policy) -> Policy:
    """The policy, under which values of `linkable_identifiers` that stay shared join nobody."""
    known = table(lake)
    if known.is_empty():
        return policy
    set_pads(con, erasure_key(lake))
    con.register("kept_shared", known)
    found = con.sql(read_sql("kept_shared_identifiers")).fetchall()
    con.unregister("kept_shared")
    patterns = tuple((namespace, literal(value), REASON) for namespace, value in found)
    return replace(policy, patterns=(*policy.patterns, *patterns))


def literal(value: str) -> str:
    """A regular expression of RE2 that only this value fits."""
    return re.sub(r"[^\w]", lambda sign: f"\\x{{{ord(sign[0]):x}}}", value)
