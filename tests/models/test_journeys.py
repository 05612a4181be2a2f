# ruff: noqa: E501 - a table as text is as wide as it is

from collections.abc import Callable

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.tables import table


@pytest.mark.parametrize(
    ("last_sign", "outcome", "status"),
    [
        ("2026-01-30 00:00:00.000000", None, "open"),
        ("2026-01-29 23:59:59.999999", None, "ended"),
        ("2025-01-01 00:00:00.000000", "completes", "completed"),
        ("2026-02-28 00:00:00.000000", "ends", "ended"),
    ],
)
def test_a_journey_ends_by_its_outcome_or_by_silence(
    run_model: Callable[..., pl.DataFrame], last_sign: str, outcome: str | None, status: str
) -> None:
    """Silent for exactly the limit at as_of it is open; a microsecond longer, ended."""
    journeys = run_model(
        "journeys",
        parameters=table("""
            as_of               | dormancy_us
            2026-03-01 00:00:00 | 2592000000000
        """),
        journey_events=table(f"""
            customer_id | journey_number | position | occurred_at | outcome         | is_sign
            ada         | 1              | 1        | {last_sign} | {outcome or ""} | true
        """),
    )

    assert journeys["status"].to_list() == [status]


def test_a_companys_touchpoint_does_not_keep_a_journey_open(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Silence is counted from the last sign of life, not from the company's last mail."""
    journeys = run_model(
        "journeys",
        journey_events=table("""
            customer_id | journey_number | position | occurred_at         | is_sign
            ada         | 1              | 1        | 2026-01-25 00:00:00 | true
            ada         | 1              | 2        | 2026-02-20 00:00:00 | false
        """),
    )

    assert journeys["status"].to_list() == ["ended"]


def test_a_journey_sums_up_its_touchpoints(run_model: Callable[..., pl.DataFrame]) -> None:
    """Counts, money and span come from its own touchpoints; those outside count nowhere."""
    journeys = run_model(
        "journeys",
        journey_events=table("""
            customer_id | journey_number | position | occurred_at         | touchpoint | stage    | channel | outcome   | amount_cents | is_sign | is_opening
            ada         |                | 1        | 2026-01-01 00:00:00 | Offer      | Renew    | email   |           |              | false   | false
            ada         | 1              | 2        | 2026-01-02 00:00:00 | Visit site | Discover | web     |           |              | true    | true
            ada         | 1              | 3        | 2026-01-03 12:00:00 | Order      | Buy      | web     |           | 4900         | true    | false
            ada         | 1              | 4        | 2026-01-05 00:00:00 | Renewed    | Renew    | crm     | completes | 1000         | true    | false
        """),
    )

    expected = table("""
        journey_number | status    | first_touchpoint | outcome_touchpoint | touchpoint_count | staged_count | value_cents | duration_days
        1              | completed | Visit site       | Renewed            | 3                | 3            | 5900        | 3.0
    """)
    assert_frame_equal(journeys.select(expected.columns), expected)


def test_a_journey_says_how_it_was_opened_and_for_which_goal(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Ada renews, begins anew two days later, is silent, and comes back after 40 days."""
    journeys = run_model(
        "journeys",
        goals=table("""
            touchpoint   | goal
            Renewed      | keep
            Visit site   | win
            Order placed | win
        """),
        ordered_events=table("""
            customer_id | position | occurred_at         | touchpoint  | initiator | outcome
            ada         | 1        | 2026-01-01 00:00:00 | Visit site  | customer  |
            ada         | 2        | 2026-01-02 00:00:00 | Renewed     | customer  | completes
            ada         | 3        | 2026-01-04 00:00:00 | Ask sales   | customer  |
            ada         | 4        | 2026-02-13 00:00:00 | Visit site  | customer  |
        """),
    ).sort("journey_number")

    assert journeys.select("status", "opening", "silence_days", "goal").rows() == [
        ("completed", "first", None, "keep"),
        ("ended", "next", 2.0, None),
        ("open", "returned", 40.0, "win"),
    ]


def test_the_only_goal_is_every_journeys(run_model: Callable[..., pl.DataFrame]) -> None:
    """Where a company has one goal, a journey without an outcome is on its way to it."""
    journeys = run_model(
        "journeys",
        goals=pl.DataFrame({"touchpoint": ["Renewed"], "goal": ["keep"]}),
        ordered_events=table("""
            customer_id | position | occurred_at         | touchpoint  | initiator
            ada         | 1        | 2026-02-28 00:00:00 | Visit site  | customer
        """),
    )

    assert journeys["goal"].to_list() == ["keep"]
