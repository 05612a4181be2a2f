import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.landing.chat.intercom import interpret, read
from pipeline.landing.record import Raw, outcomes
from tests.landing.feeds import at, events, feed, outcomes_of, people, refused

SOURCE = feed("intercom")
NINE = 1_767_603_600  # 2026-01-05 09:00:00 UTC
ADA = {"type": "user", "id": "5f01", "name": "Ada", "email": "Ada@Example.org"}
ROBIN = {"type": "admin", "id": "801", "name": "Robin", "email": "robin@larkspur.example"}


def part(kind: str, minute: int, author: dict[str, Any], body: str | None = None) -> dict[str, Any]:
    """One part, `minute` minutes after nine."""
    created = NINE + 60 * minute
    return {
        "type": "conversation_part",
        "id": f"7{minute:02}",
        "part_type": kind,
        "body": body,
        "created_at": created,
        "author": author,
    }


def conversation(**changes: Any) -> dict[str, Any]:
    """Ada reports a fault, Robin answers, notes and closes, Ada rates."""
    inner = [
        part("comment", 1, ROBIN, "<p>Which router?</p>"),
        part("assignment", 2, ROBIN),
        part("note", 3, ROBIN, "<p>Angry customer</p>"),
        part("comment", 4, ADA, "<p>The white one</p>"),
        part("close", 5, ROBIN),
    ]
    return {
        "type": "conversation",
        "id": "215",
        "created_at": NINE,
        "updated_at": NINE + 900,
        "source": {
            "type": "conversation",
            "delivered_as": "customer_initiated",
            "body": "<p>No internet</p>",
            "author": ADA,
            "url": "https://my.larkspur.example/portal?token=t",
        },
        "contacts": {"contacts": [{"type": "contact", "id": "5f01", "external_id": "LB1000042"}]},
        "conversation_rating": {"rating": 2, "remark": "Slow", "created_at": NINE + 600},
        "conversation_parts": {"conversation_parts": inner, "total_count": len(inner)},
        **changes,
    }


def test_a_conversation_becomes_its_start_its_rating_and_its_parts(tmp_path: Path) -> None:
    """The first message is in the source; what the inbox did without a word is no event."""
    found = outcomes_of(read, json.dumps({"conversations": [conversation()]}), tmp_path, SOURCE)

    seen = [(e.kind, e.actor, e.direction, at(e)[-8:-3]) for e in events(found)]
    assert seen == [
        ("conversation_started", "customer", "inbound", "09:00"),
        ("conversation_rated", "customer", "inbound", "09:10"),
        ("conversation_message_sent", "agent", "outbound", "09:01"),
        ("conversation_noted", "agent", "internal", "09:03"),
        ("conversation_message_sent", "customer", "inbound", "09:04"),
        ("conversation_closed", "agent", "internal", "09:05"),
    ]
    assert {outcome.record_number for outcome in found} == {1}
    assert events(found)[0].link == "https://my.larkspur.example/portal"


def test_a_part_of_a_new_kind_with_a_text_is_a_message(tmp_path: Path) -> None:
    """Intercom adds kinds of parts; what somebody wrote is landed under the source's word."""
    new = conversation(
        conversation_parts=[part("dance", 1, ADA, "la la"), part("snooze", 2, ROBIN)]
    )

    found = events(outcomes_of(read, json.dumps([new]), tmp_path, SOURCE))

    said = [(e.kind_raw, e.text) for e in found if e.kind == "conversation_message_sent"]
    assert said == [("dance", "la la")]


def test_the_customer_is_the_contact_whoever_speaks(tmp_path: Path) -> None:
    """The role follows who acted; the agent is staff; the contact carries the company's own id."""
    found = events(outcomes_of(read, json.dumps([conversation()]), tmp_path, SOURCE))

    seen = {event.kind: people(event) for event in found}
    ada = {"intercom_contact": "5f01", "user_id": "LB1000042", "email": "ada@example.org"}
    assert seen["conversation_started"] == {f"actor {name}": ada[name] for name in ada}
    assert seen["conversation_rated"] == {f"actor {name}": ada[name] for name in ada}
    assert seen["conversation_noted"] == {
        **{f"subject {name}": ada[name] for name in ada},
        "agent intercom_admin": "801",
    }


def test_a_lead_s_address_is_not_authenticated(tmp_path: Path) -> None:
    """A lead typed it into the messenger; a user was named by the company's own site."""
    lead = {**ADA, "type": "lead"}
    source = {"type": "conversation", "author": lead, "body": "Hi"}

    started = events(
        outcomes_of(
            read,
            json.dumps(conversation(source=source, contacts=[], conversation_rating=None)),
            tmp_path,
            SOURCE,
        )
    )[0]

    assert [person.is_authenticated for person in started.identifiers] == [False, False]


