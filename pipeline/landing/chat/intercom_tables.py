"""Intercom's tables of a warehouse to events: one record per row, the events as the API's JSON has.

Source: the tables that Fivetran copies. A row of conversation_history starts a conversation, with
its rating; one of conversation_part_history is a part; contact_history tells of a contact, and
conversation_contact_history of whom a conversation is. No row holds a whole conversation: what
belongs together is joined by the identifier `intercom_conversation`.

A conversation is one customer's: who opened it, else its only contact, else the only one who
writes in it, as far as one file tells. What another contact writes there merely mentions it, so
that a shared conversation never makes two people one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from pipeline.errors import BadRecord, SourceRefused
from pipeline.landing.attributes import attributes
from pipeline.landing.chat.fivetran import SYNCED, column, instant, named_by
from pipeline.landing.chat.intercom_parts import ACTORS, actor_of, as_part, tells
from pipeline.landing.chat.parties import PARTS, acted, customer
from pipeline.landing.chat.parts import look, unobserved
from pipeline.landing.clocks import Instant
from pipeline.landing.containers.csv_records import csv_rows
from pipeline.landing.identifiers import code
from pipeline.landing.json_fields import Fields, filled, id_of, needed_id, said, text_of
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

# What a table is, by columns that it has and no other of these.
TABLES = {
    "conversation_history": {"id", "created_at", "source_author_id", "source_author_type"},
    "conversation_part_history": {"id", "conversation_id", "part_type", "author_type"},
    "contact_history": {"id", "role", "created_at", "unsubscribed_from_emails"},
    "conversation_contact_history": {"contact_id", "conversation_id", "conversation_updated_at"},
}
# Tables of Fivetran's in which no customer speaks: which, by columns that it has and no other.
OF_THE_WORKSPACE = {
    "admin": {"job_title", "email", "name"},
    "admin_activity_log": {"activity_type", "performed_by_id"},
    "article_history": {"author_id", "collection_id", "title"},
    "collection_history": {"help_center_id", "parent_id"},
    "company_history": {"company_id", "session_count", "user_count"},
    "company_segment_history": {"company_id", "segment_id"},
    "company_tag_history": {"company_id", "tag_id"},
    "contact_company_history": {"company_id", "contact_id", "contact_updated_at"},
    "contact_segment_history": {"contact_id", "segment_id"},
    "contact_subscription_history": {"contact_id", "subscription_id"},
    "contact_tag_history": {"contact_id", "tag_id"},
    "conversation_admin_history": {"admin_id", "conversation_id", "conversation_updated_at"},
    "conversation_ai_agent_content_source": {"conversation_id", "content_type", "locale"},
    "conversation_part_attachment_history": {"conversation_part_id", "url"},
    "conversation_tag_history": {"conversation_id", "tag_id"},
    "conversation_topic_history": {"conversation_id", "conversation_updated_at", "name"},
    "data_attribute": {"api_writable", "data_type"},
    "email_address_header": {"conversation_part_id", "email_address"},
    "help_center_history": {"display_name", "identifier"},
    "news_item_history": {"deliver_silently", "title"},
    "newsfeed_assignment": {"news_item_id", "newsfeed_id"},
    "segment": {"name", "person_type"},
    "subscription_type_translation": {"locale", "subscription_type_id"},
    "team_admin": {"admin_id", "team_id"},
    "ticket_state": {"external_label", "internal_label", "category"},
    "ticket_type_attribute_history": {"data_type", "ticket_type_id"},
    "ticket_type_history": {"icon", "is_internal"},
}
# All that each of both has.
TAG_OR_TEAM = {"id", "name", "_fivetran_deleted", SYNCED}
# Ids are given one after the other: of parts that bear one stamp the later has the greater.
SEQUENCE = re.compile(r"\d{1,17}", re.ASCII)
LAST = 10**17


class Row(NamedTuple):
    """A row of a table.

    Attributes:
        table: One of TABLES, or else of OF_THE_WORKSPACE.
        cells: Trimmed text by the column's name as Fivetran's documents have it.
    """

    table: str
    cells: Fields


class Known(NamedTuple):
    """What a first look at a file tells of its conversations, by their ids.

    Attributes:
        labels: What each is: an e-mail, a chat.
        openers: The contact who began it.
        contacts: Those whom the table of contacts names.
        authors: The contacts who write in it or rate it.
    """

    labels: dict[str, str]
    openers: dict[str, str]
    contacts: dict[str, set[str]]
    authors: dict[str, set[str]]


class Place(NamedTuple):
    """A record's number, and the source whose it is, while a file is read."""

    number: int
    feed: Feed
    channel: str
    known: Known


