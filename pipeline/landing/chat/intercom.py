"""Intercom conversations to events: one record for each conversation, rating and part.

The first message stands in the conversation's `source` and not among its parts; most parts are
no messages but notes of what the team's inbox did.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import orjson

from pipeline.errors import BadRecord
from pipeline.landing import clocks, identifiers
from pipeline.landing.containers import json_array
from pipeline.landing.formats import channel_of
from pipeline.landing.record import (
    Event,
    Feed,
    Identifier,
    Ignored,
    Outcome,
    Raw,
    RawFile,
    outcomes,
)

# author.type -> who acts
ACTORS = {
    "user": "customer",
    "lead": "customer",
    "contact": "customer",
    "visitor": "customer",
    "admin": "agent",
    "team": "agent",
    "bot": "bot",
}
# Parts that carry a message where they carry a text at all.
MESSAGES = {
    "comment",
    "quick_reply",
    "open",
    "assignment",
    "assign_and_reopen",
    "channel_and_reply",
}


class Part(NamedTuple):
    """One record: a conversation, its rating, or one of its parts.

    Attributes:
        content: The rating or part; for the conversation its `source`.
        sort: conversation, rating or part.
        position: From 1 among the parts.
    """

    conversation: dict[str, Any]
    content: dict[str, Any]
    sort: str
    position: int = 0


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each conversation, rating and part of a file became.

    The file holds a list of conversations, `{"conversations": [...]}`, one conversation, or one
    of these per line.

    Raises:
        SourceRefused: As for `containers.json_array`.
    """
    channel = channel_of(feed)
    return outcomes(
        parts(json_array(file, "conversations")),
        lambda number, record: interpret(number, record, feed, channel),
    )


def parts(conversations: Iterable[Raw]) -> Iterator[Raw]:
    """Each conversation's record, its rating's and its parts', numbered through the file."""
    number = 0
    for raw in conversations:
        number += 1
        if raw.problem is not None:
            yield raw._replace(number=number)
            continue
        conversation = raw.value
        source = _object(conversation, "source")
        yield Raw(number, raw.text, Part(conversation, source, "conversation"))
        rating = conversation.get("conversation_rating")
        inner = [("rating", rating)] if rating else []
        inner += [("part", part) for part in listed(conversation, "conversation_parts")]
        for position, (sort, content) in enumerate(inner, start=1):
            number += 1
            text = orjson.dumps(content).decode()
            if isinstance(content, dict):
                yield Raw(number, text, Part(conversation, content, sort, position))
            else:
                yield Raw(number, text, None, f"a {sort} that is no JSON object")


def listed(holder: dict[str, Any], name: str) -> list[Any]:
    """The list under a name: either the list itself or Intercom's `{"type", name: [...]}`."""
    found = holder.get(name)
    if isinstance(found, dict):
        found = found.get(name)
    return found if isinstance(found, list) else []


def interpret(number: int, record: Part, feed: Feed, channel: str) -> list[Event | Ignored]:
    """The events of a conversation, a rating or a part: at most one.

    Raises:
        BadRecord: No id, no readable time, no known author, or a text of an unknown kind.
    """
    conversation, content = record.conversation, record.content
    conversation_id = identifiers.code(conversation.get("id") or "")
    if conversation_id is None:
        raise BadRecord("a conversation without id")
    kind_raw = record.sort
    if record.sort == "part":
        kind_raw = str(content.get("part_type") or "unknown")[:100]
    text = str(content.get("body") or "") or None
    if record.sort == "part" and not _tells(kind_raw, text):
        return [Ignored(number, f"inbox_{kind_raw}")]
    stamp = content.get("created_at")
    if record.sort == "conversation":
        stamp = conversation.get("created_at")
    if record.sort == "rating" and stamp is None:
        stamp = conversation.get("updated_at")
    event = Event(
        record_number=number,
        own_id=conversation_id,
        channel=channel,
        kind="conversation_started",
        kind_raw=kind_raw,
        occurred=clocks.epoch(stamp, "s", feed.clock),
        identifiers=(),
        label=str(_object(conversation, "source").get("type") or "conversation"),
        source_sequence=record.position,
        object_kind="conversation",
        object_id=conversation_id,
        text=text,
    )
    if record.sort == "rating":
        return [_rated(event, record, feed)]
    event = _by(event, record, feed)
    if record.sort == "conversation":
        return [_started(event, content)]
    part_id = identifiers.code(content.get("id") or "")
    if part_id is None:
        raise BadRecord("a conversation part without id")
    return [_continued(replace(event, own_id=f"{conversation_id}:{part_id}"))]