def test_only_one_of_several_contacts_is_the_customer(tmp_path: Path) -> None:
    """The others are mentioned, so that a shared conversation never makes two people one."""
    two = [{"type": "contact", "id": "5f01"}, {"type": "contact", "id": "5f02"}]

    found = events(outcomes_of(read, json.dumps([conversation(contacts=two)]), tmp_path, SOURCE))

    for event in found:
        roles = {person.role for person in event.identifiers if person.value == "5f02"}
        assert roles == {"mentioned"}


def test_a_conversation_that_the_company_began_was_received_by_its_contact(tmp_path: Path) -> None:
    """The admin is no customer, and neither is a bot."""
    source = {"type": "push", "author": ROBIN, "body": "An offer", "delivered_as": "automated"}

    started = events(
        outcomes_of(read, json.dumps([conversation(source=source)]), tmp_path, SOURCE)
    )[0]

    assert (started.actor, started.direction) == ("agent", "outbound")
    assert people(started) == {
        "recipient intercom_contact": "5f01",
        "recipient user_id": "LB1000042",
        "agent intercom_admin": "801",
    }


def test_an_answer_by_the_ai_agent_is_a_bot_s(tmp_path: Path) -> None:
    """Intercom lets its AI write in an admin's name, and says so."""
    answer = part("comment", 1, {**ROBIN, "from_ai_agent": True}, "Restart it")
    content = conversation(conversation_parts=[answer], conversation_rating=None)

    found = events(outcomes_of(read, json.dumps([content]), tmp_path, SOURCE))

    assert found[1].actor == "bot"


def test_the_rating_is_a_csat_score_with_its_remark(tmp_path: Path) -> None:
    """Intercom rates from 1 to 5; a rating without a time is as old as the last update."""
    rating = {"rating": 2, "remark": "Slow"}

    found = events(
        outcomes_of(read, json.dumps([conversation(conversation_rating=rating)]), tmp_path, SOURCE)
    )

    rated = next(event for event in found if event.kind == "conversation_rated")
    assert (rated.score_kind, rated.score, rated.text) == ("csat", 2.0, "Slow")
    assert at(rated) == "2026-01-05 09:15:00"


def test_a_clock_known_to_be_fast_is_put_right(tmp_path: Path) -> None:
    """The source's offset is taken out of every stamp."""
    source = feed("intercom")
    slow = type(source.clock)(
        source.clock.zone, source.clock.earliest_us, source.clock.latest_us, -1140 * 1_000_000
    )
    fast = type(source)(source.name, source.source, source.company, slow)

    found = events(outcomes_of(read, json.dumps([conversation()]), tmp_path, fast))

    assert at(found[0]) == "2026-01-05 08:41:00"


REFUSED = {
    "no time": (conversation(created_at="yesterday"), "not a Unix time: 'yesterday'"),
    "milliseconds": (
        conversation(created_at=NINE * 1000),
        f"Unix time of another unit than s: {NINE}000",
    ),
    "no id": (conversation(id=None), "a conversation without id"),
    "an unknown author": (
        conversation(conversation_parts=[part("comment", 1, {"type": "ghost"}, "boo")]),
        "unknown type of author: 'ghost'",
    ),
    "a part that is none": (
        conversation(conversation_parts=[1]),
        "a conversation part that is no JSON object",
    ),
    "a rating of six": (
        conversation(conversation_rating={"rating": 6, "created_at": NINE}),
        "not a rating from 1 to 5: '6'",
    ),
}


@pytest.mark.parametrize(("bad", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_read_is_refused_whole_and_alone(
    tmp_path: Path, bad: Any, reason: str
) -> None:
    """The conversation goes to quarantine with the reason; the one beside it is landed."""
    found = outcomes_of(read, json.dumps([bad, conversation(id="216")]), tmp_path, SOURCE)

    assert refused(found) == [(1, reason)]
    assert [event.object_id for event in events(found)] == ["216"] * 6


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([conversation(), conversation(id="216")]),
        json.dumps(
            {"type": "conversation.list", "conversations": [conversation(), conversation(id="216")]}
        ),
        json.dumps(conversation()) + "\n" + json.dumps(conversation(id="216")),
    ],
    ids=["list", "object", "lines"],
)
def test_every_container_gives_the_same_records(tmp_path: Path, content: str) -> None:
    """A list, an object with conversations, and JSON lines are read alike."""
    found = outcomes_of(read, content, tmp_path, SOURCE)

    assert sorted({outcome.record_number for outcome in found}) == [1, 2]
    assert refused(found) == []


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
FIELDS = ["id", "type", "part_type", "body", "created_at", "author", "rating", "contact", "url"]


@given(
    st.dictionaries(st.sampled_from([*conversation()]), ANY_JSON),
    st.lists(st.dictionaries(st.sampled_from(FIELDS), ANY_JSON)),
)
def test_a_record_of_any_shape_has_one_fate(odd: dict[str, Any], inner: list[Any]) -> None:
    """Whatever stands in its fields, a conversation is landed or refused as a whole."""
    raw = Raw(1, "{}", {**conversation(conversation_parts=inner), **odd})

    found = list(outcomes([raw], lambda number, value: interpret(number, value, SOURCE, "chat")))

    assert len({type(outcome) for outcome in found}) == 1
