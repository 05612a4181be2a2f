"""What a funnel means: each boundary from both sides."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import duckdb
import pytest

from tests.funnels.given import AS_OF, BEGIN, Event, database, stream

DAY = 86_400


def furthest(parameters: str, **texts: str) -> dict[str, int]:
    """How far each customer comes."""
    return _furthest({name: stream(text) for name, text in texts.items()}, parameters)


def _furthest(streams: Mapping[str, list[Event]], parameters: str) -> dict[str, int]:
    """The same for events given one by one."""
    with database(streams) as con:
        rows = con.execute(
            f"select customer_id, max(step) from funnel_reached({parameters}) group by customer_id"
        ).fetchall()
    return dict(rows)


def test_a_step_is_a_touchpoint_a_kind_a_stage_or_either_of_two() -> None:
    """Names are looked up in all three columns, unless one is named."""
    with database({"c": stream("A0 B10")}) as con:
        found = {
            steps: con.execute(f"select count(*) from funnel_reached({steps})").fetchall()[0][0]
            for steps in (
                "['A', 'B']",
                "['a_done', 'stage of B']",
                "['X|A', 'B|X']",
                "['A', 'B'], named := 'touchpoint'",
                "['A', 'B'], named := 'stage'",
            )
        }

    assert list(found.values()) == [2, 2, 2, 2, 0]


def test_the_window_runs_from_the_first_step_and_includes_its_end() -> None:
    """Days may be parts; without a window any time will do."""
    found = furthest("['A', 'B', 'C'], window_days := 60 / 86400", x="A0 B40 C60", y="A0 B40 C61")
    assert found == {"x": 3, "y": 2}
    assert furthest("['A', 'B'], window_days := null", x=f"A0 B{40 * DAY}") == {"x": 2}
    assert furthest("['A', 'B']", x=f"A0 B{14 * DAY}", y=f"A0 B{14 * DAY + 1}") == {"x": 2, "y": 1}


def test_a_step_has_its_own_window_from_the_step_before() -> None:
    """It asks whether a chain exists: the second B is near enough to C, though the first is not."""
    found = furthest(
        "['A', 'B', 'C'], step_days := [null, 20 / 86400]",
        near="A0 B10 C30",
        far="A0 B10 C31",
        again="A0 B10 B50 C60",
    )

    assert found == {"near": 3, "far": 2, "again": 3}


def test_any_order_counts_steps_done_and_anchors_hold_their_place() -> None:
    """An anchored step comes after all named before it and before all named after it."""
    streams = {"abc": "A0 B1 C2", "cba": "C0 B1 A2", "bac": "B0 A1 C2", "acb": "A0 C1 B2"}

    assert furthest("['A', 'B', 'C'], ordering := 'any'", **streams) == dict.fromkeys(streams, 3)
    first = furthest("['A', 'B', 'C'], ordering := 'any', anchored := [1]", **streams)
    assert first == {"abc": 3, "cba": 1, "bac": 2, "acb": 3}
    last = furthest("['A', 'B', 'C'], ordering := 'any', anchored := [3]", **streams)
    assert last == {"abc": 3, "cba": 2, "bac": 3, "acb": 2}


def test_an_optional_step_may_be_left_out_but_not_taken_late() -> None:
    """Both ways convert; the optional step counts for those who took it on the way."""
    with database({"with": stream("A0 B1 C2"), "not": stream("A0 C2 B3")}) as con:
        rows = con.sql(
            "select name, reached_count, lost_count "
            "from funnel(['A', 'B', 'C'], optional_steps := [2]) order by step"
        ).fetchall()

    assert rows == [("A", 2, None), ("B", 1, None), ("C", 2, 0)]


def test_an_exclusion_holds_between_the_steps_named() -> None:
    """Outside of them, and before the first or after the last event, it does no harm."""
    streams = {"early": "A0 X1 B2 C3", "late": "A0 B2 X3 C4", "around": "X0 A1 B2 C3 X4"}
    steps = "['A', 'B', 'C'], excluded := ['X']"

    assert furthest(steps, **streams) == {"early": 1, "late": 2, "around": 3}
    between = f"{steps}, excluded_between := [2, 3]"
    assert furthest(between, **streams) == {"early": 3, "late": 2, "around": 3}
    assert furthest(f"{between}, exclusion := 'remove'", **streams) == {"early": 3, "around": 3}


def test_an_exclusion_removes_also_whoever_would_not_have_come_on() -> None:
    """It is met while there is time for the next step; after the window it is none."""
    found = furthest(
        "['A', 'B'], excluded := ['X'], exclusion := 'remove', window_days := 60 / 86400",
        met="A0 X60",
        late="A0 X61",
        renewed="A0 X5 A6 B10",
    )

    assert found == {"late": 1, "renewed": 2}


def test_a_property_is_held_by_its_name() -> None:
    """Events without it are left out, and customers count once, by their best chain."""
    plan = {"properties": '{"plan/name": "pro"}'}
    events = [Event("A", 0, more=plan), Event("B", 1), Event("B", 2, more=plan), Event("A", 3)]

    assert _furthest({"c": events}, "['A', 'B'], hold := 'property:plan/name'") == {"c": 2}
    assert _furthest({"c": [events[3]]}, "['A', 'B'], hold := 'property:plan/name'") == {}


def test_customers_journeys_and_totals_count_differently() -> None:
    """Two journeys that convert are one customer, two journeys, and as many conversions."""
    events = [
        Event("A", 0),
        Event("A", 1),
        Event("B", 2),
        Event("A", 10, journey=2),
        Event("B", 11, journey=2),
        Event("B", 12, journey=2),
        Event("A", 20, journey=None),
    ]
    with database({"c": events}) as con:
        counts = [
            con.execute(
                "select list(reached_count order by step) "
                f"from funnel(['A', 'B'], counting := '{unit}')"
            ).fetchall()[0][0]
            for unit in ("customers", "journeys", "totals")
        ]

    assert counts == [[1, 1], [2, 2], [3, 2]]


def test_totals_enter_again_after_the_last_step_the_window_or_an_exclusion() -> None:
    """An entry inside an attempt that still goes on is none."""

    def entries(text: str) -> list[int]:
        with database({"c": stream(text)}) as con:
            rows = con.sql(
                "select entry_position from funnel_reached(['A', 'B'], counting := 'totals', "
                "window_days := 60 / 86400, excluded := ['X']) where step = 1 order by all"
            ).fetchall()
        return [position for (position,) in rows]

    assert entries("A0 A1 B2 A3") == [1, 4]
    assert entries("A0 A60 A61") == [1, 3]
    assert entries("A0 X1 A2") == [1, 3]


def test_reentry_says_which_entry_counts() -> None:
    """Optimised: the furthest, of those the one first there, of those the one entered last."""

    def entry(text: str, reentry: str) -> tuple[int, datetime]:
        with database({"c": stream(text)}) as con:
            return con.execute(  # type: ignore[return-value]
                "select entry_position, max(reached_at) from funnel_reached(['A', 'B'], "
                f"window_days := 60 / 86400, reentry := '{reentry}') group by entry_position"
            ).fetchall()[0]

    two = BEGIN + timedelta(seconds=70)
    assert entry("A0 A62 A65 B70 A80 B81", "optimised") == (3, two)
    assert entry("A0 A62 A65 B70 A80 B81", "first") == (1, BEGIN)
    assert entry("A0 A5", "optimised") == (1, BEGIN)


def test_a_breakdown_is_as_of_the_entry() -> None:
    """Not what is said later, and not what the second step's event says."""
    events = [Event("A", 10, more={"channel": "chat"}), Event("B", 20, more={"channel": "email"})]
    said = [
        ("c", "country", "DE", 0),
        ("c", "country", "FR", 10),
        ("c", "country", "GB", 11),
        ("c", "language", "de", 0),
    ]
    with database({"c": events, "d": events}, attributes=said) as con:
        by_channel, by_country = (
            con.execute(
                "select segment, step, reached_count "
                f"from funnel(['A', 'B'], breakdown := '{breakdown}') order by all"
            ).fetchall()
            for breakdown in ("channel", "attribute:country")
        )

    assert by_channel == [("chat", 1, 2), ("chat", 2, 2)]
    assert by_country == [("(none)", 1, 1), ("(none)", 2, 1), ("FR", 1, 1), ("FR", 2, 1)]


