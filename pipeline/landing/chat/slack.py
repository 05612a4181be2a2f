"""Slack exports to events: one record per message, user and channel.

Source: the .zip of a workspace export (users.json, channels.json, groups.json, dms.json,
mpims.json, <channel>/YYYY-MM-DD.json), a day's file by itself, or what conversations.history and
users.info of Slack's API answer.
Used: message ts user bot_id text subtype thread_ts parent_user_id edited files comment; user id
team_id is_bot is_restricted is_ultra_restricted updated profile.email and phone; channel id name
members. Left out: reactions (they bear no time), attachments, blocks, topics, pins, joins.
Identifiers: slack_user (U... and W...), email, phone. Clock: `ts`, Unix seconds as text, to the
microsecond; it is also the message's id within its channel, so one that a program has turned
into a number is refused.

Staff are those with an address at the company, those listed as `agents`, and full members of
their workspace; all others in users.json, guests and people of other workspaces, are customers.
Give the .zip as it is: a day's file by itself does not say who is who.
A message by staff went to its channel's one customer, or to whoever began the thread.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import replace

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.chat import slack_fields
from pipeline.landing.chat.parties import acted, agent, customer, is_staff, staff_of
from pipeline.landing.chat.parts import unobserved
from pipeline.landing.chat.slack_export import Found, Member, Workspace, records, workspace_of
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

RECORD_FIELDS = slack_fields.MESSAGE | slack_fields.USER
SAID = {
    *("", "me_message", "thread_broadcast", "reply_broadcast", "file_share", "file_mention"),
    *("file_comment", "bot_message", "slackbot_response", "document_mention"),
    *("assistant_app_thread", "channel_mention"),
}
# What happened to the channel, not between its people: subtype -> rule.
SILENT = {
    name: name
    for name in (
        *("channel_join", "channel_leave", "channel_topic", "channel_purpose", "channel_name"),
        *("channel_archive", "channel_unarchive", "channel_convert_to_private"),
        *("channel_convert_to_public", "channel_posting_permissions", "channel_canvas_updated"),
        *("group_join", "group_leave", "group_topic", "group_purpose", "group_name"),
        *("group_archive", "group_unarchive", "mpdm_move", "pinned_item", "unpinned_item"),
        *("bot_add", "bot_remove", "bot_enable", "bot_disable", "app_conversation_join"),
        *("tombstone", "message_deleted", "message_changed", "message_replied", "reminder_add"),
        *("reminder_delete", "sh_room_created", "sh_room_shared", "huddle_thread"),
        *("joiner_notification", "joiner_notification_for_inviter", "tabbed_canvas_updated"),
        *("ekm_access_denied", "bot_profile_change", "channel_ekm_updated"),
    )
}
REFERENCE = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each message and user of an export became.

    Raises:
        SourceRefused: As for `containers.members`.
    """
    channel = channel_of(feed)
    workspace = workspace_of(records(unobserved(file)), staff_of(feed))
    return outcomes(
        records(file), lambda number, found: [interpret(number, found, feed, channel, workspace)]
    )


def interpret(
    number: int, found: Found, feed: Feed, channel: str, workspace: Workspace
) -> Event | Ignored:
    """The event of one element of the export.

    Raises:
        BadRecord: No readable ts, an unknown subtype, nobody who wrote, an id that is none.
    """
    if found.what not in {"message", "user"}:
        if found.value.get("ok") is False:
            raise BadRecord(f"Slack answered with an error: {said(found.value.get('error'))}")
        return Ignored(number, "channel" if found.what == "channel" else "no message")
    event = Event(
        record_number=number,
        own_id=None,
        channel=channel,
        kind="message_sent",
        kind_raw=str(found.value.get("subtype") or "message")[:100],
        occurred=clocks.Instant(0, "day", "explicit"),
        identifiers=(),
    )
    if found.what == "user":
        return user(event, found.value, feed, workspace)
    subtype = str(found.value.get("subtype") or "")
    if rule := SILENT.get(subtype):
        return Ignored(number, rule)
    return message(event, found, feed, workspace)


def stamp(value: Fields, name: str, feed: Feed) -> clocks.Instant:
    """When, by a `ts`.

    Raises:
        BadRecord: No text, or no Unix time.
    """
    found = value.get(name)
    if not isinstance(found, str):
        raise BadRecord(f"{name} is no text, so its last digits may be lost: {said(found)}")
    return clocks.epoch(found, "s", feed.clock)


