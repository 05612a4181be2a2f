# ruff: noqa: E501 - a table as text is as wide as it is

from collections.abc import Callable

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy.stats import binomtest

from tests.tables import table

STAGES = table("""
    stage    | position
    Discover | 1
    Buy      | 2
    Renew    | 3
""")
VISITS = table("""
    customer_id | journey_number | visit_number | stage    | exit      | is_settled
    ada         | 1              | 1            | Discover | advanced  | true
    ada         | 1              | 2            | Buy      | completed | true
    bob         | 1              | 1            | Discover | ended     | true
    cleo        | 1              | 1            | Discover | open      | false
    dan         | 1              | 1            | Discover | advanced  | false
    dan         | 1              | 2            | Buy      | diverted  | true
    dan         | 1              | 3            | Discover | ended     | false
""")


def test_the_share_is_of_settled_visits_alone(run_model: Callable[..., pl.DataFrame]) -> None:
    """One of two settled visits to Discover ended; five entries split into their exits."""
    drop_offs = run_model("drop_offs", stage_visits=VISITS, stages=STAGES)

    expected = table("""
        name     | entries | advanced | diverted | completed | ended | open | settled_count | settled_ended_count | drop_off_share | rank
        Discover | 5       | 2        | 0        | 0         | 2     | 1    | 2             | 1                   | 0.5            | 1
        Buy      | 2       | 0        | 1        | 1         | 0     | 0    | 2             | 0                   | 0.0            | 2
        Renew    | 0       | 0        | 0        | 0         | 0     | 0    | 0             | 0                   |                | 3
    """)
    assert_frame_equal(drop_offs.select(expected.columns), expected)


def test_the_share_carries_wilsons_interval(run_model: Callable[..., pl.DataFrame]) -> None:
    """The 95 % interval of one of two, and of none of two, is the one scipy gives."""
    drop_offs = run_model("drop_offs", stage_visits=VISITS, stages=STAGES)

    for row in drop_offs.filter(pl.col("settled_count") > 0).iter_rows(named=True):
        settled = binomtest(row["settled_ended_count"], row["settled_count"])
        interval = settled.proportion_ci(method="wilson")
        assert row["share_low"] == pytest.approx(interval.low, abs=1e-9)
        assert row["share_high"] == pytest.approx(interval.high, abs=1e-9)


def test_what_ends_here_is_worth_what_completed_journeys_are(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Two completed journeys of 100 and 201 cents: each loss costs 150 whole cents."""
    drop_offs = run_model(
        "drop_offs",
        stage_visits=VISITS,
        stages=STAGES,
        journeys=table("""
            customer_id | journey_number | status    | value_cents
            ada         | 1              | completed | 100
            ada         | 2              | completed | 201
            bob         | 1              | ended     | 999
        """),
    )

    assert drop_offs["value_lost_cents"].to_list() == [150, 0, 0]


def test_without_a_completed_journey_nothing_is_known_of_its_worth(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """No price is put on what was lost."""
    drop_offs = run_model("drop_offs", stage_visits=VISITS, stages=STAGES)

    assert drop_offs["value_lost_cents"].to_list() == [None, None, None]


def test_touchpoints_are_ranked_apart_from_stages(run_model: Callable[..., pl.DataFrame]) -> None:
    """Where most journeys end comes first in its grain; touchpoints off the way are left out."""
    drop_offs = run_model(
        "drop_offs",
        stage_visits=VISITS,
        stages=STAGES,
        touchpoints=table("""
            touchpoint | stage    | position
            Visit site | Discover | 1
            Order      | Buy      | 2
            Survey     |          | 3
        """),
        touchpoint_visits=table("""
            customer_id | position | touchpoint | exit     | is_settled
            ada         | 1        | Visit site | advanced | true
            ada         | 2        | Order      | ended    | true
        """),
    ).filter(grain="touchpoint")

    assert drop_offs.select("name", "stage", "rank").rows() == [
        ("Order", "Buy", 1),
        ("Visit site", "Discover", 2),
    ]
