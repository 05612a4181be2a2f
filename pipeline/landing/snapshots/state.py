"""What earlier snapshots of a source held, and what a new one makes of each of its rows.

Each batch keeps as `state.parquet` only what its snapshot changed: one row per object that
appeared, changed or went, and one without a key for the snapshot itself. An object's latest row
is its state. It is committed with the events that tell of it, in one rename of their folder.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import orjson
import polars as pl

from pipeline.landing.clocks import EPOCH
from pipeline.landing.record import Identifier
from pipeline.landing.schema import INSTANT

FILE = "state.parquet"
STATE = pl.Schema(
    {
        "taken_at": INSTANT,
        "key": pl.String,  # null: the snapshot itself
        "digest": pl.Int64,  # of its row's words; null: the object is gone
        "values": pl.String,  # JSON object: watched column -> text
        "handles": pl.String,  # JSON list of namespace and value
    }
)
# What a pass over a snapshot's rows has seen: `digest` is null where the row cannot be read,
# `key` where not even that can be.
SEEN = pl.Schema({"number": pl.Int64, "key": pl.String, "digest": pl.Int64})
CHUNK = 50_000


class Content(NamedTuple):
    """What an object was: watched column -> text, and whom it names."""

    values: Mapping[str, str]
    handles: tuple[tuple[str, str], ...]


class Past(NamedTuple):
    """Where the snapshots so far have led.

    Attributes:
        taken_us: When the last was taken; None: there is none.
        live: The objects it held: `key`, `digest`.
    """

    taken_us: int | None
    live: pl.DataFrame


class Comparison(NamedTuple):
    """What a snapshot makes of its rows and of what it no longer holds.

    Attributes:
        fates: One row per record, in order: `number`, `fate` (new, changed, unchanged, repeated,
            torn or unreadable).
        gone: The keys of objects that it no longer holds, sorted.
        is_doubtful: It has rows without a readable key, so that none can be said to be gone.
    """

    fates: pl.DataFrame
    gone: list[str]
    is_doubtful: bool


def past(paths: Sequence[Path]) -> Past:
    """Where the snapshots in these state files have led."""
    if not paths:
        return Past(None, pl.DataFrame(schema={"key": pl.String, "digest": pl.Int64}))
    rows = pl.scan_parquet(list(paths))
    taken = rows.select(pl.col("taken_at").max()).collect().item()
    live = (
        rows.filter(pl.col("key").is_not_null())
        .group_by("key")
        .agg(pl.col("digest").sort_by("taken_at").last())
        .filter(pl.col("digest").is_not_null())
        .collect()
    )
    us = (taken.replace(tzinfo=EPOCH.tzinfo) - EPOCH) // timedelta(microseconds=1)
    return Past(us, live)


def recalled(paths: Sequence[Path], keys: pl.Series) -> dict[str, Content]:
    """What the objects with these keys were in the last snapshot that told of them."""
    if not paths or keys.is_empty():
        return {}
    rows = (
        pl.scan_parquet(list(paths))
        .join(pl.LazyFrame({"key": keys}, schema={"key": pl.String}), on="key", how="semi")
        .group_by("key")
        .agg(pl.col("values", "handles").sort_by("taken_at").last())
        .collect()
    )
    return {
        key: Content(
            orjson.loads(values), tuple((name, value) for name, value in orjson.loads(handles))
        )
        for key, values, handles in rows.iter_rows()
    }


def compare(before: pl.DataFrame, seen: pl.DataFrame) -> Comparison:
    """What becomes of each row `seen`, given the objects `before`: `key`, `digest`.

    Rows of one key and one content are one row and its repeats. Rows of one key and several
    contents are torn: nobody can say which holds. An object with a row that cannot be read is
    still there, as it was.
    """
    told = (
        seen.filter(pl.col("key").is_not_null())
        .group_by("key")
        .agg(pl.col("digest").n_unique().alias("contents"), pl.col("number").min().alias("first"))
    )
    fates = (
        seen.join(told, on="key", how="left", maintain_order="left")
        .join(before.rename({"digest": "was"}), on="key", how="left", maintain_order="left")
        .select(
            "number",
            "key",
            fate=pl.when(pl.col("digest").is_null())
            .then(pl.lit("unreadable"))
            .when(pl.col("contents") > 1)
            .then(pl.lit("torn"))
            .when(pl.col("number") > pl.col("first"))
            .then(pl.lit("repeated"))
            .when(pl.col("was").is_null())
            .then(pl.lit("new"))
            .when(pl.col("was") != pl.col("digest"))
            .then(pl.lit("changed"))
            .otherwise(pl.lit("unchanged"))
            .cast(pl.Categorical),
        )
        .sort("number")
    )
    gone = before.join(told, on="key", how="anti")["key"].sort().to_list()
    is_doubtful = seen["key"].null_count() > 0
    return Comparison(fates, [] if is_doubtful else gone, is_doubtful)


def frame(rows: Iterable[tuple[object, ...]], schema: pl.Schema) -> pl.DataFrame:
    """Rows as a table, made piece by piece so that they are never all Python objects at once."""
    pieces = [pl.DataFrame(schema=schema)]
    piece: list[tuple[object, ...]] = []
    for row in rows:
        piece.append(row)
        if len(piece) == CHUNK:
            pieces.append(pl.DataFrame(piece, schema=schema, orient="row"))
            piece = []
    return pl.concat([*pieces, pl.DataFrame(piece, schema=schema, orient="row")])


def handles_of(identifiers: Sequence[Identifier]) -> tuple[tuple[str, str], ...]:
    """Identifiers as they are kept and compared: sorted, each once."""
    return tuple(sorted({(each.namespace, each.value) for each in identifiers}))


def kept(
    taken_us: int, key: str | None, digest: int | None = None, content: Content | None = None
) -> tuple[object, ...]:
    """A row of STATE."""
    moment = (EPOCH + timedelta(microseconds=taken_us)).replace(tzinfo=None)
    if content is None:
        return moment, key, digest, None, None
    sort = orjson.OPT_SORT_KEYS
    values = orjson.dumps(dict(content.values), option=sort).decode()
    return moment, key, digest, values, orjson.dumps(content.handles).decode()
