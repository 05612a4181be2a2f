# ruff: noqa: E501 - a table as text is as wide as it is
"""Ordinary input on which libraries for journeys give a wrong number, and the right one here.

Each was seen in one or two well-known libraries: seconds counted by their boundaries or cut,
the file's order taken for time's, local stamps relabelled as UTC, what has no name breaking a
way, a unit of time guessed from the first row, and churn dated before anybody could know of it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline import steps
from pipeline.build import BUILD, connect
from pipeline.business_days import business_days
from pipeline.job import begin, plan
from pipeline.settings import Columns, Source, load
from tests.conftest import RunModel
from tests.landing.landings import landed
from tests.tables import table

NOW = datetime(2026, 10, 20, 2, tzinfo=UTC)
WEND_TOML = """
[company]
name = "Larkspur Broadband"
time_zone = "Europe/Berlin"

[journeys]
dormancy_days = 10000

[sources.desk]
format = "generic"
path = "raw/log.csv"
channel = "crm"
time_zone = "Europe/Berlin"
[sources.desk.columns]
occurred_at = "time"
kind = "=step_taken"
label = "step"
identifiers = { case_id = "case" }
"""
# Each case has steps of its own, so that no number of one case is in that of another.
LOG = """
    case     | step    | time
    boundary | Ask     | 2024-01-10 12:00:00.000
    boundary | Answer  | 2024-01-10 12:00:00.900
    boundary | Close   | 2024-01-10 12:10:00.000
    changed  | Sleep   | 2024-03-31 01:30:00
    changed  | Wake    | 2024-03-31 03:30:00
    local    | Morning | 2024-04-10 00:10:00
    local    | Night   | 2024-04-10 23:50:00
    unnamed  | Before  | 2024-05-01 09:00:00
    unnamed  |         | 2024-05-01 10:00:00
    unnamed  | After   | 2024-05-01 11:00:00
    tied     | Left    | 2024-06-01 09:00:00
    tied     | Right   | 2024-06-01 09:00:00
    tied     | Middle  | 2024-06-01 09:00:00
    two      | Ask     | 2024-01-11 12:00:00.000
    two      | Answer  | 2024-01-11 12:00:00.900
    two      | Close   | 2024-01-11 12:10:00.000
"""
STEPS = (
    *("Ask", "Answer", "Close", "Sleep", "Wake", "Morning", "Night"),
    *("Before", "After", "Left", "Right", "Middle"),
)
HEADER = "touchpoint,stage,channel,events,visibility,initiator,owner,importance,outcome,is_value"


def lines(log: str) -> list[str]:
    """The rows of a table as lines of CSV, the header first."""
    rows = [line.split("|") for line in log.strip().splitlines()]
    return [",".join(cell.strip() for cell in row) for row in rows]


def modelled(folder: Path, rows: list[str]) -> duckdb.DuckDBPyConnection:
    """What a run makes of a log of these lines, up to its models."""
    (folder / "raw").mkdir(parents=True)
    (folder / "wend.toml").write_text(WEND_TOML)
    (folder / "raw" / "log.csv").write_text("\n".join(rows) + "\n")
    usual = "onstage,customer,Desk,minor,,yes"
    catalogue = [f"{step},Case,crm,step_taken {step},{usual}" for step in STEPS]
    (folder / "touchpoints.csv").write_text("\n".join([HEADER, *catalogue]) + "\n")
    (folder / "stages.csv").write_text("stage,goal\nCase,Close it\n")
    (folder / "notes.csv").write_text("about,kind,note,author,written_on\n")
    settings = load(folder)
    steps.land(settings, now=NOW)
    job = plan(settings, None, NOW)
    begin(settings, job)
    for name in ("stitch", "attribute", "order", "models"):
        steps.perform(settings, job, name)
    return connect(settings, settings.work / BUILD)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables made of LOG."""
    with modelled(tmp_path_factory.mktemp("log"), lines(LOG)) as con:
        yield con


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables made of the rows of LOG in reverse."""
    header, *rows = lines(LOG)
    with modelled(tmp_path_factory.mktemp("turned"), [header, *rows[::-1]]) as con:
        yield con


def waits(con: duckdb.DuckDBPyConnection, *names: str) -> list[float]:
    """The median wait in seconds between steps that follow one another."""
    told = dict(
        con.execute(
            "select from_touchpoint || ' > ' || to_touchpoint, wait_hours_p50 * 3600 "
            "from touchpoint_transitions"
        ).fetchall()
    )
    return [told[f"{one} > {other}"] for one, other in pairwise(names)]


GRAPH = (
    "select from_touchpoint, to_touchpoint, transition_count, customer_count "
    "from touchpoint_transitions order by all"
)


def test_a_wait_is_neither_cut_to_seconds_nor_counted_by_their_boundaries(
    built: duckdb.DuckDBPyConnection,
) -> None:
    """0.9 s and 599.1 s, not 0 and 600 or 599: a median of two like cases."""
    assert waits(built, "Ask", "Answer", "Close") == pytest.approx([0.9, 599.1])


def test_starts_and_ends_are_those_of_time_and_not_of_the_file(
    built: duckdb.DuckDBPyConnection, turned: duckdb.DuckDBPyConnection
) -> None:
    """Rows in another order: cases still start with Ask and stand at Close."""
    for con in (built, turned):
        found = con.sql(
            "select from_touchpoint, to_touchpoint, transition_count "
            "from touchpoint_transitions where 'Ask' = to_touchpoint or 'Close' = from_touchpoint "
            "order by all"
        ).fetchall()
        assert found == [("(start)", "Ask", 2), ("Close", "(open)", 2)]


def test_an_hour_over_a_clock_change_is_one_hour(built: duckdb.DuckDBPyConnection) -> None:
    """From 01:30 to 03:30 in Berlin on 2024-03-31 it is one hour, not two."""
    assert waits(built, "Sleep", "Wake") == [3600.0]


def test_one_local_day_is_one_day_of_activity(built: duckdb.DuckDBPyConnection) -> None:
    """00:10 and 23:50 in Berlin are two dates in UTC and one day of the company's."""
    found = built.sql(
        "select count(distinct activity_days.day_number) from activity_days "
        "join touchpoint_days using (customer_rank, day_number, utc_day) "
        "where touchpoint in ('Morning', 'Night') and activity = 'any'"
    ).fetchall()

    assert found == [(1,)]


