"""Snowplow enriched events to events: the TSV of enrich, and what a warehouse exports of it.

Source: enrich's TSV (131 fields in order, no header, no quoting, JSON inside; empty = null), or
`atomic.events` as CSV with a header, JSON lines or Parquet, with one column for each schema
(`contexts_<vendor>_<name>_<major>`). The file's ending tells which; any other ending is TSV.
Used: event, event_name, se_*, tr_*, page_url*, unstruct_event, contexts; what is published of
the rest is in `snowplow_columns`. Ignored by name: the address, the fingerprint, geo below the
country, browser features, etl matters, and refr_domain_userid, because a decorated link may be
handed to somebody else.
Identifiers: user_id; domain_userid (first-party cookie) -> anonymous_id; network_userid (the
collector's cookie) -> snowplow_network; the mobile installation's id -> device_id.
Clock: `YYYY-MM-DD HH:MM:SS.fff` in UTC without saying so. Occurred at derived_tstamp (at
collector_tstamp where enrich could not derive one), received at collector_tstamp.
Delivery is at least once: event_id is the event's own id, and a second delivery with other
content, such as a later collector_tstamp, is a revision.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing.agents import agent, known_range
from pipeline.landing.clocks import Instant
from pipeline.landing.containers.csv_records import csv_rows
from pipeline.landing.containers.json_records import json_lines
from pipeline.landing.containers.parquet_records import parquet_rows
from pipeline.landing.containers.text_lines import lines
from pipeline.landing.containers.unpacked import ending
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Ignored, Outcome, Raw, RawFile, outcomes
from pipeline.landing.web.segment import bare, kind_of, path_of
from pipeline.landing.web.snowplow_columns import (
    COLUMNS,
    KEPT,
    KNOWN,
    LEFT_OUT,
    SCHEMA_COLUMNS,
)
from pipeline.landing.web.snowplow_contexts import (
    Contexts,
    contexts_of,
    field_of,
    first,
    listed,
    robot,
)
from pipeline.landing.web.tracker_fields import (
    KINDS,
    Handle,
    embedded,
    named,
    needed,
    parsed,
    price,
    published,
    text,
    utc,
)

RECORD_FIELDS = KNOWN | SCHEMA_COLUMNS
# Values of `event` that say all; for any other, event_name does.
PLAIN = {
    "page_view": "page_viewed",
    "page_ping": "page_pinged",
    "transaction": "order_completed",
    "transaction_item": "order_line_sold",
}


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each enriched event of a file became.

    Raises:
        SourceRefused: As for the container that the file's ending names.
    """
    return outcomes(_records(file), partial(interpret, feed, channel_of(feed)))


def _records(file: RawFile) -> Iterable[Raw]:
    """The file's events; `value` maps column to value."""
    match ending(file):
        case ".csv":
            return csv_rows(file)
        case ".json" | ".jsonl" | ".ndjson":
            return json_lines(file)
        case ".parquet":
            return parquet_rows(file)
    return map(_split, lines(file))


def _split(raw: Raw) -> Raw:
    """A line of the TSV as columns; a problem when it has not as many."""
    if raw.problem is not None:
        return raw
    fields = raw.text.split("\t")
    if len(fields) != len(COLUMNS):
        problem = f"{len(fields)} fields where an enriched event has {len(COLUMNS)}"
        return raw._replace(value=None, problem=problem)
    return raw._replace(value=dict(zip(COLUMNS, fields, strict=True)))


