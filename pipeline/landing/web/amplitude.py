"""Amplitude's exports to events: one record for each event, as JSON lines or CSV.

Source: the Export API (a .zip of hourly .json.gz), exports to S3 (.json.gz), and the `event`
table of a warehouse connector as CSV, whose `_insert_id` is the API's `$insert_id`. Merge files
of the S3 export and the connector's `event_type` table are known too.
Used: event_type, event_time, server_received_time, server_upload_time, user_id, device_id,
amplitude_id, uuid, $insert_id, session_id, event_properties, user_properties, groups, platform,
device_family, os_name, country. Ignored by name: the client's clocks, whose error event_time has
had taken out, the address, advertising ids, place, and processing matters.
Identifiers: user_id; device_id; amplitude_id -> amplitude_user, Amplitude's own opinion of who it
was at ingestion, which merge files mend; user_properties.email and .phone.
Clock: `YYYY-MM-DD HH:MM:SS.ffffff` in UTC without saying so. An export's range selects by
server_upload_time, so late events are in later exports. session_id is -1 outside sessions.
An event's own id is its $insert_id, by which Amplitude itself knows one device's repeats, else
its uuid.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from pipeline.errors import BadRecord, SourceRefused
from pipeline.landing import money
from pipeline.landing.agents import known_range
from pipeline.landing.containers.csv_records import csv_header, csv_rows
from pipeline.landing.containers.json_records import json_lines
from pipeline.landing.containers.unpacked import ending
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Ignored, Outcome, Raw, RawFile, outcomes
from pipeline.landing.web.segment import kind_of, path_of
from pipeline.landing.web.tracker_fields import (
    KINDS,
    Handle,
    embedded,
    named,
    needed,
    price,
    published,
    text,
    utc,
)

# Of the API's export, of merge files, and what connectors add to the tables event and event_type.
RECORD_FIELDS = frozenset(
    {
        *("$insert_id", "$insert_key", "$schema", "adid", "amplitude_attribution_ids"),
        *("amplitude_event_type", "amplitude_id", "app", "city", "client_event_time"),
        *("client_upload_time", "country", "data", "data_type", "device_brand", "device_carrier"),
        *("device_family", "device_id", "device_manufacturer", "device_model", "device_type"),
        *("dma", "event_id", "event_properties", "event_time", "event_type"),
        *("global_user_properties", "group_properties", "groups", "idfa", "idfv", "ip_address"),
        *("is_attribution_event", "language", "library", "location_lat", "location_lng", "os_name"),
        *("os_version", "partner_id", "paying", "plan", "platform", "processed_time", "region"),
        *("sample_rate", "server_received_time", "server_upload_time", "session_id", "source_id"),
        *("start_version", "user_creation_time", "user_id", "user_properties", "uuid"),
        *("version_name", "merged_amplitude_id", "merge_event_time", "merge_server_time"),
        *("merge_time", "scope", "_fivetran_deleted", "_fivetran_synced", "_insert_id"),
        *("insert_id", "ad_id", "event_type_id", "id", "project_name", "schema", "autohidden"),
        *("deleted", "display", "flow_hidden", "hidden", "in_waitroom", "name", "non_active"),
        *("timeline_hidden", "totals", "totals_delta", "value", "waitroom_approved"),
    }
)

# What Amplitude's own trackers put before the names of events and properties.
OWN = "[Amplitude] "
OWN_KINDS = {"$identify": "customer_identified", "$groupidentify": "account_joined"}
SYSTEMS = {"ios": "mobile", "android": "mobile", "windows": "desktop", "mac os x": "desktop"}


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each event of a file became.

    Raises:
        SourceRefused: A CSV without the event table's columns, or as for its container.
    """
    return outcomes(_records(file), partial(interpret, feed, channel_of(feed)))


def _records(file: RawFile) -> Iterable[Raw]:
    """The file's events; `value` maps field to value.

    Raises:
        SourceRefused: A CSV of another table.
    """
    if ending(file) != ".csv":
        return json_lines(file)
    header = set(csv_header(file))
    if not header >= {"event_type", "event_time"} and not header >= {"flow_hidden", "name"}:
        raise SourceRefused(
            f"{file.name}: is no table of Amplitude events: it has no event_type and event_time"
        )
    return csv_rows(file)


