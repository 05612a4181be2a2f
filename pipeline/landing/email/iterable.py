"""Iterable events to events: one record per event.

Source: the data export (JSON lines or CSV of one event type, named by the file or by the row), and
system webhooks (`eventName`, `dataFields`).
Used: eventName createdAt email userId campaignId campaignName templateName messageId
url recipientState bounceMessage reason userAgent proxySource emailSubject.
Left out: ip city region country labels workflowId. Identifiers: email, user_id (userId).
Clock: `createdAt`, ISO 8601 with its offset, `2016-12-05 18:51:25 +00:00`; or Unix milliseconds.
There is no event id. Custom events and purchases are the company's own events, under their own
names, in the web channel unless the source names another; those of text messages, pushes and
in-app messages are refused by their word.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing import clocks, identifiers
from pipeline.landing.clocks import Instant
from pipeline.landing.containers.csv_records import csv_rows
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.containers.unpacked import ending
from pipeline.landing.email.deliveries import Notice, events, text_at
from pipeline.landing.email.own_events import own_event, plain
from pipeline.landing.json_fields import id_of, object_of
from pipeline.landing.record import Event, Feed, Identifier, Outcome, RawFile, outcomes

# Of Iterable's own events and of purchases; the fields of custom events are the company's own.
RECORD_FIELDS = frozenset(
    {
        *("eventName", "eventType", "createdAt", "email", "userId", "dataFields", "campaignId"),
        *("campaignName", "templateId", "templateName", "messageId", "messageTypeId"),
        *("messageTypeIds", "channelId", "channelIds", "emailListId", "emailListIds", "workflowId"),
        *("workflowName", "experimentId", "contentId", "emailId", "emailSubject", "messageBusId"),
        *("espName", "labels", "url", "linkId", "linkUrl", "hrefIndex", "recipientState"),
        *("bounceMessage", "status", "reason", "userAgent", "userAgentDevice", "proxySource", "ip"),
        *("city", "region", "country", "unsubSource", "signupSource", "profileUpdatedAt"),
        *("transactionalData", "catalogCollectionCount", "catalogLookupCount"),
        *("productRecommendationCount", "itblInternal", "items", "total"),
    }
)
# ISO 8601 or Unix milliseconds; an object or JSON as text.
VARIED_FIELDS = frozenset({"createdAt", "transactionalData"})

MEANT = {
    "emailSend": "sent",
    "emailSendSkip": "rejected",
    "emailDelivered": "delivered",
    "emailOpen": "opened",
    "emailClick": "clicked",
    "emailBounce": "bounced",
    "emailComplaint": "complained",
    "emailSubscribe": "subscribed",
    "emailUnSubscribe": "unsubscribed",
    "emailUnsubscribe": "unsubscribed",
    "hostedUnsubscribeClick": "clicked",
}
NAMED = re.compile(r"(?<![A-Za-z])(email[A-Z][A-Za-z]+|hostedUnsubscribeClick)(?![A-Za-z])")
OTHER_CHANNEL = re.compile(r"(?:sms|push|webPush|inApp|embedded|whatsApp|inbox)[A-Z]")
BOUNCE_TYPES = {"": None, "hardbounce": "hard", "softbounce": "soft"}
UNIX_MS = re.compile(r"\d{12,13}")


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each event of a file became.

    Raises:
        SourceRefused: As for `containers.json_array` and `containers.csv_rows`.
    """
    is_csv = ending(file) == ".csv"
    records = csv_rows(file, feed.source.delimiter) if is_csv else json_array(file)
    called = NAMED.search(file.path.name)
    of_file = called[1] if called else ""
    return outcomes(records, lambda number, value: interpret(number, value, feed, of_file))


def interpret(number: int, value: dict[str, Any], feed: Feed, of_file: str) -> list[Event]:
    """The event of one entry; `of_file` is the event that the file is called after.

    Raises:
        BadRecord: An unknown event, nobody, or no readable time.
    """
    fields = object_of(value, "dataFields") if isinstance(value.get("dataFields"), dict) else {}
    told = {**value, **fields}
    word = text_at(told, "eventName") or text_at(told, "eventType") or of_file
    if not word:
        raise BadRecord("no event: neither eventName nor the file's name says which")
    occurred = _occurred(told, feed)
    who, unreadable = _who(told, feed)
    missed = {"unreadable": unreadable} if unreadable else {}
    if word not in MEANT:
        if OTHER_CHANNEL.match(word) or NAMED.fullmatch(word):
            raise BadRecord(f"unknown event: {word[:40]!r}")
        return [
            replace(
                own_event(number, word, occurred, who, feed), properties={**_rest(told), **missed}
            )
        ]
    state = text_at(told, "recipientState").replace(" ", "").lower()
    if state not in BOUNCE_TYPES:
        raise BadRecord(f"unknown recipientState: {state[:40]!r}")
    notice = Notice(
        outcome=MEANT[word],
        word=word,
        occurred=occurred,
        addresses=(),
        label=text_at(told, "campaignName") or text_at(told, "campaignId") or None,
        message_id=id_of(told, "messageId"),
        link=text_at(told, "url"),
        user_agent=text_at(told, "userAgent"),
        machine_reason="machine_open" if text_at(told, "proxySource") == "Apple" else None,
        bounce_type=BOUNCE_TYPES[state],
        handles=who,
        properties={
            "subject": text_at(told, "emailSubject"),
            "template": text_at(told, "templateName"),
            "reason": text_at(told, "bounceMessage") or text_at(told, "reason"),
            **missed,
        },
    )
    return events(number, notice, feed)


def _occurred(told: dict[str, Any], feed: Feed) -> Instant:
    """When an event was created.

    Raises:
        BadRecord: It does not say, or not readably.
    """
    stamp = text_at(told, "createdAt")
    if UNIX_MS.fullmatch(stamp):
        return clocks.epoch(stamp, "ms", feed.clock)
    return clocks.iso(stamp, feed.clock)


def _who(told: dict[str, Any], feed: Feed) -> tuple[tuple[Identifier, ...], list[str]]:
    """The handles of whom an event is of, and the names of those that cannot be read.

    Raises:
        BadRecord: A handle that is no text.
    """
    given = {"email": text_at(told, "email"), "user_id": text_at(told, "userId")}
    found, unreadable = [], []
    for namespace, written in given.items():
        normal = identifiers.normalise(namespace, written, region=feed.company.phone_region)
        if normal is None and written:
            unreadable.append(namespace)
        if normal is not None:
            found.append(Identifier(feed.namespace(namespace), normal, "recipient"))
    return tuple(found), unreadable


def _rest(told: dict[str, Any]) -> dict[str, Any]:
    """What a company's own event says, without whom it is of and what it is."""
    used = {"email", "userId", "eventName", "eventType", "createdAt", "ip"}
    return plain({name: value for name, value in told.items() if name not in used})
