"""Intercom conversations to events: one event per message, note, closing and rating.

Source: the conversations of Intercom's REST API 2.x, retrieved one by one (lists lack the parts),
one record each; or as CSV the tables that Fivetran copies into a warehouse, one record a row:
conversation_history, conversation_part_history, contact_history, conversation_contact_history.
Used: id created_at updated_at source contacts conversation_rating conversation_parts; of the
tables source_* conversation_rating_* part_type author_* body conversation_id; of a contact role
external_id email phone name language_override unsubscribed_from_emails.
Left out: state, tags, teammates and Intercom's own statistics, which the parts already tell; and,
each row counted by its table's name, the tables of tags, teams, admins, companies, articles and
the like, in which no customer speaks.
Identifiers: intercom_contact, user_id (external_id), email; staff as intercom_admin; of the tables
also phone, and intercom_conversation, which joins the rows of a conversation.
Clock: Unix seconds; ISO 8601 in tables, UTC where Fivetran's mark (_fivetran_synced) is.

The first message stands in the conversation's `source` and not among its parts; most parts are
no messages but notes of what the team's inbox did, and become no event.
The tables keep every version of a row: a conversation starts once all the same, and is rated once;
a version that says something else is a revision. Tables may be landed file by file. In one .zip
each part also has its conversation's label, and its customer where staff speaks.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing import clocks, identifiers
from pipeline.landing.attributes import attributes
from pipeline.landing.chat import intercom_fields, intercom_tables
from pipeline.landing.chat.intercom_parts import ACTORS, actor_of, as_part, tells
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.containers.unpacked import members
from pipeline.landing.json_fields import Fields, list_of, needed_id, object_of, text_of
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Identifier, Outcome, RawFile, outcomes

RECORD_FIELDS = intercom_fields.CONVERSATION | intercom_fields.TABLES
VARIED_FIELDS = intercom_fields.VARIED
PEEKED = 1000


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each conversation of a file, or each row of a table, became.

    The file holds a list of conversations, `{"conversations": [...]}`, one conversation, or one
    of these per line; or it is a CSV.

    Raises:
        SourceRefused: As for `containers.json_array` and `intercom_tables.rows`.
    """
    channel = channel_of(feed)
    if is_table(file, feed.source.delimiter):
        return intercom_tables.read(file, feed, channel)
    return outcomes(
        json_array(file, "conversations"),
        lambda number, value: interpret(number, value, feed, channel),
    )


def is_table(file: RawFile, delimiter: str) -> bool:
    """Whether a file begins with the names of the columns of a CSV."""
    start = next((stream.peek(PEEKED)[:PEEKED] for _, stream in members(file)), b"")
    header = rb"(?:\xef\xbb\xbf)?[\"\w][^\n{\[]*" + re.escape(delimiter.encode())
    return re.match(header, start) is not None


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
        if tells(part):
            said = replace(base, source_sequence=position)
            yield _continued(_by(said, conversation, part, feed), part, feed)


def listed(holder: Fields, name: str) -> list[Any]:
    """The list under a name: either the list itself or Intercom's `{"type", name: [...]}`.

    Raises:
        BadRecord: Something else.
    """
    found = holder.get(name)
    return list_of(found if isinstance(found, dict) else holder, name)


def _by(event: Event, conversation: Fields, content: Fields, feed: Feed) -> Event:
    """The event with who acted, what was written and which customer it concerns.

    Raises:
        BadRecord: An author of no known type.
    """
    author = object_of(content, "author")
    actor = actor_of(author.get("type"))
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
    """What a part that tells something is.

    Raises:
        BadRecord: An id or time that cannot be read.
    """
    part_id = needed_id(part, "id", "a conversation part")
    event = replace(
        event,
        own_id=f"{event.own_id}:{part_id}",
        kind_raw=str(part.get("part_type") or "part")[:100],
        occurred=clocks.epoch(part.get("created_at"), "s", feed.clock),
    )
    return as_part(event)


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
