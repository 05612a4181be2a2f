"""Front-line staff's notes are staff's: about a touchpoint, and of no customer."""

from pathlib import Path

import pytest

from pipeline.errors import SourceRefused
from pipeline.landing.survey import front_line_notes
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused


def test_a_note_is_staffs_about_a_touchpoint_and_names_no_customer(tmp_path: Path) -> None:
    """Whoever a column may name: nobody's journey and nobody's sentiment may hold it."""
    csv = (
        "Date,Author,Touchpoint,Note,customer_email\n"
        "2026-01-20,robin@larkspur.example,Install booked,They wait too long,ada@mail.example\n"
        "2026-01-21,Robin,Install booked,Again,\n"
        "2026-01-22,Robin,Install booked,,\n"
    )
    source = feed("front_line_notes", domains=("larkspur.example",))
    found = outcomes_of(front_line_notes.read, csv, tmp_path, source, name="notes.csv")

    first, second = events(found)
    assert (first.kind, first.label, first.text, at(first)) == (
        "note_written",
        "Install booked",
        "They wait too long",
        "2026-01-20 00:00:00",
    )
    assert (first.actor, first.direction) == ("agent", "internal")
    assert people(first) == {"agent email": "robin@larkspur.example"}
    assert people(second) == {"agent staff": "Robin"}
    assert ignored(found) == [(3, "empty note")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",Robin,Buy,x", "the time is empty"),
        ("20.01.2026,Robin,Buy,x", "not an ISO 8601 time"),
        ("2026-01-20,Robin,,x", "touchpoint is empty"),
        ("2026-01-20,Robin", "2 cells where the header has 4"),
    ],
)
def test_a_bad_note_is_refused(tmp_path: Path, row: str, reason: str) -> None:
    """And its neighbours are not."""
    good = "2026-01-20,Robin,Buy,x"
    csv = f"date,author,touchpoint,note\n{good}\n{row}\n{good}\n"
    source = feed("front_line_notes")
    found = outcomes_of(front_line_notes.read, csv, tmp_path, source, name="notes.csv")

    ((number, reasons),) = refused(found)
    assert (number, len(events(found))) == (2, 2)
    assert reasons.startswith(reason)


def test_notes_about_nothing_are_refused(tmp_path: Path) -> None:
    """A file without touchpoints says so."""
    source = feed("front_line_notes")
    with pytest.raises(SourceRefused, match=r"no column touchpoint \(touchpoint\)"):
        outcomes_of(front_line_notes.read, "date,note\n", tmp_path, source, name="notes.csv")
