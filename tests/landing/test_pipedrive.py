"""Pipedrive records of both versions of its API, and as CSV, to events."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SourceRefused
from pipeline.landing.crm import pipedrive
from pipeline.landing.record import Outcome
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused

ADDED = "2026-01-05 09:20:00"


def read(tmp_path: Path, *records: dict[str, Any]) -> list[Outcome]:
    """What the reader makes of an answer of the API, in a project of another zone."""
    answer = {"success": True, "data": list(records), "additional_data": {"start": 0}}
    source = feed("pipedrive", zone="Europe/Berlin")
    return outcomes_of(pipedrive.read, json.dumps(answer), tmp_path, source, name="rows.json")


def person(**changed: Any) -> dict[str, Any]:
    """A person as the first version of the API gives it."""
    return {
        "id": 31,
        "name": "Ada",
        "active_flag": True,
        "email": [
            {"value": "Ada@mail.example", "primary": True, "label": "work"},
            {"value": "ada@home.example", "primary": False, "label": "home"},
        ],
        "phone": [{"value": "07700 900123", "primary": True}],
        "add_time": ADDED,
        "9f3c1d2b4a5968778695a4b3c2d1e0f9a8b7c6d5": "custom",
    } | changed


def deal(**changed: Any) -> dict[str, Any]:
    """A deal."""
    return {
        "id": 7,
        "person_id": {"name": "Ada", "value": 31, "email": [{"value": "ada@mail.example"}]},
        "stage_id": 11,
        "status": "open",
        "value": 1200.5,
        "currency": "GBP",
        "add_time": ADDED,
        "update_time": "2026-01-20 10:00:00",
        "stage_change_time": "2026-01-08 08:00:00",
        "won_time": None,
        "lost_time": None,
    } | changed


def change(**changed: Any) -> dict[str, Any]:
    """A change in a deal's flow."""
    return {
        "object": "dealChange",
        "timestamp": "2026-01-08 08:00:00",
        "data": {
            "id": 3,
            "item_id": 7,
            "field_key": "stage_id",
            "old_value": "10",
            "new_value": "11",
            "additional_data": {
                "old_value_formatted": "Talks",
                "new_value_formatted": "Contract sent",
            },
            "log_time": "2026-01-08 08:00:00",
            "change_source": "app",
        }
        | changed,
    }


def test_a_person_is_all_its_addresses_and_numbers(tmp_path: Path) -> None:
    """Stamps without a zone are UTC, whatever zone the source is said to have."""
    (event,) = events(read(tmp_path, person()))

    assert (event.kind, at(event), event.channel) == ("contact_created", ADDED, "crm")
    assert [(each.namespace, each.value) for each in event.identifiers] == [
        ("pipedrive_person", "31"),
        ("email", "ada@mail.example"),
        ("email", "ada@home.example"),
        ("phone", "+447700900123"),
    ]


def test_both_versions_and_csv_say_the_same(tmp_path: Path) -> None:
    """`emails` with a `Z`, `email` without one, cells with semicolons."""
    first = person()
    second = {
        "id": 31, "emails": first["email"], "phones": first["phone"],
        "add_time": "2026-01-05T09:20:00Z", "is_deleted": False,
    }  # fmt: skip
    csv = (
        "id,email,phone,add_time\n"
        f"31,Ada@mail.example;ada@home.example,07700 900123,{ADDED}\n"
    )  # fmt: skip

    one, two = events(read(tmp_path, first, second))
    (three,) = events(
        outcomes_of(pipedrive.read, csv, tmp_path, feed("pipedrive"), name="persons.csv")
    )

    assert one.identifiers == two.identifiers == three.identifiers
    assert one.occurred.us == two.occurred.us == three.occurred.us


def test_a_merge_is_the_truth_about_two_persons(tmp_path: Path) -> None:
    """`merge_what_id` is the person that is no more."""
    merged = person(merge_what_id=32, update_time="2026-01-09 10:00:00")
    (event,) = events(read(tmp_path, merged))

    assert (event.kind, event.is_merge, at(event)) == (
        "identity_merged",
        True,
        "2026-01-09 10:00:00",
    )
    assert [each.value for each in event.identifiers] == ["31", "32"]


def test_a_deal_tells_its_person_its_stage_and_its_end(tmp_path: Path) -> None:
    """The amount is told where it is true: at its creation and its end."""
    won = deal(status="won", won_time="2026-01-20 10:00:00")

    found = events(read(tmp_path, won))

    assert [(each.kind, each.label, each.amount_cents, at(each)[:10]) for each in found] == [
        ("deal_created", None, 120050, "2026-01-05"),
        ("association_recorded", None, None, "2026-01-05"),
        ("deal_stage_changed", "11", None, "2026-01-08"),
        ("deal_stage_changed", "won", 120050, "2026-01-20"),
    ]
    assert people(found[1]) == {"subject pipedrive_deal": "7", "subject pipedrive_person": "31"}


