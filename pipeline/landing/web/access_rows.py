"""Requests of an access log as rows of the landed tables.

What is written here is what the gate would write of the reader's events: the same ids, hashes and
columns.
"""

from collections.abc import Mapping
from typing import NamedTuple

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]

from pipeline.landing import digests
from pipeline.landing.digests import NEXT, UNIT
from pipeline.landing.formats import channel_of
from pipeline.landing.plain import Plain, Writer, chosen, constant, instants
from pipeline.landing.record import Feed, RawFile
from pipeline.landing.web import requests
from pipeline.landing.web.access_lines import coded, visitors


class Log(NamedTuple):
    """A log while it is read, and where its plain events go."""

    file: RawFile
    feed: Feed
    plain: Plain
    writers: Mapping[str, Writer]
    con: duckdb.DuckDBPyConnection


class Same(NamedTuple):
    """What all events of one sort have in common."""

    precision: str
    actor: str
    direction: str
    object_kind: str | None


ASKED = Same("second", "customer", "inbound", "page")
DAILY = Same("day", "system", "internal", None)


def page_rows(pages: pl.DataFrame) -> pl.DataFrame:
    """Requests for pages as the rows of events."""
    return pages.select(
        "number",
        "occurred_us",
        "label",
        "kept_label",
        "device_kind",
        "machine_reason",
        "visitor",
        is_visitor=pl.lit(value=True),
        kind=pl.when(pl.col("status_code").is_between(100, 399))
        .then("kind")
        .otherwise(pl.lit("page_failed")),
        kind_raw=pl.col("method") + " " + pl.col("status"),
        own_id=pl.lit(None, pl.String),
        # A login that was refused is only what somebody typed.
        login=pl.when(pl.col("status_code") != 401).then("login"),
        properties=pl.concat_str(
            pl.lit("{"),
            pl.when(pl.col("size") != "-").then(pl.format('"bytes":{},', "size")),
            pl.format('"campaign":{},', "campaign"),
            pl.format('"referrer":{},', "page"),
            pl.format('"site":"{}",', "site"),
            pl.format('"status":{}', "status_code"),
            pl.lit("}"),
            ignore_nulls=True,
        ),
    )


def asset_rows(assets: pl.DataFrame, log: Log) -> pl.DataFrame:
    """That visitors' browsers asked for parts of pages, as the rows of events."""
    nothing = pl.lit(None, pl.String)
    named = visitors(assets, log.feed, log.plain.is_erased)
    return pl.concat([assets.drop("host", "agent"), named], how="horizontal").with_columns(
        label=nothing,
        kept_label=nothing,
        device_kind=nothing,
        machine_reason=pl.lit("asset"),
        kind=pl.lit(requests.ASSETS),
        kind_raw=pl.lit("asset"),
        login=nothing,
        properties=pl.lit("{}"),
    )


def write(rows: pl.DataFrame, same: Same, log: Log) -> list[int]:
    """Write the events that were never seen before; the numbers of the others."""
    if rows.is_empty():
        return []
    contents, events = _digests(rows, same, log)
    keys = digests.text_keys(events, digests.WIDTH)
    # Of a line that stands here twice the first may be plain.
    firsts = np.unique(keys, return_index=True)[1]
    is_new = np.zeros(len(keys), np.bool_)
    is_new[firsts] = log.plain.seen.are_new(keys[firsts])
    is_new &= rows.get_column("is_visitor").to_numpy()
    if is_new.any():
        kept, stays = rows.filter(is_new), pa.array(is_new)
        ids = digests.text_ids(events.filter(stays))
        _write_events(kept, ids, contents.filter(stays), same, log)
        _write_identifiers(kept, ids, log)
    return rows.get_column("number").filter(~is_new).to_list()


def _digests(rows: pl.DataFrame, same: Same, log: Log) -> tuple[pa.Array, pa.Array]:
    """The content hash of each row, and the digest that its id is made of."""
    source = pl.lit(log.feed.name).alias("source")
    contents = rows.select(source, "own_id", _said(same, log.feed).alias("said"))
    return digests.text_digests(log.con, contents)