def read(file: RawFile, feed: Feed, channel: str) -> Iterator[Outcome]:
    """What each row of the tables in a file became.

    Raises:
        SourceRefused: As for `rows`.
    """
    delimiter = feed.source.delimiter
    known = known_of(rows(unobserved(file), delimiter))
    return outcomes(
        rows(file, delimiter),
        lambda number, row: interpret(row, Place(number, feed, channel, known)),
    )


def rows(file: RawFile, delimiter: str) -> Iterator[Raw]:
    """The rows of the tables in a file; `value` is a Row.

    Raises:
        SourceRefused: The columns are of no table known here, or as for `csv_rows`.
    """
    tables: dict[tuple[str, ...], tuple[str, list[str]]] = {}
    for raw in csv_rows(file, delimiter):
        if raw.problem is not None:
            yield raw
            continue
        header = tuple(raw.value)
        if header not in tables:
            tables[header] = _known_table(header, file.name)
        table, columns = tables[header]
        cells = map(str.strip, raw.value.values())
        yield raw._replace(value=Row(table, dict(zip(columns, cells, strict=True))))


def _known_table(header: tuple[str, ...], name: str) -> tuple[str, list[str]]:
    """The table that has these columns, and their names as Fivetran's documents have them.

    Raises:
        SourceRefused: None that is known here, or one name for two columns.
    """
    columns = [column(each) for each in header]
    if twice := sorted({each for each in columns if columns.count(each) > 1}):
        raise SourceRefused(f"{name}: the header names {', '.join(twice)} twice; rename one")
    table = table_of(set(columns))
    if table is None:
        raise SourceRefused(
            f"{name}: no Intercom table known here has the columns {', '.join(columns)[:200]}; "
            f"there are {', '.join(TABLES)}; map others, such as Intercom's own reports, as a "
            "source of the format generic, as `wend sniff` proposes"
        )
    return table, columns


def table_of(columns: set[str]) -> str | None:
    """The table of Intercom's that has these columns, in lower case."""
    found = named_by(columns, TABLES)
    if found is not None or SYNCED not in columns:
        return found
    if columns == TAG_OR_TEAM:
        return "tag or team"
    return named_by(columns, OF_THE_WORKSPACE)


def known_of(records: Iterable[Raw]) -> Known:
    """What the rows among `records` tell of their conversations; damaged ones tell nothing."""
    known = Known({}, {}, {}, {})
    look(records, lambda row: _learn(row, known))
    return known


def _learn(row: Row, known: Known) -> None:
    """Note what one row tells."""
    cells = row.cells
    if row.table == "conversation_history":
        conversation = needed_id(cells, "id", "a conversation")
        known.labels.setdefault(conversation, label_of(cells))
        opener, rater = (
            id_of(cells, "source_author_id"),
            id_of(cells, "conversation_rating_contact_id"),
        )
        if opener and ACTORS.get(cells["source_author_type"]) == "customer":
            known.openers.setdefault(conversation, opener)
        if rater:
            known.authors.setdefault(conversation, set()).add(rater)
    elif row.table == "conversation_contact_history":
        conversation = needed_id(cells, "conversation_id", "a contact of a conversation")
        contact = needed_id(cells, "contact_id", "a contact of a conversation")
        known.contacts.setdefault(conversation, set()).add(contact)
    elif row.table == "conversation_part_history":
        conversation = needed_id(cells, "conversation_id", "a conversation part")
        author = id_of(cells, "author_id")
        if author and tells(cells) and ACTORS.get(cells["author_type"]) == "customer":
            known.authors.setdefault(conversation, set()).add(author)


def label_of(cells: Mapping[str, str]) -> str:
    """What a conversation is, as all its events are labelled."""
    return cells.get("source_type") or "conversation"


