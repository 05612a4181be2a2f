"""Mixpanel's raw export."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.errors import SourceRefused
from pipeline.landing.record import Event, Outcome
from pipeline.landing.web import mixpanel
from tests.landing.feeds import at, events, feed, outcomes_of, people, refused

MORNING = 1_767_603_600  # 2026-01-05 09:00:00 UTC
COOKIE = "17f5a0c2b3d4e5-0a1b2c3d4e5f6-1e357b75-1fa400-17f5a0c2b3e6f7"
NO_ID = {"$insert_id": None}


def row(event: Any = "$mp_web_page_view", **changed: Any) -> dict[str, Any]:
    """An event with some properties exchanged; None takes one out."""
    whole = {
        "time": MORNING,
        "distinct_id": f"$device:{COOKIE}",
        "$device_id": COOKIE,
        "$insert_id": "i1",
        "mp_processing_time_ms": (MORNING + 2) * 1000,
        "mp_lib": "web",
        "$current_url": "https://larkspur.example/pricing?mail=ada@mail.example",
        "$os": "iOS",
        "$city": "Cork",
        "plan": "fibre",
        "email": "ada@mail.example",
        **changed,
    }
    return {
        "event": event,
        "properties": {name: value for name, value in whole.items() if value is not None},
    }


def read(tmp_path: Path, *rows: Any, **more: Any) -> list[Outcome]:
    """What the reader makes of some rows."""
    content = b"\n".join(map(orjson.dumps, rows))
    return outcomes_of(mixpanel.read, content, tmp_path, feed("mixpanel", **more))


def one(tmp_path: Path, *args: Any, **changed: Any) -> Event:
    """The event of one row."""
    (event,) = events(read(tmp_path, row(*args, **changed)))
    return event


def test_a_page_view_is_a_page_viewed(tmp_path: Path) -> None:
    """The device's two spellings are one cookie; nothing that names a person is published."""
    event = one(tmp_path)

    assert (event.kind, event.label) == ("page_viewed", "/pricing")
    assert (at(event), event.occurred.precision) == ("2026-01-05 09:00:00", "second")
    assert event.received_us == (MORNING + 2) * 1_000_000
    assert event.device_kind == "mobile"
    assert [(who.namespace, who.value) for who in event.identifiers] == [("anonymous_id", COOKIE)]
    assert event.properties == {"plan": "fibre"}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"$user_id": "u1", "distinct_id": "u1"},
            {"actor user_id": "u1", "actor anonymous_id": COOKIE},
        ),
        ({"$device_id": None, "distinct_id": "u1"}, {"actor user_id": "u1"}),
        ({"$device_id": None, "distinct_id": COOKIE}, {"actor anonymous_id": COOKIE}),
        ({"$device_id": None, "distinct_id": None}, {}),
    ],
)
def test_a_distinct_id_is_a_login_unless_it_was_made_up(
    tmp_path: Path, changed: dict[str, Any], expected: dict[str, str]
) -> None:
    """By the reserved properties, else by its form."""
    assert people(one(tmp_path, **changed)) == expected


@pytest.mark.parametrize(
    ("name", "changed", "expected"),
    [
        (
            "$identify",
            {"$identified_id": "u1", "$anon_id": COOKIE},
            {"actor user_id": "u1", "actor anonymous_id": COOKIE},
        ),
        (
            "$merge",
            {"$distinct_ids": [COOKIE, "u1"]},
            {"actor user_id": "u1", "actor anonymous_id": COOKIE},
        ),
        (
            "$create_alias",
            {"distinct_id": COOKIE, "alias": "u1"},
            {"actor user_id": "u1", "actor anonymous_id": COOKIE},
        ),
    ],
)
def test_merging_events_declare_two_ids_one_person(
    tmp_path: Path, name: str, changed: dict[str, Any], expected: dict[str, str]
) -> None:
    """As an alias does elsewhere."""
    event = one(tmp_path, name, **changed)

    assert (event.kind, event.is_merge) == ("identity_merged", True)
    assert people(event) == expected


def test_an_insert_id_tells_apart_within_a_day_only(tmp_path: Path) -> None:
    """The same id on another day, or under another name, is another event."""
    found = events(
        read(tmp_path, row(), row(), row(time=MORNING + 86_400), row("Signed Up"), row(**NO_ID))
    )

    ids = [event.own_id for event in found]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4
    assert ids[4] is None


def test_milliseconds_are_known_by_their_size(tmp_path: Path) -> None:
    """A file says one unit, and its times prove which."""
    event = one(tmp_path, time=MORNING * 1000 + 250)

    assert (at(event), event.occurred.precision) == ("2026-01-05 09:00:00", "millisecond")


def test_a_file_of_both_units_is_refused(tmp_path: Path) -> None:
    """Which of the two its other times are would be a guess."""
    with pytest.raises(SourceRefused, match="seconds and in milliseconds"):
        read(tmp_path, row(), row(time=MORNING * 1000))


def test_an_old_projects_times_are_its_own_wall_clock(tmp_path: Path) -> None:
    """Where a zone is configured, the number counts seconds of that zone's clock."""
    (event,) = events(read(tmp_path, row(time=MORNING), zone="America/New_York"))

    assert at(event) == "2026-01-05 14:00:00"
    assert event.occurred.basis == "source_zone"


def test_an_own_event_keeps_its_name_and_its_money(tmp_path: Path) -> None:
    """Revenue that is a number is money."""
    event = one(tmp_path, "Order Completed", revenue="19.99", currency="GBP")
    vague = one(tmp_path, "Plan Chosen", revenue="high")

    assert (event.kind, event.amount_cents, event.currency) == ("order_completed", 1999, "GBP")
    assert (vague.kind, vague.amount_cents) == ("plan_chosen", None)


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (row(None), "no event"),
        (row("$"), "an event without a readable name: '$'"),
        (row(time=None), "time is no Unix time: 'None'"),
        (row(time="soon"), "time is no Unix time: 'soon'"),
        (row(time=5), "time is no Unix time: '5'"),
        (row(time=MORNING * 10), "time in the future: 2530-02-17 18:00"),
        (row(distinct_id=5.5), "distinct_id is no text: '5.5'"),
        (row(distinct_id="5.7E+17"), "no usable user_id: '5.7E+17'"),
        (row("$merge"), "$merge without two $distinct_ids"),
        (row("$identify"), "$identify without $anon_id"),
        ({"event": "x", "properties": []}, "properties is no JSON object: '[]'"),
        ("text", "not a JSON object"),
    ],
)
def test_a_damaged_event_is_refused_alone(tmp_path: Path, damaged: Any, reason: str) -> None:
    """It keeps its number and its reason; its neighbours land."""
    found = read(tmp_path, row(), damaged, row())

    assert refused(found) == [(2, reason)]
    assert len(events(found)) == 2
