"""Amazon SES notifications to events: one record per notification.

Source: SES feedback notifications (`notificationType`) and event publishing (`eventType`), as
SNS delivers them (JSON text inside `Message`), as Firehose or S3 keep them (bare), or as
EventBridge does (inside `detail`).
Used: mail.{messageId,timestamp,destination,tags} and by type bounce, complaint, delivery, reject,
open, click, deliveryDelay, failure, subscription. Left out: headers, addresses of servers.
Identifiers: email; one event per recipient. Clock: ISO 8601, of the type's own object; only Send,
Reject and Rendering Failure have none but the mail's.
Own id: feedbackId, or SNS's MessageId, with the recipient where there are several. SNS delivers at
least once with one MessageId.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

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
from pipeline.landing.json_fields import flag_of, id_of, list_of, object_of
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, outcomes

# All that the documents name: a body's fields depend on what happened.
RECORD_FIELDS = frozenset(
    {
        *("notificationType", "eventType", "mail", "bounce", "complaint", "delivery", "send"),
        *("reject", "open", "click", "deliveryDelay", "failure", "subscription", "Type"),
        *("MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion"),
        *("Signature", "SigningCertURL", "UnsubscribeURL", "detail", "detail-type", "source"),
        *("account", "time", "region", "resources", "id", "version"),
    }
)

MEANT = {
    "Send": "sent",
    "Reject": "rejected",
    "Bounce": "bounced",
    "Complaint": "complained",
    "Delivery": "delivered",
    "DeliveryDelay": "deferred",
    "Open": "opened",
    "Click": "clicked",
    "Rendering Failure": "failed",
    "RenderingFailure": "failed",
    "Subscription": "unsubscribed",
}
BOUNCE_TYPES = {"Permanent": "hard", "Transient": "soft", "Undetermined": None}


class Part(NamedTuple):
    """Where a type of notification says what happened.

    Attributes:
        name: The object of the type's own.
        recipients: The list there that names whom it concerns; None: all of the mail's.
        is_timed: Whether the object holds the time; if not, the mail does.
    """

    name: str
    recipients: str | None = None
    is_timed: bool = True


PARTS = {
    "Send": Part("send", is_timed=False),
    "Reject": Part("reject", is_timed=False),
    "Bounce": Part("bounce", "bouncedRecipients"),
    "Complaint": Part("complaint", "complainedRecipients"),
    "Delivery": Part("delivery", "recipients"),
    "DeliveryDelay": Part("deliveryDelay", "delayedRecipients"),
    "Open": Part("open"),
    "Click": Part("click"),
    "Rendering Failure": Part("failure", is_timed=False),
    "RenderingFailure": Part("failure", is_timed=False),
    "Subscription": Part("subscription"),
}


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each notification of a file became.

    Raises:
        SourceRefused: As for `containers.json_array`.
    """
    return outcomes(json_array(file), lambda number, value: interpret(number, value, feed))


def interpret(number: int, value: dict[str, Any], feed: Feed) -> list[Event | Ignored]:
    """The events of one notification, one per recipient.

    Raises:
        BadRecord: An unknown type, no recipient, or no readable time.
    """
    delivery_id = None
    if "Message" in value and "Type" in value:
        if text_at(value, "Type").endswith("Confirmation"):
            return [Ignored(number, "subscription_confirmation")]
        delivery_id = id_of(value, "MessageId")
        said = text_at(value, "Message")
        # SES tries a new topic with a sentence, not with JSON.
        if said.startswith("Successfully validated SNS topic"):
            return [Ignored(number, "topic_validation")]
        value = _opened(said)
    value = object_of(value, "detail") or value
    word = text_at(value, "eventType") or text_at(value, "notificationType")
    outcome = outcome_of(word, MEANT)
    if outcome == "unsubscribed":
        outcome = _subscription(object_of(value, "subscription"))
    return [*events(number, _notice(value, word, outcome, delivery_id, feed), feed)]


def _opened(said: str) -> dict[str, Any]:
    """The notification inside an envelope.

    Raises:
        BadRecord: There is none.
    """
    try:
        found = orjson.loads(said)
    except orjson.JSONDecodeError as error:
        raise BadRecord(f"Message holds no JSON: {error}") from error
    if not isinstance(found, dict):
        raise BadRecord("Message holds no JSON object")
    return found


def _notice(
    value: dict[str, Any], word: str, outcome: str, delivery_id: str | None, feed: Feed
) -> Notice:
    """What a notification says."""
    mail = object_of(value, "mail")
    told, part = object_of(value, PARTS[word].name), PARTS[word]
    stamp = text_at(told, "timestamp") if part.is_timed else text_at(mail, "timestamp")
    if not stamp:
        raise BadRecord(f"no timestamp in {part.name if part.is_timed else 'mail'}")
    bounce = text_at(told, "bounceType")
    if outcome == "bounced" and bounce not in BOUNCE_TYPES:
        raise BadRecord(f"unknown bounceType: {bounce[:40]!r}")
    tags = {
        name: texts
        for name in object_of(mail, "tags")
        if not name.startswith("ses:") and (texts := texts_at(object_of(mail, "tags"), name))
    }
    named = list_of(told, part.recipients) if part.recipients else list_of(mail, "destination")
    return Notice(
        outcome=outcome,
        word=word,
        occurred=clocks.iso(stamp, feed.clock),
        addresses=tuple(_address(each) for each in named),
        own_id=id_of(told, "feedbackId") or delivery_id,
        label=next((texts[0] for texts in tags.values()), None),
        message_id=id_of(mail, "messageId"),
        link=text_at(told, "link"),
        # A complaint's user agent is the provider that passed it on.
        user_agent="" if outcome == "complained" else text_at(told, "userAgent"),
        bounce_type=BOUNCE_TYPES[bounce] if outcome == "bounced" else None,
        properties={
            "tags": {name: list(texts) for name, texts in tags.items()},
            "reason": text_at(told, "reason")
            or text_at(told, "bounceSubType")
            or text_at(told, "complaintFeedbackType")
            or text_at(told, "delayType")
            or text_at(told, "errorMessage"),
            "response": text_at(told, "smtpResponse")
            or next(
                (text_at(each, "diagnosticCode") for each in named if isinstance(each, dict)), ""
            ),
        },
    )


def _address(recipient: object) -> str:
    """The address of a recipient, which stands alone or in an object.

    Raises:
        BadRecord: It does neither.
    """
    if isinstance(recipient, dict):
        recipient = recipient.get("emailAddress")
    if not isinstance(recipient, str) or not recipient:
        raise BadRecord(f"a recipient without address: {str(recipient)[:40]!r}")
    return recipient


def _subscription(told: dict[str, Any]) -> str:
    """Whether the customer is off all topics that there are now, or still on some."""
    topics = object_of(told, "newTopicPreferences")
    return "unsubscribed" if flag_of(topics, "unsubscribeAll") else "subscribed"
