"""What is so implausible about tonight's customers that nothing is published until it is settled.

Limits are settings of [identity]; an alarm names customers by their ids and nobody in person.
"""

import json
import sys
from pathlib import Path
from typing import NamedTuple

import duckdb
import polars as pl

from pipeline.errors import ImplausibleCustomers
from pipeline.identity.customers import Stitched
from pipeline.identity.tables import given, holds_rows, read_sql
from pipeline.settings import Identity

FILE_NAME = "alarms.json"
# Our choice: up to so many, people can look at each; small projects must not stop for two of ten.
LEAST_MERGED, LEAST_NAMED, MOST_NAMES, SHOWN = 100, 10, 3, 5


class Limits(NamedTuple):
    """The limits of `Identity` whose names begin with `alarm_`, without that."""

    customer_identifiers: int
    merged_share: float
    named_share: float
    renamed_count: int


def limits(identity: Identity) -> Limits:
    """The limits that a project sets."""
    return Limits(
        identity.alarm_customer_identifiers,
        identity.alarm_merged_share,
        identity.alarm_named_share,
        identity.alarm_renamed_count,
    )


def lifted(identity: Identity) -> Identity:
    """The same settings with limits that no night is beyond."""
    return identity.model_copy(
        update={
            "alarm_customer_identifiers": sys.maxsize,
            "alarm_merged_share": 1.0,
            "alarm_named_share": 1.0,
            "alarm_renamed_count": sys.maxsize,
        }
    )


def found(
    con: duckdb.DuckDBPyConnection, folder: Path, stitched: Stitched, limit: Limits
) -> list[str]:
    """One sentence for each limit that tonight's customers are beyond.

    Args:
        con: Holds linkable_identifiers, and previous_identifiers and landed_attributes if any.
        folder: Holds the identity tables.
        stitched: What stitching counted.
        limit: The limits.
    """
    for name in ("identifiers", "customer_changes"):
        con.read_parquet((folder / f"{name}.parquet").as_posix()).create_view(name, replace=True)
    renamed = _renamed(con)
    sentences = [
        *_large(con, stitched, limit),
        *_merged(con, limit, renamed),
        *_another_id(renamed, limit),
        *_named(con, limit),
    ]
    for name in ("identifiers", "customer_changes"):
        con.execute(f"drop view {name}")
    return sentences


def _large(con: duckdb.DuckDBPyConnection, stitched: Stitched, limit: Limits) -> list[str]:
    """Customers with too many identifiers."""
    most = limit.customer_identifiers
    if stitched.largest_customer <= most:
        return []
    with given(con, alarm_limits=pl.DataFrame({"identifier_count": [most]})):
        large = con.sql(read_sql("largest_customers")).pl()
    said = (
        f"{large.height:,} customers have more than {most:,} identifiers, the largest "
        f"{stitched.largest_customer:,}: {_ids(large['customer_id'])}; block or cap the value that "
        "joins them (`wend suggest-blocks` names it), keep two of them apart by a veto, or raise "
        "identity.alarm_customer_identifiers"
    )
    return [said]


def _renamed(con: duckdb.DuckDBPyConnection) -> pl.Series:
    """The former ids of customers with another id and the same identifiers."""
    if not holds_rows(con, "previous_identifiers"):
        return pl.Series(dtype=pl.String)
    found: pl.DataFrame = con.sql(read_sql("renamed_customers")).pl()
    return found["former_id"]


def _merged(con: duckdb.DuckDBPyConnection, limit: Limits, renamed: pl.Series) -> list[str]:
    """Too many former customers that became part of others."""
    if not holds_rows(con, "previous_identifiers"):
        return []
    merged = (
        con.table("customer_changes")
        .pl()
        .filter(pl.col("change") == "merged", ~pl.col("customer_id").is_in(renamed.implode()))
        .sort("identifier_count", "customer_id", descending=[True, False])
    )
    if merged.height < LEAST_MERGED:
        return []
    ((known,),) = con.sql("select count(distinct customer_id) from previous_identifiers").fetchall()
    if merged.height <= limit.merged_share * known:
        return []
    said = (
        f"{merged.height:,} of {known:,} customers known before were merged into others, "
        f"{merged.height / known:.1%} where {limit.merged_share:.1%} may be: "
        f"{_ids(merged['customer_id'])}; look at what joins them, or, if it is meant, raise "
        "identity.alarm_merged_share for this night"
    )
    return [said]


def _another_id(renamed: pl.Series, limit: Limits) -> list[str]:
    """Customers whose id changed and nothing else."""
    if len(renamed) <= limit.renamed_count:
        return []
    said = (
        f"{len(renamed):,} customers have another id and the same identifiers: "
        f"{_ids(renamed)}; the key of ids changed (WEND_IDENTITY_KEY, or identity.key "
        "in the lake): put the former one back, or raise identity.alarm_renamed_count to accept it"
    )
    return [said]


def _named(con: duckdb.DuckDBPyConnection, limit: Limits) -> list[str]:
    """Customers who gave too many different names."""
    if not holds_rows(con, "landed_attributes"):
        return []
    names = con.sql(read_sql("customer_names")).pl()
    many = names.filter(pl.col("name_count") > MOST_NAMES).sort(
        "name_count", "customer_id", descending=[True, False]
    )
    if many.height < LEAST_NAMED or many.height <= limit.named_share * names.height:
        return []
    said = (
        f"{many.height:,} of {names.height:,} customers with a name gave more than "
        f"{MOST_NAMES} different ones, {many.height / names.height:.2%} where "
        f"{limit.named_share:.2%} may be: {_ids(many['customer_id'])}; several people share what "
        "joins them: block or cap it (`wend suggest-blocks`), or raise identity.alarm_named_share"
    )
    return [said]


def _ids(customers: pl.Series) -> str:
    """The first few ids, and that there are more."""
    shown = ", ".join(customers.head(SHOWN))
    return shown if len(customers) <= SHOWN else f"{shown} ..."


def keep(work: Path, sentences: list[str]) -> None:
    """Note tonight's alarms in the work folder, where publishing looks for them."""
    (work / FILE_NAME).write_text(json.dumps(sentences, indent=2), encoding="utf-8")


def refuse(work: Path) -> None:
    """Stop unless tonight's customers are plausible.

    Raises:
        ImplausibleCustomers: Something was found; says what, whom it concerns and what to do.
    """
    path = work / FILE_NAME
    sentences = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    if sentences:
        told = "\n".join(f"  {sentence}" for sentence in sentences)
        raise ImplausibleCustomers(
            f"{path}: nothing is published, the former publish stays, because tonight\n{told}\n"
            f"the tables are in {work / 'identity'}; `wend explain IDENTIFIER` tells who was "
            "who before"
        )
