"""PostHog's batch export, as JSON lines and as Parquet."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from pipeline.landing.record import Event, Outcome
from pipeline.landing.web import posthog
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused

DEVICE = "0190a1b2-0000-7000-8000-00000466c7c3"
OTHER = "0190a1b2-1111-7000-8000-00000466c7c3"
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
PAGE = {
    "$current_url": "https://larkspur.example/pricing?mail=ada@mail.example",
    "$pathname": "/pricing",
    "$session_id": "s-1",
    "$device_id": DEVICE,
    "$device_type": "Mobile",
    "$ip": "192.0.2.7",
    "plan": "fibre",
    "email": "ada@mail.example",
}


def row(properties: Any = PAGE, **changed: Any) -> dict[str, Any]:
    """An event as it is exported, properties as text; None takes a field out."""
    held = properties if isinstance(properties, str) else orjson.dumps(properties).decode()
    whole = {
        "uuid": "e-1",
        "event": "$pageview",
        "distinct_id": DEVICE,
        "person_id": "p-1",
        "person_properties": '{"email": "old@mail.example"}',
        "properties": held,
        "timestamp": "2026-01-05T09:00:00.250000",
        "created_at": "2026-01-05T09:00:01.500000+00:00",
        **changed,
    }
    return {name: value for name, value in whole.items() if value is not None}


def read(tmp_path: Path, *rows: dict[str, Any]) -> list[Outcome]:
    """What the reader makes of some rows."""
    content = b"\n".join(map(orjson.dumps, rows))
    return outcomes_of(posthog.read, content, tmp_path, feed("posthog"), name="events.jsonl")


def one(tmp_path: Path, properties: Any = PAGE, **changed: Any) -> Event:
    """The event of one row."""
    (event,) = events(read(tmp_path, row(properties, **changed)))
    return event


def test_a_pageview_is_a_page_viewed(tmp_path: Path) -> None:
    """The stamp without a zone is UTC; nothing that names a person is published."""
    event = one(tmp_path)

    assert (event.kind, event.kind_raw, event.label) == ("page_viewed", "$pageview", "/pricing")
    assert (event.own_id, event.device_kind) == ("e-1", "mobile")
    assert at(event) == "2026-01-05 09:00:00"
    assert event.received_us == event.occurred.us + 1_250_000
    assert event.properties == {"plan": "fibre", "session_id": "s-1"}
    assert people(event) == {"actor anonymous_id": DEVICE, "actor device_id": DEVICE}


@pytest.mark.parametrize(
    ("distinct_id", "properties", "namespace"),
    [
        (DEVICE, {"$device_id": DEVICE}, "anonymous_id"),
        (OTHER, {}, "anonymous_id"),
        (OTHER, {"$is_identified": True}, "user_id"),
        (OTHER, {"$user_id": OTHER}, "user_id"),
        ("u1", {}, "user_id"),
    ],
)
def test_a_distinct_id_is_a_login_once_it_was_identified(
    tmp_path: Path, distinct_id: str, properties: dict[str, Any], namespace: str
) -> None:
    """The event says so, or the id is none that the library makes up."""
    event = one(tmp_path, properties, distinct_id=distinct_id)

    assert people(event)[f"actor {namespace}"] == distinct_id


@pytest.mark.parametrize(
    ("name", "properties", "expected"),
    [
        (
            "$identify",
            {"$anon_distinct_id": DEVICE, "$set": {"email": "Ada@Mail.example", "name": "Ada"}},
            {
                "actor user_id": "u1",
                "actor anonymous_id": DEVICE,
                "actor email": "ada@mail.example",
            },
        ),
        ("$create_alias", {"alias": DEVICE}, {"actor user_id": "u1", "actor anonymous_id": DEVICE}),
        (
            "$merge_dangerously",
            {"alias": OTHER},
            {"actor user_id": "u1", "actor anonymous_id": OTHER},
        ),
    ],
)
def test_identifying_declares_two_ids_one_person(
    tmp_path: Path, name: str, properties: dict[str, Any], expected: dict[str, str]
) -> None:
    """As an alias does elsewhere."""
    event = one(tmp_path, properties, event=name, distinct_id="u1")

    assert (event.kind, event.is_merge) == ("identity_merged", True)
    assert people(event) == expected
    assert event.properties == {}


def test_an_identify_of_the_same_id_is_no_merge(tmp_path: Path) -> None:
    """A server says only who it is."""
    event = one(tmp_path, {"$set": {"plan": "fibre"}}, event="$identify", distinct_id="u1")

    assert (event.kind, event.is_merge) == ("customer_identified", False)
    assert event.properties == {"plan": "fibre"}


def test_an_own_event_keeps_its_name_and_its_money(tmp_path: Path) -> None:
    """Revenue that is a number is money, in the currency given or the company's."""
    event = one(tmp_path, {"revenue": 19.99, "currency": "gbp"}, event="Order Completed")
    vague = one(tmp_path, {"revenue": "high"}, event="planChosen")

    assert (event.kind, event.amount_cents, event.currency) == ("order_completed", 1999, "GBP")
    assert (vague.kind, vague.amount_cents) == ("plan_chosen", None)
    assert vague.properties == {"revenue": "high"}


def test_a_crawler_is_marked(tmp_path: Path) -> None:
    """By its agent, where it is exported."""
    assert one(tmp_path, {**PAGE, "$raw_user_agent": ROBOT}).machine_reason == "crawler"


def test_what_the_library_does_for_itself_is_left_out(tmp_path: Path) -> None:
    """By name and counted."""
    found = read(tmp_path, row(event="$feature_flag_called"), row(event="$web_vitals"))

    assert ignored(found) == [(1, "feature flag"), (2, "web vitals")]


def test_parquet_gives_the_same_event(tmp_path: Path) -> None:
    """Its stamps are moments."""
    path = tmp_path / "events.parquet"
    stamp = datetime(2026, 1, 5, 9, 0, 0, 250_000, tzinfo=UTC)
    pl.DataFrame([row(timestamp=stamp)]).write_parquet(path)

    found = outcomes_of(posthog.read, path.read_bytes(), tmp_path, feed("posthog"), name=path.name)

    (event,) = events(found)
    assert (event.own_id, event.label, at(event)) == ("e-1", "/pricing", "2026-01-05 09:00:00")
    assert event.occurred.us == one(tmp_path).occurred.us


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"uuid": None}, "no uuid"),
        ({"event": None}, "no event"),
        ({"event": "$"}, "an event without a readable name: '$'"),
        ({"distinct_id": None}, "no distinct_id"),
        ({"distinct_id": 5.7e17}, "distinct_id is no text: '5.7e+17'"),
        ({"timestamp": None}, "no timestamp"),
        ({"timestamp": "01/05/2026"}, "not an ISO 8601 time: '01/05/2026'"),
        ({"properties": "{"}, "properties is not JSON: '{'"),
        ({"properties": "[]"}, "properties is no JSON object: '[]'"),
        ({"properties": '{"$set": 5}'}, "$set is no JSON object: '5'"),
        ({"event": "$create_alias"}, "$create_alias without alias"),
    ],
)
def test_a_damaged_row_is_refused_alone(
    tmp_path: Path, changed: dict[str, Any], reason: str
) -> None:
    """It keeps its number and its reason; its neighbours land."""
    found = read(tmp_path, row(), row(**{"properties": PAGE, **changed}), row())

    assert refused(found) == [(2, reason)]
    assert len(events(found)) == 2
