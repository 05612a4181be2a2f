"""Resend webhooks to events: one record per webhook body.

Source: webhooks of 2023 and later, one JSON body after another.
Used: type created_at data.{email_id,to,subject,tags,broadcast_id,click,open,bounce,failed,
suppressed} and of contacts data.{id,email,unsubscribed}.
Left out: from cc bcc headers attachments. Identifiers: email, resend_contact.
Clock: `created_at` of the body, ISO 8601; data.created_at is the mail's.
There is no event id: it is in a header of the request. A mail to several addresses is reported once
for each without saying which: only what is told of all (sent, scheduled, failed) is landed for
each of them; anything else names them as mentioned.
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
from pipeline.landing.json_fields import flag_of, id_of, object_of, objects_of
from pipeline.landing.record import Event, Feed, Identifier, Ignored, Outcome, RawFile, outcomes

# All that the documents name: a body's fields depend on what happened.
RECORD_FIELDS = frozenset(
    {
        *("type", "created_at", "data"),
    }
)

MEANT = {
    "email.scheduled": "queued",
    "email.sent": "sent",
    "email.delivered": "delivered",
    "email.delivery_delayed": "deferred",
    "email.bounced": "bounced",
    "email.suppressed": "rejected",
    "email.failed": "failed",
    "email.opened": "opened",
    "email.clicked": "clicked",
    "email.complained": "complained",
    "contact.created": "subscribed",
    "contact.updated": "unsubscribed",
}
OF_ALL = {"queued", "sent", "failed"}
BOUNCE_TYPES = {"": None, "Undetermined": None, "Permanent": "hard", "Transient": "soft"}
DETAILS = ("click", "open", "bounce", "failed", "suppressed")


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each webhook body of a file became.

    Raises:
        SourceRefused: As for `containers.json_array`.
    """
    return outcomes(json_array(file), lambda number, value: interpret(number, value, feed))


def interpret(number: int, value: dict[str, Any], feed: Feed) -> list[Event | Ignored]:
    """The events of one webhook body.

    Raises:
        BadRecord: An unknown event, no recipient, or no readable time.
    """
    word = text_at(value, "type")
    if word.startswith("domain.") or word == "contact.deleted":
        return [Ignored(number, word)]
    outcome = outcome_of(word, MEANT)
    told = object_of(value, "data")
    occurred = clocks.iso(text_at(value, "created_at"), feed.clock)
    if word.startswith("contact."):
        return _contact(number, word, told, occurred, feed)
    detail = next((found for name in DETAILS if (found := object_of(told, name))), {})
    notice = Notice(
        outcome=outcome,
        word=word,
        occurred=occurred,
        addresses=texts_at(told, "to"),
        is_of_one=outcome not in OF_ALL,
        label=_label(told),
        message_id=id_of(told, "email_id"),
        link=text_at(detail, "link"),
        user_agent=text_at(detail, "userAgent"),
        bounce_type=_bounce_type(text_at(detail, "type")) if outcome == "bounced" else None,
        properties={
            "subject": text_at(told, "subject"),
            "reason": text_at(detail, "message") or text_at(detail, "reason"),
            "bounce_sub_type": text_at(detail, "subType"),
        },
    )
    return [*events(number, notice, feed)]


def _bounce_type(stated: str) -> str | None:
    """Whether a bounce is for good; None where Resend does not say, or cannot.

    Raises:
        BadRecord: It says so with an unknown word.
    """
    if stated not in BOUNCE_TYPES:
        raise BadRecord(f"unknown type of bounce: {stated[:40]!r}")
    return BOUNCE_TYPES[stated]


def _contact(
    number: int, word: str, told: dict[str, Any], occurred: Instant, feed: Feed
) -> list[Event | Ignored]:
    """That a contact came, or wants no more mail; any other change of it tells nothing."""
    is_off = flag_of(told, "unsubscribed")
    if is_off != (word == "contact.updated"):
        return [Ignored(number, word)]
    contact = id_of(told, "id")
    namespace = feed.namespace("resend_contact")
    notice = Notice(
        outcome=MEANT[word],
        word=word,
        occurred=occurred,
        addresses=texts_at(told, "email"),
        handles=(Identifier(namespace, contact, "recipient"),) if contact else (),
    )
    return [*events(number, notice, feed)]


def _label(told: dict[str, Any]) -> str | None:
    """The value of the first tag, which Resend lists as objects or names as keys; or the campaign.

    Raises:
        BadRecord: Tags of another form.
    """
    tags = told.get("tags")
    if isinstance(tags, dict):
        tags = [{"name": name, "value": value} for name, value in tags.items()]
    first = next(iter(objects_of({"tags": tags}, "tags")), {})
    return text_at(first, "value") or text_at(told, "broadcast_id") or None
