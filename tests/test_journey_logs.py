"""Logs that process-mining tools are shown on, landed and modelled: the same directly-follows."""

import csv
import gzip
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby, pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from pipeline import publish
from tests.conftest import Wend

LOGS = Path(__file__).parents[2] / "shared" / "data" / "journey_logs"
WEND_TOML = """
[company]
name = "A help desk"
founded_on = 2000-01-01

[journeys]
dormancy_days = 10000

[sources.desk]
format = "generic"
path = "raw/log.csv"
channel = "crm"
[sources.desk.columns]
own_id = "number"
occurred_at = "time"
kind = "=step_taken"
label = "step"
sequence = "number"
identifiers = { case_id = "case" }
"""
TOUCHPOINT = (
    *("touchpoint", "stage", "channel", "events", "visibility"),
    *("initiator", "owner", "importance", "outcome", "is_value"),
)
USUAL = ("onstage", "customer", "Desk", "minor", "", "no")
Row = tuple[str, str, str]


def tickets() -> list[Row]:
    """Case, step and time of the help desk's log, in file order."""
    with gzip.open(LOGS / "helpdesk.xes.gz") as file:
        root = ET.parse(file).getroot()
    name = {"namespaces": {"x": "http://www.xes-standard.org/"}}

    def value(of: ET.Element, key: str) -> str:
        found = of.find(f"*[@key='{key}']")
        assert found is not None
        return found.attrib["value"]

    return [
        (value(trace, "concept:name"), value(event, "concept:name"), value(event, "time:timestamp"))
        for trace in root.findall("x:trace", **name)
        for event in trace.findall("x:event", **name)
    ]


def permits() -> list[Row]:
    """Case, step and time of the permits' log, in file order."""
    with (LOGS / "receipt.csv").open(encoding="utf-8") as file:
        return [
            (row["case:concept:name"], row["concept:name"], row["time:timestamp"])
            for row in csv.DictReader(file)
        ]


def followed(rows: Iterable[Row]) -> Mapping[tuple[str, str], int]:
    """How often each step directly follows each: cases sorted by time, ties in file order."""
    placed = [
        (case, datetime.fromisoformat(time), at, step) for at, (case, step, time) in enumerate(rows)
    ]
    steps: Counter[tuple[str, str]] = Counter()
    for _, trace in groupby(sorted(placed), key=lambda row: row[0]):
        steps.update(pairwise(step for *_, step in trace))
    return steps


@pytest.mark.parametrize(("read", "count"), [(tickets, 21_348), (permits, 8_577)])
def test_a_log_gives_the_directly_follows_counts_of_its_cases(
    read: object, count: int, tmp_path: Path, wend: Wend
) -> None:
    """Landed, stitched and ordered, every pair of neighbours is counted as the plain log has it."""
    if not LOGS.is_dir():
        pytest.skip(f"the real data is not here: {LOGS}")
    assert callable(read)
    rows: list[Row] = read()
    assert len(rows) == count
    (tmp_path / "raw").mkdir()
    (tmp_path / "wend.toml").write_text(WEND_TOML)
    with (tmp_path / "raw" / "log.csv").open("w", encoding="utf-8", newline="") as file:
        written = csv.writer(file)
        written.writerow(["number", "case", "step", "time"])
        written.writerows([at, *row] for at, row in enumerate(rows, start=1))
    with (tmp_path / "touchpoints.csv").open("w", encoding="utf-8", newline="") as file:
        written = csv.writer(file)
        written.writerow(TOUCHPOINT)
        written.writerows(
            [step, "Case", "crm", f"step_taken {step}", *USUAL]
            for step in sorted({row[1] for row in rows})
        )
    (tmp_path / "stages.csv").write_text("stage,goal\nCase,Close it\n")
    (tmp_path / "notes.csv").write_text("about,kind,note,author,written_on\n")

    done = wend("run", "--project", tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    with publish.connect(tmp_path / "data" / "published") as con:
        told = con.sql(
            "select from_touchpoint, to_touchpoint, transition_count from touchpoint_transitions "
            "where from_touchpoint not like '(%' and to_touchpoint not like '(%'"
        ).fetchall()
    assert {(one, other): number for one, other, number in told} == followed(rows)
