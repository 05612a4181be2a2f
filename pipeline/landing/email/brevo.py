"""Brevo (once Sendinblue) webhooks to events: one record per webhook body.

Source: transactional and marketing webhooks as posted, one JSON body after another.
Used: event email ts_epoch (else date_event or date) message-id tag tags subject reason link
user_agent template_id X-Mailin-custom contact_id campaign name (`camp_id`, `campaign name`).
Left out: id (the webhook's), ts and ts_event (shifted by the account's zone), sending_ip ip device.
Identifiers: email, brevo_contact. Clock: `ts_epoch`, Unix milliseconds; marketing bodies have only
`date_event`, a stamp in the account's zone, which the source must name.
There is no event id. Of a first opening Brevo may send both `unique_opened` and `opened`: both are
given one id, so that it is one event.
"""

from collections.abc import Iterator
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.clocks import Instant
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.email.deliveries import (
    Notice,
    events,
    outcome_of,
    text_at,
    texts_at,
)
from pipeline.landing.json_fields import id_of
from pipeline.landing.record import Event, Feed, Identifier, Outcome, RawFile, outcomes

# All that the documents name: a body's fields depend on what happened.
RECORD_FIELDS = frozenset(
    {
        *("event", "email", "id", "ts", "ts_event", "ts_epoch", "date", "date_event"),
        *("date_sent", "message-id", "tag", "tags", "subject", "reason", "link", "url"),
        *("user_agent", "template_id", "X-Mailin-custom", "contact_id", "list_id", "campaign"),
        *("camp_id", "sending_ip", "ip", "device", "device_used", "mirror_link", "sender_email"),
        *("ts_sent",),
    }
)
# One tag, list or address alone is no list; ids are numbers or texts.
VARIED_FIELDS = frozenset({"tag", "tags", "list_id", "email", "id", "camp_id", "template_id"})

MEANT = {
    "request": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "deferred": "deferred",
    "hard_bounce": "bounced",
    "soft_bounce": "bounced",
    "invalid_email": "bounced",
    "blocked": "rejected",
    "error": "failed",
    "opened": "opened",
    "unique_opened": "opened",
    "proxy_open": "opened",
    "unique_proxy_open": "opened",
    "click": "clicked",
    "spam": "complained",
    "unsubscribe": "unsubscribed",
    "unsubscribed": "unsubscribed",
    "list_addition": "subscribed",
}
BOUNCE_TYPES = {"hard_bounce": "hard", "invalid_email": "hard", "soft_bounce": "soft"}


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each webhook body of a file became.

    Raises:
        SourceRefused: As for `containers.json_array`.
    """
    return outcomes(json_array(file), lambda number, value: interpret(number, value, feed))


def interpret(number: int, value: dict[str, Any], feed: Feed) -> list[Event]:
    """The event of one webhook body.

    Raises:
        BadRecord: An unknown event, no recipient, or no readable time.
    """
    word = text_at(value, "event")
    outcome = outcome_of(word, MEANT)
    occurred = _occurred(value, feed)
    message_id = id_of(value, "message-id")
    recipients = texts_at(value, "email")
    tags = texts_at(value, "tags") or texts_at(value, "tag")
    contact = id_of(value, "contact_id")
    namespace = feed.namespace("brevo_contact")
    is_proxy = word in {"proxy_open", "unique_proxy_open"}
    is_opening = outcome == "opened" and message_id and recipients
    opening = f"open/{'proxy/' if is_proxy else ''}{message_id}/{recipients}/{occurred.us}"
    notice = Notice(
        outcome=outcome,
        word=word,
        occurred=occurred,
        addresses=recipients,
        own_id=opening if is_opening else None,
        label=tags[0] if tags else text_at(value, "campaign name") or None,
        message_id=message_id.strip("<>") if message_id else None,
        link=text_at(value, "link") or text_at(value, "URL"),
        user_agent=text_at(value, "user_agent"),
        machine_reason="machine_open" if is_proxy else None,
        bounce_type=BOUNCE_TYPES.get(word),
        handles=(Identifier(namespace, contact, "recipient"),)
        if contact and len(recipients) == 1
        else (),
        properties={
            "tags": list(tags[1:]),
            "reason": text_at(value, "reason"),
            "subject": text_at(value, "subject"),
            "template": text_at(value, "template_id"),
            "campaign": text_at(value, "camp_id"),
            "custom": text_at(value, "X-Mailin-custom"),
        },
    )
    return events(number, notice, feed)


def _occurred(value: dict[str, Any], feed: Feed) -> Instant:
    """When it happened, by the one clock that is UTC, else by the account's.

    Raises:
        BadRecord: No readable time, or one without a zone where the source names none.
    """
    if value.get("ts_epoch") is not None:
        return clocks.epoch(value["ts_epoch"], "ms", feed.clock)
    stamp = text_at(value, "date_event") or text_at(value, "date")
    if not stamp:
        raise BadRecord("no time in ts_epoch, date_event or date")
    return clocks.iso(stamp, feed.clock)
