"""Twilio messages to events: one record per message, conversation and participant.

Source: JSON of the Messages resource (SMS, MMS, WhatsApp; API 2010-04-01) and of Conversations
v1 (conversations, their messages and participants), as lists, answers of the API, or lines.
Used, Messages: sid from to body status direction error_code num_media date_created date_sent
date_updated; Conversations: sid conversation_sid author participant_sid body media delivery
date_created date_updated index, messaging_binding identity, friendly_name state.
Left out: price (what a message cost the company), attributes, subresources.
Identifiers: phone (also of `whatsapp:+44...`), twilio_identity, and facebook_user of
`messenger:...`; staff as twilio_identity. Clock: ISO 8601 in Conversations, RFC 2822 in Messages.

An author with an address (a number) is a customer, unless it is the company's; one with an
identity is staff where `agents` or a company e-mail domain says so, or where somebody else takes
part by an address; else a customer. `index` may skip and is only an order.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.chat.parties import Staff, acted, agent, customer, is_staff, staff_of
from pipeline.landing.chat.parts import look, unobserved
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.json_fields import (
    Fields,
    filled,
    id_of,
    list_of,
    needed_id,
    object_of,
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

# Of Messages, then of Conversations, their messages and their participants.
RECORD_FIELDS = frozenset(
    {
        *("account_sid", "api_version", "body", "date_created", "date_sent", "date_updated"),
        *("direction", "error_code", "error_message", "from", "messaging_service_sid", "num_media"),
        *("num_segments", "price", "price_unit", "sid", "status", "subresource_uris", "to", "uri"),
        *("attributes", "bindings", "chat_service_sid", "friendly_name", "links", "state"),
        *("timers", "unique_name", "url", "author", "channel_metadata", "content_sid"),
        *("conversation_sid", "delivery", "index", "media", "participant_sid", "identity"),
        *("messaging_binding", "role_sid", "last_read_message_index", "last_read_timestamp"),
    }
)
# JSON as text in the API; an object where a webhook's was taken apart.
VARIED_FIELDS = frozenset({"attributes"})

# Not sent yet, or never to be: the same message comes again when it was.
WAITING = {"accepted", "scheduled", "queued", "sending", "receiving", "canceled"}
# status of a message that was sent -> what else happened to it
FATES = {
    "delivered": "message_delivered",
    "read": "message_read",
    "failed": "message_failed",
    "undelivered": "message_failed",
}
SENT = {"sent", "received", "delivered", "read", "undelivered", "partially_delivered"}


class Room(NamedTuple):
    """Who takes part in the conversations of a file.

    Attributes:
        addresses: Conversation -> the addresses of those in it that are not the company's.
    """

    staff: Staff
    addresses: dict[str, set[str]]


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each message, conversation and participant of a file became.

    Raises:
        SourceRefused: As for `containers.json_array`.
    """
    channel = channel_of(feed)
    lists = ("messages", "conversations", "participants")
    room = room_of(json_array(unobserved(file), *lists), staff_of(feed), feed)
    return outcomes(
        json_array(file, *lists),
        lambda number, value: interpret(number, value, feed, channel, room),
    )


def room_of(records: Iterable[Raw], staff: Staff, feed: Feed) -> Room:
    """Who takes part in which conversation; damaged records tell nothing."""
    room = Room(staff, {})
    look(records, lambda value: _learn(value, room, feed))
    return room


def _learn(value: Fields, room: Room, feed: Feed) -> None:
    """Note whose address one record tells, if it tells any."""
    conversation = id_of(value, "conversation_sid")
    binding = object_of(value, "messaging_binding")
    address = text_of(value, "author") or text_of(binding, "address")
    is_somebody = address and _is_address(address) and not _is_ours(address, room.staff, feed)
    if conversation and address and is_somebody:
        room.addresses.setdefault(conversation, set()).add(address)


def _is_address(author: str) -> bool:
    """Whether an author is somebody's number, and no name within the company's own program."""
    return author.startswith(("+", "whatsapp:", "messenger:", "rcs:"))


def _is_ours(address: str, staff: Staff, feed: Feed) -> bool:
    """Whether an address is the company's."""
    return is_staff(staff, address, *(each.value for each in _named(address, feed)))


def _named(address: str, feed: Feed) -> tuple[Identifier, ...]:
    """The handle that an address is."""
    kind, _, rest = address.rpartition(":")
    if kind == "messenger":
        return customer(feed, [("facebook_user", rest)]).identifiers
    if _is_address(address):
        return customer(feed, [("phone", rest)]).identifiers
    return customer(feed, [("twilio_identity", address)]).identifiers


def interpret(
    number: int, value: Fields, feed: Feed, channel: str, room: Room
) -> list[Event | Ignored]:
    """The events of one resource.

    Raises:
        BadRecord: Not a resource known here, no sid, no readable time, an unknown status.
    """
    sid = needed_id(value, "sid", "a resource")
    event = Event(
        record_number=number,
        own_id=sid,
        channel=channel,
        kind="message_sent",
        kind_raw="message",
        occurred=clocks.Instant(0, "day", "explicit"),
        identifiers=(),
    )
    if "messaging_binding" in value or sid.startswith("MB"):
        return [Ignored(number, "participant")]
    if "direction" in value and "to" in value:
        return message(event, value, feed)
    event = replace(event, occurred=clocks.iso(str(value.get("date_created")), feed.clock))
    if sid.startswith("CH") and "author" not in value:
        return conversation(event, value, feed, room)
    if "conversation_sid" in value and "author" in value:
        return [remark(event, value, feed, room)]
    raise BadRecord(f"no Twilio resource known here: it has {', '.join(sorted(value))[:100]}")