def message(event: Event, found: Found, feed: Feed, workspace: Workspace) -> Event | Ignored:
    """Something written in a channel."""
    value = found.value
    nested = object_of(value, "comment")
    author = id_of(value, "user") or id_of(nested, "user")
    subtype = str(value.get("subtype") or "")
    if subtype not in SAID and not (author and value.get("text")):
        raise BadRecord(f"unknown subtype: {subtype[:40]!r}")
    channel = workspace.channels.get(found.folder)
    place = channel.channel_id if channel else found.folder
    sent = stamp(value, "ts", feed)
    edited = object_of(value, "edited")
    event = replace(
        event,
        # A ts is an id within its channel: without the channel, content decides.
        own_id=f"{place}:{value['ts']}" if place else None,
        occurred=sent,
        received_us=stamp(edited, "ts", feed).us if edited else sent.us,
        label=found.folder or None,
        object_kind="conversation" if place else None,
        object_id=place or None,
        text=plain(text_of(nested, "comment") or text_of(value, "text")),
        properties=filled(
            {
                "thread": text_of(value, "thread_ts"),
                "file_count": len(list_of(value, "files")),
                "is_edited": bool(edited),
            }
        ),
    )
    bot = id_of(value, "bot_id")
    if author is None or subtype in {"bot_message", "slackbot_response"}:
        if subtype not in {"bot_message", "slackbot_response"} and bot is None:
            raise BadRecord("nobody wrote it: neither user nor bot_id")
        event = replace(event, identifiers=agent(feed, "slack_bot", bot))
        return replace(acted(event, "bot"), machine_reason="bot")
    return _by(event, author, value, feed, workspace)


def _by(event: Event, author: str, value: Fields, feed: Feed, workspace: Workspace) -> Event:
    """A message with who wrote it, and to whom."""
    member = _who(author, workspace)
    if member.actor == "customer":
        given = (("slack_user", author), ("email", member.email), ("phone", member.phone))
        who = customer(feed, given)
        return acted(replace(event, identifiers=who.identifiers), "customer")
    to = _addressee(event, author, value, workspace)
    people = customer(feed, (("slack_user", to),)).identifiers if to else ()
    staff = agent(feed, "slack_user", author)
    event = acted(replace(event, identifiers=people + staff), member.actor)
    return replace(event, machine_reason="bot") if member.actor == "bot" else event


def _who(user_id: str, workspace: Workspace) -> Member:
    """Who a user id is; one that users.json does not tell of is a customer unless listed."""
    known = workspace.members.get(user_id)
    if known is not None:
        return known
    return Member("agent" if is_staff(workspace.staff, user_id) else "customer", None, None)


def _addressee(event: Event, author: str, value: Fields, workspace: Workspace) -> str | None:
    """The one customer a message by staff was written to; None where that cannot be told."""
    opener = id_of(value, "parent_user_id")
    if opener and opener != author and _who(opener, workspace).actor == "customer":
        return opener
    channels = (each for each in workspace.channels.values() if each.channel_id == event.object_id)
    present = next((each.members for each in channels), ())
    others = [each for each in present if _who(each, workspace).actor == "customer"]
    return others[0] if len(others) == 1 else None


def user(event: Event, value: Fields, feed: Feed, workspace: Workspace) -> Event | Ignored:
    """A customer's handles, as users.json had them when the user last changed."""
    user_id = needed_id(value, "id", "a user")
    member = _who(user_id, workspace)
    if member.actor != "customer":
        return Ignored(event.record_number, "staff" if member.actor == "agent" else "bot")
    # Refused here if the profile is damaged; in the first look it told nothing.
    profile = object_of(value, "profile")
    given = (
        ("slack_user", user_id),
        ("email", text_of(profile, "email")),
        ("phone", text_of(profile, "phone")),
    )
    who = customer(feed, given)
    changed = clocks.epoch(value.get("updated"), "s", feed.clock)
    return replace(
        acted(replace(event, identifiers=who.identifiers), "system"),
        own_id=f"user:{user_id}:{changed.us}",
        kind="contact_updated",
        kind_raw="user",
        occurred=changed,
        object_kind="contact",
        object_id=user_id,
        properties=filled({"unreadable": list(who.unreadable)}),
    )


def plain(text: str | None) -> str | None:
    """A message's text without Slack's marks: `<@U1|ada>` is @ada, `<mailto:a@b|a@b>` is a@b."""
    if text is None:
        return None

    def shown(found: re.Match[str]) -> str:
        target, name = found[1], found[2]
        if target[0] in "@#!":
            return f"{target[0].replace('!', '@')}{name or target[1:]}"
        return name or target

    return html.unescape(REFERENCE.sub(shown, text)) or None
