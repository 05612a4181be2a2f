"""Values that look like nobody's, with the lines of wend.toml that would block them.

It proposes and changes nothing: a value that many people met may be a person's all the same.
"""

import json
import re
from dataclasses import dataclass

import duckdb
import polars as pl

from pipeline import publish
from pipeline.identity.tables import given, read_sql
from pipeline.lake import open_lake
from pipeline.settings import Settings

# What a regular expression takes for more than itself; the rest stays readable.
SPECIAL = re.compile(r"([\\.^$*+?{}\[\]|()])")


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What might be blocked.

    Attributes:
        values: `identifier`, `status`, `reason`, `event_count`; the worst first.
        toml: The lines to put into wend.toml; they keep what it blocks already.
    """

    values: pl.DataFrame
    toml: list[str]


def published(settings: Settings, *, limit: int) -> Suggestions:
    """The values of the last published run that look like nobody's.

    Names are read from the lake, where there are any.

    Args:
        settings: The project's configuration.
        limit: How many values at most.

    Raises:
        NothingPublished: No run has published yet.
    """
    folder = publish.current(settings.published) / "identity"
    with duckdb.connect(config={"python_enable_replacements": False}) as con:
        for name in ("identifiers", "customer_links"):
            con.read_parquet((folder / f"{name}.parquet").as_posix()).create_view(name)
        open_lake(con, settings.lake)
        names = con.sql(read_sql("given_name_counts")).pl()
        with given(con, given_name_counts=names):
            suspects = con.sql(read_sql("suspect_identifiers")).pl()
    return suggested(suspects, settings, limit=limit)


def suggested(suspects: pl.DataFrame, settings: Settings, *, limit: int) -> Suggestions:
    """The suspects once each, with all that speaks against them, and what would block them.

    Args:
        suspects: `identifier`, `namespace`, `value`, `status`, `reason`, `event_count`; the worst
            first, one row for each reason.
        settings: What is blocked already.
        limit: How many values at most.
    """
    values = (
        suspects.group_by("identifier", maintain_order=True)
        .agg(pl.col("namespace", "value", "status", "event_count").first(), pl.col("reason"))
        .with_columns(pl.col("reason").list.join("; "))
        .head(limit)
    )
    lines: list[str] = []
    for namespace in sorted(set(values["namespace"])):
        own = settings.identity.namespaces.get(namespace)
        found = values.filter(pl.col("namespace") == namespace)["value"]
        patterns = [*(own.block if own else ()), *(SPECIAL.sub(r"\\\1", one) for one in found)]
        # A JSON string is a TOML string.
        lines += [
            f"[identity.namespaces.{json.dumps(namespace)}]",
            f"block = {json.dumps(patterns, ensure_ascii=False)}",
        ]
    return Suggestions(values.select("identifier", "status", "reason", "event_count"), lines)
