"""Klaviyo events to events: one record per event.

Source: events as JSON lines or lists (API revisions of 2022 and later with the metric's name beside
the event, and the older v1), or as CSV with the same names (Fivetran's `event` table).
Used: the metric's name (event_name, metric, metric_name, type), timestamp or datetime, uuid or id,
the profile (profile, person; id email phone_number external_id anonymous_id), and of the
properties Subject, Campaign Name, $message, $flow, URL, Bounce Type, machine_open.
Left out: mail bodies, variations, lists of products.
Identifiers: klaviyo_profile, email, phone, user_id (external_id), anonymous_id.
Clock: `datetime`, ISO 8601, or `timestamp`, Unix seconds.
Metrics that are no mail's are the company's own events, under their own names, in the web channel
unless the source names another; those of text messages and pushes are refused by their word.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing import clocks, identifiers
from pipeline.landing.attributes import attributes
from pipeline.landing.clocks import Instant
from pipeline.landing.containers.csv_records import csv_rows
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.containers.unpacked import ending
from pipeline.landing.email.deliveries import Notice, events, text_at
from pipeline.landing.email.own_events import own_event, plain
from pipeline.landing.json_fields import id_of, object_of
from pipeline.landing.record import Attribute, Event, Feed, Identifier, Outcome, RawFile, outcomes

# Of the API since 2022, of version 1, of Fivetran's table, and its columns for Klaviyo's own mail.
RECORD_FIELDS = frozenset(
    {
        *("type", "id", "attributes", "relationships", "links", "metric", "metric_name"),
        *("event_name", "profile", "timestamp", "datetime", "event_properties", "object", "uuid"),
        *("statistic_id", "person", "campaign_id", "flow_id", "flow_message_id", "metric_id"),
        *("person_id", "_variation", "_fivetran_synced", "_fivetran_deleted"),
        *("property_attribution", "property_bounce_type", "property_campaign_name"),
        *("property_client_canonical", "property_client_name", "property_client_os"),
        *("property_client_os_family", "property_client_type", "property_email_domain"),
        *("property_flow", "property_list", "property_machine_open", "property_message"),
        *("property_message_interaction", "property_subject", "property_url", "property_value"),
    }
)

MEANT = {
    # Klaviyo's word for what the recipient's server has taken.
    "Received Email": "delivered",
    "Opened Email": "opened",
    "Clicked Email": "clicked",
    "Bounced Email": "bounced",
    "Dropped Email": "rejected",
    "Marked Email as Spam": "complained",
    "Unsubscribed": "unsubscribed",
    "Unsubscribed from List": "unsubscribed",
    "Unsubscribed from Email Marketing": "unsubscribed",
    "Subscribed to List": "subscribed",
    "Subscribed to Email Marketing": "subscribed",
}
OTHER_CHANNEL = re.compile(r"\b(?:SMS|MMS|RCS|push|whatsapp|in-app)\b", re.IGNORECASE)
BOUNCE_TYPES = {"": None, "hard": "hard", "soft": "soft"}
HANDLES = {
    "klaviyo_profile": ("id", "profile_id", "person_id"),
    "email": ("email", "$email"),
    "phone": ("phone_number", "$phone_number"),
    "user_id": ("external_id", "$id"),
    "anonymous_id": ("anonymous_id", "$anonymous"),
}


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each event of a file became.

    Raises:
        SourceRefused: As for `containers.json_array` and `containers.csv_rows`.
    """
    is_csv = ending(file) == ".csv"
    records = csv_rows(file, feed.source.delimiter) if is_csv else json_array(file, "data")
    return outcomes(records, lambda number, value: interpret(number, value, feed))