def _tells(part_type: str, text: str | None) -> bool:
    """Whether a part is more than a note of what the inbox did."""
    if part_type == "comment" or part_type.startswith(("close", "note")):
        return True
    return text is not None


def _object(holder: dict[str, Any], name: str) -> dict[str, Any]:
    """The object under a name; empty without one."""
    found = holder.get(name)
    return found if isinstance(found, dict) else {}


def _is_customer(person: dict[str, Any]) -> bool:
    """Whether an author or contact is no staff and no bot."""
    return ACTORS.get(str(person.get("type"))) == "customer"


def _by(event: Event, record: Part, feed: Feed) -> Event:
    """The event with who acted and which customer it concerns.

    Raises:
        BadRecord: An author of no known type.
    """
    author = _object(record.content, "author")
    actor = ACTORS.get(str(author.get("type")))
    if actor is None:
        raise BadRecord(f"unknown type of author: {str(author.get('type'))[:40]!r}")
    if author.get("from_ai_agent"):
        actor = "bot"
    if actor == "customer":
        people = customers(record.conversation, author, "actor", feed)
        return replace(event, identifiers=people)
    staff = identifiers.code(author.get("id") or "")
    people = customers(record.conversation, {}, "recipient", feed)
    if staff is not None:
        people += (Identifier(feed.namespace("intercom_admin"), staff, "agent"),)
    return replace(event, actor=actor, direction="outbound", identifiers=people)


def customers(
    conversation: dict[str, Any], author: dict[str, Any], role: str, feed: Feed
) -> tuple[Identifier, ...]:
    """The handles of the one customer an event concerns, and everybody else as mentioned.

    The customer is the author, or the conversation's first contact where the company speaks.
    """
    contacts = [
        contact for contact in listed(conversation, "contacts") if isinstance(contact, dict)
    ]
    opener = _object(_object(conversation, "source"), "author")
    people = [author, *contacts, opener] if author else [*contacts, opener]
    people = [person for person in people if _is_customer(person)]
    found: list[Identifier] = []
    for person in people:
        is_first = person.get("id") == people[0].get("id")
        # A lead typed an address into the messenger; a user was named by the company's own site.
        is_known = person.get("type") == "user" or bool(person.get("external_id"))
        given = (
            ("intercom_contact", person.get("id"), False),
            ("user_id", person.get("external_id"), is_known),
            ("email", person.get("email"), is_known),
        )
        for name, value, is_authenticated in given:
            normal = identifiers.normalise(name, value, region=feed.company.phone_region)
            if normal is not None:
                part = role if is_first else "mentioned"
                namespace = feed.namespace(name)
                found.append(Identifier(namespace, normal, part, is_first and is_authenticated))
    return tuple(dict.fromkeys(found))


def _started(event: Event, source: dict[str, Any]) -> Event:
    """That a conversation began, with its first message."""
    url = source.get("url")
    stated = {"delivered_as": source.get("delivered_as")}
    return replace(
        event,
        link=str(url).partition("?")[0].partition("#")[0] if url else None,
        properties={name: value for name, value in stated.items() if value},
    )


def _continued(event: Event) -> Event:
    """What a part that tells something is.

    Raises:
        BadRecord: It has a text, and its type is not known.
    """
    if event.kind_raw.startswith("note"):
        return replace(_inside(event), kind="conversation_noted")
    if event.kind_raw.startswith("close"):
        return replace(event if event.text else _inside(event), kind="conversation_closed")
    if event.kind_raw in MESSAGES:
        return replace(event, kind="conversation_message_sent")
    raise BadRecord(f"unknown part_type with a text: {event.kind_raw[:40]!r}")


def _inside(event: Event) -> Event:
    """The event as one that its customer does not see but is the subject of."""
    people = tuple(
        person if person.role in {"agent", "mentioned"} else person._replace(role="subject")
        for person in event.identifiers
    )
    return replace(event, direction="internal", identifiers=people)


def _rated(event: Event, record: Part, feed: Feed) -> Event:
    """The customer's rating of a conversation, 1 to 5.

    Raises:
        BadRecord: Not a whole number from 1 to 5.
    """
    rating = record.content.get("rating")
    # A tuple: a rating that is a list or an object must be refused, not break the set.
    if rating not in (1, 2, 3, 4, 5) or isinstance(rating, bool):
        raise BadRecord(f"not a rating from 1 to 5: {str(rating)[:40]!r}")
    rater = _object(record.content, "contact")
    remark = record.content.get("remark")
    return replace(
        event,
        own_id=f"{event.own_id}:rating",
        kind="conversation_rated",
        identifiers=customers(record.conversation, rater, "actor", feed),
        text=str(remark) if remark else None,
        score_kind="csat",
        score=float(rating),
    )
