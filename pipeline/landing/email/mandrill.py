"""Mandrill (Mailchimp Transactional) webhooks to events: one record per event.

Source: webhook bodies as posted, `mandrill_events=` and URL-encoded JSON, one body a line; or the
JSON lists inside them.
Used: event ts url user_agent user_agent_parsed msg.{_id,ts,email,subject,tags,metadata,state,
template,diag,bounce_description,reject,clicks}. Left out: ip location smtp_events resends.
Identifiers: email. Clock: `ts`, Unix seconds.
There is no event id: `_id` is the mail's. A click counts as a scanner's when the mail's own record
of clicks shows several links within seconds of sending.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import orjson

from pipeline.landing import clocks
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.containers.text_lines import lines
from pipeline.landing.containers.unpacked import members
from pipeline.landing.email.deliveries import (
    Notice,
    events,
    is_scan,
    outcome_of,
    text_at,
    texts_at,
)
from pipeline.landing.fields import observed
from pipeline.landing.json_fields import id_of, object_of, objects_of
from pipeline.landing.record import Event, Feed, Ignored, Outcome, Raw, RawFile, outcomes

# All that the documents name: a body's fields depend on what happened.
RECORD_FIELDS = frozenset(
    {
        *("event", "_id", "ts", "url", "ip", "user_agent", "user_agent_parsed", "location"),
        *("msg", "type", "action", "entry", "reject"),
    }
)

MEANT = {
    "send": "sent",
    "delivered": "delivered",
    "deferral": "deferred",
    "hard_bounce": "bounced",
    "soft_bounce": "bounced",
    "reject": "rejected",
    "open": "opened",
    "click": "clicked",
    "spam": "complained",
    "unsub": "unsubscribed",
}
BOUNCE_TYPES = {"hard_bounce": "hard", "soft_bounce": "soft"}
FORM = "mandrill_events"


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each event of a file became.

    Raises:
        SourceRefused: As for `containers.json_array`.
    """
    records = observed(file, _posted(file)) if _is_form(file) else json_array(file)
    return outcomes(records, lambda number, value: interpret(number, value, feed))


def _is_form(file: RawFile) -> bool:
    """Whether a file holds bodies as they were posted, and no JSON."""
    return any(stream.read(1) not in {b"[", b"{", b" ", b"\n"} for _, stream in members(file))


def _posted(file: RawFile) -> Iterator[Raw]:
    """The events in posted bodies, one body a line; numbered through the file."""
    number = 0
    for line in lines(file):
        found, problem = ([], line.problem) if line.problem else _events(line.text)
        for event in found:
            number += 1
            yield Raw(number, orjson.dumps(event).decode(), event)
        if problem is not None:
            number += 1
            yield Raw(number, line.text, None, problem)


def _events(body: str) -> tuple[list[dict[str, Any]], str | None]:
    """The events in a posted body, or why there are none to be had."""
    found = parse_qs(body).get(FORM)
    if found is None:
        return [], f"no {FORM} in a posted body"
    try:
        listed = orjson.loads(found[0])
    except orjson.JSONDecodeError as error:
        return [], f"{FORM} holds no valid JSON: {error}"
    if not isinstance(listed, list) or not all(isinstance(event, dict) for event in listed):
        return [], f"{FORM} is no list of JSON objects"
    return listed, None


def interpret(number: int, value: dict[str, Any], feed: Feed) -> list[Event | Ignored]:
    """The event of one entry.

    Raises:
        BadRecord: An unknown event, no recipient, or no readable time.
    """
    if text_at(value, "type") in {"blacklist", "whitelist"}:
        # The account's own lists changed; what led to it was an event before.
        return [Ignored(number, "sync")]
    word = text_at(value, "event")
    outcome = outcome_of(word, MEANT)
    mail = object_of(value, "msg")
    recipient = text_at(mail, "email")
    tags = texts_at(mail, "tags")
    notice = Notice(
        outcome=outcome,
        word=word,
        occurred=clocks.epoch(value.get("ts"), "s", feed.clock),
        addresses=(recipient,) if recipient else (),
        label=tags[0] if tags else text_at(mail, "template") or None,
        message_id=id_of(mail, "_id"),
        link=text_at(value, "url"),
        user_agent=text_at(value, "user_agent"),
        machine_reason=_machine_reason(mail, feed) if outcome == "clicked" else None,
        bounce_type=BOUNCE_TYPES.get(word),
        properties={
            "tags": list(tags[1:]),
            "template": text_at(mail, "template"),
            "subject": text_at(mail, "subject"),
            "reason": text_at(mail, "bounce_description")
            or text_at(object_of(mail, "reject"), "reason"),
            "response": text_at(mail, "diag"),
            # Mandrill writes no metadata as an empty list.
            "metadata": mail.get("metadata"),
        },
    )
    return [*events(number, notice, feed)]


def _machine_reason(mail: dict[str, Any], feed: Feed) -> str | None:
    """Whether a mail's clicks so far are a scanner's.

    Raises:
        BadRecord: A click without a readable time.
    """
    if mail.get("ts") is None:
        return None
    clicks = objects_of(mail, "clicks")
    sent = clocks.epoch(mail["ts"], "s", feed.clock)
    followed = [
        (clocks.epoch(click.get("ts"), "s", feed.clock).us, text_at(click, "url"))
        for click in clicks
    ]
    return "mail_scanner" if is_scan(sent.us, followed) else None
