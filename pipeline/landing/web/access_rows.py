"""Requests of an access log as rows of the landed tables.

What is written here is what the gate would write of the reader's events: the same ids, hashes and
columns.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import duckdb
import numpy as np
import orjson
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import NDArray

from pipeline.landing import digests
from pipeline.landing.digests import UNIT
from pipeline.landing.plain import Plain, Writer, chosen, constant, instants
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed
from pipeline.landing.web import requests
from pipeline.landing.web.access_lines import Asked, Judges, Page, Requests, Who
from pipeline.landing.web.access_packs import Numbered
from pipeline.landing.web.access_parts import Places
from pipeline.landing.web.coded import (
    Coded,
    Mask,
    judged,
    merged,
    only,
    paired,
    stored,
    texts,
    where,
)


class Log(NamedTuple):
    """A source's logs while they are read, and where their plain events go."""

    feed: Feed
    plain: Plain
    judging: Judges
    writers: Mapping[str, Writer]
    con: duckdb.DuckDBPyConnection

    @property
    def is_readers(self) -> bool:
        """Whether two handles may be one and the same: then the reader tells."""
        return self.feed.namespace("user_id") == self.feed.namespace("visitor")


class Same(NamedTuple):
    """What all events of one sort have in common."""

    precision: str
    actor: str
    direction: str
    object_kind: str | None


ASKED = Same("second", "customer", "inbound", "page")
DAILY = Same("day", "system", "internal", None)


class Told(NamedTuple):
    """What an event says of what was asked for."""

    kind: str
    kind_raw: str
    label: str | None = None
    kept_label: str | None = None


class Rows(NamedTuple):
    """Events that may be written as they are.

    Attributes:
        lines: Of which they are.
        own_ids: The log's own; none where what is said decides.
    """

    same: Same
    lines: Numbered
    us: Places
    own_ids: pl.Series
    told: Coded[Told]
    who: Coded[Who]
    device_kinds: Coded[str | None]
    machine_reasons: Coded[str | None]
    properties: pl.Series


def page_rows(pages: Requests, lines: Numbered, who: Coded[Who]) -> Rows:
    """Requests for pages as events."""
    return Rows(
        ASKED,
        lines,
        pages.us,
        pl.repeat(None, len(pages.us), dtype=pl.String, eager=True),
        paired(pages.asked, pages.statuses, _page),
        who,
        judged(who, lambda each: each.device_kind),
        judged(who, lambda each: each.machine_reason),
        _properties(pages),
    )


def asset_rows(
    assets: Requests, lines: Numbered, who: Coded[Who], own_ids: Coded[str | None]
) -> Rows:
    """That visitors' browsers asked for parts of pages on a day as events, one for each."""
    same = np.zeros(len(assets.us), np.int32)
    return Rows(
        DAILY,
        lines,
        assets.us // requests.DAY_US * requests.DAY_US,
        texts(own_ids),
        Coded(same, [Told(requests.ASSETS, "asset")]),
        who,
        Coded(same, [None]),
        Coded(same, ["asset"]),
        pl.repeat("{}", len(assets.us), dtype=pl.String, eager=True),
    )


def _page(asked: Asked, status: int) -> Told:
    """What a request for a page says, and how it went."""
    kind = asked.kind if 100 <= status < 400 else "page_failed"
    return Told(kind, f"{asked.method} {status:03}", asked.path, asked.kept_label)


def _properties(pages: Requests) -> pl.Series:
    """What else requests say, as JSON text."""
    campaigns = merged(judged(pages.asked, lambda asked: asked.campaign))
    sites = merged(judged(pages.heads, lambda head: head and head.site))
    led = paired(campaigns, pages.referrers, _led)
    others = paired(led, paired(sites, pages.statuses, _ended), "{}{}".format)
    size = pl.Series(pages.sizes)
    is_told = size != "-"
    return pl.select(
        pl.concat_str(
            pl.when(is_told).then(pl.lit('{"bytes":')).otherwise(pl.lit("{")),
            pl.when(is_told).then(size),
            pl.when(is_told).then(pl.lit(",")),
            texts(others),
            ignore_nulls=True,
        )
    ).to_series()


def _led(campaign: str | None, page: Page) -> str:
    """What requests say of where they come from."""
    told = f'"campaign":{campaign},' if campaign else ""
    return f'{told}"referrer":{page.said},' if page.said else told


def _ended(site: str | None, status: int) -> str:
    """What requests say last."""
    return (f'"site":"{site}",' if site else "") + f'"status":{status}}}'


def write(rows: Rows, log: Log) -> Mask:
    """Write the events that were never seen before: those."""
    if not len(rows.us):
        return np.zeros(0, np.bool_)
    contents, events = _digests(rows, log)
    keys = digests.text_keys(events, digests.WIDTH)
    # Of a line that stands here twice the first may be plain.
    is_new = pl.Series(keys).is_first_distinct().to_numpy(writable=True)
    is_new[is_new] = log.plain.seen.are_new(keys[is_new])
    if is_new.any():
        kept, stays = _only(rows, is_new), pa.array(is_new)
        ids = digests.text_ids(events.filter(stays))
        _write_events(kept, ids, contents.filter(stays), log)
        _write_identifiers(kept, ids, log)
    return is_new