def interpret(
    feed: Feed, channel: str, number: int, row: Mapping[str, Any]
) -> list[Event | Ignored]:
    """The one event of a row.

    Raises:
        BadRecord: No name, id or time, or a field that cannot be read.
    """
    if "flow_hidden" in row and "event_time" not in row:
        return [Ignored(number, "event type")]
    if row.get("merged_amplitude_id") is not None:
        return [merged(feed, channel, number, row)]
    word = needed(row, "event_type")
    kind = OWN_KINDS.get(word) or KINDS.get(word) or kind_of(word.removeprefix(OWN))
    if not kind:
        raise BadRecord(f"an event without a readable name: {word[:40]!r}")
    said, traits = embedded(row, "event_properties"), embedded(row, "user_properties")
    who = named(
        [
            Handle("user_id", text(row, "user_id"), is_authenticated=True),
            Handle("device_id", text(row, "device_id")),
            Handle("amplitude_user", text(row, "amplitude_id")),
            Handle("email", text(traits, "email")),
            Handle("phone", text(traits, "phone")),
        ],
        feed,
    )
    session = text(row, "session_id")
    stated = {
        "session_id": None if session == "-1" else session,
        "groups": embedded(row, "groups"),
        "platform": text(row, "platform"),
        "country": text(row, "country"),
        "user_properties": published(
            {name: value for name, value in traits.items() if name != "name"}
        ),
        "unreadable": who.unreadable,
    }
    properties = {name.removeprefix(OWN): value for name, value in said.items()}
    place = {"path": properties.get("Page Path"), "url": properties.get("Page URL")}
    received = row.get("server_received_time") or row.get("server_upload_time")
    if not row.get("event_time"):
        raise BadRecord("no event_time")
    cents, currency = _money(said, feed)
    return [
        Event(
            record_number=number,
            own_id=own_id(row),
            channel=channel,
            kind=kind,
            kind_raw=word,
            occurred=utc(row["event_time"], feed.clock),
            received_us=utc(received, feed.clock).us if received else None,
            identifiers=who.identifiers,
            label=path_of(place),
            machine_reason=known_range(row.get("ip_address"), feed.company.machine_ranges),
            device_kind=_device(row),
            object_kind="page" if kind.startswith("page_") else None,
            amount_cents=cents,
            currency=currency,
            link=text(properties, "Page URL"),
            properties=published(properties)
            | {name: value for name, value in stated.items() if value},
        )
    ]


def own_id(row: Mapping[str, Any]) -> str:
    """The device's insert id where its tracker set one, else the event's uuid.

    Raises:
        BadRecord: There is neither.
    """
    insert = text(row, "$insert_id") or text(row, "_insert_id") or text(row, "insert_id")
    return f"{text(row, 'device_id') or ''}|{insert}" if insert else needed(row, "uuid")


def merged(feed: Feed, channel: str, number: int, row: Mapping[str, Any]) -> Event:
    """That Amplitude found two of its users to be one person.

    Raises:
        BadRecord: An id or the time is missing.
    """
    stamp = row.get("merge_server_time") or row.get("merge_event_time") or row.get("merge_time")
    if not stamp:
        raise BadRecord("a merge without its time")
    kept, gone = needed(row, "amplitude_id"), needed(row, "merged_amplitude_id")
    who = named([Handle("amplitude_user", kept), Handle("amplitude_user", gone)], feed)
    return Event(
        record_number=number,
        own_id=f"merge|{kept}|{gone}",
        channel=channel,
        kind="identity_merged",
        kind_raw="merged_amplitude_id",
        occurred=utc(stamp, feed.clock),
        identifiers=who.identifiers,
        actor="system",
        direction="internal",
        is_merge=True,
    )


def _device(row: Mapping[str, Any]) -> str | None:
    """The kind of device by its family and system; None where neither is named."""
    family = (text(row, "device_family") or text(row, "device_type") or "").lower()
    if "ipad" in family or "tablet" in family:
        return "tablet"
    named_systems = [text(row, "os_name"), text(row, "device_family"), text(row, "platform")]
    found = [system.lower() for system in named_systems if system]
    known = (SYSTEMS[system] for system in found if system in SYSTEMS)
    return next(known, "other" if found and found[0] != "web" else None)


def _money(said: Mapping[str, Any], feed: Feed) -> tuple[int | None, str | None]:
    """Revenue by Amplitude's own property, else by one named so that is a number.

    Raises:
        BadRecord: `$revenue` is no number, or the currency none.
    """
    value = said.get("$revenue")
    if value is None and money.decimal(said.get("revenue")) is not None:
        value = said["revenue"]
    return price(value, said.get("$currency") or said.get("currency"), feed)
