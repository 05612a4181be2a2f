import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.landing.chat.zendesk_chat import entries, interpret, read
from pipeline.landing.record import Raw, outcomes
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused

SOURCE = feed("zendesk_chat")


def chat(**changes: Any) -> dict[str, Any]:
    """Ada asks the sales team, and is answered."""
    return {
        "id": "2601.1",
        "type": "chat",
        "timestamp": "2026-01-05T09:20:00Z",
        "end_timestamp": "2026-01-05T09:29:12Z",
        "visitor": {"id": "10.a", "name": "Ada", "email": "Ada@Example.org", "phone": ""},
        "department_name": "Sales",
        "started_by": "visitor",
        "missed": False,
        "duration": 552,
        "rating": "good",
        "history": [
            entry("chat.memberjoin", nick="visitor"),
            entry("chat.msg", "09:20:05", msg_id="1", msg="Can I have fibre?"),
            entry("chat.msg", "09:21:00", nick="agent:901", msg_id="2", msg="You can."),
            entry("chat.msg", "09:21:01", nick="agent:trigger", msg_id="3", msg="Still there?"),
            entry("chat.rating", "09:28:00", rating=None, new_rating="good"),
        ],
        **changes,
    }


def entry(kind: str, time: str = "09:20:00", *, nick: str = "visitor", **more: Any) -> Any:
    """One line of a chat's history."""
    return {"type": kind, "timestamp": f"2026-01-05T{time}Z", "nick": nick, **more}


def test_a_chat_becomes_its_start_its_messages_its_rating_and_its_end(tmp_path: Path) -> None:
    """Each says who acted, in which direction, at which instant and about which department."""
    found = outcomes_of(read, json.dumps({"chats": [chat()]}), tmp_path, SOURCE)

    seen = [(e.record_number, e.kind, e.actor, e.direction, at(e)[-8:]) for e in events(found)]
    assert seen == [
        (1, "chat_started", "customer", "inbound", "09:20:00"),
        (1, "chat_ended", "system", "internal", "09:29:12"),
        (3, "chat_message_sent", "customer", "inbound", "09:20:05"),
        (4, "chat_message_sent", "agent", "outbound", "09:21:00"),
        (5, "chat_message_sent", "bot", "outbound", "09:21:01"),
        (6, "chat_rated", "customer", "inbound", "09:28:00"),
    ]
    assert ignored(found) == [(2, "member_joined")]
    assert {e.label for e in events(found)} == {"sales"}
    assert {(e.object_kind, e.object_id) for e in events(found)} == {("conversation", "2601.1")}


def test_the_visitor_is_the_one_customer_of_every_event(tmp_path: Path) -> None:
    """An e-mail typed before the chat is kept but proves nothing; the role follows who acted."""
    found = events(outcomes_of(read, json.dumps([chat()]), tmp_path, SOURCE))

    by_actor = {event.actor: people(event) for event in found}
    assert by_actor["customer"] == {
        "actor zendesk_visitor": "10.a",
        "actor email": "ada@example.org",
    }
    assert set(by_actor["agent"]) == {"recipient zendesk_visitor", "recipient email"}
    assert set(by_actor["system"]) == {"subject zendesk_visitor", "subject email"}
    assert not any(person.is_authenticated for event in found for person in event.identifiers)


def test_a_signed_visitor_id_is_authenticated(tmp_path: Path) -> None:
    """The company's own id of a visitor comes only from a signed token."""
    known = chat(visitor={"id": "10.a", "external_id": "LB1000042"}, history=[])

    started = events(outcomes_of(read, json.dumps([known]), tmp_path, SOURCE))[0]

    user = next(person for person in started.identifiers if person.namespace == "user_id")
    assert (user.value, user.is_authenticated) == ("LB1000042", True)


def test_the_visitor_s_device_is_told_by_the_session(tmp_path: Path) -> None:
    """Every event of a chat happened on the visitor's kind of device."""
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0 Safari/537.36"
    content = json.dumps([chat(session={"user_agent": agent})])

    found = events(outcomes_of(read, content, tmp_path, SOURCE))

    assert {event.device_kind for event in found} == {"desktop"}


@pytest.mark.parametrize(("word", "score"), [("good", 5.0), ("bad", 1.0)])
def test_a_rating_is_a_csat_score_of_one_to_five(tmp_path: Path, word: str, score: float) -> None:
    """Good is the best and bad the worst of the scale that other systems use."""
    rated = chat(history=[entry("chat.rating", new_rating=word)])

    found = events(outcomes_of(read, json.dumps([rated]), tmp_path, SOURCE))

    scores = [(event.score_kind, event.score) for event in found if event.kind == "chat_rated"]
    assert scores == [("csat", score)]


def test_a_rating_left_out_of_the_history_is_taken_from_the_chat(tmp_path: Path) -> None:
    """A short export's rating is not lost, and one in the history is not counted twice."""
    short = chat(history=[], rating="bad", comment="Too slow")

    found = events(outcomes_of(read, json.dumps([short]), tmp_path, SOURCE))

    assert [(e.kind, e.score, e.text) for e in found if e.score] == [
        ("chat_rated", 1.0, "Too slow")
    ]


