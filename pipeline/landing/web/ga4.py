"""GA4's export to BigQuery: one record for each event, as JSON lines or Parquet.

Source: the tables `events_YYYYMMDD` and `events_intraday_YYYYMMDD` (schema of 2024), extracted
as newline-delimited JSON, where 64-bit integers are texts, or as Parquet, with or without
list inference. The file's ending tells which.
Used: event_name, event_timestamp, event_params, user_id, user_pseudo_id, platform, device,
ecommerce, items, collected_traffic_source. Ignored by name: event_date, which is a day of the
property's zone and says nothing the timestamp does not; all that is of the user and not of the
event (user_first_touch_timestamp, user_ltv, traffic_source); advertising ids, geo below the
country.
Identifiers: user_id; user_pseudo_id -> anonymous_id (web) or device_id (apps). Without consent
GA4 sends neither: such events land without a customer.
Clock: event_timestamp, microseconds since 1970 UTC.
GA4 has no event id. Day tables are rewritten for three days, so an id is made of what a rewrite
leaves alone: stream, user_pseudo_id, timestamp, name, bundle and the places in the batch. Rows
without places (exports before mid 2024) or without user_pseudo_id are told apart by their
parameters too.
"""

import hashlib
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import orjson

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.containers.json_records import json_lines
from pipeline.landing.containers.parquet_records import parquet_rows
from pipeline.landing.containers.unpacked import ending
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Outcome, RawFile, outcomes
from pipeline.landing.web.ga4_parameters import flattened, repeated, whole
from pipeline.landing.web.segment import kind_of, part, path_of
from pipeline.landing.web.tracker_fields import (
    KINDS,
    Handle,
    is_personal,
    named,
    needed,
    price,
    published,
    text,
)

