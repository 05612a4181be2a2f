"""Identifiers as small tables, and what stitching makes of them."""

import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipeline.identity.customers import Stitched, stitch
from pipeline.identity.given_links import GIVEN_LINKS
from pipeline.identity.policy import of
from pipeline.landing.schema import LANDED_IDENTIFIERS
from pipeline.settings import Company, Identity, Namespace
from pipeline.warehouse import connect
from tests.tables import table

COMPANY = Company(name="Larkspur", email_domains=("larkspur.example",), phones=("020 7183 8750",))
USUAL = {
    "source": "web",
    "role": "actor",
    "is_authenticated": False,
    "is_merge": False,
    "is_machine": False,
    "day": 1,
    "night": 1,
}


def sightings(text: str) -> pl.DataFrame:
    """Landed identifiers written as a table: `event`, `identifier` and what is unusual.

    `day` is the day of January 2026 on which the event occurred, `night` when it landed.
    """
    rows = table(text)
    usual = {name: value for name, value in USUAL.items() if name not in rows.columns}
    at = pl.datetime(2026, 1, pl.col("day"), time_unit="us")
    parts = pl.col("identifier").str.splitn(":", 2)
    return (
        rows.with_columns(pl.lit(value).alias(name) for name, value in usual.items())
        .with_columns(
            pl.col("event").cast(pl.String).alias("event_id"),
            parts.struct[0].alias("namespace"),
            parts.struct[1].alias("value"),
            at.alias("occurred_at"),
            at.alias("known_at"),
        )
        .select(LANDED_IDENTIFIERS.names())
        .cast(dict(LANDED_IDENTIFIERS))
    )


def links(text: str) -> pl.DataFrame:
    """Given links written as a table: `rule`, `left`, `right` and, if anything, `weight`."""
    rows = table(text)
    missing = [] if "weight" in rows.columns else [pl.lit(None).alias("weight")]
    ends = {end: pl.col(end).str.splitn(":", 2) for end in ("left", "right")}
    return (
        rows.with_row_index("line", offset=2)
        .with_columns(
            *missing,
            *(parts.struct[0].alias(f"{end}_namespace") for end, parts in ends.items()),
            *(parts.struct[1].alias(f"{end}_value") for end, parts in ends.items()),
            pl.format("line {}", "line").alias("reason"),
        )
        .select(GIVEN_LINKS.names())
        .cast(dict(GIVEN_LINKS))
    )


def stitched(
    rows: pl.DataFrame,
    *,
    previous: pl.DataFrame | None = None,
    namespaces: Mapping[str, Namespace] | None = None,
    threads: int = 1,
    given: pl.DataFrame | None = None,
    unmerged: pl.DataFrame | None = None,
) -> tuple[Stitched, dict[str, pl.DataFrame]]:
    """The counts and the four tables that stitching writes for these rows."""
    con = database(threads)
    con.register("linkable_identifiers", rows)
    con.register("given_links", GIVEN_LINKS.to_frame() if given is None else given)
    con.register("unmerged_identifiers", rows.clear() if unmerged is None else unmerged)
    if previous is not None:
        con.register("previous_identifiers", previous)
    policy = of(Identity(namespaces=dict(namespaces or {})), COMPANY)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "identity"
        counts = stitch(con, policy=policy, key=b"key", out=out)
        tables = {path.stem: pl.read_parquet(path) for path in sorted(out.glob("*.parquet"))}
    con.unregister("previous_identifiers")
    return counts, tables


@cache
def database(threads: int) -> duckdb.DuckDBPyConnection:
    """One connection for all tests: what a stitching leaves behind must not touch the next."""
    return connect(
        ":memory:",
        threads=threads,
        memory_gib=1,
        temp_gib=1,
        temp_folder=Path(tempfile.gettempdir()),
    )


def customers(rows: pl.DataFrame, **more: Any) -> set[frozenset[str]]:
    """The customers, each as the set of its identifiers."""
    _, tables = stitched(rows, **more)
    grouped = (
        tables["identifiers"]
        .drop_nulls("customer_id")
        .group_by("customer_id")
        .agg(pl.col("identifier"))
    )
    return {frozenset(members) for members in grouped["identifier"]}


def written(*groups: str) -> set[frozenset[str]]:
    """Customers written as identifiers with spaces between them."""
    return {frozenset(group.split()) for group in groups}
