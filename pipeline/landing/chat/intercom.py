"""Intercom conversations to events: one record per conversation, one event per message and rating.

Source: the conversations of Intercom's REST API 2.x, retrieved one by one (lists lack the parts).
Used: id created_at updated_at source contacts conversation_rating conversation_parts.
Left out: state, tags, teammates and Intercom's own statistics, which the parts already tell.
Identifiers: intercom_contact, user_id (external_id), email; staff as intercom_admin.
Clock: Unix seconds.

The first message stands in the conversation's `source` and not among its parts; most parts are
no messages but notes of what the team's inbox did, and become no event.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pipeline.errors import BadRecord, SourceRefused
from pipeline.landing import clocks, identifiers
from pipeline.landing.attributes import attributes
from pipeline.landing.chat.parties import inside
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.containers.unpacked import members
from pipeline.landing.formats import channel_of
from pipeline.landing.json_fields import Fields, list_of, needed_id, object_of, text_of
from pipeline.landing.record import Event, Feed, Identifier, Outcome, RawFile, outcomes

# All that version 2 of the API names; which of them come depends on the conversation.
RECORD_FIELDS = frozenset(
    {
        *("type", "id", "title", "created_at", "updated_at", "waiting_since", "snoozed_until"),
        *("open", "state", "read", "priority", "admin_assignee_id", "team_assignee_id"),
        *("company_id", "tags", "conversation_rating", "source", "contacts", "teammates"),
        *("custom_attributes", "first_contact_reply", "sla_applied", "statistics"),
        *("conversation_parts", "linked_objects", "ai_agent", "ai_agent_participated", "topics"),
    }
)
# A bare list or an object that holds it, a flag or a word, by the version of the API.
VARIED_FIELDS = frozenset(
    {
        "contacts",
        "conversation_parts",
        "tags",
        "teammates",
        "topics",
        "linked_objects",
        "priority",
        "admin_assignee_id",
        "team_assignee_id",
        "company_id",
    }
)

# The names of the columns of a CSV.
TABLE = re.compile(rb"(?:\xef\xbb\xbf)?[\"\w][^\n{\[]*,")
PEEKED = 1000

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


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each conversation of a file became.

    The file holds a list of conversations, `{"conversations": [...]}`, one conversation, or one
    of these per line.

    Raises:
        SourceRefused: A table, or as for `containers.json_array`.
    """
    channel = channel_of(feed)
    refuse_table(file)
    return outcomes(
        json_array(file, "conversations"),
        lambda number, value: interpret(number, value, feed, channel),
    )


def refuse_table(file: RawFile) -> None:
    """Refuse a CSV: Intercom's own reports, and the tables that a warehouse has of it.

    Raises:
        SourceRefused: It is one; says what to do.
    """
    name, start = next(
        ((name, stream.peek(PEEKED)[:PEEKED]) for name, stream in members(file)), ("", b"")
    )
    if TABLE.match(start):
        raise SourceRefused(
            f"{name}: is a table, of which it takes several to tell a conversation; export the "
            "conversations as JSON instead (Intercom's API, retrieved one by one), or map its "
            "columns as a source of the format generic, as `wend sniff` proposes"
        )


def interpret(number: int, conversation: Fields, feed: Feed, channel: str) -> Iterator[Event]:
    """The events of a conversation.

    Raises:
        BadRecord: An id or time that cannot be read, an unknown author, no rating from 1 to 5.
    """
    conversation_id = needed_id(conversation, "id", "a conversation")
    source = object_of(conversation, "source")
    base = Event(
        record_number=number,
        own_id=conversation_id,
        channel=channel,
        kind="conversation_started",
        kind_raw="conversation",
        occurred=clocks.epoch(conversation.get("created_at"), "s", feed.clock),
        identifiers=(),
        label=str(source.get("type") or "conversation"),
        object_kind="conversation",
        object_id=conversation_id,
    )
    yield _started(_by(base, conversation, source, feed), source)
    if rating := conversation.get("conversation_rating"):
        yield _rated(base, conversation, rating, feed)
    for position, part in enumerate(listed(conversation, "conversation_parts"), start=1):
        if not isinstance(part, dict):
            raise BadRecord("a conversation part that is no JSON object")
        if _tells(part):
            said = replace(base, source_sequence=position)
            yield _continued(_by(said, conversation, part, feed), part, feed)


