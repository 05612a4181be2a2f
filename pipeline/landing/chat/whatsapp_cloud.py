"""WhatsApp Cloud API webhooks to events: one record per message, status and change in a body.

Source: the bodies Meta posts to a webhook, one or many in a file, Graph API v13 to v25.
Used: entry[].changes[].value with metadata, contacts[] (wa_id user_id parent_user_id), messages[]
and message_echoes[] (id from from_user_id to timestamp type, and what was said), statuses[] (id
status timestamp recipient_id recipient_user_id conversation pricing errors).
Left out: other fields' changes (templates, accounts, phone numbers), by rule; profile names.
Identifiers: whatsapp_id (wa_id: digits), phone where wa_id is one, whatsapp_user (the
business-scoped user id, all there is of people who hide their number), whatsapp_parent_user.
Clock: Unix seconds as text.

Statuses come out of order and again; their ids are the message's with the status. What the
company sends shows as the status `sent`, unless a phone beside the API sent it: then as an echo.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from pipeline.errors import BadRecord
from pipeline.landing import clocks, identifiers
from pipeline.landing.chat.parties import acted, customer
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
from pipeline.landing.record import Event, Feed, Identifier, Ignored, Outcome, RawFile, outcomes

RECORD_FIELDS = frozenset({"object", "entry"})
# status -> kind and who did it
STATUSES = {
    "sent": ("message_sent", "system", "outbound"),
    "delivered": ("message_delivered", "system", "outbound"),
    "read": ("message_read", "customer", "inbound"),
    "played": ("message_played", "customer", "inbound"),
    "failed": ("message_failed", "system", "outbound"),
    "deleted": ("message_deleted", "customer", "inbound"),
}
MEDIA = {"image", "video", "audio", "voice", "sticker", "document", "location", "contacts"}
# Lists in a change's value -> what their elements are.
LISTS = {"messages": "message", "message_echoes": "echo", "statuses": "status"}


class Person(NamedTuple):
    """A customer as one webhook names them; any may be missing, not all."""

    wa_id: str | None
    user_id: str | None
    parent_id: str | None


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each message and status of a file became.

    Raises:
        SourceRefused: As for `containers.json_array`.
    """
    channel = channel_of(feed)
    return outcomes(
        parts(json_array(file), inner),
        lambda number, part: [interpret(number, part, feed, channel)],
    )


def inner(body: Fields) -> Iterator[Part]:
    """The messages and statuses of a body, and each change that holds none.

    Raises:
        BadRecord: Not in the shape of a webhook.
    """
    if "entry" not in body:
        raise BadRecord("no webhook body: it has no entry")
    for entry in objects_of(body, "entry"):
        for change in objects_of(entry, "changes"):
            value = object_of(change, "value")
            found = [
                Part(what, each, value, position)
                for name, what in LISTS.items()
                for position, each in enumerate(objects_of(value, name), start=1)
            ]
            yield from found or [Part(text_of(change, "field") or "change", value, value)]


def interpret(number: int, part: Part, feed: Feed, channel: str) -> Event | Ignored:
    """The event of one message or status.

    Raises:
        BadRecord: No id, no readable time, an unknown status, or nobody whom it concerns.
    """
    if part.what not in LISTS.values():
        if part.what == "messages" and list_of(part.holder, "errors"):
            raise BadRecord(f"an error without a message: {said(part.holder['errors'])}")
        return Ignored(number, part.what)
    value = part.value
    event = Event(
        record_number=number,
        own_id=needed_id(value, "id", f"a {part.what}"),
        channel=channel,
        kind="message_sent",
        kind_raw=str(value.get("type") or part.what)[:100],
        occurred=clocks.epoch(value.get("timestamp"), "s", feed.clock),
        identifiers=(),
        object_kind="message",
        object_id=id_of(value, "id"),
    )
    if part.what == "status":
        return status(event, part, feed)
    if part.what == "echo":
        to = Person(id_of(value, "to"), id_of(value, "to_user_id"), None)
        echo = replace(event, own_id=f"{event.own_id}:sent", identifiers=handles(to, feed))
        return acted(_content(echo, value), "agent")
    return message(event, part, feed)