def interpret(number: int, value: dict[str, Any], feed: Feed) -> list[Event]:
    """The event of one entry.

    Raises:
        BadRecord: No metric, nobody, or no readable time.
    """
    told = object_of(value, "attributes") or value
    word = _metric(value, told)
    occurred = _occurred(told, feed)
    who, unreadable = _who(value, told, feed)
    own_id = text_at(told, "uuid") or id_of(value, "id")
    properties = object_of(told, "event_properties") or {
        name.removeprefix("property_"): found
        for name, found in told.items()
        if name.startswith("property_")
    }
    # A table's column names have neither capitals nor blanks nor dollar signs.
    stated = {re.sub(r"[^a-z]+", "_", name.lower()).strip("_"): v for name, v in properties.items()}
    missed = {"unreadable": unreadable} if unreadable else {}
    if word not in MEANT:
        if OTHER_CHANNEL.search(word):
            raise BadRecord(f"unknown event: {word[:40]!r}")
        own = own_event(number, word, occurred, who, feed)
        return [
            replace(
                own,
                own_id=own_id,
                properties={**plain(properties), **missed},
                attributes=_known(value, told),
            )
        ]
    bounce = text_at(stated, "bounce_type").lower()
    if bounce not in BOUNCE_TYPES:
        raise BadRecord(f"unknown Bounce Type: {bounce[:40]!r}")
    is_machine = str(stated.get("machine_open", "")).lower() == "true"
    notice = Notice(
        outcome=MEANT[word],
        word=word,
        occurred=occurred,
        addresses=(),
        own_id=own_id,
        label=text_at(stated, "campaign_name") or text_at(stated, "flow") or None,
        message_id=id_of(stated, "message"),
        link=text_at(stated, "url"),
        machine_reason="machine_open" if is_machine else None,
        bounce_type=BOUNCE_TYPES[bounce],
        handles=who,
        attributes=_known(value, told),
        properties={
            "subject": text_at(stated, "subject"),
            "list": text_at(stated, "list"),
            **missed,
        },
    )
    return events(number, notice, feed)


def _metric(value: dict[str, Any], told: dict[str, Any]) -> str:
    """The name of the metric an event is of.

    Raises:
        BadRecord: Nowhere, or only its id.
    """
    for holder in (value, told):
        metric = holder.get("metric")
        if isinstance(metric, dict):
            metric = text_at(object_of(metric, "attributes") or metric, "name")
        if isinstance(metric, str) and metric:
            return metric
        for name in ("event_name", "metric_name", "type"):
            word = text_at(holder, name)
            if word and word != "event":
                return word
    raise BadRecord("no name of a metric: export the events with event_name or metric.name")


def _occurred(told: dict[str, Any], feed: Feed) -> Instant:
    """When, by the stamp that names its zone, else by Unix seconds.

    Raises:
        BadRecord: Neither can be read.
    """
    stamp = text_at(told, "datetime")
    if stamp:
        return clocks.iso(stamp, feed.clock)
    stamp = text_at(told, "timestamp")
    return (
        clocks.epoch(stamp, "s", feed.clock) if stamp.isdigit() else clocks.iso(stamp, feed.clock)
    )


def _profiles(value: dict[str, Any], told: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects that describe the profile an event is of."""
    related = object_of(object_of(value, "relationships"), "profile")
    profile = object_of(told, "profile") or object_of(told, "person") or object_of(value, "profile")
    return [profile, object_of(profile, "attributes"), object_of(related, "data")]


def _known(value: dict[str, Any], told: dict[str, Any]) -> tuple[Attribute, ...]:
    """What the profile says of the person."""
    return attributes(pair for profile in _profiles(value, told) for pair in profile.items())


def _who(
    value: dict[str, Any], told: dict[str, Any], feed: Feed
) -> tuple[tuple[Identifier, ...], list[str]]:
    """The handles of the profile an event is of, and the names of those that cannot be read.

    Raises:
        BadRecord: A handle that is no text.
    """
    holders = [
        *({name: found} for name, found in told.items() if name not in {"id", "$id"}),
        *_profiles(value, told),
    ]
    found, unreadable = [], []
    for namespace, names in HANDLES.items():
        for written in (text_at(holder, name) for holder in holders for name in names):
            normal = identifiers.normalise(namespace, written, region=feed.company.phone_region)
            if normal is None and written:
                unreadable.append(namespace)
            if normal is not None:
                found.append(Identifier(feed.namespace(namespace), normal, "recipient"))
    return tuple(dict.fromkeys(found)), unreadable
