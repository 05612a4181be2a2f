import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.landing.chat import livechat, olark
from tests.landing.chat_samples import LIVECHAT, OLARK
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused


def livechat_with(folder: Path, *inner: Any, **thread: Any) -> Any:
    """What LiveChat's reader makes of a chat with these events in its thread."""
    chat = {**LIVECHAT, "thread": {**LIVECHAT["thread"], "events": list(inner), **thread}}
    return outcomes_of(livechat.read, json.dumps({"chats": [chat]}), folder, feed("livechat"))


def olark_with(folder: Path, **changes: Any) -> Any:
    """What Olark's reader makes of a transcript."""
    return outcomes_of(olark.read, json.dumps({**OLARK, **changes}), folder, feed("olark"))


def test_a_thread_is_a_chat_with_its_messages_rating_and_end(tmp_path: Path) -> None:
    """What only agents see is a note."""
    found = livechat_with(tmp_path, *LIVECHAT["thread"]["events"])

    assert [(e.kind, e.actor, e.direction, at(e)[-8:]) for e in events(found)] == [
        ("chat_started", "customer", "inbound", "09:00:00"),
        ("chat_message_sent", "customer", "inbound", "09:00:01"),
        ("chat_noted", "agent", "internal", "09:01:00"),
        ("chat_rated", "customer", "inbound", "09:02:00"),
        ("chat_ended", "system", "internal", "09:03:00"),
    ]
    first, note = events(found)[0], events(found)[2]
    assert people(first) == {
        "actor livechat_customer": "b7eff798",
        "actor email": "ada@example.org",
    }
    assert people(note)["agent livechat_agent"] == "robin@larkspur.example"
    assert (events(found)[3].score, first.object_id) == (5.0, "K600PKZON8")


def test_a_filled_form_adds_what_was_typed(tmp_path: Path) -> None:
    """An address in it proves nothing; one that is none is said."""
    form = {
        "id": "1",
        "type": "filled_form",
        "created_at": "2026-01-05T09:00:01Z",
        "fields": [
            {"type": "email", "label": "Mail", "value": "ada@work.example"},
            {"type": "phone", "label": "Phone", "value": "later"},
        ],
    }

    found = events(livechat_with(tmp_path, form))[-1]

    emails = [p.value for p in found.identifiers if p.namespace == "email"]
    assert (found.kind, emails) == ("form_submitted", ["ada@example.org", "ada@work.example"])
    assert not any(person.is_authenticated for person in found.identifiers)
    assert found.properties == {"unreadable": ["phone"]}


LIVECHAT_BAD = {
    "an unknown author": (
        {**LIVECHAT["thread"]["events"][0], "author_id": "ghost"},
        "nobody known said it: author 'ghost'",
    ),
    "an unknown type": (
        {**LIVECHAT["thread"]["events"][0], "type": "dance"},
        "unknown type of event: 'dance'",
    ),
    "an unknown rating": (
        {**LIVECHAT["thread"]["events"][2], "text_vars": {"score": "meh"}},
        "unknown rating: 'meh'",
    ),
    "no object": (7, "an event that is no JSON object: '7'"),
}


@pytest.mark.parametrize(("bad", "reason"), LIVECHAT_BAD.values(), ids=LIVECHAT_BAD.keys())
def test_one_event_of_a_thread_is_refused_alone(tmp_path: Path, bad: Any, reason: str) -> None:
    """The thread and its other events are landed."""
    found = livechat_with(tmp_path, bad, LIVECHAT["thread"]["events"][0])

    assert refused(found) == [(2, reason)]
    assert [e.kind for e in events(found)] == ["chat_started", "chat_message_sent"]


def test_livechat_s_own_remarks_are_ignored_by_name(tmp_path: Path) -> None:
    """A transfer is no word of anybody's; a chat without thread is no record of one."""
    moved = {**LIVECHAT["thread"]["events"][2], "system_message_type": "chat_transferred"}

    assert ignored(livechat_with(tmp_path, moved)) == [(2, "system message")]


def test_a_transcript_is_a_chat_with_its_items_and_rating(tmp_path: Path) -> None:
    """Stamps are text with a fraction; the rating is as old as the last item."""
    found = events(olark_with(tmp_path))

    assert [(e.kind, e.actor, at(e)) for e in found] == [
        ("chat_started", "customer", "2026-01-05 09:00:00"),
        ("chat_rated", "customer", "2026-01-05 09:01:00"),
        ("chat_message_sent", "customer", "2026-01-05 09:00:00"),
        ("chat_message_sent", "agent", "2026-01-05 09:01:00"),
    ]
    assert people(found[0]) == {
        "actor olark_visitor": "9QRF9YWM5XW3ZSU7",
        "actor email": "ada@example.org",
        "actor phone": "+442071838750",
    }
    assert (found[1].score, found[1].text, found[0].occurred.us % 1_000_000) == (
        4.0,
        "Fine",
        500_000,
    )
    assert people(found[3])["agent olark_operator"] == "6476"


def test_a_message_left_offline_is_no_chat(tmp_path: Path) -> None:
    """Nobody was there."""
    item = {"kind": "OfflineMessage", "timestamp": "1767603600.5", "body": "Call me"}

    found = olark_with(tmp_path, items=[item], visitor={"id": "9Q"})

    assert [(e.kind, e.text) for e in events(found)] == [("offline_message_sent", "Call me")]
    assert ignored(found) == [(1, "empty")]


OLARK_BAD = {
    "an unknown kind": (
        {"items": [{"kind": "Wink", "timestamp": "1767603600"}, OLARK["items"][0]]},
        [(2, "unknown kind of item: 'Wink'")],
    ),
    "six stars": (
        {"visitor": {"id": "9Q", "chat_feedback": {"overall_chat": 6}}},
        [(1, "not a rating from 1 to 5: '6'")],
    ),
}


@pytest.mark.parametrize(("changes", "reasons"), OLARK_BAD.values(), ids=OLARK_BAD.keys())
def test_one_item_of_a_transcript_is_refused_alone(
    tmp_path: Path, changes: dict[str, Any], reasons: list[tuple[int, str]]
) -> None:
    """The others are landed."""
    found = olark_with(tmp_path, **changes)

    assert refused(found) == reasons
    assert "chat_message_sent" in {e.kind for e in events(found)}
