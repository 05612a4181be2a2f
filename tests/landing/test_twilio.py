import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.landing.chat.twilio import read
from tests.landing.chat_samples import TWILIO_REMARK, TWILIO_SMS
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused

SOURCE = feed("twilio", agents=("robin",))
OUTBOUND = {
    **TWILIO_SMS,
    "sid": "SM02",
    "from": "+442071838750",
    "to": "+447700900123",
    "direction": "outbound-api",
}


def found_in(folder: Path, *resources: Any) -> Any:
    """What the reader makes of a list of resources."""
    return outcomes_of(read, json.dumps({"messages": resources}), folder, SOURCE)


def test_a_message_from_a_number_is_its_owner_s(tmp_path: Path) -> None:
    """The legacy API writes RFC 2822 dates."""
    (found,) = events(found_in(tmp_path, TWILIO_SMS))

    assert (found.kind, found.actor, found.label, at(found)) == (
        "message_sent",
        "customer",
        "sms",
        "2026-01-05 09:00:00",
    )
    assert people(found) == {"actor phone": "+447700900123"}


@pytest.mark.parametrize(
    ("status", "kinds"),
    [
        ("sent", ["message_sent"]),
        ("delivered", ["message_sent", "message_delivered"]),
        ("read", ["message_sent", "message_read"]),
        ("undelivered", ["message_sent", "message_failed"]),
        ("failed", ["message_failed"]),
    ],
)
def test_what_became_of_a_message_is_an_event_beside_it(
    tmp_path: Path, status: str, kinds: list[str]
) -> None:
    """Failed means never sent; the rest was sent first."""
    found = events(found_in(tmp_path, {**OUTBOUND, "status": status}))

    assert [e.kind for e in found] == kinds
    assert {people(e)["recipient phone"] for e in found} == {"+447700900123"}
    assert at(found[-1])[-2:] == ("00" if status == "sent" else "05")


@pytest.mark.parametrize(
    ("address", "handle"),
    [
        ("whatsapp:+447700900123", ("phone", "+447700900123")),
        ("messenger:1234", ("facebook_user", "1234")),
        ("ACME", ("twilio_sender", "ACME")),
    ],
)
def test_an_address_is_a_handle_of_its_network(
    tmp_path: Path, address: str, handle: tuple[str, str]
) -> None:
    """A number behind whatsapp: is the same number."""
    (found,) = events(found_in(tmp_path, {**TWILIO_SMS, "from": address}))

    assert [(p.namespace, p.value) for p in found.identifiers] == [handle]


REMARKS = {
    "a number": ({}, "customer", {"actor phone": "+447700900123"}),
    "an agent": (
        {"author": "robin"},
        "agent",
        {"recipient phone": "+447700900123", "agent twilio_identity": "robin"},
    ),
    "an identity beside a number": (
        {"author": "sam"},
        "agent",
        {"recipient phone": "+447700900123", "agent twilio_identity": "sam"},
    ),
    "an identity alone": (
        {"author": "ada", "conversation_sid": "CH02"},
        "customer",
        {"actor twilio_identity": "ada"},
    ),
    "system": ({"author": "system"}, "bot", {"recipient phone": "+447700900123"}),
}


@pytest.mark.parametrize(("change", "actor", "handles"), REMARKS.values(), ids=REMARKS.keys())
def test_an_author_in_a_conversation_is_told_by_the_address(
    tmp_path: Path, change: dict[str, Any], actor: str, handles: dict[str, str]
) -> None:
    """Who takes part by a number is the customer; staff go by an identity."""
    remark = {**TWILIO_REMARK, **change, "sid": "IM02"}

    found = events(found_in(tmp_path, TWILIO_REMARK, remark))[-1]

    assert (found.kind, found.actor) == ("conversation_message_sent", actor)
    assert people(found) == handles
    assert (found.source_sequence, found.object_id) == (4, remark["conversation_sid"])


def test_a_conversation_began_and_was_closed(tmp_path: Path) -> None:
    """Its customer is the one number among its participants."""
    conversation = {
        "sid": "CH01",
        "friendly_name": "Ada",
        "state": "closed",
        "date_created": "2026-01-05T08:59:00Z",
        "date_updated": "2026-01-06T09:00:00Z",
    }
    participant = {
        "sid": "MB01",
        "conversation_sid": "CH01",
        "messaging_binding": {"type": "sms", "address": "+447700900123"},
        "date_created": "2026-01-05T08:59:00Z",
    }

    found = found_in(tmp_path, conversation, participant)

    assert [(e.kind, at(e)) for e in events(found)] == [
        ("conversation_started", "2026-01-05 08:59:00"),
        ("conversation_closed", "2026-01-06 09:00:00"),
    ]
    assert people(events(found)[0]) == {"actor phone": "+447700900123"}
    assert ignored(found) == [(2, "participant")]


REFUSED = {
    "no date": ({**TWILIO_SMS, "date_sent": "soon"}, "not a mail date: 'soon'"),
    "an unknown status": ({**TWILIO_SMS, "status": "lost"}, "unknown status: 'lost'"),
    "an unknown direction": (
        {**TWILIO_SMS, "direction": "sideways"},
        "unknown direction: 'sideways'",
    ),
    "nobody": ({**TWILIO_REMARK, "author": None}, "nobody wrote it: author is empty"),
    "another resource": (
        {"sid": "CA1", "date_created": "2026-01-05T09:00:00Z"},
        "no Twilio resource known here: it has date_created, sid",
    ),
}


@pytest.mark.parametrize(("bad", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_read_is_refused_and_its_neighbour_saved(
    tmp_path: Path, bad: Any, reason: str
) -> None:
    """The resource goes to quarantine with the reason."""
    found = found_in(tmp_path, bad, {**TWILIO_SMS, "sid": "SM09"})

    assert refused(found) == [(1, reason)]
    assert [e.own_id for e in events(found)] == ["SM09"]


def test_a_message_that_was_not_sent_yet_is_ignored(tmp_path: Path) -> None:
    """It comes again when it was."""
    found = found_in(tmp_path, {**OUTBOUND, "status": "queued", "date_sent": None})

    assert ignored(found) == [(1, "not sent: queued")]
