from collections.abc import Callable

import polars as pl
from polars.testing import assert_frame_equal

from tests.models.provided import DAY_US
from tests.tables import table


def numbers(events: pl.DataFrame) -> list[int | None]:
    """The journey of each touchpoint, in order."""
    return events.sort("customer_id", "position")["journey_number"].to_list()


def test_silence_over_the_dormancy_limit_opens_a_new_journey(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Thirty silent days go on; one microsecond more does not."""
    events = run_model(
        "journey_events",
        ordered_events=table("""
            customer_id | position | occurred_at                | touchpoint | initiator
            ada         | 1        | 2026-01-01 00:00:00.000000 | Visit site | customer
            ada         | 2        | 2026-01-31 00:00:00.000000 | Visit site | customer
            ada         | 3        | 2026-03-02 00:00:00.000001 | Visit site | customer
        """),
    )

    assert numbers(events) == [1, 1, 2]
    assert events.sort("position")["is_opening"].to_list() == [True, False, True]


def test_an_outcome_closes_the_journey(run_model: Callable[..., pl.DataFrame]) -> None:
    """The next sign after an outcome opens another journey, however soon it comes."""
    events = run_model(
        "journey_events",
        ordered_events=table("""
            customer_id | position | occurred_at         | touchpoint | initiator | outcome
            ada         | 1        | 2026-01-01 00:00:00 | Visit site | customer  |
            ada         | 2        | 2026-01-02 00:00:00 | Renewed    | customer  | completes
            ada         | 3        | 2026-01-02 00:00:00 | Visit site | customer  |
            ada         | 4        | 2026-01-03 00:00:00 | Cancelled  | customer  | ends
            ada         | 5        | 2026-01-03 00:00:00 | Cancelled  | company   | ends
        """),
    )

    assert numbers(events) == [1, 1, 2, 2, 3]


def test_what_follows_an_outcome_at_once_may_be_left_out(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Within half an hour of an order its receipt is read; a second order is one all the same."""
    events = run_model(
        "journey_events",
        parameters=pl.DataFrame({"aftermath_us": [30 * 60_000_000]}),
        ordered_events=table("""
            customer_id | position | occurred_at                | touchpoint | initiator | outcome
            ada         | 1        | 2026-01-01 09:00:00.000000 | Visit site | customer  |
            ada         | 2        | 2026-01-01 10:00:00.000000 | Order      | customer  | completes
            ada         | 3        | 2026-01-01 10:00:30.000000 | Receipt    | customer  |
            ada         | 4        | 2026-01-01 10:30:00.000000 | Receipt    | customer  |
            ada         | 5        | 2026-01-01 10:30:00.000001 | Visit site | customer  |
            bob         | 1        | 2026-01-01 10:00:00.000000 | Order      | customer  | completes
            bob         | 2        | 2026-01-01 10:10:00.000000 | Visit site | customer  |
            bob         | 3        | 2026-01-01 10:20:00.000000 | Order      | customer  | completes
            bob         | 4        | 2026-01-01 10:40:00.000000 | Visit site | customer  |
        """),
    )

    assert numbers(events) == [1, 1, None, None, 2, 1, None, 2, None]
    assert events.filter("is_opening").select("customer_id", "position").sort(pl.all()).rows() == [
        ("ada", 1),
        ("ada", 5),
        ("bob", 1),
        ("bob", 3),
    ]


def test_the_company_cannot_open_a_journey_or_keep_it_alive(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Its mails join a living journey, but neither begin one nor break a customer's silence."""
    events = run_model(
        "journey_events",
        parameters=pl.DataFrame({"dormancy_us": [10 * DAY_US]}),
        ordered_events=table("""
            customer_id | position | occurred_at         | touchpoint    | initiator
            ada         | 1        | 2026-01-01 00:00:00 | Renewal offer | company
            ada         | 2        | 2026-01-02 00:00:00 | Visit site    | customer
            ada         | 3        | 2026-01-12 00:00:00 | Renewal offer | company
            ada         | 4        | 2026-01-12 00:00:01 | Renewal offer | company
            ada         | 5        | 2026-01-13 00:00:00 | Visit site    | customer
        """),
    )

    assert numbers(events) == [None, 1, 1, None, 2]


def test_after_an_outcome_the_companys_touchpoints_belong_to_no_journey(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """A welcome mail after the goal is part of neither the finished journey nor a new one."""
    events = run_model(
        "journey_events",
        ordered_events=table("""
            customer_id | position | occurred_at         | touchpoint    | initiator | outcome
            ada         | 1        | 2026-01-01 00:00:00 | Renewed       | company   | completes
            ada         | 2        | 2026-01-02 00:00:00 | Welcome email | company   |
            ada         | 3        | 2026-01-03 00:00:00 | Visit site    | customer  |
            ada         | 4        | 2026-01-04 00:00:00 | Welcome email | company   |
        """),
    )

    assert numbers(events) == [1, None, 2, 2]


def test_events_without_a_touchpoint_are_no_sign_of_life(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """An unmapped event does not bridge a silence."""
    events = run_model(
        "journey_events",
        parameters=pl.DataFrame({"dormancy_us": [10 * DAY_US]}),
        ordered_events=table("""
            customer_id | position | occurred_at         | touchpoint | initiator
            ada         | 1        | 2026-01-01 00:00:00 | Visit site | customer
            ada         | 2        | 2026-01-08 00:00:00 |            |
            ada         | 3        | 2026-01-15 00:00:00 | Visit site | customer
        """),
    )

    expected = table("""
        position | journey_number
        1        | 1
        3        | 2
    """)
    assert_frame_equal(events.select(expected.columns).sort("position"), expected)


def test_customers_are_apart(run_model: Callable[..., pl.DataFrame]) -> None:
    """Each customer's journeys are counted from 1."""
    events = run_model(
        "journey_events",
        ordered_events=table("""
            customer_id | position | occurred_at         | touchpoint | initiator | outcome
            ada         | 1        | 2026-01-01 00:00:00 | Visit site | customer  | ends
            bob         | 1        | 2026-01-02 00:00:00 | Visit site | customer  |
        """),
    )

    assert numbers(events) == [1, 1]