PLACES = ("batch_page_id", "batch_ordering_id", "batch_event_index")
# Of the session and the tracker; what they say stands elsewhere in the event.
LEFT_OUT = frozenset(
    {
        *("ga_session_id", "batch_page_id", "batch_ordering_id", "synthetic_bundle"),
        *("engaged_session_event", "session_engaged", "ignore_referrer", "term"),
        *("gclid", "dclid", "srsltid", "currency"),
    }
)
DEVICES = {"desktop": "desktop", "mobile": "mobile", "tablet": "tablet"}
ITEM = ("item_id", "item_name", "item_category", "quantity", "price")
USED = frozenset(
    {
        *("event_name", "event_timestamp", "event_params", "event_bundle_sequence_id"),
        *("user_id", "user_pseudo_id", "user_properties", "platform", "stream_id", "device"),
        *("geo", "ecommerce", "items", "collected_traffic_source", *PLACES),
    }
)
IGNORED = frozenset(
    {
        *("event_date", "event_previous_timestamp", "event_value_in_usd", "event_dimensions"),
        *("event_server_timestamp_offset", "privacy_info", "user_first_touch_timestamp"),
        *("user_ltv", "app_info", "traffic_source", "session_traffic_source_last_click"),
        *("is_active_user", "publisher"),
    }
)
RECORD_FIELDS = USED | IGNORED


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each row of a table became.

    Raises:
        SourceRefused: As for the container that the file's ending names.
    """
    rows = parquet_rows(file) if ending(file) == ".parquet" else json_lines(file)
    return outcomes(rows, partial(interpret, feed, channel_of(feed)))


def interpret(feed: Feed, channel: str, number: int, row: Mapping[str, Any]) -> list[Event]:
    """The one event of a row.

    Raises:
        BadRecord: No name or time, or a field that cannot be read.
    """
    word = needed(row, "event_name")
    kind = KINDS.get(word) or kind_of(word)
    if not kind:
        raise BadRecord(f"an event without a readable name: {word[:40]!r}")
    params = flattened(row, "event_params")
    pseudo = text(row, "user_pseudo_id")
    is_web = (text(row, "platform") or "WEB").upper() == "WEB"
    who = named(
        [
            Handle("user_id", text(row, "user_id"), is_authenticated=True),
            Handle("anonymous_id" if is_web else "device_id", pseudo),
        ],
        feed,
    )
    cents, currency, order = purchase(row, kind, params, feed)
    address = _string(params, "page_location")
    screen = _string(params, "firebase_screen") or _string(params, "screen_name")
    device = part(row, "device")
    return [
        Event(
            record_number=number,
            own_id=own_id(row, params),
            channel=channel,
            kind=kind,
            kind_raw=word,
            occurred=clocks.epoch(row.get("event_timestamp"), "us", feed.clock),
            identifiers=who.identifiers,
            label=path_of({"url": address}) or screen,
            device_kind=device_kind(text(device, "category")),
            object_kind="order" if order else "page" if address else None,
            object_id=order,
            amount_cents=cents,
            currency=currency,
            link=address,
            source_sequence=_place(row),
            properties=kept(row, params, pseudo),
        )
    ]


def device_kind(category: str | None) -> str | None:
    """desktop, mobile or tablet, other for anything else; None where nothing is said."""
    return None if category is None else DEVICES.get(category.lower(), "other")


def _string(params: Mapping[str, Any], name: str) -> str | None:
    """A parameter as text; None where it is missing or empty."""
    found = params.get(name)
    return None if found in (None, "") else str(found)


def _place(row: Mapping[str, Any]) -> int:
    """An event's place among those of its batch, which share one timestamp; 0 if unknown.

    Raises:
        BadRecord: Not the small number that a place is.
    """
    places = [
        whole(row.get(name) or 0, name) for name in ("batch_ordering_id", "batch_event_index")
    ]
    if not all(0 <= place < 10**6 for place in places):
        raise BadRecord(f"no places in a batch: {places}")
    return places[0] * 10**6 + places[1]


def own_id(row: Mapping[str, Any], params: Mapping[str, Any]) -> str:
    """What tells the event from others in every rewrite of its table.

    Raises:
        BadRecord: A part of it is no text and no whole number.
    """
    names = ("stream_id", "user_pseudo_id", "event_timestamp", "event_name")
    parts = [text(row, name) or "" for name in (*names, "event_bundle_sequence_id", *PLACES)]
    if row.get("user_pseudo_id") and row.get("batch_event_index") is not None:
        return "|".join(parts)
    told = orjson.dumps(params, option=orjson.OPT_SORT_KEYS, default=str)
    return "|".join([*parts, hashlib.md5(told, usedforsecurity=False).hexdigest()])


def purchase(
    row: Mapping[str, Any], kind: str, params: Mapping[str, Any], feed: Feed
) -> tuple[int | None, str | None, str | None]:
    """A purchase's revenue in minor units of the event's currency, the currency, the order.

    What was given back is negative.

    Raises:
        BadRecord: No number, or no currency.
    """
    ecommerce = part(row, "ecommerce")
    order = text(ecommerce, "transaction_id") or _string(params, "transaction_id")
    order = None if order == "(not set)" else order
    if kind not in {"order_completed", "order_refunded"}:
        return None, None, order
    column = "purchase_revenue" if kind == "order_completed" else "refund_value"
    value = ecommerce.get(column)
    cents, currency = price(
        params.get("value") if value is None else value, params.get("currency"), feed
    )
    if cents is not None and kind == "order_refunded":
        cents = -abs(cents)
    return cents, currency, order


def kept(row: Mapping[str, Any], params: Mapping[str, Any], pseudo: str | None) -> dict[str, Any]:
    """The properties that are published, and fields that no version of the export has."""
    given = {name: value for name, value in params.items() if name not in LEFT_OUT}
    found: dict[str, Any] = published(given)
    session = params.get("ga_session_id")
    if session is not None:
        # The number is the second at which the session began: many visitors share it.
        found["session_id"] = f"{pseudo}.{session}" if pseudo else str(session)
    campaign = {
        name.removeprefix("manual_"): value
        for name, value in part(row, "collected_traffic_source").items()
        if name.startswith("manual_") and value
    }
    items = [
        {name: item[name] for name in ITEM if item.get(name) not in (None, "", "(not set)")}
        for item in repeated(row, "items")
    ]
    user = {
        name: value
        for name, value in flattened(row, "user_properties").items()
        if not is_personal(name) and name not in LEFT_OUT
    }
    known = USED | IGNORED
    parts = {
        "campaign": campaign,
        "items": items,
        "user_properties": published(user),
        "country": text(part(row, "geo"), "country"),
        "unexpected_fields": {
            name: value for name, value in row.items() if name not in known and value is not None
        },
    }
    return {**found, **{name: value for name, value in parts.items() if value}}