def customer_of(known: Known, conversation: str) -> str | None:
    """The contact whose a conversation is; None where nothing in the file tells, or several do."""
    if opener := known.openers.get(conversation):
        return opener
    for told in (known.contacts, known.authors):
        if found := told.get(conversation):
            return min(found) if len(found) == 1 else None
    return None


def interpret(row: Row, place: Place) -> list[Event | Ignored]:
    """The events of one row.

    Raises:
        BadRecord: An id or time that cannot be read, an unknown author, no rating from 1 to 5.
    """
    if row.table == "conversation_history":
        return [*conversation(row.cells, place)]
    if row.table == "conversation_part_history":
        return [part(row.cells, place)]
    if row.table == "contact_history":
        return [contact(row.cells, place)]
    if row.table == "conversation_contact_history":
        return [association(row.cells, place)]
    return [Ignored(place.number, f"table {row.table}, in which no customer speaks")]


def when(cells: Fields, place: Place, what: str, *columns: str) -> Instant:
    """When: the first of these columns that is filled.

    Raises:
        BadRecord: None is, or with what is no time.
    """
    text = next((cells[each] for each in columns if cells.get(each)), None)
    if text is None:
        raise BadRecord(f"{what} without {' or '.join(columns)}")
    return instant(text, place.feed.clock, is_utc=SYNCED in cells)


def conversation(cells: Fields, place: Place) -> Iterator[Event]:
    """That a conversation began, with its first message; and its customer's rating."""
    conversation_id = needed_id(cells, "id", "a conversation")
    base = Event(
        record_number=place.number,
        own_id=conversation_id,
        channel=place.channel,
        kind="conversation_started",
        kind_raw="conversation",
        occurred=when(cells, place, "a conversation", "created_at"),
        identifiers=(),
        label=label_of(cells),
        object_kind="conversation",
        object_id=conversation_id,
    )
    url = text_of(cells, "source_url")
    person = {
        "type": cells["source_author_type"],
        "id": id_of(cells, "source_author_id"),
        "email": cells.get("source_author_email"),
        "name": cells.get("source_author_name"),
    }
    started = replace(
        base,
        text=text_of(cells, "source_body"),
        link=url.partition("?")[0].partition("#")[0] if url else None,
        properties=filled({"delivered_as": cells.get("source_delivered_as")}),
    )
    yield by(started, person, place)
    if cells.get("conversation_rating_value") or cells.get("conversation_rating_remark"):
        yield rated(base, cells, place)


def rated(event: Event, cells: Fields, place: Place) -> Event:
    """The customer's rating of a conversation, 1 to 5.

    Raises:
        BadRecord: Not a whole number from 1 to 5, or a time that cannot be read.
    """
    # Tables write a number that may be absent as 5.0.
    stars = code(cells.get("conversation_rating_value", ""))
    if stars not in {"1", "2", "3", "4", "5"}:
        raise BadRecord(f"not a rating from 1 to 5: {said(cells.get('conversation_rating_value'))}")
    occurred = when(cells, place, "a rating", "conversation_rating_created_at", "updated_at")
    event = replace(
        event,
        own_id=f"{event.own_id}:rating",
        kind="conversation_rated",
        kind_raw="conversation_rating",
        occurred=occurred,
        # Without a time of its own it is as old as the first version that has it.
        received_us=occurred.us,
        source_sequence=LAST,
        text=text_of(cells, "conversation_rating_remark"),
        score_kind="csat",
        score=float(stars),
    )
    rater = id_of(cells, "conversation_rating_contact_id")
    return replace(event, identifiers=people(event, rater, place, "actor"))


def part(cells: Fields, place: Place) -> Event | Ignored:
    """What a part of a conversation tells."""
    if not tells(cells):
        return Ignored(place.number, "part without a message")
    conversation_id = needed_id(cells, "conversation_id", "a conversation part")
    part_id = needed_id(cells, "id", "a conversation part")
    event = Event(
        record_number=place.number,
        own_id=f"{conversation_id}:{part_id}",
        channel=place.channel,
        kind="",
        kind_raw=(text_of(cells, "part_type") or "part")[:100],
        occurred=when(cells, place, "a conversation part", "created_at"),
        identifiers=(),
        label=place.known.labels.get(conversation_id),
        source_sequence=int(part_id) if SEQUENCE.fullmatch(part_id) else 0,
        object_kind="conversation",
        object_id=conversation_id,
        text=text_of(cells, "body"),
    )
    author: Fields = {"type": cells["author_type"], "id": id_of(cells, "author_id")}
    return as_part(by(event, author, place))


