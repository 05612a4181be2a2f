"""SendGrid event webhooks to events: one record per webhook event.

Source: Event Webhook v3, the bodies as posted: lists of events, one or many in a file.
Used: event email timestamp sg_event_id sg_message_id category url useragent sg_machine_open type.
Left out: where the mail went and how (ip tls url_offset sg_content_type cert_err). All else,
the sender's own arguments among it, is kept as properties.
Identifiers: email. Clock: `timestamp`, Unix seconds.
SendGrid delivers an event again until it is taken, with the same sg_event_id.
"""

from collections.abc import Iterator
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.email.deliveries import Notice, events, outcome_of, text_at
from pipeline.landing.json_fields import id_of
from pipeline.landing.record import Event, Feed, Outcome, RawFile, outcomes

# All that the documents name: a body's fields depend on what happened.
RECORD_FIELDS = frozenset(
    {
        *("email", "timestamp", "event", "sg_event_id", "sg_message_id", "smtp-id", "category"),
        *("url", "useragent", "ip", "sg_machine_open", "type", "tls", "url_offset"),
        *("sg_content_type", "cert_err", "reason", "status", "response", "attempt"),
        *("asm_group_id", "bounce_classification", "marketing_campaign_id"),
        *("marketing_campaign_name", "newsletter", "send_at", "pool", "domain", "from"),
    }
)
# One category alone is a text; the numbers are also written as texts.
VARIED_FIELDS = frozenset({"category", "attempt", "tls", "asm_group_id", "marketing_campaign_id"})

MEANT = {
    "processed": "sent",
    "delivered": "delivered",
    "deferred": "deferred",
    "bounce": "bounced",
    "blocked": "bounced",
    "dropped": "rejected",
    "open": "opened",
    "click": "clicked",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
    "group_resubscribe": "subscribed",
}
USED = {"email", "timestamp", "event", "sg_event_id", "sg_message_id", "category", "url"}
LEFT_OUT = {
    *("ip", "tls", "useragent", "url_offset", "sg_machine_open", "sg_content_type", "cert_err"),
}


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each webhook event of a file became.

    The file holds lists of events, one list or event per line, or one after another.

    Raises:
        SourceRefused: As for `containers.json_array`.
    """
    return outcomes(json_array(file), lambda number, value: interpret(number, value, feed))


def interpret(number: int, value: dict[str, Any], feed: Feed) -> list[Event]:
    """The event of one webhook event.

    Raises:
        BadRecord: An unknown event, no recipient, or no readable time.
    """
    word = text_at(value, "event")
    outcome = outcome_of(word, MEANT)
    recipient = text_at(value, "email")
    if not recipient:
        raise BadRecord("no recipient: email is empty")
    notice = Notice(
        outcome=outcome,
        word=word,
        occurred=clocks.epoch(value.get("timestamp"), "s", feed.clock),
        addresses=(recipient,),
        own_id=id_of(value, "sg_event_id"),
        label=_category(value.get("category")),
        message_id=(id_of(value, "sg_message_id") or "").partition(".filter")[0] or None,
        link=text_at(value, "url"),
        user_agent=text_at(value, "useragent"),
        # Apple fetches every picture itself: the customer may never have seen the mail.
        machine_reason="machine_open" if value.get("sg_machine_open") is True else None,
        bounce_type=_bounce_type(word, value) if outcome == "bounced" else None,
        properties=_rest(value),
    )
    return events(number, notice, feed)


def _bounce_type(word: str, value: dict[str, Any]) -> str:
    """SendGrid calls a bounce blocked when the receiving server refused this mail alone."""
    return "blocked" if "blocked" in (word, value.get("type")) else "hard"


def _category(value: object) -> str | None:
    """The first category: SendGrid sends a list, or one alone as plain text."""
    first = next(iter(value), None) if isinstance(value, list) else value
    return str(first) if first else None


def _rest(value: dict[str, Any]) -> dict[str, Any]:
    """Everything else that was sent, the sender's own arguments too."""
    rest = {name: found for name, found in value.items() if name not in USED | LEFT_OUT}
    categories = value.get("category")
    if isinstance(categories, list) and len(categories) > 1:
        rest["categories"] = categories
    return rest