def _only(rows: Rows, where: Mask) -> Rows:
    """Some of the events."""
    if where.all():
        return rows
    return Rows(
        rows.same,
        Numbered(only(rows.lines.files, where), rows.lines.numbers[where]),
        rows.us[where],
        rows.own_ids.filter(where),
        only(rows.told, where),
        only(rows.who, where),
        only(rows.device_kinds, where),
        only(rows.machine_reasons, where),
        rows.properties.filter(where),
    )


def _digests(rows: Rows, log: Log) -> tuple[pa.Array, pa.Array]:
    """The content hash of each row, and the digest that its id is made of."""
    said = pl.select(
        pl.concat_str(
            texts(judged(rows.told, partial(_begin, rows.same, channel_of(log.feed)))),
            rows.properties,
            pl.lit(f"{UNIT}{rows.same.precision}{UNIT}"),
            pl.Series(rows.us),
            texts(judged(rows.who, lambda who: who.said)),
        )
    ).to_series()
    contents = pa.table({"own_id": _arrow(rows.own_ids), "said": _arrow(said)})
    return digests.text_digests(log.con, log.feed.name, contents)


def _arrow(column: pl.Series) -> pa.Array:
    """A column of texts that are different in most rows."""
    return column.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.string())


def _begin(same: Same, channel: str, told: Told) -> str:
    """What an event says before its properties, as sql/landing/hashed_events.sql has it."""
    asked = (told.kind, told.kind_raw, told.label)
    parts = (channel, *asked, same.actor, same.direction, same.object_kind, "")
    return UNIT.join(part for part in parts if part is not None)


def event_keys(events: Sequence[Event], source: str) -> NDArray[np.uint64]:
    """What `Seen` knows requests by, of those that the reader made events of."""
    by_id, by_content = digests.names(source)
    names = (
        by_content + digests.content_digest(_said(event)).hex().encode()
        if event.own_id is None
        else by_id + event.own_id.encode()
        for event in events
    )
    return digests.keys([digests.event_digest(name) for name in names])


def _said(event: Event) -> bytes:
    """What the event of a request says, as sql/landing/hashed_events.sql has it."""
    parts = (
        *(event.channel, event.kind, event.kind_raw, event.label),
        *(event.actor, event.direction, event.object_kind),
        orjson.dumps(event.properties, option=orjson.OPT_SORT_KEYS).decode(),
        *(event.occurred.precision, str(event.occurred.us), str(event.source_sequence)),
        digests.handles(dict.fromkeys(event.identifiers)),
    )
    return UNIT.join(part for part in parts if part is not None).encode()


def _write_events(kept: Rows, ids: pa.Array, contents: pa.Array, log: Log) -> None:
    """Write the events."""
    count, same, told = len(kept.us), kept.same, kept.told
    machine = stored(kept.machine_reasons)
    nothing = pa.nulls(count, pa.string())
    log.writers["events"].add(
        {
            "event_id": ids,
            "content_hash": contents,
            "source": constant(log.feed.name, count),
            "channel": constant(channel_of(log.feed), count),
            "kind": stored(judged(told, lambda each: each.kind)),
            "kind_raw": stored(judged(told, lambda each: each.kind_raw)),
            "label": stored(judged(told, lambda each: each.kept_label)),
            "occurred_at": instants(kept.us),
            "time_precision": constant(same.precision, count),
            "time_basis": constant("explicit", count),
            "received_at": pa.nulls(count, pa.timestamp("us")),
            "known_at": _known_at(kept.us, log.plain),
            "file_id": stored(kept.lines.files),
            "record_number": pa.array(kept.lines.numbers),
            "source_sequence": pa.array(np.zeros(count, np.int64)),
            "actor": constant(same.actor, count),
            "direction": constant(same.direction, count),
            "is_machine": machine.is_valid(),
            "machine_reason": machine,
            "device_kind": stored(kept.device_kinds),
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
            "properties": _arrow(kept.properties),
        }
    )


def _write_identifiers(kept: Rows, ids: pa.Array, log: Log) -> None:
    """Write whom the events name: each its login, where it has one, and its visitor."""
    has_login = where(kept.who, lambda who: who.login is not None)
    of = np.repeat(np.arange(len(has_login)), 1 + has_login)
    is_login = np.zeros(len(of), np.bool_)
    is_login[np.flatnonzero(has_login) + np.arange(has_login.sum())] = True
    who = only(kept.who, of)
    people = len(who.values)
    values = [*(each.visitor for each in who.values), *(each.login for each in who.values)]
    names = [log.feed.namespace("visitor"), log.feed.namespace("user_id")]
    us = kept.us[of]
    log.writers["identifiers"].add(
        {
            "event_id": ids.take(pa.array(of)),
            "source": constant(log.feed.name, len(of)),
            "namespace": chosen(names, is_login.astype(np.int32)),
            "value": chosen(values, who.codes + people * is_login),
            "role": constant("actor", len(of)),
            "is_authenticated": pa.array(is_login),
            "is_merge": pa.array(np.zeros(len(of), np.bool_)),
            "is_machine": pa.array(where(kept.machine_reasons, lambda each: each is not None)[of]),
            "occurred_at": instants(us),
            "known_at": _known_at(us, log.plain),
            "night": pa.array(np.full(len(of), log.plain.night, np.int32)),
        }
    )


def _known_at(us: Places, plain: Plain) -> pa.Array:
    """When the company could have known of each event."""
    return instants(us if plain.is_backfill else np.full(len(us), plain.landed_us))
