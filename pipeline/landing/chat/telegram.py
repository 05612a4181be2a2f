"""Telegram to events: one record per message.

Source: updates of the Bot API (`getUpdates` or webhook bodies), and result.json of Telegram
Desktop's "Export chat history" (JSON), of one chat or of a whole account.
Used: message_id id date date_unixtime edit_date edited_unixtime from from_id chat text caption
text_entities via_bot. Left out: media, polls, reactions, service messages, joins, callbacks,
which bear no time, by rule.
Identifiers: telegram_user; staff likewise. Clock: Unix seconds; an export's `date` is the
telephone's own and is used, in the source's time_zone, where date_unixtime is missing.

In an export of a personal chat the other person is the customer and whoever exported is staff.
Elsewhere staff are the source's `agents`, by id, username or name; all others are customers.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.attributes import attributes
from pipeline.landing.chat import telegram_fields
from pipeline.landing.chat.parties import Staff, acted, agent, customer, is_staff, staff_of
from pipeline.landing.chat.parts import Part, parts
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.containers.unpacked import members
from pipeline.landing.json_fields import (
    Fields,
    filled,
    flag_of,
    id_of,
    list_of,
    needed_id,
    object_of,
    objects_of,
    said,
    text_of,
)
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, outcomes

RECORD_FIELDS = (
    telegram_fields.UPDATE
    | telegram_fields.MESSAGE
    | telegram_fields.SERVICE
    | telegram_fields.ACCOUNT
)
# A text with marked words is a list of its pieces.
VARIED_FIELDS = frozenset({"text"})
UPDATES = ("message", "edited_message", "channel_post", "edited_channel_post", "business_message")
# Where an export says of which chat it is, before its messages.
CHAT = {name: re.compile(rf'"{name}"\s*:\s*("?)([^",}}]+)\1\s*[,}}]') for name in ("id", "type")}
PERSON = re.compile(r"user(\d+)", re.ASCII)


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each message of a file became.

    Raises:
        SourceRefused: As for `containers.json_array`.
    """
    channel = channel_of(feed)
    staff = staff_of(feed)
    exported = _exported(file)
    return outcomes(
        parts(json_array(file, "messages", "result"), lambda value: inner(value, exported)),
        lambda number, part: [interpret(number, part, feed, channel, staff)],
    )


def _exported(file: RawFile) -> Fields:
    """The chat that a Desktop export is of, from what stands before its messages."""
    start = next((stream.read(4096) for _, stream in members(file)), b"")
    head, messages, _ = start.decode("utf-8", "replace").partition('"messages"')
    # Messages that stand alone say of no chat, whatever ids are around them.
    found = {name: pattern.search(head) for name, pattern in CHAT.items()} if messages else {}
    return {name: match[2].strip() for name, match in found.items() if match is not None}


def inner(value: Fields, exported: Fields) -> Iterator[Part]:
    """The messages in one JSON object.

    Raises:
        BadRecord: Neither an update nor an exported message.
    """
    if "update_id" in value:
        yield Part("update", value, value)
    elif "chats" in value:
        for chat in objects_of(object_of(value, "chats"), "list"):
            for position, each in enumerate(objects_of(chat, "messages"), start=1):
                yield Part("exported", each, chat, position)
    elif "date" in value and "id" in value:
        yield Part("exported", value, exported)
    elif value.get("ok") is False:
        raise BadRecord(f"Telegram answered with an error: {said(value.get('description'))}")
    elif not {"result", "messages"} & value.keys():
        raise BadRecord("neither an update of the Bot API nor an exported message")


def interpret(number: int, part: Part, feed: Feed, channel: str, staff: Staff) -> Event | Ignored:
    """The event of one message.

    Raises:
        BadRecord: No id, no readable time, or nobody who wrote.
    """
    event = Event(
        record_number=number,
        own_id=None,
        channel=channel,
        kind="message_sent",
        kind_raw="message",
        occurred=clocks.Instant(0, "day", "explicit"),
        identifiers=(),
        object_kind="conversation",
    )
    if part.what == "empty":
        return Ignored(number, "empty")
    if part.what == "exported":
        return exported(event, part, feed, staff)
    word = next((each for each in UPDATES if each in part.value), None)
    if word is None:
        other = sorted(part.value.keys() - {"update_id"})
        return Ignored(number, other[0][:60] if other else "empty")
    return update(replace(event, kind_raw=word), object_of(part.value, word), feed, staff)


