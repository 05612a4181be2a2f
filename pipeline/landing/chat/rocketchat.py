"""Rocket.Chat messages to events: one record per message.

Source: channels.messages, groups.messages, im.messages and livechat answers of the REST API, and
a dump of the collection rocketchat_message as JSON or lines (mongoexport).
Used: _id rid msg ts u (_id username) t tmid editedAt token bot attachments file _hidden parent.
Left out: reactions, stars, mentions, urls.
Identifiers: rocketchat_user, or rocketchat_visitor for a visitor of a live chat (its messages bear
a token). Clock: ISO 8601 with zone, or MongoDB's `{"$date": ...}`.

A live chat's visitor is a customer and everybody else in it staff; elsewhere staff are the
source's `agents`, by id or username, and all others are customers.
"""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.chat.parties import Talk, acted, agent, customer, is_staff, talk_of
from pipeline.landing.chat.parts import unobserved
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.json_fields import (
    Fields,
    filled,
    flag_of,
    id_of,
    list_of,
    needed_id,
    object_of,
    said,
    text_of,
)
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, outcomes

# Whatever kinds of message there are, what a dump has beside them, and an error's answer.
RECORD_FIELDS = frozenset(
    {
        *("_id", "_updatedAt", "rid", "msg", "ts", "u", "t", "tmid", "tshow", "tlm", "tcount"),
        *("tokens", "token", "mentions", "channels", "groupable", "blocks", "alias", "md"),
        *("_hidden", "imported", "replies", "location", "starred", "pinned", "pinnedAt"),
        *("pinnedBy", "unread", "temp", "drid", "dlm", "dcount", "e2e", "e2eMentions", "content"),
        *("otrAck", "urls", "actionLinks", "file", "files", "fileUpload", "attachments"),
        *("reactions", "private", "bot", "sentByEmail", "webRtcCallEndTs", "role", "avatar"),
        *("emoji", "html", "federation", "editedAt", "editedBy", "parent", "translations"),
        *("translationProvider", "autoTranslateShowInverse", "autoTranslateFetching", "navigation"),
        *("transferData", "requestData", "comment", "email", "voipData", "customFields"),
        *("slackBotId", "slackTs", "success", "error", "errorType", "details", "status", "message"),
    }
)
# Dates are texts in answers and objects in a dump.
VARIED_FIELDS = frozenset(
    {"_updatedAt", "dlm", "editedAt", "pinnedAt", "tlm", "ts", "webRtcCallEndTs", "bot"}
)


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each message of a file became.

    Raises:
        SourceRefused: As for `containers.json_array`.
    """
    talk = talk_of(feed, _visitors(file))
    return outcomes(
        json_array(file, "messages"), lambda number, value: [interpret(number, value, talk)]
    )


def _visitors(file: RawFile) -> dict[str, str]:
    """The visitor of each room in which one wrote, by a first look."""
    found: dict[str, str] = {}
    for raw in json_array(unobserved(file), "messages"):
        author = raw.value.get("u") if raw.problem is None and raw.value.get("token") else None
        if isinstance(author, dict) and isinstance(author.get("_id"), str):
            found[str(raw.value.get("rid"))] = author["_id"]
    return found


def moment(value: Fields, name: str, feed: Feed) -> clocks.Instant:
    """When, as text or as MongoDB writes it.

    Raises:
        BadRecord: No readable time.
    """
    found = value.get(name)
    if isinstance(found, dict):
        found = found.get("$date")
        if isinstance(found, dict):
            found = found.get("$numberLong")
    if isinstance(found, str) and not found.isdigit():
        return clocks.iso(found, feed.clock)
    return clocks.epoch(found, "ms", feed.clock)


def interpret(number: int, value: Fields, talk: Talk) -> Event | Ignored:
    """The event of one message; `talk.others` is the visitor of each live chat's room.

    Raises:
        BadRecord: No id, no readable time, or nobody who wrote.
    """
    if "messages" in value or "channel" in value:
        return Ignored(number, "no message")
    if value.get("success") is False:
        raise BadRecord(f"Rocket.Chat answered with an error: {said(value.get('error'))}")
    if flag_of(value, "_hidden") or value.get("parent"):
        return Ignored(number, "earlier wording of an edited message")
    word = text_of(value, "t")
    if word is not None and word != "livechat-close":
        return Ignored(number, word[:60])
    sent = moment(value, "ts", talk.feed)
    is_edited = value.get("editedAt") is not None
    event = Event(
        record_number=number,
        own_id=needed_id(value, "_id", "a message"),
        channel=talk.channel,
        kind="conversation_closed" if word else "message_sent",
        kind_raw=word or "message",
        occurred=sent,
        identifiers=(),
        received_us=moment(value, "editedAt", talk.feed).us if is_edited else sent.us,
        object_kind="conversation",
        object_id=needed_id(value, "rid", "a message"),
        text=text_of(value, "msg"),
        properties=filled(
            {
                "thread": id_of(value, "tmid"),
                "has_media": bool(value.get("file") or list_of(value, "attachments")),
                "is_edited": is_edited,
            }
        ),
    )
    return _by(event, value, talk)


def _by(event: Event, value: Fields, talk: Talk) -> Event:
    """A message with who wrote it, and to whom."""
    author = object_of(value, "u")
    author_id = needed_id(author, "_id", "an author")
    visitor = talk.others.get(event.object_id or "")
    if not value.get("token") and (
        value.get("bot") or visitor or is_staff(talk.staff, author_id, text_of(author, "username"))
    ):
        people = customer(talk.feed, [("rocketchat_visitor", visitor)]).identifiers
        by = agent(talk.feed, "rocketchat_user", author_id)
        is_bot = bool(value.get("bot"))
        event = acted(replace(event, identifiers=people + by), "bot" if is_bot else "agent")
        return replace(event, machine_reason="bot") if is_bot else event
    namespace = "rocketchat_visitor" if value.get("token") else "rocketchat_user"
    who = customer(talk.feed, [(namespace, author_id)])
    return acted(replace(event, identifiers=who.identifiers), "customer")
