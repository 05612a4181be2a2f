"""Zendesk Chat exports to events: one record for each chat and one for each history entry.

Source: the chats of Zendesk Chat's REST API v2, with their history.
Used: id type timestamp end_timestamp visitor session history rating comment missed started_by
department_name external_id message duration count response_time zendesk_ticket_id tags.
Left out: webpath, conversions and triggers' own data, which tell of pages and set-up.
Identifiers: zendesk_visitor, email, phone, user_id (external_id). Clock: ISO 8601 with zone.

A chat comes again, longer, whenever it was updated; ids are made from what does not change, so
what was landed before is recognised entry by entry.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.agents import agent
from pipeline.landing.chat import zendesk_fields
from pipeline.landing.chat.parties import Handles, acted, customer
from pipeline.landing.chat.parts import written
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.json_fields import Fields, filled, list_of, needed_id, object_of, text_of
from pipeline.landing.readers import channel_of
from pipeline.landing.record import (
    Event,
    Feed,
    Ignored,
    Outcome,
    Raw,
    RawFile,
    outcomes,
)

RECORD_FIELDS = zendesk_fields.CHAT
# Entries in which nobody says anything to anybody: type -> the rule that leaves them out.
SILENT = {
    "chat.memberjoin": "member_joined",
    "chat.memberleave": "member_left",
    "chat.tags": "tags",
    "chat.triggered": "triggered",
    "chat.request.rating": "rating_requested",
    "chat.queue_position": "queue_position",
    "chat.department": "department_changed",
    "chat.transfer": "transferred",
    "chat.invite": "member_invited",
}
# On the scale of five that other systems use.
RATINGS = {"good": 5.0, "bad": 1.0}


class Entry(NamedTuple):
    """One record: a chat, or one entry of its history.

    Attributes:
        entry: None for the chat itself.
        position: From 1 within the history; 0 for the chat.
        name: What tells the entry from the chat's others.
    """

    chat: Fields
    entry: Fields | None = None
    position: int = 0
    name: str = ""


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each chat and each history entry of a file became.

    The file holds a list of chats, `{"chats": [...]}`, one chat, or one of these per line.

    Raises:
        SourceRefused: As for `containers.json_array`.
    """
    channel = channel_of(feed)
    return outcomes(
        entries(json_array(file, "chats")),
        lambda number, record: interpret(number, record, feed, channel),
    )


def entries(chats: Iterable[Raw]) -> Iterator[Raw]:
    """Each chat's record and then its history entries' records, numbered through the file."""
    number = 0
    for raw in chats:
        number += 1
        if raw.problem is not None:
            yield raw._replace(number=number)
            continue
        try:
            found = list_of(raw.value, "history")
        except BadRecord as bad:
            yield Raw(number, raw.text, None, str(bad))
            continue
        yield Raw(number, raw.text, Entry(raw.value))
        seen: Counter[str] = Counter()
        for position, entry in enumerate(found, start=1):
            number += 1
            text = written(entry, raw.text)
            if not isinstance(entry, dict):
                yield Raw(number, text, None, "a history entry that is no JSON object")
                continue
            name = f"{entry.get('type')}:{entry.get('msg_id') or entry.get('timestamp')}"
            seen[name] += 1
            if seen[name] > 1:
                name = f"{name}:{seen[name]}"
            yield Raw(number, text, Entry(raw.value, entry, position, name))


def interpret(number: int, record: Entry, feed: Feed, channel: str) -> list[Event | Ignored]:
    """The events of a chat or of one history entry.

    Raises:
        BadRecord: No id, no readable time, or a type of chat or entry that is not known.
    """
    chat, entry = record.chat, record.entry
    chat_id = needed_id(chat, "id", "a chat")
    who = _visitor(chat, feed)
    if entry is not None and (rule := SILENT.get(str(entry.get("type")))):
        return [Ignored(number, rule)]
    event = Event(
        record_number=number,
        own_id=f"{chat_id}:{record.name}" if record.name else chat_id,
        channel=channel,
        kind="chat_started",
        kind_raw=str((entry or chat).get("type") or "chat")[:100],
        occurred=clocks.iso(str((entry or chat).get("timestamp")), feed.clock),
        identifiers=who.identifiers,
        label=str(chat.get("department_name") or "chat").strip().lower(),
        source_sequence=record.position,
        device_kind=_device(chat),
        object_kind="conversation",
        object_id=chat_id,
        properties=filled({"unreadable": list(who.unreadable)}),
    )
    if entry is not None:
        return [_said(event, entry)]
    if event.kind_raw == "offline_msg":
        return [replace(event, kind="offline_message_sent", text=text_of(chat, "message"))]
    if event.kind_raw != "chat":
        raise BadRecord(f"unknown type of chat: {event.kind_raw[:40]!r}")
    return [*_course(event, chat, feed)]