def test_an_entry_is_settled_once_its_window_is_over() -> None:
    """An event at the very end of the window could still come: open until after it."""
    entered = AS_OF - BEGIN - timedelta(days=1)
    second = round(entered.total_seconds())
    streams = {"open": [Event("A", second)], "over": [Event("A", second - 1)]}
    with database(streams) as con:
        rows = con.sql(
            "select step, reached_count, open_count, settled_count, lost_count, share "
            "from funnel(['A', 'B'], window_days := 1) order by step"
        ).fetchall()

    assert rows == [(1, 2, 0, 1, None, 1.0), (2, 0, 1, 0, 1, 0.0)]


def test_quick_ones_of_an_open_cohort_do_not_lift_the_share() -> None:
    """Both shares and hours are of the settled alone."""
    now = round((AS_OF - BEGIN).total_seconds())
    streams = {
        "quick": [Event("A", now - 60), Event("B", now - 50)],
        "slow": [Event("A", 0), Event("B", 7_200)],
        "lost": [Event("A", 0)],
    }
    with database(streams) as con:
        rows = con.sql(
            "select reached_count, settled_count, share, step_share, hours_p50, step_hours_p90 "
            "from funnel(['A', 'B'], window_days := 1) order by step"
        ).fetchall()

    assert rows == [(3, 2, 1.0, None, 0.0, None), (2, 1, 0.5, 0.5, 2.0, 2.0)]


