import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.landing.chat.whatsapp_cloud import read
from tests.landing.chat_samples import WHATSAPP_STATUS, WHATSAPP_TEXT, whatsapp_body
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused

SOURCE = feed("whatsapp_cloud")
CONTACT = {"wa_id": "447700900123", "user_id": "GB.135", "profile": {"name": "Ada"}}


def found_in(folder: Path, *bodies: Any) -> Any:
    """What the reader makes of a file with these webhook bodies, one a line."""
    return outcomes_of(read, "\n".join(map(json.dumps, bodies)), folder, SOURCE)


def test_a_batch_is_as_many_records_as_it_holds_messages_and_statuses(tmp_path: Path) -> None:
    """Bodies nest entries, changes, messages and statuses."""
    body = whatsapp_body(contacts=[CONTACT], messages=[WHATSAPP_TEXT], statuses=[WHATSAPP_STATUS])
    body["entry"].append(body["entry"][0])

    found = events(found_in(tmp_path, body))

    assert [(e.record_number, e.kind, e.actor, e.label, at(e)) for e in found[:2]] == [
        (1, "message_sent", "customer", "text", "2026-01-05 09:00:00"),
        (2, "message_delivered", "system", "utility", "2026-01-05 09:01:00"),
    ]
    assert [e.own_id for e in found] == ["wamid.A1", "wamid.B1:delivered"] * 2
    assert people(found[0]) == {
        "actor whatsapp_id": "447700900123",
        "actor phone": "+447700900123",
        "actor whatsapp_user": "GB.135",
    }


@pytest.mark.parametrize(
    ("status", "kind", "actor", "direction"),
    [
        ("sent", "message_sent", "system", "outbound"),
        ("delivered", "message_delivered", "system", "outbound"),
        ("read", "message_read", "customer", "inbound"),
        ("failed", "message_failed", "system", "outbound"),
    ],
)
def test_each_status_is_an_event_of_its_own(
    tmp_path: Path, status: str, kind: str, actor: str, direction: str
) -> None:
    """They come repeated and out of order; the id holds message and status."""
    change = {**WHATSAPP_STATUS, "status": status}

    (found,) = events(found_in(tmp_path, whatsapp_body(statuses=[change])))

    assert (found.kind, found.actor, found.direction) == (kind, actor, direction)
    assert found.own_id == f"wamid.B1:{status}"
    assert people(found)["recipient whatsapp_id"] == "447700900123"


def test_a_person_who_hides_the_number_is_known_by_the_user_id(tmp_path: Path) -> None:
    """Since 2026 a webhook may name neither wa_id nor from."""
    hidden = {name: value for name, value in WHATSAPP_TEXT.items() if name != "from"}
    contact = {"user_id": "GB.135", "parent_user_id": "GB.ENT.9", "profile": {"username": "ada"}}
    named = {**hidden, "id": "wamid.A2", "from_user_id": "GB.135"}

    found = events(found_in(tmp_path, whatsapp_body(contacts=[contact], messages=[hidden, named])))

    handles = {"actor whatsapp_user": "GB.135", "actor whatsapp_parent_user": "GB.ENT.9"}
    assert [people(each) for each in found] == [handles, handles]


@pytest.mark.parametrize("wa_id", ["551187654321", "5215512345678"])
def test_an_id_whose_digits_are_not_the_number_gives_no_telephone(
    tmp_path: Path, wa_id: str
) -> None:
    """Older Brazilian ids lack a digit, Mexican ones have one too many."""
    (found,) = events(
        found_in(tmp_path, whatsapp_body(messages=[{**WHATSAPP_TEXT, "from": wa_id}]))
    )

    assert people(found) == {"actor whatsapp_id": wa_id}


