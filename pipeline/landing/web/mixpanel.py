"""Mixpanel's raw export to events: one record for each event, as JSON lines.

Source: `/api/2.0/export`: `{"event": name, "properties": {time, distinct_id, $insert_id, ...}}`.
Used: event, time, distinct_id, $user_id, $device_id, $insert_id, mp_processing_time_ms,
$current_url, $referrer, $os, utm_*, and all properties without `$` and `mp_`. Ignored by name:
all other reserved properties.
Identifiers: $user_id -> user_id; $device_id and a `$device:` distinct_id -> anonymous_id; any
other distinct_id is the user_id unless it has the form of those that Mixpanel makes up.
Clock: `time` is Unix seconds, or milliseconds where the export asked for them. The unit is proved
by the first time's magnitude; a file with both is refused whole. Projects older than 2023 write
their own zone's wall clock as if it were UTC: set time_zone for these, and only for these.
$insert_id tells events apart within one day only, so an event's own id is made of it, the day
and the name. $identify, $create_alias and $merge declare two ids one person.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from pipeline.errors import BadRecord, SourceRefused
from pipeline.landing import clocks, money
from pipeline.landing.agents import known_range
from pipeline.landing.clocks import EPOCH, MICROSECOND, Instant
from pipeline.landing.containers.json_records import json_lines
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Outcome, Raw, RawFile, outcomes
from pipeline.landing.web.segment import bare, kind_of, path_of
from pipeline.landing.web.tracker_fields import (
    KINDS,
    Handle,
    embedded,
    named,
    needed,
    price,
    published,
    text,
)

RECORD_FIELDS = frozenset({"event", "properties"})
OWN_KINDS = {
    "$mp_web_page_view": "page_viewed",
    "$mp_page_leave": "page_left",
    "$mp_click": "element_used",
    "$mp_session_start": "session_started",
    "$mp_session_end": "session_ended",
    "$ae_session": "session_ended",
    "$ae_first_open": "first_open",
}
MERGES = ("$identify", "$create_alias", "$merge")
DEVICE = "$device:"
# As the web library makes them up: 17f5a0c2b3d4e5-0a1b2c3d4e5f6-1e357b75-1fa400-17f5a0c2b3e6f7.
MADE_UP = re.compile(r"[0-9a-f]{6,}(-[0-9a-f]{4,}){4}", re.IGNORECASE)
LEFT_OUT = frozenset({"time", "distinct_id", "alias", "token", "mp_lib"})
SYSTEMS = {
    "iOS": "mobile",
    "Android": "mobile",
    "Windows": "desktop",
    "Mac OS X": "desktop",
    "macOS": "desktop",
    "Linux": "desktop",
    "Chrome OS": "desktop",
}


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each event of a file became.

    Raises:
        SourceRefused: Its times are of both units, or as for `containers.json_lines`.
    """
    return outcomes(proved(file, json_lines(file)), partial(interpret, feed, channel_of(feed)))


def proved(file: RawFile, records: Iterable[Raw]) -> Iterator[Raw]:
    """The records, as long as their times are all of one unit.

    Raises:
        SourceRefused: A time of another unit than the file's first.
    """
    known = None
    for raw in records:
        found = None if raw.problem is not None else unit_of(raw.value)
        known = known or found
        if found not in {None, known}:
            raise SourceRefused(
                f"{file.name}: holds times in seconds and in milliseconds; "
                "export the range again, with one time_in_ms for all of it"
            )
        yield raw


def unit_of(row: Mapping[str, Any]) -> str | None:
    """The unit of an event's time by its magnitude, s or ms; None for what is no time at all."""
    properties = row.get("properties")
    number = money.decimal(properties.get("time")) if isinstance(properties, dict) else None
    # 1e11 seconds are the year 5138, and 1e11 milliseconds 1973.
    if number is None or not 10**8 <= number < 10**14:
        return None
    return "s" if number < 10**11 else "ms"