def test_churn_counts_value_once_a_local_day(run_model: RunModel) -> None:
    """Value at both ends of one day in Berlin is no repeat; a minute later it is one."""
    for last, repeats in (("2026-01-10 22:50:00", 0), ("2026-01-10 23:00:00", 1)):
        found = run_model(
            "value_history",
            business_days=business_days(
                "Europe/Berlin",
                since=datetime(2026, 1, 1, tzinfo=UTC).date(),
                until=datetime(2026, 3, 1, tzinfo=UTC).date(),
            ),
            ordered_events=table(f"""
                customer_id | position | occurred_at         | is_value
                ada         | 1        | 2026-01-09 23:10:00 | true
                ada         | 2        | {last}              | true
            """),
        )
        assert found["value_event_count"].to_list() == [repeats], last


def test_what_has_no_name_breaks_no_way(built: duckdb.DuckDBPyConnection) -> None:
    """An event without a step keeps its place, and Before leads to After, two hours later."""
    assert waits(built, "Before", "After") == [7200.0]
    assert built.sql(
        "select position, touchpoint from events where label is null or label in "
        "('Before', 'After') order by position"
    ).fetchall() == [(1, "Before"), (2, None), (3, "After")]


def test_a_record_without_a_kind_is_refused_and_counted() -> None:
    """It is in quarantine with the reason, and in the file's account."""
    source = Source(
        format="generic",
        path="raw/log.csv",
        channel="crm",
        columns=Columns(occurred_at="time", kind="step", identifiers={"case_id": "case"}),
    )
    rows = "case,step,time\nc,A,2024-05-01T09:00:00Z\nc,,2024-05-01T10:00:00Z\n"

    found = landed(source, rows.encode(), is_plain=False, name="log.csv")

    assert found.quarantine["reasons"].to_list() == ["the kind is empty"]
    assert found.files.select("record_count", "landed_count", "quarantined_count").rows() == [
        (2, 1, 1)
    ]


def test_unix_times_of_two_units_are_refused() -> None:
    """Seconds and milliseconds in one file: nothing lands, and no event is in the year 55969."""
    source = Source(
        format="generic",
        path="raw/log.csv",
        channel="crm",
        time_format="epoch",
        columns=Columns(occurred_at="time", kind="step", identifiers={"case_id": "case"}),
    )
    rows = "case,step,time\nc,A,1704067200\nc,B,1704067200000\n"

    found = landed(source, rows.encode(), is_plain=False, name="log.csv")

    assert found.events.is_empty()
    assert found.problems["reason"].str.contains("of two units").to_list() == [True]