def update(event: Event, value: Fields, feed: Feed, staff: Staff) -> Event | Ignored:
    """A message as a bot received it."""
    chat, sender = object_of(value, "chat"), object_of(value, "from")
    text = text_of(value, "text") or text_of(value, "caption")
    own = f"{needed_id(chat, 'id', 'a chat')}:{needed_id(value, 'message_id', 'a message')}"
    edited = value.get("edit_date")
    if text is None and not MEDIA & value.keys():
        return Ignored(event.record_number, "service message")
    event = replace(
        event,
        own_id=f"{own}:{edited}" if event.kind_raw.startswith("edited") else own,
        kind="message_edited" if event.kind_raw.startswith("edited") else "message_sent",
        occurred=clocks.epoch(edited or value.get("date"), "s", feed.clock),
        object_id=id_of(chat, "id"),
        text=text,
        properties=filled({"chat_type": text_of(chat, "type"), "has_media": _has_media(value)}),
    )
    author = id_of(sender, "id")
    if author is None:
        if object_of(value, "sender_chat") or chat.get("type") == "channel":
            # Written in a channel's name: the company's words to everybody.
            return replace(acted(event, "system"), direction="outbound")
        raise BadRecord("nobody wrote it: it has no from")
    if flag_of(sender, "is_bot"):
        by = agent(feed, "telegram_user", author)
        return replace(acted(replace(event, identifiers=by), "bot"), machine_reason="bot")
    if is_staff(staff, author, text_of(sender, "username"), text_of(sender, "first_name")):
        other = id_of(chat, "id") if chat.get("type") == "private" else None
        return _by_staff(event, author, None if other == author else other, feed)
    who = customer(feed, [("telegram_user", author)])
    known = attributes(
        (field, sender.get(field)) for field in ("first_name", "last_name", "language_code")
    )
    event = replace(event, identifiers=who.identifiers, attributes=known)
    return acted(event, "customer")


MEDIA = {
    *("animation", "audio", "document", "photo", "sticker", "story", "video", "video_note"),
    *("voice", "contact", "location", "venue", "dice", "poll"),
}


def _has_media(value: Fields) -> bool:
    """Whether a message holds more than text."""
    return bool(MEDIA & value.keys())


def _by_staff(event: Event, author: str, other: str | None, feed: Feed) -> Event:
    """A message of staff, to the one customer in a personal chat."""
    people = customer(feed, [("telegram_user", other)]).identifiers
    by = agent(feed, "telegram_user", author)
    return acted(replace(event, identifiers=people + by), "agent")


def exported(event: Event, part: Part, feed: Feed, staff: Staff) -> Event | Ignored:
    """A message in an export of Telegram Desktop."""
    value, chat = part.value, part.holder
    if value.get("type") == "service":
        return Ignored(event.record_number, "service message")
    message_id = needed_id(value, "id", "a message")
    chat_id = id_of(chat, "id")
    text = _joined(value.get("text"))
    edited = value.get("edited_unixtime")
    sent = _when(value, feed)
    event = replace(
        event,
        # Without its chat a message's number says nothing: content decides.
        own_id=f"{chat_id}:{message_id}" if chat_id else None,
        occurred=sent,
        received_us=clocks.epoch(edited, "s", feed.clock).us if edited else sent.us,
        object_kind="conversation" if chat_id else None,
        object_id=chat_id,
        text=text,
        properties=filled(
            {
                "chat_type": text_of(chat, "type"),
                "has_media": any(name in value for name in ("media_type", "photo", "file")),
                "is_edited": bool(edited),
            }
        ),
    )
    sender = text_of(value, "from_id") or ""
    person = PERSON.fullmatch(sender)
    if person is None:
        if sender.startswith("channel"):
            return replace(acted(event, "system"), direction="outbound")
        raise BadRecord(f"nobody wrote it: from_id is {said(sender)}")
    author = person[1]
    is_personal = chat.get("type") == "personal_chat"
    if is_staff(staff, author, text_of(value, "from")) or (is_personal and author != chat_id):
        return _by_staff(event, author, chat_id if is_personal else None, feed)
    if chat.get("type") == "bot_chat" and author == chat_id:
        by = agent(feed, "telegram_user", author)
        return replace(acted(replace(event, identifiers=by), "bot"), machine_reason="bot")
    who = customer(feed, [("telegram_user", author)])
    known = attributes([("name", value.get("from"))])
    return acted(replace(event, identifiers=who.identifiers, attributes=known), "customer")


def _when(value: Fields, feed: Feed) -> clocks.Instant:
    """When a message of an export was sent."""
    if value.get("date_unixtime") is not None:
        return clocks.epoch(value["date_unixtime"], "s", feed.clock)
    return clocks.iso(str(value.get("date")), feed.clock)


def _joined(text: object) -> str | None:
    """A text, which is a list of plain pieces and marked ones where part of it is marked.

    Raises:
        BadRecord: Something else.
    """
    if text is None or isinstance(text, str):
        return text or None
    pieces = list_of({"text": text}, "text")
    plain = [piece.get("text") if isinstance(piece, dict) else piece for piece in pieces]
    if not all(isinstance(piece, str) for piece in plain):
        raise BadRecord(f"text holds what is no text: {said(text)}")
    return "".join(map(str, plain)) or None
