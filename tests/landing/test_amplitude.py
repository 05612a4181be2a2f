"""Amplitude's exports: the API's archive, JSON lines, and a connector's CSV."""

import gzip
import io
import shutil
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from pipeline.errors import SourceRefused
from pipeline.landing import gate
from pipeline.landing.ledger import Night
from pipeline.landing.record import Event, Outcome
from pipeline.landing.web import amplitude
from pipeline.settings import Settings
from tests.landing.feeds import at, events, feed, outcomes_of, people, refused

SEEDS = Path(__file__).parents[3] / "shared/data/crm_and_support_seeds/amplitude/integration_tests"


def row(**changed: Any) -> dict[str, Any]:
    """An event as the Export API writes it; None takes a field out."""
    whole = {
        "event_type": "[Amplitude] Page Viewed",
        "event_time": "2026-01-05 09:00:00.250000",
        "server_received_time": "2026-01-05 09:00:01.500000",
        "server_upload_time": "2026-01-05 09:00:02.000000",
        "client_event_time": "2026-01-05 11:00:00.250000",
        "uuid": "e-1",
        "user_id": "u1",
        "device_id": "d1",
        "amplitude_id": 75605632776,
        "session_id": 1767603500000,
        "event_properties": {
            "[Amplitude] Page URL": "https://larkspur.example/pricing?mail=ada@mail.example",
            "plan": "fibre",
        },
        "user_properties": {"email": "Ada@Mail.example", "name": "Ada", "tier": "gold"},
        "ip_address": "192.0.2.7",
        "os_name": "iOS",
        **changed,
    }
    return {name: value for name, value in whole.items() if value is not None}


def jsonl(*rows: dict[str, Any]) -> bytes:
    """Rows as JSON lines."""
    return b"".join(orjson.dumps(each) + b"\n" for each in rows)


def read(tmp_path: Path, *rows: dict[str, Any]) -> list[Outcome]:
    """What the reader makes of some rows."""
    return outcomes_of(amplitude.read, jsonl(*rows), tmp_path, feed("amplitude"), name="a.json")


def one(tmp_path: Path, **changed: Any) -> Event:
    """The event of one row."""
    (event,) = events(read(tmp_path, row(**changed)))
    return event


def test_a_page_view_is_a_page_viewed(tmp_path: Path) -> None:
    """Times are the server's, in UTC; nothing that names a person is published."""
    event = one(tmp_path)

    assert (event.kind, event.label, event.own_id) == ("page_viewed", "/pricing", "e-1")
    assert (at(event), event.device_kind) == ("2026-01-05 09:00:00", "mobile")
    assert event.received_us == event.occurred.us + 1_250_000
    assert people(event) == {
        "actor user_id": "u1",
        "actor device_id": "d1",
        "actor amplitude_user": "75605632776",
        "actor email": "ada@mail.example",
    }
    assert event.properties == {
        "Page URL": "https://larkspur.example/pricing",
        "plan": "fibre",
        "session_id": "1767603500000",
        "user_properties": {"tier": "gold"},
    }


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("session_start", "session_started"),
        ("session_end", "session_ended"),
        ("$identify", "customer_identified"),
        ("Order Completed", "order_completed"),
        ("watch_tutorial", "watch_tutorial"),
    ],
)
def test_events_are_named_by_what_they_are(tmp_path: Path, name: str, kind: str) -> None:
    """Amplitude's own names become kinds, a company's stay."""
    assert one(tmp_path, event_type=name).kind == kind


def test_an_insert_id_is_the_devices_own(tmp_path: Path) -> None:
    """Amplitude knows repeats by it, device by device; without it the uuid is the id."""
    first, second = events(
        read(tmp_path, row(**{"$insert_id": "i1"}), row(**{"$insert_id": "i1"}, device_id="d2"))
    )

    assert (first.own_id, second.own_id) == ("d1|i1", "d2|i1")


def test_an_event_outside_sessions_has_none(tmp_path: Path) -> None:
    """Amplitude writes -1."""
    assert "session_id" not in one(tmp_path, session_id=-1).properties


@pytest.mark.parametrize(
    ("properties", "money"),
    [
        ({"$revenue": 19.99}, (1999, "EUR")),
        ({"revenue": "5", "currency": "gbp"}, (500, "GBP")),
        ({"revenue": "high"}, (None, None)),
    ],
)
def test_revenue_is_money(
    tmp_path: Path, properties: dict[str, Any], money: tuple[int | None, str | None]
) -> None:
    """In the currency given, else the company's."""
    event = one(tmp_path, event_properties=properties)

    assert (event.amount_cents, event.currency) == money


