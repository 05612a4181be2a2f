"""LiveChat archives to events: one record per thread and one per event in it.

Source: list_archives and get_chat of LiveChat's Agent Chat API v3.1 to v3.6, as JSON or lines.
Used: chat id users[] (id type name email session_fields) thread(s)[] (id created_at events[]
properties.rating tags); event id type text author_id created_at visibility (recipients before
v3.2) fields[] system_message_type text_vars.
Left out: access, routing and agents' own properties; visited pages.
Identifiers: livechat_customer, email and user_id (a session field of that name, external_id or
customer_id), phone of a filled form; all unverified. Staff as livechat_agent.
Clock: ISO 8601 with zone, to the microsecond.

A chat is a customer's for good and holds a thread for every visit: a thread is what began and
ended. What only agents see is a note.
"""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.chat.parties import Handles, acted, agent, customer, inside
from pipeline.landing.chat.parts import Part, parts
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.json_fields import (
    Fields,
    filled,
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

# A chat as the archives have it, its summary in list_chats, and what get_chat puts around it.
RECORD_FIELDS = frozenset(
    {
        *("id", "users", "thread", "threads", "properties", "access", "is_followed"),
        *("last_thread_summary", "last_thread_info", "last_event_per_type", "chat"),
    }
)

SAID = {"message", "rich_message", "file"}
# On the scale of five that other systems use: LiveChat writes 1 and 0, or good and bad.
RATINGS = {"1": 5.0, "good": 5.0, "0": 1.0, "bad": 1.0}


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each thread and each event of a file became.

    Raises:
        SourceRefused: As for `containers.json_array`.
    """
    channel = channel_of(feed)
    return outcomes(
        parts(json_array(file, "chats"), inner),
        lambda number, part: [interpret(number, part, feed, channel)],
    )


def inner(chat: Fields) -> Iterator[Part]:
    """The threads of a chat, each followed by its events; the holder is the chat of this thread.

    Raises:
        BadRecord: A thread or event that is no JSON object.
    """
    if isinstance(chat.get("chat"), dict):
        chat = chat["chat"]
    alone = object_of(chat, "thread")
    for thread in [alone] if alone else objects_of(chat, "threads"):
        around = {**chat, "thread": thread}
        yield Part("thread", thread, around)
        for position, each in enumerate(list_of(thread, "events"), start=1):
            yield Part("event", each, around, position)


def interpret(number: int, part: Part, feed: Feed, channel: str) -> Event | Ignored:
    """The event of one thread or of one of its events.

    Raises:
        BadRecord: No id, no readable time, an unknown type, or nobody known who wrote.
    """
    if part.what == "empty":
        return Ignored(number, "no thread")
    value, chat = part.value, part.holder
    if not isinstance(value, dict):
        raise BadRecord(f"an event that is no JSON object: {said(value)}")
    thread = chat["thread"]
    who = _customer(chat, feed)
    event = Event(
        record_number=number,
        own_id=needed_id(value, "id", f"a {part.what}"),
        channel=channel,
        kind="chat_started",
        kind_raw=str(value.get("type") or part.what)[:100],
        occurred=clocks.iso(str(value.get("created_at")), feed.clock),
        identifiers=who.identifiers,
        label="chat",
        source_sequence=part.position,
        object_kind="conversation",
        object_id=needed_id(thread, "id", "a thread"),
        properties=filled({"unreadable": list(who.unreadable)}),
    )
    if part.what == "event":
        return _event(event, value, chat, feed)
    first: Fields = next((each for each in list_of(thread, "events") if _is_said(each)), {})
    starter = _types(chat).get(str(first.get("author_id")), "customer")
    tags = [str(tag) for tag in list_of(thread, "tags")]
    event = replace(event, properties={**event.properties, **filled({"tags": tags})})
    return acted(event, "agent" if starter == "agent" else "customer")


def _is_said(value: object) -> bool:
    """Whether an event of a thread is something somebody said."""
    return isinstance(value, dict) and str(value.get("type")) in SAID


def _types(chat: Fields) -> dict[str, str]:
    """User id -> customer or agent."""
    users = objects_of(chat, "users")
    return {str(user.get("id")): str(user.get("type")) for user in users}


def _customer(chat: Fields, feed: Feed) -> Handles:
    """The chat's customer: the first of its users that is one."""
    person = next(
        (user for user in objects_of(chat, "users") if user.get("type") == "customer"), {}
    )
    # Variables that the page sets by script: they prove nothing, whatever they are called.
    own = [
        each
        for field in objects_of(person, "session_fields")
        for name in ("user_id", "external_id", "customer_id")
        if isinstance(each := field.get(name), str | int)
    ]
    who = customer(
        feed,
        (
            ("livechat_customer", id_of(person, "id")),
            ("email", text_of(person, "email")),
            ("user_id", next(iter(own), None)),
        ),
    )
    people = tuple(each._replace(is_authenticated=False) for each in who.identifiers)
    return Handles(people, who.unreadable)


def _event(event: Event, value: Fields, chat: Fields, feed: Feed) -> Event | Ignored:
    """What one event of a thread tells."""
    if event.kind_raw == "system_message":
        return _system(event, value, chat)
    author = text_of(value, "author_id")
    role = _types(chat).get(author or "")
    if event.kind_raw in {"form", "custom"} or str(value.get("system_message_type") or ""):
        return Ignored(event.record_number, event.kind_raw)
    if event.kind_raw == "filled_form":
        return _form(event, value, feed)
    if event.kind_raw not in SAID:
        raise BadRecord(f"unknown type of event: {event.kind_raw[:40]!r}")
    if role not in {"customer", "agent"}:
        raise BadRecord(f"nobody known said it: author {said(author)}")
    event = replace(
        event,
        kind="chat_file_sent" if event.kind_raw == "file" else "chat_message_sent",
        text=text_of(value, "text"),
    )
    if role == "customer":
        return acted(event, "customer")
    by = agent(feed, "livechat_agent", author)
    event = acted(replace(event, identifiers=event.identifiers + by), "agent")
    seen_by = str(value.get("visibility") or value.get("recipients") or "all")
    if seen_by not in {"all", "agents"}:
        raise BadRecord(f"unknown visibility: {seen_by[:40]!r}")
    if seen_by == "agents":
        return replace(inside(event), kind="chat_noted")
    return event


def _system(event: Event, value: Fields, chat: Fields) -> Event | Ignored:
    """What LiveChat itself wrote into a thread: an end, a rating, or something of no weight."""
    word = str(value.get("system_message_type") or "system_message")
    event = replace(event, kind_raw=word[:100])
    texts = object_of(value, "text_vars")
    if "archived" in word:
        return replace(acted(event, "system"), kind="chat_ended")
    if word == "rating.chat_commented":
        remark = text_of(texts, "comment")
        return replace(acted(event, "customer"), kind="chat_commented", text=remark)
    if word == "rating.chat_rated":
        rating = object_of(object_of(object_of(chat, "thread"), "properties"), "rating")
        score = rating.get("score")
        score = score.get("value") if isinstance(score, dict) else score
        # The thread has the last word; a thread without one was rated as this event says.
        return _rated(event, texts.get("score") if texts.get("score") is not None else score)
    return Ignored(event.record_number, "system message")


def _rated(event: Event, score: object) -> Event:
    """The customer's rating of the chat.

    Raises:
        BadRecord: Neither good nor bad.
    """
    if isinstance(score, bool) or str(score) not in RATINGS:
        raise BadRecord(f"unknown rating: {said(score)}")
    return replace(
        acted(event, "customer"), kind="chat_rated", score_kind="csat", score=RATINGS[str(score)]
    )


def _form(event: Event, value: Fields, feed: Feed) -> Event:
    """What a customer filled in before or after a chat; addresses in it prove nothing."""
    given = [
        (kind, field.get("value") or field.get("answer"))
        for field in objects_of(value, "fields")
        for kind in [str(field.get("type"))]
        if kind in {"email", "phone"}
    ]
    who = customer(feed, [each for each in given if isinstance(each[1], str)])
    unreadable = sorted({*event.properties.get("unreadable", ()), *who.unreadable})
    event = replace(
        event,
        kind="form_submitted",
        identifiers=tuple(dict.fromkeys(event.identifiers + who.identifiers)),
        properties=filled({"unreadable": unreadable}),
    )
    return acted(event, "customer")