def _said(same: Same, feed: Feed) -> pl.Expr:
    """What goes into the content hash of each row, as sql/landing/hashed_events.sql has it."""
    handles = sorted(
        (f"{feed.namespace(given)}{UNIT}", pl.format(f"{feed.namespace(given)}:{{}}", column))
        for given, column in (("user_id", "login"), ("visitor", "visitor"))
    )
    parts = [
        pl.lit(channel_of(feed)),
        *("kind", "kind_raw", "label"),
        *map(pl.lit, (same.actor, same.direction, same.object_kind)),
        "properties",
        pl.lit(same.precision),
        "occurred_us",
        pl.lit("0"),
        pl.concat_str([handle for _, handle in handles], separator=NEXT, ignore_nulls=True),
    ]
    return pl.concat_str(parts, separator=UNIT, ignore_nulls=True)


def _write_events(
    kept: pl.DataFrame, ids: pa.Array, contents: pa.Array, same: Same, log: Log
) -> None:
    """Write the events."""
    count = kept.height
    us = kept.get_column("occurred_us").to_numpy()
    machine = _few(kept.get_column("machine_reason"))
    nothing = pa.nulls(count, pa.string())
    log.writers["events"].add(
        {
            "event_id": ids,
            "content_hash": contents,
            "source": constant(log.feed.name, count),
            "channel": constant(channel_of(log.feed), count),
            "kind": _few(kept.get_column("kind")),
            "kind_raw": _few(kept.get_column("kind_raw")),
            "label": _few(kept.get_column("kept_label")),
            "occurred_at": instants(us),
            "time_precision": constant(same.precision, count),
            "time_basis": constant("explicit", count),
            "received_at": pa.nulls(count, pa.timestamp("us")),
            "known_at": _known_at(kept, log.plain),
            "file_id": constant(log.file.file_id, count),
            "record_number": pa.array(kept.get_column("number").to_numpy()),
            "source_sequence": pa.array(np.zeros(count, np.int64)),
            "actor": constant(same.actor, count),
            "direction": constant(same.direction, count),
            "is_machine": machine.is_valid(),
            "machine_reason": machine,
            "device_kind": _few(kept.get_column("device_kind")),
            "object_kind": chosen([same.object_kind], np.zeros(count, np.int32)),
            "object_id": nothing,
            "text": nothing,
            "sentiment": pa.nulls(count, pa.float64()),
            "sentiment_basis": constant("none", count),
            "amount_cents": pa.nulls(count, pa.int64()),
            "currency": nothing,
            "score_kind": nothing,
            "score": pa.nulls(count, pa.float64()),
            "link": nothing,
            "properties": _many(kept.get_column("properties")),
        }
    )


def _write_identifiers(kept: pl.DataFrame, ids: pa.Array, log: Log) -> None:
    """Write whom the events name: logins, and then visitors."""
    login = kept.get_column("login")
    named = np.flatnonzero(login.is_not_null().to_numpy())
    of = np.concatenate([named, np.arange(kept.height)])
    is_login = np.arange(len(of)) < len(named)
    rows = kept[of]
    names = [log.feed.namespace("visitor"), log.feed.namespace("user_id")]
    log.writers["identifiers"].add(
        {
            "event_id": ids.take(pa.array(of)),
            "source": constant(log.feed.name, len(of)),
            "namespace": chosen(names, is_login.astype(np.int32)),
            "value": _many(pl.concat([login.drop_nulls(), kept.get_column("visitor")])),
            "role": constant("actor", len(of)),
            "is_authenticated": pa.array(is_login),
            "is_merge": pa.array(np.zeros(len(of), np.bool_)),
            "is_machine": pa.array(rows.get_column("machine_reason").is_not_null().to_numpy()),
            "occurred_at": instants(rows.get_column("occurred_us").to_numpy()),
            "known_at": _known_at(rows, log.plain),
            "night": pa.array(np.full(len(of), log.plain.night, np.int32)),
        }
    )


def _known_at(rows: pl.DataFrame, plain: Plain) -> pa.Array:
    """When the company could have known of each event."""
    us = rows.get_column("occurred_us").to_numpy()
    return instants(us if plain.is_backfill else np.full(len(us), plain.landed_us))


def _few(texts: pl.Series) -> pa.Array:
    """A column of few different texts."""
    codes, distinct = coded(texts)
    places = codes.fill_null(len(distinct)).cast(pl.Int32).to_numpy()
    return chosen([*distinct.to_list(), None], places)


def _many(texts: pl.Series) -> pa.Array:
    """A column of texts that are different in most rows."""
    return texts.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.string())
