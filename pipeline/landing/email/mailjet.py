"""Mailjet event webhooks to events: one record per webhook event.

Source: Event API v3 as posted: one event, or a list of them where events are grouped.
Used: event time email MessageID customcampaign mj_contact_id CustomID Payload url agent
hard_bounce blocked error_related_to error source comment smtp_reply mj_list_id.
Left out: ip geo Message_GUID mj_campaign_id (an account's own numbers).
Identifiers: email, mailjet_contact. Clock: `time`, Unix seconds.
There is no event id. `sent` means that the recipient's server took the mail: delivered.
"""

from collections.abc import Iterator
from typing import Any

from pipeline.landing import clocks
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.email.deliveries import Notice, events, outcome_of, text_at
from pipeline.landing.json_fields import flag_of, id_of
from pipeline.landing.record import Event, Feed, Identifier, Outcome, RawFile, outcomes

# All that the documents name: a body's fields depend on what happened.
RECORD_FIELDS = frozenset(
    {
        *("event", "time", "email", "MessageID", "Message_GUID", "mj_campaign_id"),
        *("mj_contact_id", "mj_list_id", "customcampaign", "CustomID", "Payload", "url"),
        *("agent", "ip", "geo", "hard_bounce", "blocked", "error_related_to", "error"),
        *("comment", "source", "smtp_reply"),
    }
)
# Numbers of the account, also written as texts; an empty text for none.
VARIED_FIELDS = frozenset(
    {"MessageID", "mj_campaign_id", "mj_contact_id", "mj_list_id", "customcampaign"}
)

MEANT = {
    "sent": "delivered",
    "open": "opened",
    "click": "clicked",
    "bounce": "bounced",
    "blocked": "rejected",
    "spam": "complained",
    "unsub": "unsubscribed",
}


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each webhook event of a file became.

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
    is_hard = flag_of(value, "hard_bounce")
    # "Greylisted" is a delay by name, unless Mailjet has given up.
    if outcome == "bounced" and text_at(value, "error") == "greylisted" and not is_hard:
        outcome = "deferred"
    recipient = text_at(value, "email")
    contact = id_of(value, "mj_contact_id")
    namespace = feed.namespace("mailjet_contact")
    # 0 stands for a recipient that is no contact of a list.
    known = contact is not None and contact != "0"
    notice = Notice(
        outcome=outcome,
        word=word,
        occurred=clocks.epoch(value.get("time"), "s", feed.clock),
        addresses=(recipient,) if recipient else (),
        label=text_at(value, "customcampaign") or None,
        message_id=id_of(value, "MessageID"),
        link=text_at(value, "url"),
        user_agent=text_at(value, "agent"),
        bounce_type=("hard" if is_hard else "soft") if outcome == "bounced" else None,
        handles=(Identifier(namespace, str(contact), "recipient"),) if known else (),
        properties={
            "reason": text_at(value, "error") or text_at(value, "source"),
            "about": text_at(value, "error_related_to"),
            "response": text_at(value, "smtp_reply") or text_at(value, "comment"),
            "custom_id": text_at(value, "CustomID"),
            "payload": text_at(value, "Payload"),
            "list": text_at(value, "mj_list_id"),
        },
    )
    return events(number, notice, feed)
