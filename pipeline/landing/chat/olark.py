"""Olark transcripts to events: one record per transcript and one per item in it.

Source: the JSON that Olark posts to a webhook for each finished chat or offline message.
Used: kind id items[] (kind timestamp body operatorId) visitor (id emailAddress phoneNumber
conversationBeginPage chat_feedback) tags. Left out: names, the visitor's place and browser,
operators' and groups' details.
Identifiers: olark_visitor, email, phone; staff as olark_operator. Clock: Unix seconds with a
fraction, as text.

A visitor typed their address themselves. The rating stands with the visitor and bears no time: it
is as old as the last item.
"""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.chat.parties import acted, agent, customer
from pipeline.landing.chat.parts import Part, parts
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.json_fields import (
    Fields,
    filled,
    id_of,
    list_of,
    needed_id,
    object_of,
    said,
    text_of,
)
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, outcomes

RECORD_FIELDS = frozenset(
    {
        *("kind", "id", "items", "visitor", "operators", "groups", "tags", "manuallySubmitted"),
    }
)

# kind of item -> kind of event and who wrote
ITEMS = {
    "MessageToVisitor": ("chat_message_sent", "agent"),
    "MessageToOperator": ("chat_message_sent", "customer"),
    "OfflineMessage": ("offline_message_sent", "customer"),
}


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each transcript and each item of a file became.

    Raises:
        SourceRefused: As for `containers.json_array`.
    """
    channel = channel_of(feed)
    return outcomes(
        parts(json_array(file), inner),
        lambda number, part: interpret(number, part, feed, channel),
    )


def inner(transcript: Fields) -> Iterator[Part]:
    """A transcript and its items.

    Raises:
        BadRecord: Its items are no list.
    """
    yield Part("transcript", transcript, transcript)
    for position, each in enumerate(list_of(transcript, "items"), start=1):
        yield Part("item", each, transcript, position)


def interpret(number: int, part: Part, feed: Feed, channel: str) -> list[Event | Ignored]:
    """The events of a transcript or of one item.

    Raises:
        BadRecord: No id, no readable time, an unknown kind of item, no rating from 1 to 5.
    """
    value, transcript = part.value, part.holder
    if not isinstance(value, dict):
        raise BadRecord(f"an item that is no JSON object: {said(value)}")
    own = needed_id(transcript, "id", "a transcript")
    visitor = object_of(transcript, "visitor")
    who = customer(
        feed,
        (
            ("olark_visitor", id_of(visitor, "id")),
            ("email", visitor.get("emailAddress")),
            ("phone", visitor.get("phoneNumber")),
        ),
    )
    event = Event(
        record_number=number,
        own_id=f"{own}:{part.position}" if part.position else own,
        channel=channel,
        kind="chat_started",
        kind_raw=str(value.get("kind") or part.what)[:100],
        occurred=clocks.Instant(0, "day", "explicit"),
        identifiers=who.identifiers,
        label="chat",
        source_sequence=part.position,
        object_kind="conversation",
        object_id=own,
        properties=filled({"unreadable": list(who.unreadable)}),
    )
    if part.what == "item":
        return [_said(event, value, feed)]
    return [*_course(event, transcript, visitor, feed)]


def _said(event: Event, value: Fields, feed: Feed) -> Event | Ignored:
    """One item: somebody wrote something."""
    if event.kind_raw not in ITEMS:
        raise BadRecord(f"unknown kind of item: {event.kind_raw[:40]!r}")
    kind, actor = ITEMS[event.kind_raw]
    staff = agent(feed, "olark_operator", id_of(value, "operatorId")) if actor == "agent" else ()
    event = replace(
        event,
        kind=kind,
        occurred=clocks.epoch(value.get("timestamp"), "s", feed.clock),
        identifiers=event.identifiers + staff,
        text=text_of(value, "body"),
    )
    return acted(event, actor)


def _course(event: Event, transcript: Fields, visitor: Fields, feed: Feed) -> Iterator[Event]:
    """That a chat began and was rated; a message left offline is no chat."""
    items = [item for item in list_of(transcript, "items") if isinstance(item, dict)]
    chat = [item for item in items if item.get("kind") != "OfflineMessage"]
    if chat:
        is_ours = chat[0].get("kind") == "MessageToVisitor"
        began = clocks.epoch(chat[0].get("timestamp"), "s", feed.clock)
        page = text_of(visitor, "conversationBeginPage")
        event = replace(event, occurred=began)
        yield acted(replace(event, link=page), "agent" if is_ours else "customer")
    feedback = object_of(visitor, "chat_feedback")
    stars = feedback.get("overall_chat")
    if items and stars is not None:
        if str(stars) not in {"1", "2", "3", "4", "5"}:
            raise BadRecord(f"not a rating from 1 to 5: {said(stars)}")
        yield replace(
            acted(event, "customer"),
            own_id=f"{event.own_id}:rated",
            kind="chat_rated",
            occurred=clocks.epoch(items[-1].get("timestamp"), "s", feed.clock),
            source_sequence=len(items) + 1,
            text=text_of(feedback, "comments"),
            score_kind="csat",
            score=float(str(stars)),
        )