def listed(holder: Fields, name: str) -> list[Any]:
    """The list under a name: either the list itself or Intercom's `{"type", name: [...]}`.

    Raises:
        BadRecord: Something else.
    """
    found = holder.get(name)
    return list_of(found if isinstance(found, dict) else holder, name)


def _tells(part: Fields) -> bool:
    """Whether a part is more than a note of what the inbox did."""
    is_told = str(part.get("part_type")).startswith(("comment", "close", "note"))
    return is_told or bool(part.get("body"))


def _by(event: Event, conversation: Fields, content: Fields, feed: Feed) -> Event:
    """The event with who acted, what was written and which customer it concerns.

    Raises:
        BadRecord: An author of no known type.
    """
    author = object_of(content, "author")
    actor = ACTORS.get(str(author.get("type")))
    if actor is None:
        raise BadRecord(f"unknown type of author: {str(author.get('type'))[:40]!r}")
    event = replace(event, text=text_of(content, "body"))
    if actor == "customer":
        return replace(
            event,
            identifiers=customers(conversation, author, "actor", feed),
            attributes=attributes([("name", author.get("name"))]),
        )
    people = customers(conversation, {}, "recipient", feed)
    staff = identifiers.code(author.get("id") or "")
    if staff is not None:
        people += (Identifier(feed.namespace("intercom_admin"), staff, "agent"),)
    actor = "bot" if author.get("from_ai_agent") else actor
    return replace(event, actor=actor, direction="outbound", identifiers=people)


def _is_customer(person: Fields) -> bool:
    """Whether an author or contact is no staff and no bot."""
    return ACTORS.get(str(person.get("type"))) == "customer"


def customers(
    conversation: Fields, author: Fields, role: str, feed: Feed
) -> tuple[Identifier, ...]:
    """The handles of the one customer an event concerns, and everybody else as mentioned.

    The customer is the author, or the conversation's first contact where the company speaks.

    Raises:
        BadRecord: An id that a spreadsheet or a float has rounded.
    """
    contacts = [
        contact for contact in listed(conversation, "contacts") if isinstance(contact, dict)
    ]
    opener = object_of(object_of(conversation, "source"), "author")
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
            elif name != "email" and value not in (None, ""):
                raise BadRecord(f"no usable {name}: {str(value)[:40]!r}")
    return tuple(dict.fromkeys(found))


def _started(event: Event, source: Fields) -> Event:
    """That a conversation began, with its first message."""
    url = source.get("url")
    stated = {"delivered_as": source.get("delivered_as")}
    return replace(
        event,
        link=str(url).partition("?")[0].partition("#")[0] if url else None,
        properties={name: value for name, value in stated.items() if value},
    )


def _continued(event: Event, part: Fields, feed: Feed) -> Event:
    """What a part that tells something is: any with a text is a message, unless it says more.

    Raises:
        BadRecord: An id or time that cannot be read.
    """
    part_id = needed_id(part, "id", "a conversation part")
    event = replace(
        event,
        own_id=f"{event.own_id}:{part_id}",
        kind="conversation_message_sent",
        kind_raw=str(part.get("part_type") or "part")[:100],
        occurred=clocks.epoch(part.get("created_at"), "s", feed.clock),
    )
    if event.kind_raw.startswith("note"):
        return replace(inside(event), kind="conversation_noted")
    if event.kind_raw.startswith("close"):
        return replace(event if event.text else inside(event), kind="conversation_closed")
    return event


def _rated(event: Event, conversation: Fields, rating: object, feed: Feed) -> Event:
    """The customer's rating of a conversation, 1 to 5.

    Raises:
        BadRecord: Not a whole number from 1 to 5, or a time that cannot be read.
    """
    stated = rating if isinstance(rating, dict) else {"rating": rating}
    stars = stated.get("rating")
    # A tuple: what cannot be a member of a set is refused like any other wrong value.
    if stars not in (1, 2, 3, 4, 5) or isinstance(stars, bool):
        raise BadRecord(f"not a rating from 1 to 5: {str(stars)[:40]!r}")
    stamp = stated.get("created_at") or conversation.get("updated_at")
    return replace(
        event,
        own_id=f"{event.own_id}:rating",
        kind="conversation_rated",
        kind_raw="conversation_rating",
        occurred=clocks.epoch(stamp, "s", feed.clock),
        identifiers=customers(conversation, object_of(stated, "contact"), "actor", feed),
        # Rated after the last message, should both bear one stamp.
        source_sequence=len(listed(conversation, "conversation_parts")) + 1,
        text=text_of(stated, "remark"),
        score_kind="csat",
        score=float(stars),
    )
