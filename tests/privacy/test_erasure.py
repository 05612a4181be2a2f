"""What is published anew after an erasure, whatever the erasure makes of the others."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.identity.projects import Record, brief_nights, deliver, erase, night, project, tables

PHONE = "+442079460001"


def at(day: int) -> datetime:
    """The instant of a night."""
    return datetime(2026, 3, day, 2, tzinfo=UTC)


def test_an_erasure_is_not_stopped_by_alarms_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bob was called after what went with his telephone, and is called after his cookie now."""
    brief_nights(monkeypatch)
    folder = project(tmp_path)
    deliver(
        folder,
        "1",
        [
            Record("web", 1, 1, ("bob", None, None, PHONE)),
            Record("web", 2, 2, (None, None, "c-1", None)),
        ],
    )
    night(folder, at(1))
    deliver(folder, "2", [Record("web", 3, 30, ("bob", None, "c-1", None))])
    before = night(folder, at(2))["identifiers"]

    erase(folder, PHONE, at(3))

    after = tables(folder)["identifiers"]
    assert set(after["identifier"]) == {"user_id:bob", "anonymous_id:c-1"}
    assert after["customer_id"].n_unique() == 1
    assert set(after["customer_id"]).isdisjoint(before["customer_id"])
