"""SendGrid event webhooks to events: one record per webhook event.

SendGrid delivers an event again until it is taken, with the same sg_event_id; arguments of the
sender's own stand beside SendGrid's fields and are kept as properties.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pipeline.errors import BadRecord
from pipeline.landing import clocks, identifiers
from pipeline.landing.agents import UNKNOWN, Agent, agent
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.formats import channel_of
from pipeline.landing.record import Event, Feed, Identifier, Ignored, Outcome, RawFile, outcomes
from pipeline.landing.text import redact


class Meaning(NamedTuple):
    """What one SendGrid event says: the company's system sent, or the customer did something."""

    kind: str
    actor: str = "system"
    direction: str = "outbound"


MEANINGS = {
    "processed": Meaning("email_sent"),
    "delivered": Meaning("email_delivered"),
    "deferred": Meaning("email_deferred"),
    "bounce": Meaning("email_bounced"),
    "blocked": Meaning("email_bounced"),
    "dropped": Meaning("email_rejected"),
    "open": Meaning("email_opened", "customer", "inbound"),
    "click": Meaning("email_clicked", "customer", "inbound"),
    "spamreport": Meaning("email_complained", "customer", "inbound"),
    "unsubscribe": Meaning("email_unsubscribed", "customer", "inbound"),
    "group_unsubscribe": Meaning("email_unsubscribed", "customer", "inbound"),
    "group_resubscribe": Meaning("email_resubscribed", "customer", "inbound"),
}
USED = {"email", "timestamp", "event", "sg_event_id", "sg_message_id", "category", "url"}
# Where the mail went and with what program says nothing of the journey; addresses are personal.
LEFT_OUT = {
    "ip",
    "tls",
    "useragent",
    "url_offset",
    "sg_machine_open",
    "sg_content_type",
    "cert_err",
}
FREE_TEXT = {"reason", "response"}


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each webhook event of a file became.

    The file holds lists of events, one list or event per line, or one after another.

    Raises:
        SourceRefused: As for `containers.json_array`.
    """
    channel = channel_of(feed)
    return outcomes(
        json_array(file), lambda number, value: [interpret(number, value, feed, channel)]
    )


def interpret(number: int, value: dict[str, Any], feed: Feed, channel: str) -> Event | Ignored:
    """The event of one webhook event.

    Raises:
        BadRecord: An unknown event, no recipient, or no readable time.
    """
    kind_raw = str(value.get("event"))
    meaning = MEANINGS.get(kind_raw)
    if meaning is None:
        raise BadRecord(f"unknown event: {kind_raw[:40]!r}")
    recipient = str(value.get("email") or "")
    if not recipient:
        raise BadRecord("no recipient: email is empty")
    # An address that is none is why some mail is dropped: that is landed, without a customer.
    address = identifiers.email(recipient)
    namespace = feed.namespace("email")
    message_id = identifiers.code(str(value.get("sg_message_id") or "").partition(".filter")[0])
    url = str(value.get("url") or "")
    reader = _reader(value)
    return Event(
        record_number=number,
        own_id=identifiers.code(value.get("sg_event_id") or ""),
        channel=channel,
        kind=meaning.kind,
        kind_raw=kind_raw,
        occurred=clocks.epoch(value.get("timestamp"), "s", feed.clock),
        identifiers=() if address is None else (Identifier(namespace, address, "recipient"),),
        label=_category(value.get("category")),
        actor=meaning.actor,
        direction=meaning.direction,
        machine_reason=reader.machine_reason,
        device_kind=reader.device_kind,
        object_kind="message" if message_id else None,
        object_id=message_id,
        link=url.partition("?")[0].partition("#")[0] or None,
        properties=_properties(value),
    )


def _reader(value: dict[str, Any]) -> Agent:
    """With what a mail was opened or clicked, and whether a machine did it."""
    if value.get("sg_machine_open") is True:
        # Apple fetches every picture itself: the customer may never have seen the mail.
        return Agent(None, "machine_open")
    stated = str(value.get("useragent") or "")
    # A mail provider fetches the picture for its customer, who did open the mail.
    return UNKNOWN if "ImageProxy" in stated or "MailProxy" in stated else agent(stated)


def _category(value: object) -> str | None:
    """The first category: SendGrid sends a list, or one alone as plain text."""
    first = next(iter(value), None) if isinstance(value, list) else value
    return str(first) if first else None


def _properties(value: dict[str, Any]) -> dict[str, Any]:
    """Everything else that was sent, the sender's own arguments too, without personal data."""
    rest = {name: found for name, found in value.items() if name not in USED | LEFT_OUT}
    categories = value.get("category")
    if isinstance(categories, list) and len(categories) > 1:
        rest["categories"] = categories
    return {
        name: redact(found) if name in FREE_TEXT and isinstance(found, str) else found
        for name, found in rest.items()
    }
