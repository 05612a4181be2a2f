"""The micro truth table: one stream a line, and how far it comes by each published meaning.

F1, F2: the window is inclusive and begins at the first step (ClickHouse, PostHog, Mixpanel,
Amplitude alike). F3: Mixpanel's default counts the first entry only; optimised re-entry as
PostHog, ClickHouse and Amplitude. F4: the one total order of events decides; `ties := 'steps'`
is what ClickHouse, PostHog, Mixpanel and Amplitude do in their own ways. F5: ClickHouse lets one
event serve two steps; nobody else does. F6: PostHog removes the customer, Mixpanel keeps the
first step. F7: as strict orders everywhere; ClickHouse never begins again after what lay
between, which is `reentry := 'first'`. F9: as Mixpanel and Amplitude; ClickHouse and PostHog
cannot.
"""

import pytest

from tests.funnels.given import Event, database, stream

CASES = [
    ("F1", "A0 B10 C61", "", 2),
    ("F2", "A0 B10 C60", "", 3),
    ("F3", "A0 A50 B55 C100", "", 3),
    ("F3", "A0 A50 B55 C100", "reentry := 'optimised'", 3),
    ("F3", "A0 A50 B55 C100", "reentry := 'first'", 2),
    ("F4", "B0 A0 C5", "", 1),
    ("F4", "A0 B0 C5", "", 3),
    ("F4", "B0 A0 C5", "ties := 'steps'", 3),
    ("F4", "A0 B0 C5", "ties := 'steps'", 3),
    ("F7", "A0 X5 B10 A15 B20 C25", "ordering := 'strict'", 3),
    ("F7", "A0 X5 B10 A15 B20 C25", "ordering := 'strict', reentry := 'first'", 1),
    ("F8", "A0 C5 B10 C20", "", 3),
    ("F8", "A0 C5 B10 C20", "ordering := 'strict'", 1),
]


def depth(text: str, steps: str, parameters: str) -> int:
    """The last step that the one customer of a stream comes to; 0 outside the funnel."""
    with database({"c": stream(text)}) as con:
        (found,) = con.execute(
            f"select coalesce(max(step), 0) from funnel_reached({steps}, {parameters})"
        ).fetchall()[0]
    return int(found)


@pytest.mark.parametrize(("case", "text", "parameters", "reached"), CASES)
def test_three_steps_within_a_minute(case: str, text: str, parameters: str, reached: int) -> None:
    """Steps A, B, C and a window of 60 seconds."""
    given = ", ".join(filter(None, ["window_days := 60 / 86400", parameters]))

    assert depth(text, "['A', 'B', 'C']", given) == reached, case


def test_one_event_serves_one_step() -> None:
    """F5: one A is the first A only; two are both."""
    assert depth("A0", "['A', 'A']", "window_days := 1") == 1
    assert depth("A0 A1", "['A', 'A']", "window_days := 1") == 2


def test_an_exclusion_has_both_published_meanings() -> None:
    """F6: keep leaves the first step in the funnel, remove takes the customer out of it."""
    steps = "['A', 'B']"

    assert depth("A0 X5 B10", steps, "excluded := ['X']") == 1
    assert depth("A0 X5 B10", steps, "excluded := ['X'], exclusion := 'remove'") == 0
    assert depth("X0 A1 B10 X11", steps, "excluded := ['X'], exclusion := 'remove'") == 2


def test_strict_allows_nothing_between() -> None:
    """F7: A, X, B is one step when strict; ordered, X may lie between."""
    assert depth("A0 X5 B10", "['A', 'B']", "ordering := 'strict'") == 1
    assert depth("A0 B10", "['A', 'B']", "ordering := 'strict'") == 2
    assert depth("A0 X5 B10", "['A', 'B']", "ordering := 'ordered'") == 2


def test_steps_of_two_orders_are_no_chain() -> None:
    """F9: held to one order id, A of order 1 and B of order 2 are one step; of one order, two."""
    for second, reached in (("2", 1), ("1", 2)):
        events = [Event("A", 0, held="1"), Event("B", 10, held=second)]
        with database({"c": events}) as con:
            found = con.sql(
                "select max(step) from funnel_reached(['A', 'B'], hold := 'object_id')"
            ).fetchall()

        assert found == [(reached,)]