CONTENTS = {
    "image": ({"type": "image", "image": {"id": "1", "caption": "Look"}}, "Look"),
    "button": ({"type": "button", "button": {"text": "Yes", "payload": "p"}}, "Yes"),
    "list": (
        {
            "type": "interactive",
            "interactive": {"type": "list_reply", "list_reply": {"id": "1", "title": "Moving"}},
        },
        "Moving",
    ),
    "location": ({"type": "location", "location": {"latitude": 1.5}}, None),
    "unsupported": ({"type": "unsupported", "errors": [{"code": 131051}]}, None),
}


@pytest.mark.parametrize(("change", "text"), CONTENTS.values(), ids=CONTENTS.keys())
def test_what_was_said_is_found_in_every_form(
    tmp_path: Path, change: dict[str, Any], text: str | None
) -> None:
    """Captions and the titles of chosen answers are words of the customer."""
    (found,) = events(found_in(tmp_path, whatsapp_body(messages=[{**WHATSAPP_TEXT, **change}])))

    assert (found.kind, found.label, found.text) == ("message_sent", change["type"], text)


def test_a_reaction_is_no_message(tmp_path: Path) -> None:
    """It points to one."""
    reaction = {"type": "reaction", "reaction": {"message_id": "wamid.B1", "emoji": "x"}}

    (found,) = events(found_in(tmp_path, whatsapp_body(messages=[{**WHATSAPP_TEXT, **reaction}])))

    assert (found.kind, found.properties["to"]) == ("message_reacted", "wamid.B1")


def test_a_new_number_is_declared_to_be_the_same_person(tmp_path: Path) -> None:
    """WhatsApp says so itself."""
    moved = {
        "type": "system",
        "system": {"type": "user_changed_number", "wa_id": "447700900999", "body": "moved"},
    }

    (found,) = events(found_in(tmp_path, whatsapp_body(messages=[{**WHATSAPP_TEXT, **moved}])))

    assert (found.kind, found.is_merge, found.actor) == ("identity_merged", True, "system")
    assert [p.value for p in found.identifiers if p.namespace == "whatsapp_id"] == [
        "447700900123",
        "447700900999",
    ]


def test_an_answer_from_the_company_s_phone_is_staff_s(tmp_path: Path) -> None:
    """It has the id that the status sent of the same message has."""
    echo = {**WHATSAPP_TEXT, "id": "wamid.B1", "from": "442071838750", "to": "447700900123"}
    body = whatsapp_body(message_echoes=[echo])

    (found,) = events(found_in(tmp_path, body))

    assert (found.actor, found.direction, found.own_id) == ("agent", "outbound", "wamid.B1:sent")


REFUSED = {
    "milliseconds": (
        {"messages": [{**WHATSAPP_TEXT, "timestamp": "1767603600000"}]},
        "Unix time of another unit than s: 1767603600000",
    ),
    "no id": ({"messages": [{**WHATSAPP_TEXT, "id": ""}]}, "a message without id"),
    "an unknown status": (
        {"statuses": [{**WHATSAPP_STATUS, "status": "pondered"}]},
        "unknown status: 'pondered'",
    ),
    "nobody": (
        {"messages": [{**WHATSAPP_TEXT, "from": None}]},
        "it names nobody: neither wa_id nor user_id",
    ),
}


@pytest.mark.parametrize(("value", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_read_is_refused_and_its_neighbour_saved(
    tmp_path: Path, value: dict[str, Any], reason: str
) -> None:
    """One message of a batch goes to quarantine; the batch does not."""
    good = whatsapp_body(messages=[{**WHATSAPP_TEXT, "id": "wamid.A9"}])

    found = found_in(tmp_path, whatsapp_body(**value), good)

    assert refused(found) == [(1, reason)]
    assert [e.own_id for e in events(found)] == ["wamid.A9"]


def test_changes_of_the_account_are_ignored_by_name(tmp_path: Path) -> None:
    """A template's approval concerns no customer; a body without entry is none."""
    body = whatsapp_body()
    body["entry"][0]["changes"][0]["field"] = "message_template_status_update"

    found = found_in(tmp_path, body, {"hello": 1})

    assert ignored(found) == [(1, "message_template_status_update")]
    assert refused(found) == [(2, "no webhook body: it has no entry")]
