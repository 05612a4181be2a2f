import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.landing.chat import mattermost, rocketchat, telegram
from tests.landing.chat_samples import (
    MATTERMOST,
    NINE,
    ROCKETCHAT,
    TELEGRAM_EXPORTED,
    TELEGRAM_UPDATE,
)
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused

READERS = {"rocketchat": rocketchat, "mattermost": mattermost, "telegram": telegram}


def found_in(folder: Path, name: str, content: Any, **source: Any) -> Any:
    """What a network's reader makes of one JSON document, or of one a line."""
    documents = content if isinstance(content, list) else [content]
    text = "\n".join(map(json.dumps, documents))
    return outcomes_of(READERS[name].read, text, folder, feed(name, **source))


ONE = {
    "rocketchat": (
        {"messages": [ROCKETCHAT], "success": True},
        "m1",
        {"actor rocketchat_visitor": "v1"},
        250_000,
    ),
    "mattermost": (
        {"order": ["p1"], "posts": {"p1": MATTERMOST}},
        "p1",
        {"actor mattermost_user": "u1"},
        250_000,
    ),
    "telegram": (
        {"ok": True, "result": [TELEGRAM_UPDATE]},
        "8:31",
        {"actor telegram_user": "8"},
        0,
    ),
}


@pytest.mark.parametrize("name", ONE)
def test_a_message_of_nobody_listed_is_a_customer_s(tmp_path: Path, name: str) -> None:
    """With the network's own id and clock."""
    content, own, handles, fraction = ONE[name]

    (found,) = events(found_in(tmp_path, name, content))

    assert (found.kind, found.actor, found.direction) == ("message_sent", "customer", "inbound")
    assert (found.own_id, found.text, people(found)) == (own, "No internet", handles)
    assert found.occurred.us == NINE * 1_000_000 + fraction


STAFF = {
    "rocketchat": ({**ROCKETCHAT, "token": None, "u": {"_id": "u9", "username": "robin"}}, "u9"),
    "mattermost": ({**MATTERMOST, "user_id": "robin"}, "robin"),
    "telegram": (
        {
            "update_id": 6,
            "message": {
                **TELEGRAM_UPDATE["message"],
                "chat": {"id": -1, "type": "group"},
                "from": {"id": 9, "username": "Robin"},
            },
        },
        "9",
    ),
}


@pytest.mark.parametrize("name", STAFF)
def test_configured_agents_are_staff(tmp_path: Path, name: str) -> None:
    """By id or by name, in whatever case."""
    message, staff = STAFF[name]

    (found,) = events(found_in(tmp_path, name, message, agents=("robin",)))

    assert (found.actor, found.direction) == ("agent", "outbound")
    assert people(found) == {f"agent {name}_user": staff}


def test_whoever_answers_a_visitor_is_staff(tmp_path: Path) -> None:
    """A live chat's visitor bears a token, and nobody else there does."""
    answer = {**ROCKETCHAT, "_id": "m2", "token": None, "u": {"_id": "u9", "username": "sam"}}

    found = events(found_in(tmp_path, "rocketchat", {"messages": [answer, ROCKETCHAT]}))

    assert people(found[0]) == {
        "recipient rocketchat_visitor": "v1",
        "agent rocketchat_user": "u9",
    }


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-01-05T09:00:00.250Z",
        {"$date": "2026-01-05T09:00:00.250Z"},
        {"$date": NINE * 1000 + 250},
        {"$date": {"$numberLong": str(NINE * 1000 + 250)}},
    ],
)
def test_mongodb_writes_its_times_in_several_ways(tmp_path: Path, stamp: Any) -> None:
    """All the same instant."""
    (found,) = events(found_in(tmp_path, "rocketchat", {**ROCKETCHAT, "ts": stamp}))

    assert found.occurred.us == NINE * 1_000_000 + 250_000


def test_a_bulk_export_s_users_tell_who_is_staff(tmp_path: Path) -> None:
    """Wherever they stand; a post's replies are posts."""
    users = [
        {"username": "ada", "email": "ada@example.org"},
        {"username": "robin", "email": "robin@larkspur.example"},
    ]
    reply = {"user": "robin", "message": "Restart it", "create_at": NINE * 1000 + 1000}
    post = {
        "channel_members": ["ada", "robin"],
        "user": "ada",
        "message": "No internet",
        "create_at": NINE * 1000,
        "replies": [reply],
    }
    content = [
        {"type": "version", "version": 1},
        {"type": "direct_post", "direct_post": post},
        *({"type": "user", "user": user} for user in users),
    ]

    found = found_in(tmp_path, "mattermost", content, domains=("larkspur.example",))

    assert [people(e) for e in events(found)] == [
        {"actor mattermost_name": "ada"},
        {"recipient mattermost_name": "ada", "agent mattermost_name": "robin"},
    ]
    assert ignored(found) == [(1, "version"), (4, "user without a time"), (5, "staff")]


def test_a_user_s_record_joins_id_name_and_address(tmp_path: Path) -> None:
    """For the stitcher."""
    user = {"id": "u1", "username": "ada", "email": "Ada@Example.org", "create_at": NINE * 1000}

    (found,) = events(found_in(tmp_path, "mattermost", user))

    assert people(found) == {
        "subject mattermost_user": "u1",
        "subject mattermost_name": "ada",
        "subject email": "ada@example.org",
    }