def by(event: Event, author: Fields, place: Place) -> Event:
    """The event with who acted and which customer it concerns.

    Raises:
        BadRecord: An author of no known type.
    """
    actor = actor_of(author["type"])
    direction, role = PARTS[actor]
    if actor != "customer":
        found = people(event, None, place, role)
        if author["id"]:
            staff = place.feed.namespace("intercom_admin")
            found += (Identifier(staff, author["id"], "agent"),)
        return replace(event, actor=actor, direction=direction, identifiers=found)
    found = people(event, author["id"], place, role)
    told = customer(place.feed, [("email", author.get("email"))])
    # A lead typed the address into the messenger; a user was named by the company's own site.
    is_known = author["type"] == "user"
    found += tuple(each._replace(is_authenticated=is_known) for each in told.identifiers)
    return replace(
        event,
        identifiers=found,
        properties=filled({**event.properties, "unreadable": list(told.unreadable)}),
        attributes=attributes([("name", author.get("name"))]),
    )


def people(event: Event, contact_id: str | None, place: Place, role: str) -> tuple[Identifier, ...]:
    """The one customer whom an event of a conversation concerns, and the conversation.

    The customer is the contact, or without one the conversation's own, if the file tells.
    """
    conversation_id = str(event.object_id)
    own = customer_of(place.known, conversation_id)
    person = contact_id or own
    is_own = person is None or person == own
    namespace = place.feed.namespace("intercom_conversation")
    found = (Identifier(namespace, conversation_id, role if is_own else "mentioned"),)
    if person is None:
        return found
    return (Identifier(place.feed.namespace("intercom_contact"), person, role), *found)


def contact(cells: Fields, place: Place) -> Event:
    """That a contact was created, with all handles that its row has."""
    contact_id = needed_id(cells, "id", "a contact")
    role = cells["role"].lower()
    if ACTORS.get(role) != "customer":
        raise BadRecord(f"unknown role: {said(cells['role'])}")
    who = customer(
        place.feed,
        (
            ("intercom_contact", contact_id),
            ("user_id", cells.get("external_id")),
            ("email", cells.get("email")),
            ("phone", cells.get("phone")),
        ),
    )
    changed = when(cells, place, "a contact", "updated_at") if cells.get("updated_at") else None
    event = Event(
        record_number=place.number,
        own_id=f"contact/{contact_id}",
        channel=place.channel,
        kind="contact_created",
        kind_raw="contact",
        occurred=when(cells, place, "a contact", "created_at"),
        identifiers=who.identifiers,
        received_us=None if changed is None else changed.us,
        object_kind="contact",
        object_id=contact_id,
        properties=filled({"role": role, "unreadable": list(who.unreadable)}),
        attributes=attributes(
            (
                ("name", cells.get("name")),
                ("locale", cells.get("language_override")),
                ("unsubscribed_from_emails", cells.get("unsubscribed_from_emails")),
            ),
            stated=changed,
        ),
    )
    return acted(event, "system")


def association(cells: Fields, place: Place) -> Event:
    """That a conversation has a contact: it links the two, and is no meeting."""
    conversation_id = needed_id(cells, "conversation_id", "a contact of a conversation")
    contact_id = needed_id(cells, "contact_id", "a contact of a conversation")
    occurred = when(
        cells, place, "a contact of a conversation", "conversation_updated_at", "_fivetran_start"
    )
    event = Event(
        record_number=place.number,
        own_id=f"contact/{contact_id}/conversation/{conversation_id}",
        channel=place.channel,
        kind="association_recorded",
        kind_raw="conversation_contact",
        occurred=occurred,
        identifiers=(),
        # The first version says it; later ones repeat it.
        received_us=occurred.us,
        object_kind="conversation",
        object_id=conversation_id,
    )
    event = replace(event, identifiers=people(event, contact_id, place, "subject"))
    return acted(event, "system")
