"""Zendesk Support to events: one record per ticket, audit, comment and user.

Source: Support API v2 responses or exports of tickets, ticket_audits, ticket comments and users
as JSON or JSON lines, Zendesk's own JSON export, whose tickets hold their comments, and CSV: that
of a view, and the tables that Fivetran copies into a warehouse, with those of chats.
Used, ticket: id requester(_id) submitter_id status type priority description via tags created_at
updated_at satisfaction_rating; audit: ticket_id author_id created_at via events (Create and
Change of status, type and satisfaction_score; Comment; SatisfactionRating); comment: id author_id
body public created_at ticket_id via; user: id role email phone external_id created_at;
ticket_chat: chat_id ticket_id user_id visitor_id channel; ticket_chat_event: chat_id actor_id
chat_index created_at type message filename original_message.
Left out: custom fields, metrics, assignments, notifications, and what else agents did.
Identifiers: zendesk_user, zendesk_ticket, email, phone, user_id (external_id); of the tables of
chats also zendesk_chat, which joins the rows of a chat, and zendesk_visitor; followers and copied
people are mentioned. Clock: ISO 8601 with zone; UTC in the tables of a warehouse.

A ticket is its current state; its course is in the audits. Both may be landed: a ticket's opening
and its first closing have the same id in both, and the audit's, received earlier, stands. Where
audits are landed, comments need not be: an audit holds them, under the same ids.
Put tickets, audits and users that belong together into one .zip: who of them is staff is looked
up within the file. So with ticket_chat and ticket_chat_event, where the rows do not tell it.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.attributes import attributes
from pipeline.landing.chat import zendesk_fields
from pipeline.landing.chat.parties import acted, agent, customer, inside, is_staff, staff_of
from pipeline.landing.chat.parts import Part, parts, unobserved
from pipeline.landing.chat.zendesk_audits import CLOSED, NOT_RATED, audit, comment, rated
from pipeline.landing.chat.zendesk_people import (
    Known,
    handles_of,
    known_of,
    requester_of,
    sender_of,
)
from pipeline.landing.chat.zendesk_tables import table_records
from pipeline.landing.chat.zendesk_ticket_chats import ChatRow, event_of
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
    text_of,
)
from pipeline.landing.readers import channel_of
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

# A CSV of tickets from a view has columns of the account's own: a new one of them is new.
RECORD_FIELDS = (
    zendesk_fields.TICKET
    | zendesk_fields.AUDIT
    | zendesk_fields.COMMENT
    | zendesk_fields.USER
    | zendesk_fields.AROUND
    | zendesk_fields.TABLES
)
COMMENTS = re.compile(rb'\s*\{\s*"comments"\s*:')


STATUSES = {"new", "open", "pending", "hold", "on-hold", "solved", "closed", "deleted"}


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each ticket, audit, comment and user of a file became.

    Raises:
        SourceRefused: As for `containers.json_array`.
    """
    channel = channel_of(feed)
    delimiter = feed.source.delimiter
    known = known_of(records(unobserved(file), delimiter), staff_of(feed))
    return outcomes(
        records(file, delimiter),
        lambda number, part: interpret(number, part, feed, channel, known),
    )


def records(file: RawFile, delimiter: str) -> Iterator[Raw]:
    """The tickets, audits, comments and users of a file, which is JSON or else CSV."""
    lists: tuple[str, ...] = ("tickets", "audits", "ticket_audits", "users")
    # A ticket may hold comments, too; only where they come first is the file a list of them.
    first = next((stream.read(200) for _, stream in members(file)), b"")
    first = first.removeprefix(b"\xef\xbb\xbf")
    if first.strip() and first.lstrip()[:1] not in {b"{", b"["}:
        return parts(table_records(file, delimiter), of_table)
    if COMMENTS.match(first):
        lists = ("comments", "users")
    return parts(json_array(file, *lists), inner)


def of_table(value: Fields | ChatRow) -> Iterator[Part]:
    """The record that a row of a table is.

    Raises:
        BadRecord: As for `inner`.
    """
    if isinstance(value, ChatRow):
        yield Part("chat", value, {})
    else:
        yield from inner(value)


def inner(value: Fields) -> Iterator[Part]:
    """The records in one JSON object, by what fields it has.

    Raises:
        BadRecord: None that Zendesk Support is known to write.
    """
    for what in ("ticket", "audit", "comment", "user"):
        if list(value) == [what] and isinstance(value[what], dict):
            value = value[what]
    if list(value) == ["table"]:
        yield Part("table", value, value)
    elif "events" in value and "ticket_id" in value:
        yield Part("audit", value, value)
    elif "requester_id" in value or "requester" in value:
        yield Part("ticket", value, value)
        yield from _comments(value, holder=value)
    elif "author_id" in value and {"body", "html_body", "plain_body"} & value.keys():
        yield Part("comment", value, {})
    elif "comments" in value and "id" not in value:
        yield from _comments(value, holder={})
    elif "role" in value:
        yield Part("user", value, value)
    else:
        names = ", ".join(sorted(value))[:100]
        raise BadRecord(f"neither ticket, audit, comment nor user: it has {names or 'no fields'}")


def _comments(value: Fields, *, holder: Fields) -> Iterator[Part]:
    """The comments in an object."""
    for position, each in enumerate(objects_of(value, "comments"), start=1):
        yield Part("comment", each, holder, position)


