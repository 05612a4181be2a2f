# ruff: noqa: E501 - a table as text is as wide as it is

from collections.abc import Callable

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy.stats import binomtest

from tests.tables import table

VISITS = table("""
    customer_id | journey_number | visit_number | stage    | next_stage | exit      | wait_us     | is_settled | is_uncertain
    ada         | 1              | 1            | Discover | Buy        | advanced  | 3600000000  | true       | true
    ada         | 1              | 2            | Buy      |            | completed |             | true       | false
    ada         | 2              | 1            | Discover | Buy        | advanced  | 10800000000 | true       | false
    ada         | 2              | 2            | Buy      |            | ended     |             | true       | false
    bob         | 1              | 1            | Discover |            | ended     |             | true       | false
    cleo        | 1              | 1            | Discover |            | open      |             | false      | false
    dan         | 1              | 1            | Discover | Buy        | advanced  | 7200000000  | false      | false
    dan         | 1              | 2            | Buy      |            | open      |             | false      | false
""")


def test_transitions_count_settled_visits_for_their_shares(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Two of three settled visits to Discover went on to Buy; the unsettled one counts aside."""
    transitions = run_model("stage_transitions", stage_visits=VISITS)

    expected = table("""
        from_stage | to_stage    | transition_count | customer_count | settled_count | share              | uncertain_share
        (start)    | Discover    | 5                | 4              | 5             | 1.0                | 0.2
        Buy        | (completed) | 1                | 1              | 1             | 0.5                | 0.0
        Buy        | (ended)     | 1                | 1              | 1             | 0.5                | 0.0
        Buy        | (open)      | 1                | 1              | 0             |                    | 0.0
        Discover   | (ended)     | 1                | 1              | 1             | 0.3333333333333333 | 0.0
        Discover   | (open)      | 1                | 1              | 0             |                    | 0.0
        Discover   | Buy         | 3                | 2              | 2             | 0.6666666666666666 | 0.3333333333333333
    """)
    assert_frame_equal(transitions.select(expected.columns), expected)


def test_waits_are_quantiles_in_hours(run_model: Callable[..., pl.DataFrame]) -> None:
    """Waits of one, two and three hours have a median of two."""
    waits = run_model("stage_transitions", stage_visits=VISITS).filter(to_stage="Buy")

    assert waits.select("wait_hours_p25", "wait_hours_p50", "wait_hours_p90").row(0) == (
        1.5,
        2.0,
        pytest.approx(2.8),
    )


@pytest.mark.parametrize(("from_stage", "to_stage"), [("Discover", "Buy"), ("(start)", "Discover")])
def test_shares_carry_wilsons_interval(
    run_model: Callable[..., pl.DataFrame], from_stage: str, to_stage: str
) -> None:
    """The 95 % interval of two of three, and of five of five, is the one scipy gives."""
    (row,) = (
        run_model("stage_transitions", stage_visits=VISITS)
        .filter(from_stage=from_stage, to_stage=to_stage)
        .rows(named=True)
    )

    settled = {"Discover": 3, "(start)": 5}[from_stage]
    interval = binomtest(row["settled_count"], settled).proportion_ci(method="wilson")
    assert row["share_low"] == pytest.approx(interval.low, abs=1e-9)
    assert row["share_high"] == pytest.approx(interval.high, abs=1e-9)


def test_places_of_open_journeys_alone_have_no_shares(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """With nothing settled there is nothing to divide by, and no share is invented."""
    transitions = run_model(
        "stage_transitions", stage_visits=VISITS.filter(pl.col("customer_id") == "cleo")
    ).filter(from_stage="Discover")

    assert transitions.select("transition_count", "share", "share_low").rows() == [(1, None, None)]


def test_a_step_is_counted_once_in_each_grain(run_model: Callable[..., pl.DataFrame]) -> None:
    """A journey of one touchpoint starts and ends once by stage, touchpoint, channel and owner."""
    transitions = run_model(
        "transitions",
        stage_visits=table("""
            customer_id | journey_number | visit_number | stage | exit
            ada         | 1              | 1            | Buy   | completed
        """),
        touchpoint_visits=table("""
            customer_id | journey_number | position | stage | touchpoint | channel | owner | exit      | is_first
            ada         | 1              | 1        | Buy   | Order      | web     | Sales | completed | true
        """),
    )

    names = {"stage": "Buy", "touchpoint": "Order", "channel": "web", "owner": "Sales"}
    counted = transitions.select("grain", "from_name", "to_name", "transition_count")
    assert sorted(counted.rows()) == sorted(
        row
        for grain, name in names.items()
        for row in [(grain, "(start)", name, 1), (grain, name, "(completed)", 1)]
    )


@pytest.mark.parametrize("grain", ["touchpoint", "channel", "owner"])
def test_touchpoints_channels_and_owners_hand_over_alike(
    run_model: Callable[..., pl.DataFrame], grain: str
) -> None:
    """Consecutive touchpoints of a journey are counted, those that stay where they are too."""
    visits = table("""
        customer_id | journey_number | position | stage | place | next_place | exit      | is_first
        ada         | 1              | 1        | Buy   | a     | a          | advanced  | true
        ada         | 1              | 2        | Buy   | a     | b          | advanced  | false
        ada         | 1              | 3        | Buy   | b     |            | completed | false
    """).rename({"place": grain, "next_place": f"next_{grain}"})

    transitions = run_model(f"{grain}_transitions", touchpoint_visits=visits)

    assert transitions.select(f"from_{grain}", f"to_{grain}", "transition_count").rows() == [
        ("(start)", "a", 1),
        ("a", "a", 1),
        ("a", "b", 1),
        ("b", "(completed)", 1),
    ]


def test_a_touchpoint_nobody_owns_is_shown_as_such(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """An empty owner in the catalogue does not make the hand-over vanish."""
    transitions = run_model(
        "owner_transitions",
        touchpoint_visits=table("""
            customer_id | journey_number | position | owner | next_owner | exit     | is_first
            ada         | 1              | 1        | Sales |            | advanced | true
            ada         | 1              | 2        |       |            | ended    | false
        """),
    )

    assert transitions.select("from_owner", "to_owner").rows() == [
        ("(nobody)", "(ended)"),
        ("(start)", "Sales"),
        ("Sales", "(nobody)"),
    ]
