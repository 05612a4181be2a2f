"""Mattermost to events: one record per post and user.

Source: posts and users of the REST API v4 (`{"order": [...], "posts": {...}}`), and the JSON lines
of a bulk export (`mmctl export`).
Used: post id create_at edit_at delete_at user_id channel_id root_id message type props, or of a
bulk export team channel channel_members user message create_at replies; user id username email
create_at. Left out: reactions, files, pins, preferences; channels and teams, by rule.
Identifiers: mattermost_user (id), mattermost_name (username, all that a bulk export has), email.
Clock: Unix milliseconds.

Staff are those whose address is the company's and the source's `agents`, by id or username; all
others are customers; users tell so of posts in the same file or .zip.
A bulk export's posts have no id: content decides.
"""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.attributes import attributes
from pipeline.landing.chat.parties import (
    Staff,
    Talk,
    acted,
    agent,
    customer,
    is_staff,
    staff_of,
    talk_of,
)
from pipeline.landing.chat.parts import Part, parts, unobserved
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
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, outcomes

# An answer's posts, a post, a user, a channel, a line of a bulk export, and an error.
RECORD_FIELDS = frozenset(
    {
        *("order", "posts", "next_post_id", "prev_post_id", "has_next"),
        *("first_inaccessible_post_time", "id", "create_at", "update_at", "edit_at", "delete_at"),
        *("is_pinned", "user_id", "channel_id", "root_id", "parent_id", "original_id", "message"),
        *("type", "props", "hashtags", "filenames", "file_ids", "pending_post_id", "has_reactions"),
        *("remote_id", "reply_count", "last_reply_at", "participants", "is_following", "metadata"),
        *("username", "password", "auth_data", "auth_service", "email", "email_verified"),
        *("nickname", "first_name", "last_name", "position", "roles", "allow_marketing"),
        *("notify_props", "last_password_update", "last_picture_update", "failed_attempts"),
        *("locale", "timezone", "mfa_active", "mfa_secret", "last_activity_at", "last_login"),
        *("is_bot", "bot_description", "bot_last_icon_update", "terms_of_service_id"),
        *("terms_of_service_create_at", "disable_welcome_email", "team_id", "display_name", "name"),
        *("header", "purpose", "last_post_at", "total_msg_count", "extra_update_at", "creator_id"),
        *("scheme_id", "group_constrained", "shared", "total_msg_count_root", "policy_id"),
        *("last_root_post_at", "banner_info", "role", "scheme", "team", "channel", "user", "bot"),
        *("post", "direct_channel", "direct_post", "emoji", "version", "info", "status_code"),
        *("detailed_error", "request_id"),
    }
)