def interpret(
    number: int, part: Part, feed: Feed, channel: str, known: Known
) -> list[Event | Ignored]:
    """The events of one record.

    Raises:
        BadRecord: An id, time or rating that cannot be read, or an author whose part nobody knows.
    """
    value = part.value
    if part.what == "empty":
        return [Ignored(number, "empty")]
    if part.what == "table":
        return [Ignored(number, f"table {value['table']}, of how the desk is set up")]
    if part.what == "chat":
        return [event_of(number, value, feed, known)]
    event = Event(
        record_number=number,
        own_id=None,
        channel=channel,
        kind="",
        kind_raw=part.what,
        occurred=clocks.iso(str(value.get("created_at")), feed.clock),
        identifiers=(),
        object_kind="ticket",
    )
    if part.what in {"ticket", "audit"}:
        course = ticket if part.what == "ticket" else audit
        return course(event, value, feed, known)
    if part.what == "comment":
        return comment(event, part, feed, known)
    return [user(event, value, feed, known)]


def ticket(event: Event, value: Fields, feed: Feed, known: Known) -> list[Event | Ignored]:
    """That a ticket was opened, and in what state it now is."""
    ticket_id = needed_id(value, "id", "a ticket")
    requester, submitter = requester_of(value), id_of(value, "submitter_id")
    is_own = submitter in {None, requester}
    person = object_of(value, "requester")
    sender = sender_of(value) if is_own else None
    if known.roles.get(requester or "") in {"agent", "admin"} or is_staff(
        known.staff, requester, sender, text_of(person, "email")
    ):
        return [Ignored(event.record_number, "requested by staff")]
    who = handles_of(feed, ticket_id, requester, sender)
    stated = customer(
        feed,
        (
            ("email", person.get("email")),
            ("phone", person.get("phone")),
            ("user_id", person.get("external_id")),
        ),
    )
    people = tuple(dict.fromkeys(who.identifiers + stated.identifiers))
    event = replace(
        event,
        identifiers=people + _bystanders(value, requester, feed),
        label=text_of(value, "type"),
        object_id=ticket_id,
        properties=filled(
            {
                "via": text_of(object_of(value, "via"), "channel"),
                "priority": value.get("priority"),
                "tags": list_of(value, "tags"),
                "unreadable": sorted({*who.unreadable, *stated.unreadable}),
            }
        ),
    )
    opened = replace(
        event,
        own_id=f"ticket/{ticket_id}/opened",
        kind="ticket_opened",
        text=text_of(value, "description") or text_of(value, "subject"),
    )
    if is_own:
        found: list[Event | Ignored] = [acted(opened, "customer")]
    else:
        by = agent(feed, "zendesk_user", submitter)
        found = [inside(replace(opened, actor="agent", identifiers=opened.identifiers + by))]
    return [*found, *_state(event, value, feed)]


def _bystanders(value: Fields, requester: str | None, feed: Feed) -> tuple[Identifier, ...]:
    """Who follows or was copied."""
    ids = {
        each
        for name in ("collaborator_ids", "follower_ids", "email_cc_ids")
        for given in list_of(value, name)
        if (each := id_of({name: given}, name)) is not None
    }
    namespace = feed.namespace("zendesk_user")
    return tuple(Identifier(namespace, each, "mentioned") for each in sorted(ids - {requester}))


def _state(event: Event, value: Fields, feed: Feed) -> Iterator[Event]:
    """That a ticket was closed and rated, as far as its current state tells."""
    status = (text_of(value, "status") or "").lower() or None
    rating = object_of(value, "satisfaction_rating")
    is_merged = "closed_by_merge" in list_of(value, "tags")
    score = text_of(rating, "score")
    has_score = score not in NOT_RATED
    if status is not None and status not in STATUSES:
        raise BadRecord(f"unknown status: {status[:40]!r}")
    if status not in CLOSED and not has_score:
        return
    changed = clocks.iso(str(value.get("updated_at")), feed.clock)
    event = replace(event, occurred=changed, received_us=changed.us)
    if status in CLOSED:
        yield replace(
            acted(event, "system" if is_merged else "agent"),
            kind="ticket_merged" if is_merged else "ticket_closed",
            own_id=f"{_own(event)}/{'merged' if is_merged else 'closed'}",
        )
    if has_score:
        yield rated(event, score, text_of(rating, "comment"))


def _own(event: Event) -> str:
    """What the ids of a ticket's events begin with."""
    return f"ticket/{event.object_id}"


def user(event: Event, value: Fields, feed: Feed, known: Known) -> Event | Ignored:
    """That a contact was created, with all handles that its record has by now."""
    user_id = needed_id(value, "id", "a user")
    email, role = text_of(value, "email"), text_of(value, "role")
    if role in {"agent", "admin"} or is_staff(known.staff, user_id, email):
        return Ignored(event.record_number, "staff")
    if role != "end-user":
        raise BadRecord(f"unknown role: {str(role)[:40]!r}")
    # A number that several users share names none of them.
    phone = None if flag_of(value, "shared_phone_number") else value.get("phone")
    who = customer(
        feed,
        (
            ("zendesk_user", user_id),
            ("email", email),
            ("phone", phone),
            ("user_id", value.get("external_id")),
        ),
    )
    stamp = value.get("updated_at")
    changed = clocks.iso(str(stamp), feed.clock) if stamp else None
    return replace(
        acted(replace(event, identifiers=who.identifiers), "system"),
        own_id=f"user/{user_id}",
        kind="contact_created",
        received_us=None if changed is None else changed.us,
        object_kind="contact",
        object_id=user_id,
        properties=filled({"unreadable": list(who.unreadable)}),
        attributes=attributes(
            ((name, value.get(name)) for name in ("name", "locale")), stated=changed
        ),
    )