def _person(value: Fields, holder: Fields, role: str) -> Person:
    """Whom a message is from, or a status about: `role` is from or recipient.

    Raises:
        BadRecord: Neither the message nor its contacts say.
    """
    wa_id = id_of(value, "from" if role == "from" else "recipient_id")
    user_id = id_of(value, f"{role}_user_id")
    contacts = objects_of(holder, "contacts")
    own = [
        contact
        for contact in contacts
        if (wa_id and id_of(contact, "wa_id") == wa_id)
        or (user_id and id_of(contact, "user_id") == user_id)
    ]
    # A batch may tell of several people; its only contact can be no other.
    chosen = own or (contacts if len(contacts) == 1 and not (wa_id or user_id) else [])
    contact: Fields = chosen[0] if chosen else {}
    person = Person(
        wa_id or id_of(contact, "wa_id"),
        user_id or id_of(contact, "user_id"),
        id_of(value, f"{role}_parent_user_id") or id_of(contact, "parent_user_id"),
    )
    if not any(person):
        raise BadRecord("it names nobody: neither wa_id nor user_id")
    return person


def handles(person: Person, feed: Feed) -> tuple[Identifier, ...]:
    """A person's handles, as the one who acts.

    A wa_id is mostly the number; in Brazil and Mexico it may lack or have a digit too many, and
    would name somebody else's telephone.
    """
    digits = (person.wa_id or "").removeprefix("+")
    is_number = digits.isascii() and digits.isdigit()
    doubtful = (digits.startswith("55") and len(digits) == 12) or digits.startswith("521")
    phone = identifiers.phone(f"+{digits}", "ZZ") if is_number and not doubtful else None
    given = (
        ("whatsapp_id", digits),
        ("phone", phone),
        ("whatsapp_user", person.user_id),
        ("whatsapp_parent_user", person.parent_id),
    )
    return customer(feed, given).identifiers


def status(event: Event, part: Part, feed: Feed) -> Event:
    """What became of a message that the company sent."""
    value = part.value
    word = str(value.get("status"))
    if word not in STATUSES:
        raise BadRecord(f"unknown status: {word[:40]!r}")
    kind, actor, direction = STATUSES[word]
    people = handles(_person(value, part.holder, "recipient"), feed)
    conversation, pricing = object_of(value, "conversation"), object_of(value, "pricing")
    errors = objects_of(value, "errors")
    origin = text_of(object_of(conversation, "origin"), "type")
    return replace(
        event,
        own_id=f"{event.own_id}:{word}",
        kind=kind,
        kind_raw=word,
        label=text_of(pricing, "category") or origin,
        actor=actor,
        direction=direction,
        identifiers=tuple(person._replace(role="recipient") for person in people),
        properties=filled(
            {
                "conversation": id_of(conversation, "id"),
                "error_codes": [error.get("code") for error in errors],
                "error": text_of(errors[0], "title") if errors else None,
            }
        ),
    )


def message(event: Event, part: Part, feed: Feed) -> Event:
    """What a customer wrote, or that a customer has a new number."""
    value = part.value
    event = replace(event, identifiers=handles(_person(value, part.holder, "from"), feed))
    system = object_of(value, "system")
    if event.kind_raw == "system":
        new = id_of(system, "wa_id") or id_of(system, "new_wa_id")
        user_id = id_of(system, "user_id")
        if "changed_number" not in str(system.get("type")) or not (new or user_id):
            return replace(acted(event, "system"), kind="contact_updated")
        both = event.identifiers + handles(Person(new, user_id, None), feed)
        event = replace(event, identifiers=tuple(dict.fromkeys(both)))
        return replace(acted(event, "system"), kind="identity_merged", is_merge=True)
    return _content(event, value)


def _content(event: Event, value: Fields) -> Event:
    """The event with what was said, in whatever form."""
    form = event.kind_raw
    about = value.get(form)
    if about is not None and not isinstance(about, dict):
        # Contacts come as a list: of them only is told that there were some.
        if not isinstance(about, list):
            raise BadRecord(f"{form} is no JSON object: {said(about)}")
        about = {}
    about = about or {}
    if form == "reaction":
        return replace(
            event,
            kind="message_reacted",
            properties=filled({"to": id_of(about, "message_id"), "emoji": text_of(about, "emoji")}),
        )
    reply = object_of(about, "button_reply") or object_of(about, "list_reply")
    texts = (
        text_of(about, "body") if form == "text" else None,
        text_of(about, "caption"),
        text_of(about, "text") if form == "button" else None,
        text_of(reply, "title"),
        text_of(about, "text") if form == "order" else None,
    )
    referral = object_of(value, "referral")
    return replace(
        event,
        label=form,
        text=next(filter(None, texts), None),
        properties=filled(
            {
                "reply_to": id_of(object_of(value, "context"), "id"),
                "has_media": form in MEDIA,
                "advertisement": id_of(referral, "source_id"),
                "error_codes": [error.get("code") for error in objects_of(value, "errors")],
            }
        ),
    )