POSTS = {"post", "direct_post"}


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each post and user of a file became.

    Raises:
        SourceRefused: As for `containers.json_array`.
    """
    talk = talk_of(feed, _employed(file, staff_of(feed)))
    return outcomes(
        parts(json_array(file), inner), lambda number, part: [interpret(number, part, talk)]
    )


def _employed(file: RawFile, staff: Staff) -> dict[str, str]:
    """The ids and names of the users who are staff, by a first look."""
    found: dict[str, str] = {}
    for raw in parts(json_array(unobserved(file)), inner):
        if raw.problem is None and raw.value.what == "user":
            user = raw.value.value
            given = [user.get(name) for name in ("id", "username", "email")]
            names = [each for each in given if isinstance(each, str)]
            if is_staff(staff, *names):
                found |= dict.fromkeys(names, "agent")
    return found


def inner(value: Fields) -> Iterator[Part]:
    """The posts and users in one JSON object.

    Raises:
        BadRecord: Nothing that Mattermost is known to write.
    """
    word = text_of(value, "type")
    if isinstance(value.get("posts"), dict):
        for position, each in enumerate(value["posts"].values(), start=1):
            yield Part("post", each, value, position)
    elif word and isinstance(value.get(word), dict | int):
        yield from _bulk(word, value)
    elif "message" in value and "user_id" in value:
        yield Part("post", value, value)
    elif "username" in value:
        yield Part("user", value, value)
    elif "display_name" in value:
        yield Part("channel", value, value)
    elif "status_code" in value:
        raise BadRecord(f"Mattermost answered with an error: {said(value.get('message'))}")
    else:
        raise BadRecord(f"neither post nor user: it has {', '.join(sorted(value))[:100]}")


def _bulk(word: str, line: Fields) -> Iterator[Part]:
    """The records in one line of a bulk export, which names itself by `word`."""
    if word in POSTS:
        post = object_of(line, word)
        yield Part("bulk", post, post)
        for position, each in enumerate(objects_of(post, "replies"), start=1):
            yield Part("bulk", each, post, position)
    elif word == "user":
        yield Part("user", object_of(line, word), line)
    else:
        yield Part(word, line, line)


def interpret(number: int, part: Part, talk: Talk) -> Event | Ignored:
    """The event of one post or user; `talk.others` holds the users who are staff.

    Raises:
        BadRecord: No readable time, or nobody who wrote.
    """
    value = part.value
    if part.what not in {"post", "bulk", "user"}:
        return Ignored(number, part.what[:60])
    if not isinstance(value, dict):
        raise BadRecord(f"a post that is no JSON object: {said(value)}")
    if part.what == "user":
        return user(number, value, talk)
    word = text_of(value, "type") or ""
    if value.get("delete_at") or word.startswith("system_"):
        return Ignored(number, "deleted post" if value.get("delete_at") else word[:60])
    sent = clocks.epoch(value.get("create_at"), "ms", talk.feed.clock)
    edited = value.get("edit_at")
    room = id_of(value, "channel_id") or text_of(part.holder, "channel")
    event = Event(
        record_number=number,
        own_id=needed_id(value, "id", "a post") if part.what == "post" else None,
        channel=talk.channel,
        kind="message_sent",
        kind_raw=word or "post",
        occurred=sent,
        identifiers=(),
        received_us=clocks.epoch(edited, "ms", talk.feed.clock).us if edited else sent.us,
        source_sequence=part.position if part.what == "bulk" else 0,
        object_kind="conversation" if room else None,
        object_id=room,
        text=text_of(value, "message"),
        properties=filled({"thread": id_of(value, "root_id"), "is_edited": bool(edited)}),
    )
    return _by(event, part, talk)


def _by(event: Event, part: Part, talk: Talk) -> Event:
    """A post with who wrote it, and in a channel of two to whom."""
    namespace = "mattermost_user" if part.what == "post" else "mattermost_name"
    author = needed_id(part.value, "user_id" if part.what == "post" else "user", "a post")
    by = agent(talk.feed, namespace, author)
    props = object_of(part.value, "props")
    if "true" in {str(props.get("from_webhook")), str(props.get("from_bot"))}:
        return replace(acted(replace(event, identifiers=by), "bot"), machine_reason="bot")
    if not _is_employed(author, talk):
        who = customer(talk.feed, [(namespace, author)])
        return acted(replace(event, identifiers=who.identifiers), "customer")
    present = map(str, list_of(part.holder, "channel_members"))
    others = [name for name in present if not _is_employed(name, talk)]
    to = others[0] if len(others) == 1 else None
    people = customer(talk.feed, [(namespace, to)]).identifiers
    return acted(replace(event, identifiers=people + by), "agent")


def _is_employed(name: str, talk: Talk) -> bool:
    """Whether a user, by id or name, is staff."""
    return name in talk.others or is_staff(talk.staff, name)


def user(number: int, value: Fields, talk: Talk) -> Event | Ignored:
    """A customer's handles; staff and bots are left out."""
    user_id, name, email = id_of(value, "id"), id_of(value, "username"), text_of(value, "email")
    if is_staff(talk.staff, user_id, name, email):
        return Ignored(number, "staff")
    if value.get("is_bot") is True:
        return Ignored(number, "bot")
    given = (("mattermost_user", user_id), ("mattermost_name", name), ("email", email))
    who = customer(talk.feed, given)
    if "create_at" not in value:
        # A bulk export says of its users only who they are.
        return Ignored(number, "user without a time")
    event = Event(
        record_number=number,
        own_id=f"user:{user_id or name}",
        channel=talk.channel,
        kind="contact_created",
        kind_raw="user",
        occurred=clocks.epoch(value.get("create_at"), "ms", talk.feed.clock),
        identifiers=who.identifiers,
        object_kind="contact",
        object_id=user_id or name,
        properties=filled({"unreadable": list(who.unreadable)}),
        attributes=attributes(
            (field, value.get(field)) for field in ("first_name", "last_name", "position", "locale")
        ),
    )
    return acted(event, "system")
