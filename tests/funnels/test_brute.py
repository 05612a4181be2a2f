"""The macros against a matcher that walks every chain, on random streams."""

from collections.abc import Mapping, Sequence

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.funnels.brute import Answer, Question, answer
from tests.funnels.given import BEGIN, Event, database


def asked_of(con: duckdb.DuckDBPyConnection, asked: Question) -> Answer:
    """What the macros answer."""

    def days(seconds: int | None) -> str:
        return "null" if seconds is None else f"{seconds} / 86400"

    between = list(asked.excluded_between) if asked.excluded_between else "null"
    rows = con.execute(
        f"""
        select customer_id, entry_position, step, reached_at
        from funnel_reached(
            {list(asked.steps)},
            window_days := {days(asked.window)},
            ordering := '{asked.ordering}',
            anchored := {list(asked.anchored)},
            optional_steps := {list(asked.optional)},
            step_days := [{", ".join(days(one) for one in asked.step_windows)}],
            excluded := {list(asked.excluded)},
            excluded_between := {between},
            exclusion := '{asked.exclusion}',
            hold := {"'object_id'" if asked.hold else "null"},
            counting := '{asked.counting}',
            reentry := {f"'{asked.reentry}'" if asked.reentry else "null"},
            ties := '{asked.ties}'
        )
        """
    ).fetchall()
    found = {
        (customer, position, step): round((reached_at - BEGIN).total_seconds())
        for customer, position, step, reached_at in rows
    }
    assert len(found) == len(rows)
    return found


EVENTS = st.builds(
    Event,
    st.sampled_from("AABBCCDXZ"),
    st.sampled_from([0, 0, 1, 5, 10, 20, 30, 60]),
    st.sampled_from([1, 1, 1, 2, None]),
    st.sampled_from(["1", "1", "1", "2", None]),
)


def in_order(gaps: Sequence[Event]) -> list[Event]:
    """Events one after the other: their seconds are gaps."""
    second, placed = 0, []
    for event in gaps:
        second += event.second
        placed.append(Event(event.touchpoint, second, event.journey, event.held))
    return placed


STREAMS = st.lists(st.lists(EVENTS, max_size=9).map(in_order), min_size=1, max_size=12).map(
    lambda lists: {f"c{number}": events for number, events in enumerate(lists)}
)
STEPS = st.sampled_from(
    [("A",), ("A", "B"), ("A", "B", "C"), ("A", "A"), ("A", "B", "A"), ("A", "A|B", "C")]
)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Questions whose parameters may stand together."""
    steps = draw(STEPS)
    count = len(steps)
    ordering = draw(st.sampled_from(["ordered", "ordered", "strict", "any"]))
    numbers = st.sets(st.integers(1, count)).map(lambda found: tuple(sorted(found)))
    is_any = ordering == "any"
    optional = () if is_any else tuple(n for n in draw(numbers) if n > 1)
    excluded = draw(st.sampled_from([(), (), ("X",), ("X", "D")]))
    between = None
    if excluded and not is_any and count > 1 and draw(st.booleans()):
        ends = [n for n in range(1, count + 1) if n not in optional]
        begin = draw(st.sampled_from(ends))
        later = [n for n in ends if n > begin]
        between = (begin, draw(st.sampled_from(later))) if later else None
    counting = draw(st.sampled_from(["customers", "customers", "journeys", "totals"]))
    limits = st.lists(st.sampled_from([None, 5, 20, 60]), min_size=count - 1, max_size=count - 1)
    return Question(
        steps=steps,
        window=draw(st.sampled_from([None, 20, 60, 60])),
        ordering=ordering,
        anchored=draw(numbers) if is_any else (),
        optional=optional,
        step_windows=() if is_any or draw(st.booleans()) else tuple(draw(limits)),
        excluded=excluded,
        excluded_between=between,
        exclusion=draw(st.sampled_from(["keep", "remove"])),
        hold=draw(st.sampled_from([False, False, True])),
        counting=counting,
        reentry=None if counting == "totals" else draw(st.sampled_from([None, "first"])),
        ties="position" if ordering == "strict" else draw(st.sampled_from(["position", "steps"])),
    )


@settings(max_examples=25)
@given(STREAMS, questions())
def test_no_chain_is_missed_or_made_up(
    streams: Mapping[str, Sequence[Event]], asked: Question
) -> None:
    """Entries that count, levels reached and their instants are those of enumeration."""
    with database(streams) as con:
        assert asked_of(con, asked) == answer(streams, asked)


@pytest.mark.long
@settings(max_examples=400)
@given(STREAMS, st.lists(questions(), min_size=3, max_size=3))
def test_no_chain_is_missed_or_made_up_in_many_streams(
    streams: Mapping[str, Sequence[Event]], asked: list[Question]
) -> None:
    """The same claim, over more streams and questions than a quick run takes."""
    with database(streams) as con:
        for one in asked:
            assert asked_of(con, one) == answer(streams, one), one
