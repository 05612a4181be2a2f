# ruff: noqa: E501 - a table as text is as wide as it is

from collections.abc import Callable

import polars as pl
from polars.testing import assert_frame_equal

from tests.tables import table

POINTS = table("""
    touchpoint | initiator | owner
    Ask sales  | customer  | Sales
    Quote sent | company   | Sales
    Visit site | customer  | Marketing
    Bill sent  | company   | Finance
""")
VISITS = table("""
    customer_id | position | touchpoint | next_touchpoint | wait_us
    ada         | 1        | Ask sales  | Quote sent      | 3600000000
    ada         | 2        | Quote sent | Visit site      | 7200000000
    ada         | 3        | Visit site | Ask sales       | 60000000
    ada         | 4        | Ask sales  |                 |
    bob         | 1        | Ask sales  | Quote sent      | 10800000000
    bob         | 2        | Quote sent | Bill sent       | 5
""")


def test_customers_wait_for_departments_and_departments_for_customers(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Two customers waited for Sales, one and three hours; Sales waited two hours for Ada.

    Who goes on by themselves waits for nobody.
    """
    found = run_model("hand_overs", touchpoints=POINTS, touchpoint_visits=VISITS)

    expected = table("""
        waiting  | from_owner | to_owner  | hand_over_count | customer_count | wait_hours_p50 | wait_hours_total
        company  | Sales      | Marketing | 1               | 1              | 2.0            | 2.0
        customer | Sales      | Sales     | 2               | 2              | 2.0            | 4.0
    """)
    assert_frame_equal(found.select(expected.columns), expected)


STEPS = table("""
    from_touchpoint | to_touchpoint | transition_count | customer_count | settled_count
    Visit site      | Visit site    | 6                | 2              | 5
    Visit site      | Ask sales     | 3                | 3              | 3
    Visit site      | (ended)       | 1                | 1              | 1
    Visit site      | (open)        | 2                | 2              | 0
    Ask sales       | Ask sales     | 4                | 1              | 4
""")


def test_collapsed_shares_are_of_what_did_not_stay(run_model: Callable[..., pl.DataFrame]) -> None:
    """Of nine settled transitions five stayed: three of the other four went on, one ended."""
    found = run_model("collapsed_transitions", touchpoint_transitions=STEPS)

    expected = table("""
        grain      | from_name  | to_name   | transition_count | share | repeated_count
        touchpoint | Visit site | (ended)   | 1                | 0.25  | 6
        touchpoint | Visit site | (open)    | 2                |       | 6
        touchpoint | Visit site | Ask sales | 3                | 0.75  | 6
    """)
    assert_frame_equal(found.select(expected.columns), expected)


def test_collapsing_takes_away_self_loops_and_nothing_else(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Counts of all other transitions are what they were."""
    found = run_model("collapsed_transitions", touchpoint_transitions=STEPS)

    kept = STEPS.filter(pl.col("from_touchpoint") != pl.col("to_touchpoint"))
    assert found["transition_count"].sum() == kept["transition_count"].sum()
    assert found.filter(pl.col("from_name") == pl.col("to_name")).is_empty()
