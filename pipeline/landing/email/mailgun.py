"""Mailgun events to events: one record per webhook body or per entry of the events API.

Source: webhooks (`signature`, `event-data`) and the Events API v3 (`items`), as JSON.
Used: event severity reason id timestamp recipient message.headers.message-id tags url
client-info.{user-agent,bot} delivery-status.{code,message,description} user-variables
reject.reason. Left out: signature storage envelope flags campaigns log-level geolocation ip.
Identifiers: email. Clock: `timestamp`, Unix seconds with a fraction.
An id is unique within its day only, so the day is part of it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.email.deliveries import (
    Notice,
    events,
    outcome_of,
    text_at,
    texts_at,
)
from pipeline.landing.json_fields import id_of, object_of
from pipeline.landing.record import Event, Feed, Outcome, RawFile, outcomes

# All that the documents name: a body's fields depend on what happened.
RECORD_FIELDS = frozenset(
    {
        *("signature", "event-data", "event", "id", "timestamp", "severity", "reason"),
        *("recipient", "recipient-domain", "message", "tags", "url", "client-info"),
        *("delivery-status", "user-variables", "reject", "storage", "envelope", "flags"),
        *("campaigns", "log-level", "geolocation", "ip", "batch", "routes", "method"),
    }
)
# Of the older webhooks, whose bodies are forms, all are texts.
VARIED_FIELDS = frozenset({"signature", "timestamp", "tags", "campaigns"})

MEANT = {
    "accepted": "sent",
    "delivered": "delivered",
    "failed permanent": "bounced",
    "failed temporary": "deferred",
    "rejected": "rejected",
    "opened": "opened",
    "clicked": "clicked",
    "complained": "complained",
    "unsubscribed": "unsubscribed",
}
# What Mailgun did not try to deliver, because of what had happened before.
SUPPRESSED = ("suppress-bounce", "suppress-complaint", "suppress-unsubscribe")
# Gmail fetches the picture for its customer, who did open the mail.
BOTS = {"": None, "gmail": None, "apple": "machine_open", "generic": "mail_scanner"}


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each event of a file became.

    Raises:
        SourceRefused: As for `containers.json_array`.
    """
    return outcomes(json_array(file, "items"), lambda number, value: interpret(number, value, feed))


def interpret(number: int, value: dict[str, Any], feed: Feed) -> list[Event]:
    """The event of one webhook body or entry.

    Raises:
        BadRecord: An unknown event, no recipient, or no readable time.
    """
    told = object_of(value, "event-data") or value
    word = " ".join(filter(None, [text_at(told, "event"), text_at(told, "severity")]))
    outcome = outcome_of(word, MEANT)
    reason = text_at(told, "reason")
    if outcome == "bounced" and reason in SUPPRESSED:
        outcome = "rejected"
    occurred = clocks.epoch(told.get("timestamp"), "s", feed.clock)
    day = datetime.fromtimestamp(occurred.us // 1_000_000, UTC).date()
    own_id = id_of(told, "id")
    headers = object_of(object_of(told, "message"), "headers")
    recipient = text_at(told, "recipient") or text_at(headers, "to")
    tags = texts_at(told, "tags")
    client = object_of(told, "client-info")
    bot = text_at(client, "bot")
    if bot not in BOTS:
        raise BadRecord(f"unknown bot: {bot[:40]!r}")
    status = object_of(told, "delivery-status")
    notice = Notice(
        outcome=outcome,
        word=word,
        occurred=occurred,
        addresses=(recipient,) if recipient else (),
        own_id=f"{own_id}/{day}" if own_id else None,
        label=tags[0] if tags else None,
        message_id=(id_of(headers, "message-id") or "").strip("<>") or None,
        link=text_at(told, "url"),
        user_agent=text_at(client, "user-agent"),
        machine_reason=BOTS[bot],
        bounce_type="hard" if outcome == "bounced" else None,
        properties={
            "tags": list(tags[1:]),
            "reason": reason or text_at(object_of(told, "reject"), "reason"),
            "code": status.get("code"),
            "response": text_at(status, "message") or text_at(status, "description"),
            "variables": object_of(told, "user-variables"),
        },
    )
    return events(number, notice, feed)