def test_a_deals_stages_come_from_its_history(tmp_path: Path) -> None:
    """The flow and the deal's present stage are one event; the flow names the stages, too."""
    moved, named = events(read(tmp_path, change()))
    present = events(read(tmp_path, deal()))[2]

    assert moved == present
    assert (named.kind, named.object_kind, named.object_id, named.label) == (
        "stage_labelled",
        "deal_stage",
        "11",
        "Contract sent",
    )
    assert named.identifiers == ()


def test_a_stage_is_called_by_its_table(tmp_path: Path) -> None:
    """What a stage is called is nobody's event."""
    stage = {"id": 11, "name": "Contract", "pipeline_id": 1, "order_nr": 2, "add_time": ADDED}

    (event,) = events(read(tmp_path, stage))

    assert (event.kind, event.object_id, event.label) == ("stage_labelled", "11", "Contract")


def test_a_deal_that_is_open_again_is_told_by_its_history(tmp_path: Path) -> None:
    """Its record has forgotten that it was lost."""
    (event,) = events(
        read(tmp_path, change(field_key="status", old_value="lost", new_value="open"))
    )

    assert (event.kind, event.label) == ("deal_stage_changed", "reopened from lost")


@pytest.mark.parametrize(
    ("changed", "kind", "whose"),
    [
        ({}, "call_logged", {"subject pipedrive_person": "31"}),
        ({"type": "lunch", "person_id": None}, "meeting_held", {"subject pipedrive_deal": "7"}),
        ({"type": "own_type"}, "task_added", {"subject pipedrive_person": "31"}),
    ],
)
def test_an_activity_counts_once_it_is_done(
    tmp_path: Path, changed: dict[str, Any], kind: str, whose: dict[str, str]
) -> None:
    """Of its person, or else of its deal."""
    activity = {
        "id": 5,
        "type": "call",
        "due_date": "2026-01-10",
        "done": True,
        "marked_as_done_time": "2026-01-10 15:00:00",
        "person_id": 31,
        "deal_id": 7,
        "subject": "Ask",
    }

    (event,) = events(read(tmp_path, activity | changed))

    assert (event.kind, event.label, at(event)) == (kind, "Ask", "2026-01-10 15:00:00")
    assert people(event) == whose
    open_still = activity | {"done": False, "marked_as_done_time": ""}
    assert ignored(read(tmp_path, open_still)) == [(1, "still to come")]


def test_notes_and_leads_are_of_their_person(tmp_path: Path) -> None:
    """A note is internal; a lead is linked to its person."""
    note = {"id": 4, "content": "<p>hates calls</p>", "person_id": 31, "add_time": ADDED}
    lead = {
        "id": "adf21080-0e10-11eb-879b-05d71fb426ec", "title": "Roof", "person_id": 31,
        "is_archived": False, "add_time": "2026-01-05T09:20:00.000Z",
    }  # fmt: skip

    noted, led = events(read(tmp_path, note, lead))

    assert (noted.kind, noted.actor, noted.direction) == ("note_added", "agent", "internal")
    assert (led.kind, people(led)["subject pipedrive_person"]) == ("lead_created", "31")


@pytest.mark.parametrize(
    ("record", "rule"),
    [
        (person(active_flag=False), "deleted"),
        (deal(status="deleted"), "deleted"),
        (change(field_key="value"), "other property"),
        (change(field_key="status", new_value="won"), "told by the deal"),
        (change() | {"object": "note"}, "told by another record"),
        ({"id": 1, "name": "Acme", "people_count": 2, "add_time": ADDED}, "no customer event"),
    ],
)
def test_what_is_no_event_is_left_out_by_name(
    tmp_path: Path, record: dict[str, Any], rule: str
) -> None:
    """Counted by its rule."""
    assert ignored(read(tmp_path, record)) == [(1, rule)]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (person(id="5.70306E+17"), "no usable id in id or personid: '5.70306E+17'"),
        (person(add_time="05.01.2026"), "not an ISO 8601 time"),
        (deal(value="much"), "not an amount of money"),
        (change(item_id=None), "no usable id in itemid or dealid"),
    ],
)
def test_a_damaged_record_is_refused_and_its_neighbours_are_not(
    tmp_path: Path, record: dict[str, Any], reason: str
) -> None:
    """With the field and what stands there."""
    found = read(tmp_path, person(), record, person(id=33))

    ((number, reasons),) = refused(found)
    assert number == 2
    assert reasons.startswith(reason)
    assert len(events(found)) == 2


def test_an_unknown_list_is_refused(tmp_path: Path) -> None:
    """It names what is nearest."""
    with pytest.raises(SourceRefused, match="no Pipedrive table known here has the columns"):
        read(tmp_path, {"goal": 1})
