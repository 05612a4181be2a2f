"""PostHog's batch export to events: one record for each event, as JSON lines or Parquet.

Source: batch exports to object storage (schema of 2024): uuid, event, distinct_id, properties
(JSON, mostly as text), timestamp, created_at. The file's ending tells JSON lines from Parquet.
Used: the above, and of the properties `$current_url`, `$pathname`, `$screen_name`, `$referrer`,
`$session_id`, `$device_id`, `$anon_distinct_id`, `alias`, `$set`, `$raw_user_agent`, `utm_*`,
`$groups`, and all without `$`. Ignored by name: person_id and person_properties, which are as of
the ingestion and never mended; elements_chain; the address; all other `$` properties.
Identifiers: distinct_id is the user_id once it was identified, before that a made-up UUID and
the anonymous_id. It counts as identified when the event says so or when it is no UUID.
`$device_id` -> device_id; `$set.email` and `$set.phone`.
Clock: ISO 8601, in UTC where no zone is named. Occurred at timestamp, received at created_at.
`$identify` with `$anon_distinct_id`, `$create_alias` and `$merge_dangerously` declare two ids one
person.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing import money
from pipeline.landing.agents import agent, known_range
from pipeline.landing.containers.json_records import json_lines
from pipeline.landing.containers.parquet_records import parquet_rows
from pipeline.landing.containers.unpacked import ending
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, outcomes
from pipeline.landing.web.segment import bare, kind_of, path_of
from pipeline.landing.web.tracker_fields import (
    KINDS,
    Handle,
    embedded,
    is_true,
    looks_anonymous,
    named,
    needed,
    price,
    published,
    text,
    utc,
)

# Of the present schema, then of an older one.
RECORD_FIELDS = frozenset(
    {
        *("uuid", "event", "distinct_id", "person_id", "properties", "person_properties"),
        *("elements_chain", "timestamp", "created_at", "_inserted_at", "team_id", "set"),
        *("set_once", "ip", "site_url", "elements"),
    }
)
# JSON as text, or as an object where the destination has such a type.
VARIED_FIELDS = frozenset({"properties", "person_properties", "set", "set_once", "elements"})

OWN_KINDS = {
    "$pageview": "page_viewed",
    "$pageleave": "page_left",
    "$screen": "screen_viewed",
    "$autocapture": "element_used",
    "$rageclick": "element_rage_clicked",
    "$identify": "customer_identified",
    "$set": "customer_updated",
    "$exception": "error_met",
}
MERGES = {"$identify": "$anon_distinct_id", "$create_alias": "alias", "$merge_dangerously": "alias"}
# Events of the library's own, in which no customer does anything: event -> rule.
SILENT = {
    "$feature_flag_called": "feature flag",
    "$groupidentify": "group traits",
    "$web_vitals": "web vitals",
    "$$heatmap": "heat map",
    "$snapshot": "session recording",
    "$opt_in": "tracking consent",
}
DEVICES = {"Desktop": "desktop", "Mobile": "mobile", "Tablet": "tablet"}


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each event of a file became.

    Raises:
        SourceRefused: As for the container that the file's ending names.
    """
    rows = parquet_rows(file) if ending(file) == ".parquet" else json_lines(file)
    return outcomes(rows, partial(interpret, feed, channel_of(feed)))


def interpret(
    feed: Feed, channel: str, number: int, row: Mapping[str, Any]
) -> list[Event | Ignored]:
    """The one event of a row.

    Raises:
        BadRecord: No id, name or time, or a field that cannot be read.
    """
    word = needed(row, "event")
    if word in SILENT:
        return [Ignored(number, SILENT[word])]
    properties = embedded(row, "properties")
    handles, is_merge = ids(word, needed(row, "distinct_id"), properties)
    kind = "identity_merged" if is_merge else OWN_KINDS.get(word) or KINDS.get(word)
    kind = kind or kind_of(word)
    if not kind:
        raise BadRecord(f"an event without a readable name: {word[:40]!r}")
    traits = {**embedded(properties, "$set_once"), **embedded(properties, "$set")}
    who = named(
        [*handles, Handle("email", text(traits, "email")), Handle("phone", text(traits, "phone"))],
        feed,
    )
    kept = published(
        {name: value for name, value in properties.items() if not name.startswith("$")}
        | {name: value for name, value in traits.items() if name != "name"}
    )
    kept.pop("alias", None)
    stated = {
        "session_id": text(properties, "$session_id"),
        "referrer": bare(text(properties, "$referrer") or ""),
        "groups": embedded(properties, "$groups"),
        "unreadable": who.unreadable,
    }
    cents, currency = _money(properties, feed)
    browser = agent(text(properties, "$raw_user_agent"))
    address = text(properties, "$current_url")
    created = row.get("created_at") or row.get("_inserted_at")
    stamp = row.get("timestamp")
    if not stamp:
        raise BadRecord("no timestamp")
    return [
        Event(
            record_number=number,
            own_id=needed(row, "uuid"),
            channel=channel,
            kind=kind,
            kind_raw=word,
            occurred=utc(stamp, feed.clock),
            received_us=utc(created, feed.clock).us if created else None,
            identifiers=who.identifiers,
            label=path_of({"path": text(properties, "$pathname"), "url": address})
            or text(properties, "$screen_name"),
            machine_reason=browser.machine_reason
            or known_range(properties.get("$ip") or row.get("ip"), feed.company.machine_ranges),
            device_kind=browser.device_kind or _device(properties),
            object_kind="page" if kind.startswith("page_") else None,
            amount_cents=cents,
            currency=currency,
            link=address,
            is_merge=is_merge,
            properties=kept | {name: value for name, value in stated.items() if value},
        )
    ]


def ids(word: str, distinct_id: str, properties: Mapping[str, Any]) -> tuple[list[Handle], bool]:
    """The handles of an event, and whether it declares them one person.

    Raises:
        BadRecord: An id is no text, or an alias names none.
    """
    device = text(properties, "$device_id")
    device_handle = Handle("device_id", device)
    if word in MERGES:
        other = text(properties, MERGES[word])
        if other is None and word != "$identify":
            raise BadRecord(f"{word} without {MERGES[word]}")
        given = [Handle("user_id", distinct_id, is_authenticated=True), device_handle]
        if other is None or other == distinct_id:
            return given, False
        # A former anonymous id, or for an alias a second name of the user.
        is_anonymous = word == "$identify" or looks_anonymous(other)
        given.append(Handle("anonymous_id" if is_anonymous else "user_id", other))
        return given, True
    is_known = (
        is_true(properties.get("$is_identified"))
        or text(properties, "$user_id") == distinct_id
        or not looks_anonymous(distinct_id)
    )
    # Before it is identified a browser's distinct_id is its device_id.
    is_known = is_known and distinct_id != device
    handle = Handle("user_id" if is_known else "anonymous_id", distinct_id, is_known)
    return [handle, device_handle], False


def _device(properties: Mapping[str, Any]) -> str | None:
    """What the library says of the device."""
    kind = text(properties, "$device_type")
    return None if kind is None else DEVICES.get(kind, "other")


def _money(properties: Mapping[str, Any], feed: Feed) -> tuple[int | None, str | None]:
    """The property `revenue`, where a company sends one that is a number.

    Raises:
        BadRecord: Its currency is none.
    """
    value = properties.get("revenue", properties.get("$revenue"))
    if money.decimal(value) is None:
        return None, None
    return price(value, properties.get("currency"), feed)