def interpret(
    feed: Feed, channel: str, number: int, row: Mapping[str, Any]
) -> list[Event | Ignored]:
    """The one event of a row.

    Raises:
        BadRecord: No id, kind or time, or a field that cannot be read.
    """
    if row.get("event_id") == "event_id":
        return [Ignored(number, "header line")]
    contexts = contexts_of(row)
    session = first(contexts, "com_snowplowanalytics_snowplow_client_session")
    kind, kind_raw, data = said(row)
    who = named(
        [
            Handle("user_id", text(row, "user_id"), is_authenticated=True),
            Handle("anonymous_id", text(row, "domain_userid")),
            Handle("snowplow_network", text(row, "network_userid")),
            Handle("device_id", field_of(session, "userId")),
        ],
        feed,
    )
    browser = agent(text(row, "useragent"))
    collected, derived = collected_at(row, feed), row.get("derived_tstamp")
    cents, currency = _money(row, feed)
    order = text(row, "tr_orderid") or text(row, "ti_orderid")
    properties = kept(row, contexts, data)
    properties["session_id"] = text(row, "domain_sessionid") or field_of(session, "sessionId")
    properties["page_view_id"] = field_of(
        first(contexts, "com_snowplowanalytics_snowplow_web_page"), "id"
    )
    return [
        Event(
            record_number=number,
            own_id=needed(row, "event_id"),
            channel=channel,
            kind=kind,
            kind_raw=kind_raw,
            occurred=utc(derived, feed.clock) if derived else collected,
            received_us=collected.us,
            identifiers=who.identifiers,
            label=_label(row),
            machine_reason=browser.machine_reason
            or robot(row, contexts)
            or known_range(row.get("user_ipaddress"), feed.company.machine_ranges),
            device_kind=browser.device_kind,
            object_kind="order" if order else "page" if kind.startswith("page_") else None,
            object_id=order,
            amount_cents=cents,
            currency=currency,
            link=text(row, "page_url"),
            properties={name: value for name, value in properties.items() if value is not None},
        )
    ]


def collected_at(row: Mapping[str, Any], feed: Feed) -> Instant:
    """When the collector received it; every enriched event says so.

    Raises:
        BadRecord: It is missing or no time.
    """
    if not row.get("collector_tstamp"):
        raise BadRecord("no collector_tstamp")
    return utc(row["collector_tstamp"], feed.clock)


def said(row: Mapping[str, Any]) -> tuple[str, str, Mapping[str, Any]]:
    """The kind, the source's word for it, and a self-describing event's data.

    Raises:
        BadRecord: No kind can be made of it.
    """
    event = needed(row, "event")
    if event in PLAIN:
        return PLAIN[event], event, {}
    word = needed(row, "se_action" if event == "struct" else "event_name")
    kind = KINDS.get(word) or kind_of(word)
    if not kind:
        raise BadRecord(f"an event without a readable name: {word[:40]!r}")
    return kind, word, {} if event == "struct" else data_of(row)


def data_of(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data of a self-describing event: from the TSV's one column or a schema's own.

    Raises:
        BadRecord: It is no JSON.
    """
    if "unstruct_event" in row:
        outer = embedded(embedded(row, "unstruct_event"), "data")
        return embedded(outer, "data")
    filled = (name for name in sorted(row) if name.startswith("unstruct_event_") and row[name])
    found = [each for name in filled for each in listed(parsed(row[name], name), name)]
    return found[0] if found else {}


def _label(row: Mapping[str, Any]) -> str | None:
    """What it was about: a struct event's own label, else the page's path."""
    if row.get("event") == "struct" and (own := text(row, "se_label") or text(row, "se_category")):
        return own
    return path_of({"path": text(row, "page_urlpath"), "url": text(row, "page_url")})


def _money(row: Mapping[str, Any], feed: Feed) -> tuple[int | None, str | None]:
    """A transaction's total; its items would count the same money twice.

    Raises:
        BadRecord: The total is no number, or its currency none.
    """
    if row.get("event") != "transaction":
        return None, None
    return price(row.get("tr_total"), row.get("tr_currency"), feed)


def kept(row: Mapping[str, Any], contexts: Contexts, data: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that are published, and columns that no version of Snowplow has."""
    found = {name: row[name] for name in KEPT if row.get(name) not in (None, "")}
    if referrer := text(row, "page_referrer"):
        found["page_referrer"] = bare(referrer)
    if data:
        found["data"] = published(dict(data))
    others = {
        name: published([dict(each) for each in context])
        for name, context in sorted(contexts.items())
        if name not in LEFT_OUT
    }
    if others:
        found["contexts"] = others
    unexpected = {
        name: row[name]
        for name in sorted(row.keys() - KNOWN)
        if not name.startswith(("contexts_", "unstruct_event_")) and row[name] not in (None, "")
    }
    if unexpected:
        found["unexpected_fields"] = unexpected
    return found