def test_in_an_exported_personal_chat_the_other_is_the_customer(tmp_path: Path) -> None:
    """The chat's id is the other person's; marked text comes in pieces."""
    mine = {**TELEGRAM_EXPORTED, "id": 32, "from": "Robin", "from_id": "user9", "text": "Ok"}
    chat = {"name": "Ada", "type": "personal_chat", "id": 8, "messages": [TELEGRAM_EXPORTED, mine]}

    found = events(found_in(tmp_path, "telegram", chat))

    assert [(e.actor, e.own_id, e.text, at(e)[-8:]) for e in found] == [
        ("customer", "8:31", "See https://example.org!", "09:00:00"),
        ("agent", "8:32", "Ok", "09:00:00"),
    ]
    assert people(found[1]) == {"recipient telegram_user": "8", "agent telegram_user": "9"}


def test_a_message_alone_takes_no_other_s_chat(tmp_path: Path) -> None:
    """What stands before it in the file is another record, not the head of an export."""
    update, alone = events(
        found_in(tmp_path, "telegram", [TELEGRAM_UPDATE, {**TELEGRAM_EXPORTED, "id": 77}])
    )

    assert (update.own_id, update.object_id) == ("8:31", "8")
    assert (alone.own_id, alone.object_id) == (None, None)


def test_an_older_export_s_local_time_needs_the_zone(tmp_path: Path) -> None:
    """It bears no Unix time."""
    old = {name: value for name, value in TELEGRAM_EXPORTED.items() if name != "date_unixtime"}
    account = {"chats": {"list": [{"id": 8, "type": "personal_chat", "messages": [old]}]}}

    read = found_in(tmp_path, "telegram", account, zone="Europe/Berlin")
    not_read = found_in(tmp_path, "telegram", account)

    assert [at(e) for e in events(read)] == ["2026-01-05 09:00:00"]
    assert refused(not_read) == [(1, "time without a zone: set time_zone for this source")]


def test_an_edit_is_an_event_after_the_message(tmp_path: Path) -> None:
    """The Bot API sends it as an update of its own."""
    edited = {**TELEGRAM_UPDATE["message"], "edit_date": NINE + 60, "text": "No internet at all"}

    found = events(
        found_in(
            tmp_path, "telegram", [TELEGRAM_UPDATE, {"update_id": 6, "edited_message": edited}]
        )
    )

    assert [(e.kind, at(e)[-8:]) for e in found] == [
        ("message_sent", "09:00:00"),
        ("message_edited", "09:01:00"),
    ]


LEFT_OUT = {
    "an earlier wording": ("rocketchat", {**ROCKETCHAT, "_hidden": True, "parent": "m0"}),
    "uj": ("rocketchat", {**ROCKETCHAT, "t": "uj"}),
    "deleted post": ("mattermost", {**MATTERMOST, "delete_at": NINE * 1000}),
    "system_join_team": ("mattermost", {**MATTERMOST, "type": "system_join_team"}),
    "service message": ("telegram", {**TELEGRAM_EXPORTED, "type": "service"}),
    "callback_query": ("telegram", {"update_id": 7, "callback_query": {"id": "1"}}),
}


@pytest.mark.parametrize("rule", LEFT_OUT)
def test_what_is_no_message_is_ignored_by_name(tmp_path: Path, rule: str) -> None:
    """The rule says what it was."""
    name, document = LEFT_OUT[rule]

    ((number, found),) = ignored(found_in(tmp_path, name, document))

    assert number == 1
    assert found.startswith(rule.removeprefix("an "))


REFUSED = {
    "rocketchat, no id": (
        "rocketchat",
        {**ROCKETCHAT, "_id": None},
        "a message without _id",
    ),
    "rocketchat, nobody": ("rocketchat", {**ROCKETCHAT, "u": {}}, "an author without _id"),
    "mattermost, seconds": (
        "mattermost",
        {**MATTERMOST, "create_at": NINE},
        f"Unix time of another unit than ms: {NINE}",
    ),
    "mattermost, an error": (
        "mattermost",
        {"status_code": 403, "message": "No"},
        "Mattermost answered with an error: 'No'",
    ),
    "telegram, nobody": (
        "telegram",
        {**TELEGRAM_EXPORTED, "from_id": None},
        "nobody wrote it: from_id is ''",
    ),
    "telegram, something else": (
        "telegram",
        {"hello": 1},
        "neither an update of the Bot API nor an exported message",
    ),
}


@pytest.mark.parametrize(("name", "bad", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_read_is_refused_and_its_neighbour_saved(
    tmp_path: Path, name: str, bad: Any, reason: str
) -> None:
    """The record goes to quarantine with the reason."""
    good = {"rocketchat": ROCKETCHAT, "mattermost": MATTERMOST, "telegram": TELEGRAM_UPDATE}[name]

    found = found_in(tmp_path, name, [bad, good])

    assert refused(found) == [(1, reason)]
    assert len(events(found)) == 1