def _visitor(chat: Fields, feed: Feed) -> Handles:
    """The visitor's handles; what was typed into the form before a chat proves nothing.

    Raises:
        BadRecord: An id that a spreadsheet or a float has rounded.
    """
    visitor = object_of(chat, "visitor")
    given = (
        ("zendesk_visitor", visitor.get("id")),
        ("email", visitor.get("email")),
        ("phone", visitor.get("phone")),
        # Set only by a token that the company's own site has signed.
        ("user_id", visitor.get("external_id") or chat.get("external_id")),
    )
    return customer(feed, given)


def _device(chat: Fields) -> str | None:
    """The kind of the visitor's device."""
    return agent(text_of(object_of(chat, "session"), "user_agent")).device_kind


def _course(event: Event, chat: Fields, feed: Feed) -> Iterator[Event]:
    """That a chat began, and was missed, or ended and how."""
    starter = {"agent": "agent", "trigger": "bot"}.get(str(chat.get("started_by")), "customer")
    yield acted(event, starter)
    end = chat.get("end_timestamp")
    last = replace(
        event,
        occurred=clocks.iso(str(end), feed.clock) if end else event.occurred,
        source_sequence=len(list_of(chat, "history")) + 1,
    )
    if chat.get("missed"):
        yield replace(acted(last, "system"), kind="chat_missed", own_id=f"{event.own_id}:missed")
    elif end:
        stated = {
            "duration_seconds": chat.get("duration"),
            "message_count": chat.get("count"),
            "response_seconds": chat.get("response_time"),
            "tags": chat.get("tags"),
            "ticket": chat.get("zendesk_ticket_id"),
        }
        yield replace(
            acted(last, "system"),
            kind="chat_ended",
            own_id=f"{event.own_id}:ended",
            properties={name: value for name, value in stated.items() if value},
        )
    # Short exports leave the rating out of the history.
    rating = chat.get("rating")
    entries_rated = [
        entry
        for entry in list_of(chat, "history")
        if isinstance(entry, dict) and "new_rating" in entry
    ]
    if rating and not entries_rated:
        last = replace(last, own_id=f"{event.own_id}:rated", text=text_of(chat, "comment"))
        yield _rated(last, rating)


def _said(event: Event, entry: Fields) -> Event | Ignored:
    """What one history entry tells.

    Raises:
        BadRecord: An unknown type of entry or of rating, or nobody known who said it.
    """
    event = acted(event, _author(entry))
    if event.kind_raw == "chat.msg":
        return replace(event, kind="chat_message_sent", text=text_of(entry, "msg"))
    if event.kind_raw in {"chat.file", "chat.attachment"}:
        return replace(event, kind="chat_file_sent")
    if event.kind_raw == "chat.rating":
        rating = entry.get("new_rating")
        if rating is None:
            return Ignored(event.record_number, "rating_withdrawn")
        return _rated(event, rating)
    if event.kind_raw == "chat.comment":
        comment = text_of(entry, "new_comment") or text_of(entry, "comment")
        return replace(event, kind="chat_commented", text=comment)
    raise BadRecord(f"unknown type of history entry: {event.kind_raw[:40]!r}")


def _author(entry: Fields) -> str:
    """Who said it: customer, agent or bot.

    Raises:
        BadRecord: Neither sender_type nor nick tells.
    """
    nick, sender = (str(entry.get(name) or "").lower() for name in ("nick", "sender_type"))
    if "trigger" in {sender, nick.removeprefix("agent:")}:
        return "bot"
    if sender == "visitor" or nick.startswith("visitor"):
        return "customer"
    if sender == "agent" or nick.startswith("agent"):
        return "agent"
    raise BadRecord(f"nobody known said it: nick {nick[:40]!r}")


def _rated(event: Event, rating: object) -> Event:
    """The customer's rating of the chat.

    Raises:
        BadRecord: Neither good nor bad.
    """
    if str(rating) not in RATINGS:
        raise BadRecord(f"unknown rating: {str(rating)[:40]!r}")
    return replace(
        acted(event, "customer"), kind="chat_rated", score_kind="csat", score=RATINGS[str(rating)]
    )
