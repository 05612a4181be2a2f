# ruff: noqa: E501 - a table as text is as wide as it is

from collections.abc import Callable

import polars as pl
from polars.testing import assert_frame_equal

from tests.tables import table

EVENTS = table("""
    customer_id | journey_number | position | occurred_at         | touchpoint   | stage    | stage_position | channel | is_sign
    ada         | 1              | 1        | 2026-01-01 00:00:00 | Visit site   | Discover | 1              | web     | true
    ada         | 1              | 2        | 2026-01-01 06:00:00 | Read pricing | Discover | 1              | web     | true
    ada         | 1              | 3        | 2026-01-02 00:00:00 | Order placed | Buy      | 3              | web     | true
    ada         | 1              | 4        | 2026-01-04 00:00:00 | Ask sales    | Evaluate | 2              | chat    | true
    bob         | 1              | 1        | 2026-01-25 00:00:00 | Visit site   | Discover | 1              | web     | true
    bob         | 1              | 2        | 2026-02-20 00:00:00 | Visit site   | Discover | 1              | web     | true
""")


def test_a_visit_is_a_run_of_touchpoints_in_one_stage(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """It is left when the next stage is entered; a silent one was left when last touched."""
    visits = run_model("stage_visits", journey_events=EVENTS).sort("customer_id", "visit_number")

    expected = table("""
        customer_id | visit_number | stage    | entered_at                 | last_touched_at            | left_at                    | touchpoint_count | next_stage | exit     | is_settled
        ada         | 1            | Discover | 2026-01-01 00:00:00.000000 | 2026-01-01 06:00:00.000000 | 2026-01-02 00:00:00.000000 | 2                | Buy        | advanced | true
        ada         | 2            | Buy      | 2026-01-02 00:00:00.000000 | 2026-01-02 00:00:00.000000 | 2026-01-04 00:00:00.000000 | 1                | Evaluate   | diverted | true
        ada         | 3            | Evaluate | 2026-01-04 00:00:00.000000 | 2026-01-04 00:00:00.000000 | 2026-01-04 00:00:00.000000 | 1                |            | ended    | true
        bob         | 1            | Discover | 2026-01-25 00:00:00.000000 | 2026-02-20 00:00:00.000000 |                            | 2                |            | open     | false
    """)
    assert_frame_equal(visits.select(expected.columns), expected)


def test_the_wait_runs_from_the_last_touch_to_the_next_stage(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Ada waited 18 hours after her last look at the prices before she ordered."""
    visits = run_model("stage_visits", journey_events=EVENTS).sort("customer_id", "visit_number")

    assert visits["wait_us"].to_list() == [18 * 3_600_000_000, 48 * 3_600_000_000, None, None]
    assert visits["touched_hours"].to_list() == [6.0, 0.0, 0.0, 624.0]


def test_a_transition_is_uncertain_when_either_end_of_it_is(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Only the touchpoints next to the change of stage bear on it."""
    visits = run_model(
        "stage_visits",
        journey_events=EVENTS.with_columns(is_uncertain=(pl.col("position") == 3)),
    ).sort("customer_id", "visit_number")

    assert visits["is_uncertain"].to_list() == [True, True, False, False]
