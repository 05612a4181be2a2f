"""Postmark webhooks to events: one record per webhook body.

Source: the webhooks by RecordType (Delivery, Bounce, Open, Click, SpamComplaint,
SubscriptionChange), one JSON body after another.
Used: RecordType Type ID MessageID Recipient|Email DeliveredAt|BouncedAt|ReceivedAt|ChangedAt Tag
OriginalLink UserAgent FirstOpen SuppressSending SuppressionReason Origin Details Description
Metadata MessageStream. Left out: Client OS Platform Geo ReadSeconds Content From ServerID.
Identifiers: email; its key differs by type. Clock: ISO 8601 with an offset and 7 digits.
Only bounces and complaints have an id; MessageID is the mail's, and not its Message-ID header.
"""

from collections.abc import Iterator
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.email.deliveries import (
    Notice,
    events,
    outcome_of,
    text_at,
)
from pipeline.landing.json_fields import id_of, object_of
from pipeline.landing.record import Event, Feed, Outcome, RawFile, outcomes

# All that the documents name: a body's fields depend on what happened.
RECORD_FIELDS = frozenset(
    {
        *("RecordType", "Type", "TypeCode", "Name", "ID", "ServerID", "MessageID"),
        *("MessageStream", "Recipient", "Email", "From", "Subject", "Tag", "Metadata"),
        *("DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt", "Details", "Description"),
        *("DumpAvailable", "Inactive", "CanActivate", "Content", "OriginalLink"),
        *("ClickLocation", "UserAgent", "Client", "OS", "Platform", "Geo", "FirstOpen"),
        *("ReadSeconds", "SuppressSending", "SuppressionReason", "Origin"),
    }
)

MEANT = {
    "Delivery": "delivered",
    "Open": "opened",
    "Click": "clicked",
    "SpamComplaint": "complained",
    "SubscriptionChange": "unsubscribed",
    **{
        f"Bounce {kind}": outcome
        for kind, outcome in {
            "HardBounce": "bounced",
            "BadEmailAddress": "bounced",
            "SoftBounce": "bounced",
            "DnsError": "bounced",
            "Unknown": "bounced",
            "AddressChange": "bounced",
            "Blocked": "bounced",
            "SpamNotification": "bounced",
            "VirusNotification": "bounced",
            "ChallengeVerification": "bounced",
            "DMARCPolicy": "bounced",
            "Transient": "deferred",
            "AutoResponder": "autoresponded",
            "SpamComplaint": "complained",
            "Unsubscribe": "unsubscribed",
            "Subscribe": "subscribed",
            "ManuallyDeactivated": "rejected",
            "Unconfirmed": "rejected",
            "SMTPApiError": "failed",
            "TemplateRenderingFailed": "failed",
            "InboundError": "failed",
            "OpenRelayTest": "failed",
        }.items()
    },
}
BOUNCE_TYPES = {
    "Bounce HardBounce": "hard",
    "Bounce BadEmailAddress": "hard",
    "Bounce AddressChange": "hard",
    "Bounce SoftBounce": "soft",
    "Bounce DnsError": "soft",
    "Bounce Blocked": "blocked",
    "Bounce SpamNotification": "blocked",
    "Bounce VirusNotification": "blocked",
    "Bounce DMARCPolicy": "blocked",
}
CLOCKS = ("DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt")


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each webhook body of a file became.

    Raises:
        SourceRefused: As for `containers.json_array`.
    """
    return outcomes(json_array(file), lambda number, value: interpret(number, value, feed))


def interpret(number: int, value: dict[str, Any], feed: Feed) -> list[Event]:
    """The event of one webhook body.

    Raises:
        BadRecord: An unknown type, no recipient, or no readable time.
    """
    record_type = text_at(value, "RecordType")
    is_bounce = record_type == "Bounce"
    word = f"Bounce {text_at(value, 'Type')}" if is_bounce else record_type
    outcome = outcome_of(word, MEANT)
    machine_reason = None
    if record_type == "SubscriptionChange":
        outcome, machine_reason = _change(value)
    stamp = next(filter(None, (text_at(value, name) for name in CLOCKS)), "")
    recipient = text_at(value, "Recipient") or text_at(value, "Email")
    own_id = id_of(value, "ID")
    notice = Notice(
        outcome=outcome,
        word=word,
        occurred=clocks.iso(stamp, feed.clock),
        addresses=(recipient,) if recipient else (),
        own_id=f"{record_type}/{own_id}" if own_id else None,
        label=text_at(value, "Tag") or None,
        message_id=id_of(value, "MessageID"),
        link=text_at(value, "OriginalLink"),
        user_agent=text_at(value, "UserAgent"),
        machine_reason=machine_reason,
        bounce_type=BOUNCE_TYPES.get(word),
        properties={
            "details": text_at(value, "Details") or text_at(value, "Description"),
            "is_first": value.get("FirstOpen"),
            "reason": text_at(value, "SuppressionReason"),
            "origin": text_at(value, "Origin"),
            "stream": text_at(value, "MessageStream"),
            "metadata": object_of(value, "Metadata"),
        },
    )
    return events(number, notice, feed)


def _change(value: dict[str, Any]) -> tuple[str, str | None]:
    """Whether an address was taken off or on, and why no person did it.

    Postmark itself takes an address off after a bounce or complaint, which it reports besides.

    Raises:
        BadRecord: It does not say which.
    """
    is_off = value.get("SuppressSending")
    if not isinstance(is_off, bool):
        raise BadRecord(f"SuppressSending is neither true nor false: {str(is_off)[:40]!r}")
    by_itself = text_at(value, "SuppressionReason") in {"HardBounce", "SpamComplaint"}
    return ("unsubscribed" if is_off else "subscribed"), ("suppression" if by_itself else None)