def test_a_trend_marks_the_periods_whose_windows_are_not_over() -> None:
    """A week is finished once an entry in its last instant would be settled."""
    week = 7 * DAY
    streams = {"x": stream(f"A0 B{DAY}"), "y": stream(f"A{week}"), "z": stream(f"A{2 * week}")}
    as_of = BEGIN + timedelta(days=28)
    with database(streams, as_of=as_of) as con:
        rows = con.sql(
            "select entered_on, entered_count, converted_count, settled_count, share, is_finished "
            "from funnel_trend(['A', 'B'], window_days := 14) order by all"
        ).fetchall()

    assert rows == [
        (BEGIN.date(), 1, 1, 1, 1.0, True),
        ((BEGIN + timedelta(days=7)).date(), 1, 0, 1, 0.0, True),
        ((BEGIN + timedelta(days=14)).date(), 1, 0, 0, None, False),
    ]


def test_only_entries_are_held_to_the_dates() -> None:
    """A window that reaches over the end of the dates is not cut there."""
    text = f"A0 A{DAY} B{2 * DAY}"
    dates = "entered_from := '2026-01-06', entered_until := '2026-01-07'"

    assert furthest(f"['A', 'B'], {dates}", c=text) == {"c": 2}
    assert furthest(f"['A', 'B'], reentry := 'first', {dates}", c=text) == {"c": 2}
    assert furthest("['A', 'B'], entered_until := '2026-01-05'", c=text) == {}


def test_a_report_of_an_earlier_instant_sees_nothing_later() -> None:
    """The event at that very instant is seen."""
    at = "['A', 'B'], report_as_of := '2026-01-05 00:00:10'"

    assert furthest(at, x="A0 B10", y="A0 B11") == {"x": 2, "y": 1}


def test_a_step_that_nobody_reaches_has_its_row() -> None:
    """An empty funnel says so: no share, and no interval of one."""
    with database({"c": stream("A0")}) as con:
        rows = con.sql(
            "select name, reached_count, share, share_low, share_high from funnel(['Q', 'A'])"
        ).fetchall()

    assert rows == [("Q", 0, None, None, None), ("A", 0, None, None, None)]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ("[]", "name 1 to 60 steps"),
        ("['A'], ordering := 'loose'", "ordering is one of"),
        ("['A'], counting := 'visits'", "counting is one of"),
        ("['A'], counting := 'totals', reentry := 'optimised'", "leave reentry out"),
        ("['A', 'B'], anchored := [1]", "anchored steps are for any order"),
        ("['A', 'B'], optional_steps := [1]", "the first step"),
        ("['A', 'B'], step_days := [1, 2]", "one window after each step but the last"),
        ("['A', 'B'], ordering := 'any', step_days := [1]", "no window per step"),
        ("['A', 'B'], excluded := ['X'], excluded_between := [2, 1]", "neither optional"),
        ("['A', 'B'], ordering := 'strict', ties := 'steps'", "leave ties out"),
        ("['A'], breakdown := 'mood'", "no breakdown by mood"),
        ("['A'], window_days := -3", "window_days is 0 or more"),
        ("['A'], hold := 'channel'", "hold is object_id or property:NAME"),
        ("['A', 'Visit sight']", "no touchpoint, stage or kind is named Visit sight"),
        ("['A', 'B|Visit sight']", "is named Visit sight"),
        ("['A', null]", "is named null"),
        ("['A', 'B'], excluded := ['Visit sight']", "is named Visit sight"),
    ],
)
def test_a_question_that_cannot_be_meant_is_refused(parameters: str, said: str) -> None:
    """The error names the parameter and what it takes."""
    with database({"c": stream("A0 B1")}) as con, pytest.raises(duckdb.Error, match=said):
        con.sql(f"from funnel({parameters})").fetchall()