def message(event: Event, value: Fields, feed: Feed) -> list[Event | Ignored]:
    """A message between two numbers, and what became of it."""
    status, direction = text_of(value, "status"), str(value.get("direction"))
    if status in WAITING:
        return [Ignored(event.record_number, f"not sent: {status}")]
    if status not in SENT | FATES.keys():
        raise BadRecord(f"unknown status: {str(status)[:40]!r}")
    if direction != "inbound" and not direction.startswith("outbound"):
        raise BadRecord(f"unknown direction: {direction[:40]!r}")
    is_inbound = direction == "inbound"
    address = text_of(value, "from" if is_inbound else "to")
    if address is None:
        raise BadRecord(f"nobody in {'from' if is_inbound else 'to'}")
    people = _named(address if _is_address(address) else f"+{address}", feed)
    if not people:
        # Short codes and names that senders give themselves are no one's telephone.
        people = customer(feed, [("twilio_sender", address)]).identifiers
    # A program replies at once; whoever else writes from the company does so by the API.
    actor = "customer" if is_inbound else "bot" if direction == "outbound-reply" else "system"
    updated = value.get("date_updated")
    sent = value.get("date_sent") or value.get("date_created")
    event = replace(
        event,
        kind_raw=direction,
        occurred=clocks.mail_date(str(sent), feed.clock),
        identifiers=people,
        label="whatsapp" if address.startswith("whatsapp:") else "sms",
        object_kind="message",
        object_id=event.own_id,
        text=text_of(value, "body"),
        properties=filled(
            {"media_count": value.get("num_media"), "error_code": value.get("error_code")}
        ),
    )
    event = acted(event, actor)
    if not is_inbound:
        people = tuple(each._replace(role="recipient") for each in event.identifiers)
        event = replace(event, direction="outbound", identifiers=people)
    found: list[Event | Ignored] = [event] if status in SENT else []
    if not is_inbound and status in FATES:
        found.append(
            replace(
                event,
                own_id=f"{event.own_id}:{status}",
                kind=FATES[status],
                kind_raw=status,
                occurred=clocks.mail_date(str(updated or sent), feed.clock),
                actor="customer" if status == "read" else "system",
                direction="inbound" if status == "read" else "outbound",
                text=None,
            )
        )
    return found


def _present(conversation_sid: str | None, room: Room, feed: Feed) -> tuple[Identifier, ...]:
    """A conversation's one customer; nobody where there are several or none is known."""
    addresses = room.addresses.get(conversation_sid or "", set())
    return _named(next(iter(addresses)), feed) if len(addresses) == 1 else ()


def conversation(event: Event, value: Fields, feed: Feed, room: Room) -> list[Event | Ignored]:
    """That a conversation began, and perhaps was closed."""
    sid = event.own_id
    event = replace(
        event,
        kind="conversation_started",
        kind_raw="conversation",
        identifiers=_present(sid, room, feed),
        object_kind="conversation",
        object_id=sid,
    )
    found: list[Event | Ignored] = [acted(event, "customer")]
    if value.get("state") == "closed":
        closed = clocks.iso(str(value.get("date_updated")), feed.clock)
        ended = replace(event, own_id=f"{sid}:closed", kind="conversation_closed", occurred=closed)
        found.append(acted(ended, "system"))
    return found


def whole_of(value: Fields, name: str) -> int:
    """A whole number that says the order; 0 where there is none.

    Raises:
        BadRecord: Something else.
    """
    found = value.get(name)
    text = "0" if found is None else str(found).strip()
    if isinstance(found, bool | float) or not (text.isdecimal() and len(text) < 16):
        raise BadRecord(f"{name} is no whole number: {text[:40]!r}")
    return int(text)


def remark(event: Event, value: Fields, feed: Feed, room: Room) -> Event:
    """What somebody wrote in a conversation."""
    sid = needed_id(value, "conversation_sid", "a message")
    author = text_of(value, "author")
    if author is None:
        raise BadRecord("nobody wrote it: author is empty")
    index = whole_of(value, "index")
    event = replace(
        event,
        kind="conversation_message_sent",
        received_us=event.occurred.us,
        source_sequence=index,
        object_kind="conversation",
        object_id=sid,
        text=text_of(value, "body"),
        properties=filled(
            {
                "media_count": len(list_of(value, "media")),
                "is_edited": value.get("date_updated") != value.get("date_created"),
            }
        ),
    )
    present = _present(sid, room, feed)
    if author == "system":
        return replace(acted(replace(event, identifiers=present), "bot"), machine_reason="system")
    if _is_address(author) and not _is_ours(author, room.staff, feed):
        return acted(replace(event, identifiers=_named(author, feed)), "customer")
    if _is_ours(author, room.staff, feed) or room.addresses.get(sid):
        staff = agent(feed, "twilio_identity", author)
        return acted(replace(event, identifiers=present + staff), "agent")
    return acted(replace(event, identifiers=_named(author, feed)), "customer")
