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


def test_back_over_and_long_are_flagged(run_model: Callable[..., pl.DataFrame]) -> None:
    """Ada goes from the first stage over the second to the third, and back to the second."""
    visits = run_model("stage_visits", journey_events=EVENTS).sort("customer_id", "visit_number")

    flags = visits.select("customer_id", "stage", "first_position", "is_skip", "is_regression")
    assert flags.rows() == [
        ("ada", "Discover", 1, False, False),
        ("ada", "Buy", 3, True, False),
        ("ada", "Evaluate", 4, False, True),
        ("bob", "Discover", 1, False, False),
    ]


def test_a_visit_is_stalled_beyond_nine_in_ten_settled_ones(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Of eleven settled visits of 1 to 11 hours the tenth is exactly the limit.

    An open one of twelve hours is stalled as well.
    """
    days = [
        (f"customer {n:02}", position, occurred_at, touchpoint, stage, number)
        for n in range(1, 12)
        for position, occurred_at, touchpoint, stage, number in (
            (1, f"2026-01-01 {0:02}:00:00", "Visit site", "Discover", 1),
            (2, f"2026-01-01 {n:02}:00:00", "Order placed", "Buy", 2),
        )
    ]
    days.append(("open", 1, "2026-02-28 12:00:00", "Visit site", "Discover", 1))
    events = pl.DataFrame(
        days,
        schema=["customer_id", "position", "occurred_at", "touchpoint", "stage", "stage_position"],
        orient="row",
    ).with_columns(
        pl.col("occurred_at").str.to_datetime(),
        journey_number=pl.lit(1),
        channel=pl.lit("web"),
        is_sign=pl.lit(value=True),
    )

    visits = run_model("stage_visits", journey_events=events).filter(stage="Discover")

    stalled = visits.filter("is_stalled")["customer_id"].sort().to_list()
    assert stalled == ["customer 11", "open"]