def test_a_missed_chat_did_not_end_but_was_missed(tmp_path: Path) -> None:
    """Nobody answered: that is what the company must see."""
    missed = chat(missed=True, history=[], rating=None)

    found = events(outcomes_of(read, json.dumps([missed]), tmp_path, SOURCE))

    assert [event.kind for event in found] == ["chat_started", "chat_missed"]


def test_an_offline_message_is_one_event_with_its_text(tmp_path: Path) -> None:
    """It has no history: the message stands in the chat itself."""
    offline = chat(type="offline_msg", message="Call me", history=[])

    found = events(outcomes_of(read, json.dumps([offline]), tmp_path, SOURCE))

    assert [(e.kind, e.text) for e in found] == [("offline_message_sent", "Call me")]


def test_a_chat_that_comes_again_longer_keeps_the_ids_it_had(tmp_path: Path) -> None:
    """What was landed before is recognised; only what is new is new."""
    short = chat(history=chat()["history"][:2], end_timestamp=None, rating=None)
    before = events(outcomes_of(read, json.dumps([short]), tmp_path, SOURCE))

    after = events(outcomes_of(read, json.dumps([chat()]), tmp_path, SOURCE))

    assert {event.own_id for event in before} < {event.own_id for event in after}


def test_two_messages_without_id_at_one_instant_are_two(tmp_path: Path) -> None:
    """Where nothing else tells them apart, their order does; repeats stay apart and in order."""
    twice = chat(history=[entry("chat.msg", msg="a"), entry("chat.msg", msg="b")], rating=None)

    found = events(outcomes_of(read, json.dumps([twice]), tmp_path, SOURCE))

    said = [event for event in found if event.text]
    assert len({event.own_id for event in said}) == 2
    assert [event.source_sequence for event in said] == [1, 2]


REFUSED = {
    "a chat without a time": (chat(timestamp="soon", history=[]), "not an ISO 8601 time: 'soon'"),
    "a chat without id": (chat(id="", history=[]), "a chat without id"),
    "a chat of another type": (chat(type="call", history=[]), "unknown type of chat: 'call'"),
    "an entry of another type": (
        chat(history=[entry("chat.dance")]),
        "unknown type of history entry: 'chat.dance'",
    ),
    "an entry by nobody": (
        chat(history=[entry("chat.msg", nick="ghost", msg="boo")]),
        "nobody known said it: nick 'ghost'",
    ),
    "an entry that is none": (chat(history=["x"]), "a history entry that is no JSON object"),
    "a rating of another kind": (
        chat(history=[entry("chat.rating", new_rating="fair")]),
        "unknown rating: 'fair'",
    ),
}


@pytest.mark.parametrize(("bad", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_read_is_refused_alone(tmp_path: Path, bad: Any, reason: str) -> None:
    """One record goes to quarantine with its reason; the chat beside it is landed whole."""
    found = outcomes_of(read, json.dumps([bad, chat(id="2601.2")]), tmp_path, SOURCE)

    assert [why for _, why in refused(found)] == [reason]
    assert len([event for event in events(found) if event.object_id == "2601.2"]) == 6


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([chat(), chat(id="2601.2")]),
        json.dumps({"chats": [chat(), chat(id="2601.2")], "count": 2}),
        json.dumps(chat()) + "\n" + json.dumps(chat(id="2601.2")) + "\n",
    ],
    ids=["list", "object", "lines"],
)
def test_every_container_gives_the_same_records(tmp_path: Path, content: str) -> None:
    """A list, an object with chats, and JSON lines are read alike."""
    found = outcomes_of(read, content, tmp_path, SOURCE)

    assert sorted({outcome.record_number for outcome in found}) == list(range(1, 13))
    assert refused(found) == []


def test_a_file_cut_off_keeps_the_chats_before_the_cut(tmp_path: Path) -> None:
    """The chat that is cut is refused, the whole one before it is landed."""
    content = json.dumps({"chats": [chat(), chat(id="2601.2")]})[:-400]

    found = outcomes_of(read, content, tmp_path, SOURCE)

    assert {event.object_id for event in events(found)} == {"2601.1"}
    assert len(refused(found)) == 1


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries({"id": st.just("1"), "timestamp": st.just("2026-01-05T09:20:00Z")}),
    st.dictionaries(st.sampled_from([*chat(), "comment", "count"]), ANY_JSON),
    st.lists(st.dictionaries(st.sampled_from(["type", "nick", "msg", "new_rating"]), ANY_JSON)),
)
def test_every_record_of_any_shape_has_one_fate(
    base: dict[str, Any], odd: dict[str, Any], history: list[Any]
) -> None:
    """Whatever stands in a chat's fields, each record is landed, refused or ignored once."""
    raw = list(entries([Raw(1, "{}", {"history": history, **base, **odd})]))

    found = list(outcomes(raw, lambda number, value: interpret(number, value, SOURCE, "chat")))

    assert {outcome.record_number for outcome in found} == set(range(1, len(raw) + 1))