def test_a_merge_file_declares_two_users_one_person(tmp_path: Path) -> None:
    """What Amplitude found out after ingestion."""
    merge = {
        "scope": 1,
        "merge_server_time": "2026-01-05 10:00:00.000000",
        "amplitude_id": 7,
        "merged_amplitude_id": 8,
    }

    (event,) = events(read(tmp_path, merge))

    assert (event.kind, event.is_merge, event.own_id) == ("identity_merged", True, "merge|7|8")
    assert [who.value for who in event.identifiers] == ["7", "8"]


def archive(entries: dict[str, bytes]) -> bytes:
    """A .zip of these entries."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return held.getvalue()


def test_the_archive_of_hours_is_opened_twice(tmp_path: Path) -> None:
    """Each hour is a .json.gz inside the .zip; line numbers run on."""
    hours = {
        "1/1_2026-01-05_9#0.json.gz": gzip.compress(jsonl(row(), row(uuid="e-2"))),
        "1/1_2026-01-05_10#0.json.gz": gzip.compress(jsonl(row(uuid="e-3")) + b"{\n\xff{}\n"),
    }

    found = outcomes_of(
        amplitude.read, archive(hours), tmp_path, feed("amplitude"), name="export.zip"
    )

    assert [event.own_id for event in events(found)] == ["e-1", "e-2", "e-3"]
    assert [number for number, _ in refused(found)] == [4, 5]


def test_a_broken_hour_stops_the_archive(tmp_path: Path) -> None:
    """Half an hour is no hour: the file is to be fetched again."""
    hour = gzip.compress(jsonl(*[row(uuid=f"e-{n}") for n in range(500)]))
    broken = archive({"1.json.gz": hour[: len(hour) // 2]})

    with pytest.raises(SourceRefused, match="fetch the file again"):
        outcomes_of(amplitude.read, broken, tmp_path, feed("amplitude"), name="export.zip")


def test_a_connectors_csv_is_the_same_event(tmp_path: Path) -> None:
    """Objects are JSON text there."""
    cells = {
        name: value if isinstance(value, str) else orjson.dumps(value).decode()
        for name, value in row().items()
    }
    path = tmp_path / "event.csv"
    pl.DataFrame([cells]).write_csv(path)

    found = outcomes_of(
        amplitude.read, path.read_bytes(), tmp_path, feed("amplitude"), name=path.name
    )

    assert events(found) == events(read(tmp_path, row()))


def test_another_table_is_refused(tmp_path: Path) -> None:
    """A CSV of something else is said to be one."""
    with pytest.raises(SourceRefused, match="no table of Amplitude events"):
        outcomes_of(amplitude.read, "a,b\n1,2\n", tmp_path, feed("amplitude"), name="a.csv")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"event_type": None}, "no event_type"),
        ({"event_time": None}, "no event_time"),
        ({"event_time": "yesterday"}, "not an ISO 8601 time: 'yesterday'"),
        ({"uuid": None}, "no uuid"),
        ({"device_id": "5.7E+17"}, "no usable device_id: '5.7E+17'"),
        ({"amplitude_id": 7.5}, "amplitude_id is no text: '7.5'"),
        ({"event_properties": "{"}, "event_properties is not JSON: '{'"),
        ({"event_properties": {"$revenue": "x"}}, "not an amount of money: 'x'"),
    ],
)
def test_a_damaged_event_is_refused_alone(
    tmp_path: Path, changed: dict[str, Any], reason: str
) -> None:
    """It keeps its number and its reason; its neighbours land."""
    found = read(tmp_path, row(), row(**changed), row())

    assert refused(found) == [(2, reason)]
    assert len(events(found)) == 2


def test_the_real_seeds_land(tmp_path: Path) -> None:
    """Every event lands; the table of event types holds none, and says so."""
    if not SEEDS.is_dir():
        pytest.skip(f"the real data is not here: {SEEDS}")
    shutil.copytree(SEEDS / "seeds", tmp_path / "raw")
    company = Settings.model_validate(
        {
            "folder": tmp_path,
            "company": {"name": "Larkspur"},
            "sources": {"app": {"format": "amplitude", "path": "raw/*"}},
        }
    )
    night = Night(1, frozenset(), datetime(2026, 10, 1, tzinfo=UTC))

    files = gate.land(company, company.lake, night, tell=lambda *_: None).files.sort("path")

    names = ("record", "landed", "duplicate", "quarantined", "ignored")
    assert files.select(f"{name}_count" for name in names).rows() == [
        (10, 10, 0, 0, 0),
        (6, 0, 0, 0, 6),
    ]