def interpret(feed: Feed, channel: str, number: int, row: Mapping[str, Any]) -> list[Event]:
    """The one event of a line.

    Raises:
        BadRecord: No name or time, or a property that cannot be read.
    """
    word = needed(row, "event")
    properties = embedded(row, "properties")
    occurred = when(row, properties.get("time"), feed)
    handles, is_merge = ids(word, properties)
    kind = "identity_merged" if is_merge else OWN_KINDS.get(word) or KINDS.get(word)
    kind = kind or kind_of(word)
    if not kind:
        raise BadRecord(f"an event without a readable name: {word[:40]!r}")
    who = named(
        [
            *handles,
            Handle("email", text(properties, "$email")),
            Handle("phone", text(properties, "$phone")),
        ],
        feed,
    )
    kept = published(
        {
            name: value
            for name, value in properties.items()
            if not name.startswith(("$", "mp_")) and name not in LEFT_OUT
        }
    )
    stated = {
        "referrer": bare(text(properties, "$referrer") or ""),
        "country": text(properties, "mp_country_code"),
        "unreadable": who.unreadable,
    }
    address = text(properties, "$current_url") or text(properties, "current_page_url")
    received = properties.get("mp_processing_time_ms")
    insert_id = text(properties, "$insert_id")
    day = occurred.us // 86_400_000_000
    cents, currency = _money(properties, feed)
    return [
        Event(
            record_number=number,
            own_id=f"{insert_id}|{day}|{word}" if insert_id else None,
            channel=channel,
            kind=kind,
            kind_raw=word,
            occurred=occurred,
            received_us=clocks.epoch(received, "ms", feed.clock).us if received else None,
            identifiers=who.identifiers,
            label=path_of({"url": address}),
            machine_reason=known_range(
                properties.get("$ip") or properties.get("ip"), feed.company.machine_ranges
            ),
            device_kind=_device(properties),
            object_kind="page" if kind.startswith("page_") else None,
            amount_cents=cents,
            currency=currency,
            link=address,
            is_merge=is_merge,
            properties=kept | {name: value for name, value in stated.items() if value},
        )
    ]


def when(row: Mapping[str, Any], stamp: Any, feed: Feed) -> Instant:
    """The instant of an event's `time`.

    Raises:
        BadRecord: No Unix time of either unit.
    """
    unit = unit_of(row)
    if unit is None:
        raise BadRecord(f"time is no Unix time: {str(stamp)[:40]!r}")
    instant = clocks.epoch(stamp, unit, feed.clock)
    if feed.clock.zone is None:
        return instant
    wall = EPOCH + (instant.us - feed.clock.offset_us) * MICROSECOND
    return clocks.local(wall.replace(tzinfo=None), instant.precision, feed.clock)


def ids(word: str, properties: Mapping[str, Any]) -> tuple[list[Handle], bool]:
    """The handles of an event, and whether it declares them one person.

    Raises:
        BadRecord: An id is no text, or a merge names fewer than two.
    """
    if word in MERGES:
        first, second = merged(word, properties)
        if word == "$identify":
            pair = [Handle("user_id", first, is_authenticated=True), _anonymous(second)]
        else:
            pair = [_handle(first), _handle(second)]
        return pair, first != second
    user, device = text(properties, "$user_id"), text(properties, "$device_id")
    distinct = text(properties, "distinct_id")
    given = [Handle("user_id", user, is_authenticated=True)]
    if device:
        given.append(_anonymous(device))
    if distinct and distinct not in {user, device}:
        # Once two ids were merged, the distinct_id may be either of them.
        given.append(_handle(distinct))
    return given, False


def merged(word: str, properties: Mapping[str, Any]) -> tuple[str, str]:
    """The two ids of a merging event, the user's own first.

    Raises:
        BadRecord: There are not two.
    """
    if word == "$merge":
        pair = properties.get("$distinct_ids")
        if not isinstance(pair, list) or len(pair) != 2:
            raise BadRecord("$merge without two $distinct_ids")
        both = dict(zip(("first", "second"), pair, strict=True))
        return needed(both, "first"), needed(both, "second")
    if word == "$create_alias":
        return needed(properties, "distinct_id"), needed(properties, "alias")
    anonymous = text(properties, "$anon_id") or text(properties, "$anon_distinct_id")
    if anonymous is None:
        raise BadRecord("$identify without $anon_id")
    return text(properties, "$identified_id") or needed(properties, "distinct_id"), anonymous


def _anonymous(value: str) -> Handle:
    return Handle("anonymous_id", value.removeprefix(DEVICE))


def _handle(value: str) -> Handle:
    """A distinct_id as what it is by its form."""
    is_anonymous = value.startswith(DEVICE) or MADE_UP.fullmatch(value)
    return _anonymous(value) if is_anonymous else Handle("user_id", value, is_authenticated=True)


def _device(properties: Mapping[str, Any]) -> str | None:
    """The kind of device by what the library says of it."""
    if (text(properties, "$device") or text(properties, "$model") or "").startswith("iPad"):
        return "tablet"
    system = text(properties, "$os")
    return None if system is None else SYSTEMS.get(system, "other")


def _money(properties: Mapping[str, Any], feed: Feed) -> tuple[int | None, str | None]:
    """The property `revenue`, where a company sends one that is a number.

    Raises:
        BadRecord: Its currency is none.
    """
    value = properties.get("revenue", properties.get("$amount"))
    if money.decimal(value) is None:
        return None, None
    return price(value, properties.get("currency"), feed)
