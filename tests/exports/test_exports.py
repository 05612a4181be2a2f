import gzip
import json
from collections import Counter
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import duckdb
import pytest

from pipeline import publish
from pipeline.exports import ocel, xes
from tests.conftest import Wend

XES = "{http://www.xes-standard.org/}"


@pytest.fixture
def published(ran_company: Path) -> duckdb.DuckDBPyConnection:
    """The published file of the small company."""
    return publish.connect(ran_company / "data" / "published")


@pytest.fixture
def small() -> duckdb.DuckDBPyConnection:
    """Two journeys of two customers, one about an order, with a name that needs quoting."""
    con = duckdb.connect()
    con.execute(
        """
        create table events as from (values
            ('c1', 1, 'e1', 'Saw "<ad> & more"', 'Discover', 'web', 'shop', 'customer',
             timestamp '2026-01-05 09:00:00.250', null, null, null, null, 1),
            ('c1', 2, 'e2', 'Order placed', 'Buy', 'web', 'shop', 'customer',
             timestamp '2026-01-05 10:00:00', 1999, 'EUR', 'order', '7', 1),
            ('c1', 3, 'e3', null, null, 'web', 'shop', 'customer',
             timestamp '2026-01-05 11:00:00', null, null, null, null, null),
            ('c2', 1, 'e4', 'Order placed', 'Buy', 'web', 'shop', 'customer',
             timestamp '2026-01-05 08:00:00', null, null, null, null, 1)
        ) as t(customer_id, position, event_id, touchpoint, stage, channel, source, actor,
               occurred_at, amount_cents, currency, object_kind, object_id, journey_number)
        """
    )
    con.execute(
        """
        create table journeys as from (values
            ('c1', 1, 'completed', timestamp '2026-01-05 09:00:00.25'),
            ('c2', 1, 'open', timestamp '2026-01-05 08:00:00')
        ) as t(customer_id, journey_number, status, started_at)
        """
    )
    return con


def test_a_journey_is_an_xes_trace(small: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Names come back as they were, instants keep their milliseconds, other events stay out."""
    assert xes.write(small, tmp_path / "log.xes") == (3, 2)

    log = ET.parse(tmp_path / "log.xes").getroot()
    traces = [
        [
            {each.get("key"): each.get("value") for each in event}
            for event in trace.iter(f"{XES}event")
        ]
        for trace in log.iter(f"{XES}trace")
    ]
    assert [len(trace) for trace in traces] == [2, 1]
    assert traces[0][0]["concept:name"] == 'Saw "<ad> & more"'
    assert traces[0][0]["time:timestamp"] == "2026-01-05T09:00:00.250Z"
    assert traces[0][1]["wend:amount_cents"] == "1999"


def test_control_characters_leave_the_xml_readable(
    small: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """What no XML may hold is replaced; a line break is kept."""
    small.execute("update events set touchpoint = 'a' || chr(11) || 'b' || chr(10) || 'c'")

    xes.write(small, tmp_path / "log.xes")

    first = next(ET.parse(tmp_path / "log.xes").getroot().iter(f"{XES}event"))
    assert first[0].get("value") == "a\N{REPLACEMENT CHARACTER}b\nc"


def test_an_ocel_event_names_its_objects(small: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """A touchpoint is by a customer, in a journey, and may be about an order."""
    assert ocel.write(small, tmp_path / "log.json") == (3, 5)

    log = json.loads((tmp_path / "log.json").read_text())
    (ordered,) = (event for event in log["events"] if event["id"] == "e2")
    assert {each["qualifier"]: each["objectId"] for each in ordered["relationships"]} == {
        "by": "customer:c1",
        "in": "journey:c1/1",
        "about": "order:shop:7",
    }
    assert {kind["name"] for kind in log["objectTypes"]} == {"customer", "journey", "order"}


def test_every_ocel_reference_is_to_an_object_of_the_log(
    published: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Objects and types are declared, ids are unique, and nothing points nowhere."""
    ocel.write(published, tmp_path / "log.json")

    log = json.loads((tmp_path / "log.json").read_text())
    objects = [each["id"] for each in log["objects"]]
    named = [
        of["objectId"]
        for each in (*log["objects"], *log["events"])
        for of in each.get("relationships", [])
    ]
    assert len(set(objects)) == len(objects)
    assert set(named) <= set(objects)
    assert {each["type"] for each in log["objects"]} <= {
        each["name"] for each in log["objectTypes"]
    }
    assert {each["type"] for each in log["events"]} <= {each["name"] for each in log["eventTypes"]}


def test_xes_traces_follow_one_another_as_the_published_transitions(
    published: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Counting neighbours in the export gives the published touchpoint transitions."""
    xes.write(published, tmp_path / "log.xes.gz")

    counted: Counter[tuple[str, str]] = Counter()
    with gzip.open(tmp_path / "log.xes.gz") as file:
        for trace in ET.parse(file).getroot().iter(f"{XES}trace"):
            events = [
                {each.get("key"): each.get("value") for each in event}
                for event in trace.iter(f"{XES}event")
            ]
            staged = [each["concept:name"] for each in events if "wend:stage" in each]
            counted.update(pairwise(staged))
    told = published.sql(
        "select from_touchpoint, to_touchpoint, transition_count from touchpoint_transitions "
        "where from_touchpoint not like '(%' and to_touchpoint not like '(%'"
    ).fetchall()
    assert counted == {(one, other): count for one, other, count in told}


def test_an_export_is_written_from_the_command_line(
    ran_company: Path, wend: Wend, tmp_path: Path
) -> None:
    """It says how much it wrote; the same journeys give the same bytes."""
    first, again = tmp_path / "a.json.gz", tmp_path / "b.json.gz"

    done = wend("export", "ocel", first, "--project", ran_company)
    wend("export", "ocel", again, "--project", ran_company)

    assert done.returncode == 0, done.stderr
    assert "touchpoints and" in done.stdout
    assert first.read_bytes() == again.read_bytes()


def test_the_views_hold_every_event_and_every_touchpoint(
    published: duckdb.DuckDBPyConnection,
) -> None:
    """`activity_stream` is all events, `event_log` those in journeys, both with unique keys."""
    counts = published.sql(
        "select (select count(*) from events), count(*), count(distinct activity_id), "
        "max(ts) from activity_stream"
    ).fetchall()[0]
    (cases,) = published.sql(
        'select count(distinct "case:concept:name") from event_log'
    ).fetchall()[0]

    assert counts[0] == counts[1] == counts[2] > 0
    assert isinstance(counts[3], datetime)
    assert cases == published.sql("select count(*) from journeys").fetchall()[0][0]


def test_an_activity_counts_its_occurrences(published: duckdb.DuckDBPyConnection) -> None:
    """Occurrences number a customer's events of one kind, and each names the next one's time."""
    wrong = published.sql(
        """
        select count(*) from activity_stream as one
        left join activity_stream as next
            on one.customer = next.customer and one.activity = next.activity
            and next.activity_occurrence = one.activity_occurrence + 1
        where one.activity_repeated_at is distinct from next.ts
        """
    ).fetchall()
    assert wrong == [(0,)]
