"""Zendesk's tables of chats in a warehouse, ticket_chat and ticket_chat_event, to events.

ticket_chat says whose a chat is and of which ticket, at no time of its own: it links them, as of
when it was copied. ticket_chat_event holds what was said. The rows of a chat are joined by the
identifier `zendesk_chat`. Who speaks is told by actor_id (`agent:7`, `__trigger`), else by the
original message of Zendesk's messaging, else by ticket_chat, user or staff's ids in wend.toml.
"""

import re
from typing import NamedTuple

import orjson

from pipeline.errors import BadRecord
from pipeline.landing.chat.fivetran import SYNCED, instant, named_by
from pipeline.landing.chat.parties import acted, agent, customer, is_staff
from pipeline.landing.chat.zendesk_people import Known, author_role
from pipeline.landing.json_fields import Fields, filled, id_of, needed_id, object_of, said, text_of
from pipeline.landing.record import Event, Feed, Identifier, Ignored

# Which of the tables it is, by columns that it has and no other of Zendesk's.
TABLES = {
    "ticket_chat": {"chat_id", "visitor_id", "ticket_id"},
    "ticket_chat_event": {"chat_id", "actor_id", "chat_index"},
}
# Events in which nobody says anything to anybody: type -> the rule that leaves them out.
SILENT = {
    "ChatJoin": "member_joined",
    "ChatLeave": "member_left",
    "ChatDepartmentTransfer": "department_changed",
    "ChatEmailChanged": "visitor_changed",
    "ChatNameChanged": "visitor_changed",
    "ChatPhoneChanged": "visitor_changed",
}
# Actors of Zendesk's own.
NO_PERSON = {"__trigger": "bot", "__system": "system"}
# author.type of an original message -> who acts
AUTHORS = {"USER": "customer", "BUSINESS": "agent"}
INDEX = re.compile(r"\d{1,9}(?:\.0)?", re.ASCII)


class ChatRow(NamedTuple):
    """A row of one of TABLES, with its cells as text."""

    table: str
    cells: Fields


def table_of(cells: Fields) -> str | None:
    """Which of the tables of chats a row is of."""
    return named_by(cells.keys(), TABLES)


def event_of(number: int, row: ChatRow, feed: Feed, known: Known) -> Event | Ignored:
    """What a row of either table became.

    Raises:
        BadRecord: An id or time that cannot be read, an event of no known type, or nobody known
            who speaks.
    """
    if row.table == "ticket_chat":
        return chat(number, row.cells, feed, known)
    return chat_event(number, row.cells, feed, known)


def chat(number: int, cells: Fields, feed: Feed, known: Known) -> Event | Ignored:
    """That a chat is a user's, and of a ticket: it links them, and is no meeting."""
    chat_id = needed_id(cells, "chat_id", "a chat")
    user = id_of(cells, "user_id")
    if known.roles.get(user or "") in {"agent", "admin"} or is_staff(known.staff, user):
        return Ignored(number, "staff")
    who = customer(
        feed,
        (
            ("zendesk_chat", chat_id),
            ("zendesk_ticket", id_of(cells, "ticket_id")),
            ("zendesk_user", user),
            ("zendesk_visitor", id_of(cells, "visitor_id")),
        ),
    )
    if not cells.get(SYNCED):
        raise BadRecord(f"a chat without {SYNCED}")
    occurred = instant(cells[SYNCED], feed.clock, is_utc=True)
    event = Event(
        record_number=number,
        own_id=f"chat/{chat_id}/{id_of(cells, 'ticket_id')}/{user}",
        channel=feed.source.channel or "chat",
        kind="association_recorded",
        kind_raw="ticket_chat",
        occurred=occurred,
        identifiers=who.identifiers,
        # Copied again, it was known by then.
        received_us=occurred.us,
        object_kind="conversation",
        object_id=chat_id,
        properties=filled({"via": text_of(cells, "channel")}),
    )
    return acted(event, "system")


def chat_event(number: int, cells: Fields, feed: Feed, known: Known) -> Event | Ignored:
    """What was said in a chat."""
    kind_raw = str(cells.get("type"))
    if rule := SILENT.get(kind_raw):
        return Ignored(number, rule)
    if kind_raw == "ChatMessage":
        kind = "chat_message_sent"
    elif cells.get("filename"):
        kind = "chat_file_sent"
    else:
        raise BadRecord(f"unknown type of chat event: {said(kind_raw)}")
    chat_id = needed_id(cells, "chat_id", "a chat event")
    stamp, index = cells.get("created_at") or "", cells["chat_index"]
    if not INDEX.fullmatch(index):
        raise BadRecord(f"chat_index is no whole number: {said(index)}")
    occurred = instant(stamp, feed.clock, is_utc=True)
    place = int(index.removesuffix(".0"))
    actor, user = speaker(cells, chat_id, known)
    event = Event(
        record_number=number,
        own_id=f"chat/{chat_id}/{stamp}/{place}",
        channel=feed.source.channel or "chat",
        kind=kind,
        kind_raw=kind_raw,
        occurred=occurred,
        identifiers=people(chat_id, actor, user, feed, known),
        label="chat",
        source_sequence=place,
        object_kind="conversation",
        object_id=chat_id,
        text=text_of(cells, "message"),
        properties=filled(
            {
                "filename": cells.get("filename"),
                "mime_type": cells.get("mime_type"),
                # Said before, and shown again when the chat began.
                "is_history_context": cells.get("is_history_context", "").lower() == "true",
            }
        ),
    )
    return acted(event, actor)


def speaker(cells: Fields, chat_id: str, known: Known) -> tuple[str, str | None]:
    """Who speaks: customer, agent, bot or system; and the id of the user, if it is one.

    Raises:
        BadRecord: Nobody, or somebody of whom nothing tells whether they are staff.
    """
    given = cells.get("actor_id") or ""
    user = id_of({"actor_id": given.removeprefix("agent:")}, "actor_id")
    original = _original(cells)
    if given in NO_PERSON:
        return NO_PERSON[given], None
    if text_of(object_of(original, "source"), "type") == "zd:answerBot":
        return "bot", user
    if user is None:
        raise BadRecord(f"nobody known said it: actor_id {said(given)}")
    if given.startswith("agent:"):
        return "agent", user
    if (author := AUTHORS.get(str(object_of(original, "author").get("type")))) is not None:
        return author, user
    own = known.chats.get(chat_id)
    role = author_role(known, user, requester=own, sender=None, is_public=True)
    return "customer" if role == "other" else role, user


def _original(cells: Fields) -> Fields:
    """The message as Zendesk's messaging had it; empty where the chat was of the older kind.

    Raises:
        BadRecord: It is no JSON object.
    """
    text = cells.get("original_message")
    if not text:
        return {}
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRecord(f"original_message is not valid JSON: {error}") from error
    return object_of({"original_message": found}, "original_message")


def people(
    chat_id: str, actor: str, user: str | None, feed: Feed, known: Known
) -> tuple[Identifier, ...]:
    """The chat and its customer, as the one who acts; staff by their own handle.

    Another customer than the chat's own speaks for themselves alone.
    """
    own = known.chats.get(chat_id)
    named = Identifier(feed.namespace("zendesk_chat"), chat_id, "actor")
    if actor != "customer":
        found = customer(feed, [("zendesk_user", own)]).identifiers
        return (named, *found, *agent(feed, "zendesk_user", user))
    if own not in {None, user}:
        named = named._replace(role="mentioned")
    return (named, *customer(feed, [("zendesk_user", user)]).identifiers)
