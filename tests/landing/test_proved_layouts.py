"""Layouts of time that are proved from all stamps of a file, in every format that has stamps so."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SourceRefused
from pipeline.landing import readers
from pipeline.landing.formats import format_named
from pipeline.landing.record import RawFile
from pipeline.landing.snapshots.reader import in_order
from pipeline.settings import Columns, Snapshot
from tests.landing.feeds import at, events, feed, outcomes_of

DEALS = Snapshot(
    object_kind="deal", key=("id",), watch=("stage",), created_at="made", taken_at="taken"
)
CALLS = Columns(occurred_at="at", kind="=call_answered", properties=("id",))
# Format -> what wend.toml says besides, the header, and a row for a stamp and a number.
TABLES: dict[str, tuple[dict[str, Any], str, str]] = {
    "generic": ({"columns": CALLS, "channel": "phone"}, "at,id", "{0},{1}"),
    "snapshot": ({"snapshot": DEALS}, "id,stage,made,taken", "{1},new,{0},{2}"),
    "survey": ({}, "response_id,submitted_at,nps", "{1},{0},9"),
    "qualtrics": (
        {"questions": {"Q1": "nps"}},
        "ResponseId,RecordedDate,Q1",
        "R_{1:015},{0},9",
    ),
    "delighted": ({}, "ID,Survey Type,Score,Created At", "{1},nps,9,{0}"),
    "surveymonkey": (
        {"questions": {"Likely?": "nps"}},
        "Respondent ID,End Date,Likely?\n,,Response",
        "{1},{0},9",
    ),
    "front_line_notes": ({}, "Date,Touchpoint,Note", "{0},Billing,it is slow {1}"),
    "reviews": ({}, "Date,Stars,Review", "{0},3,so so {1}"),
}
DAYS = {
    # The last is when a snapshot was taken.
    "numeric": (["03/02/2026", "13/02/2026", "14/02/2026"], ["2026-02-03", "2026-02-13"]),
    "epoch": (["1770076800000", "1770940800000", "1771027200000"], ["2026-02-03", "2026-02-13"]),
}
REFUSED = {
    "numeric": (
        ["03/02/2026", "04/02/2026", "05/02/2026"],
        "begins with the day or with the month",
    ),
    "epoch": (["1770076800000", "1770940800", "1771027200000"], "are of two units"),
}


def table(layout: str, stamps: list[str]) -> str:
    """A file of a format with these stamps; a snapshot was taken at the last of them."""
    _, header, row = TABLES[layout]
    rows = [row.format(stamp, number, stamps[-1]) for number, stamp in enumerate(stamps[:-1], 1)]
    return "\n".join([header, *rows]) + "\n"


def days(layout: str, time_format: str, stamps: list[str], folder: Path) -> list[str]:
    """On which days the events of such a file happened, each once, in order."""
    source = feed(layout, zone="UTC", time_format=time_format, **TABLES[layout][0])
    content = table(layout, stamps)
    found = events(
        outcomes_of(
            partial(readers.read, format_named(layout)), content, folder, source, name="t.csv"
        )
    )
    return sorted({at(event)[:10] for event in found})


@pytest.mark.parametrize("layout", TABLES)
@pytest.mark.parametrize("time_format", DAYS)
def test_one_stamp_that_can_be_read_one_way_proves_the_others(
    tmp_path: Path, layout: str, time_format: str
) -> None:
    """The 13th is no month, and milliseconds are no seconds: all stamps of the file follow."""
    stamps, expected = DAYS[time_format]

    found = days(layout, time_format, stamps, tmp_path)

    assert found == [*expected, *(["2026-02-14"] if layout == "snapshot" else [])]


@pytest.mark.parametrize("layout", TABLES)
@pytest.mark.parametrize("time_format", REFUSED)
def test_a_file_that_leaves_a_doubt_is_refused(
    tmp_path: Path, layout: str, time_format: str
) -> None:
    """Nothing of it lands by a guess, and nothing by half."""
    stamps, said = REFUSED[time_format]

    with pytest.raises(SourceRefused, match=said):
        days(layout, time_format, stamps, tmp_path)


@pytest.mark.parametrize("layout", TABLES)
def test_a_file_that_is_read_for_its_proof_is_counted_once(tmp_path: Path, layout: str) -> None:
    """Its fields, too, are noted once for each record."""
    path = tmp_path / "t.csv"
    path.write_text(table(layout, DAYS["numeric"][0]))
    counts = []
    for time_format in ("numeric", "day-first"):
        file = RawFile(path, "t.csv", "source-1")
        source = feed(layout, zone="UTC", time_format=time_format, **TABLES[layout][0])
        list(readers.read(format_named(layout), file, source))
        counts.append(file.profile.record_count)

    assert counts[0] == counts[1] > 0


def test_snapshots_are_put_in_the_order_that_their_stamps_prove(tmp_path: Path) -> None:
    """The third of February comes before the second of March, though its name comes after."""
    source = feed("snapshot", zone="UTC", time_format="numeric", snapshot=DEALS)
    files = []
    for name, stamps in (("a.csv", ["13/02/2026", "02/03/2026"]), ("b.csv", DAYS["numeric"][0])):
        path = tmp_path / name
        path.write_text(table("snapshot", stamps))
        files.append(RawFile(path, name, name))

    assert [file.name for file in in_order(files, source)] == ["b.csv", "a.csv"]