@pytest.mark.parametrize(
    ("as_of", "statuses"),
    [
        ("2024-01-31 00:00:00.000000", ["open"]),
        ("2024-01-31 00:00:00.000001", ["ended"]),
        ("2024-03-02 00:00:00.000000", ["ended", "open"]),
    ],
)
def test_an_end_by_silence_is_known_when_the_limit_is_over(
    run_model: RunModel, as_of: str, statuses: list[str]
) -> None:
    """Last seen on 1 January: ended after 31 January, also if they come back in March."""
    journeys = run_model(
        "journeys",
        parameters=table(f"as_of\n{as_of}"),
        ordered_events=table("""
            customer_id | position | occurred_at         | touchpoint | initiator
            ada         | 1        | 2024-01-01 00:00:00 | Visit      | customer
            ada         | 2        | 2024-03-01 00:00:00 | Visit      | customer
        """).filter(pl.col("occurred_at") <= datetime.fromisoformat(as_of)),
    ).sort("journey_number")

    assert journeys["status"].to_list() == statuses


def test_the_time_to_an_end_by_silence_includes_the_silence(run_model: RunModel) -> None:
    """A stage entered and last touched on 1 January was lost 30 days later, not at once."""
    durations = run_model(
        "stage_durations",
        parameters=table("as_of\n2024-03-01 00:00:00"),
        ordered_events=table("""
            customer_id | position | occurred_at         | touchpoint | initiator | stage | stage_position
            ada         | 1        | 2024-01-01 00:00:00 | Visit      | customer  | Look  | 1
        """),
    )

    assert durations.select("exit", "stay_minutes").rows() == [("ended", 30 * 24 * 60)]


def test_what_churn_rests_on_is_the_same_whoever_comes_back(run_model: RunModel) -> None:
    """As of 15 January nothing of a return in March is in the history that is scored."""
    events = table("""
        customer_id | position | occurred_at         | is_value
        ada         | 1        | 2023-12-01 00:00:00 | true
        ada         | 2        | 2024-01-01 00:00:00 | true
        ada         | 3        | 2024-03-01 00:00:00 | true
    """)
    days = business_days(
        "UTC",
        since=datetime(2023, 11, 1, tzinfo=UTC).date(),
        until=datetime(2024, 4, 1, tzinfo=UTC).date(),
    )
    parameters = table("as_of\n2024-01-15 00:00:00")

    known, later = (
        run_model(
            "value_history", ordered_events=rows, parameters=parameters, business_days=days
        ).rows()
        for rows in (events.head(2), events)
    )

    assert known == later


def test_rows_in_reverse_with_equal_times_give_the_same_graph(
    built: duckdb.DuckDBPyConnection, turned: duckdb.DuckDBPyConnection
) -> None:
    """Three steps of one instant follow one another alike, whichever row came first."""
    assert built.sql(GRAPH).fetchall() == turned.sql(GRAPH).fetchall()
    assert built.sql("select sum(by_id_count) from ties where grain = 'all'").fetchall() == [(2,)]


def test_a_frame_of_polars_is_taken_as_it_is(tmp_path: Path) -> None:
    """Written as Parquet with times that know their zone, it lands the instants of the CSV."""
    moments = [datetime(2024, 3, 31, 0, 30, tzinfo=UTC), datetime(2024, 3, 31, 1, 30, tzinfo=UTC)]
    frame = pl.DataFrame({"case": ["c", "c"], "step": ["A", "B"], "time": moments}).with_columns(
        pl.col("time").dt.convert_time_zone("Europe/Berlin")
    )
    frame.write_parquet(tmp_path / "log.parquet")
    rows = "case,step,time\nc,A,2024-03-31T01:30:00+01:00\nc,B,2024-03-31T03:30:00+02:00\n"
    columns = Columns(occurred_at="time", kind="step", identifiers={"case_id": "case"})
    source = Source(format="generic", path="raw/log", channel="crm", columns=columns)

    typed, written = (
        landed(source, content, is_plain=False, name=name).events
        for content, name in (
            ((tmp_path / "log.parquet").read_bytes(), "log.parquet"),
            (rows.encode(), "log.csv"),
        )
    )

    assert sorted(typed.select("kind", "occurred_at").rows()) == sorted(
        written.select("kind", "occurred_at").rows()
    )
    assert sorted(typed["occurred_at"]) == [moment.replace(tzinfo=None) for moment in moments]
