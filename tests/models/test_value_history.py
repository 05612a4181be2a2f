# ruff: noqa: E501 - the rows of a table stay whole

from polars.testing import assert_frame_equal

from tests.conftest import RunModel
from tests.tables import table


def test_a_value_event_counts_once_a_day(run_model: RunModel) -> None:
    """Three visits on two days are one repeat, timed from the first visit of each day."""
    found = run_model(
        "value_history",
        ordered_events=table("""
            customer_id | position | occurred_at         | is_value
            ada         | 1        | 2026-01-01 12:00:00 | true
            ada         | 2        | 2026-01-11 12:00:00 | true
            ada         | 3        | 2026-01-11 18:00:00 | true
        """),
        parameters=table("""
            as_of
            2026-03-02 12:00:00
        """),
    )

    expected = table("""
        customer_id | value_event_count | recency_days | age_days | last_value_at       | is_eligible
        ada         | 1                 | 10.0         | 60.0     | 2026-01-11 18:00:00 | true
    """)
    assert_frame_equal(found.select(expected.columns), expected)


def test_each_customer_who_is_not_scored_has_the_reason(run_model: RunModel) -> None:
    """No value yet, cancelled, or known for under 30 days: kept, with the reason in words."""
    found = run_model(
        "value_history",
        ordered_events=table("""
            customer_id | position | occurred_at         | is_value | outcome
            ada         | 1        | 2025-12-01 12:00:00 | false    |
            bob         | 1        | 2025-12-01 12:00:00 | true     |
            bob         | 2        | 2026-01-01 12:00:00 | false    | ends
            bob         | 3        | 2026-01-20 12:00:00 | true     |
            cyd         | 1        | 2026-02-20 12:00:00 | true     |
            dee         | 1        | 2025-12-01 12:00:00 | false    | ends
            dee         | 2        | 2026-01-20 12:00:00 | true     |
            eve         | 1        | 2025-12-01 12:00:00 | true     | ends
            eve         | 2        | 2025-12-02 12:00:00 | false    | completes
            eve         | 3        | 2026-01-20 12:00:00 | true     |
            fay         | 1        | 2025-12-01 12:00:00 | true     |
        """),
    )

    expected = table("""
        customer_id | is_eligible | is_learned_from | reason_not_scored
        ada         | false       | false           | no value event yet
        bob         | false       | false           | already left
        cyd         | false       | false           | known for too short a time
        dee         | true        | true            |
        eve         | true        | true            |
        fay         | false       | true            | silent for a whole horizon already
    """)
    assert_frame_equal(found.select(expected.columns).sort("customer_id"), expected)


def test_who_is_silent_for_a_whole_horizon_is_gone_not_about_to_go(run_model: RunModel) -> None:
    """Sixty days without a value event are what a score foretells; a second less is still to come."""
    found = run_model(
        "value_history",
        ordered_events=table("""
            customer_id | position | occurred_at         | is_value
            ada         | 1        | 2025-12-31 00:00:00 | true
            bob         | 1        | 2025-12-31 00:00:01 | true
            cyd         | 1        | 2025-10-01 00:00:00 | true
            cyd         | 2        | 2026-02-01 00:00:00 | true
        """),
    )

    assert found.sort("customer_id")["is_eligible"].to_list() == [False, True, True]
    assert found["is_learned_from"].all()


def test_a_customer_known_for_exactly_the_limit_is_scored(run_model: RunModel) -> None:
    """Thirty days are enough, a second less is not."""
    found = run_model(
        "value_history",
        ordered_events=table("""
            customer_id | position | occurred_at         | is_value
            ada         | 1        | 2026-01-30 00:00:00 | true
            bob         | 1        | 2026-01-30 00:00:01 | true
        """),
    )

    assert found.sort("customer_id")["is_eligible"].to_list() == [True, False]


def test_what_happens_after_as_of_is_not_known(run_model: RunModel) -> None:
    """A visit after the instant of the report changes nothing in it."""
    found = run_model(
        "value_history",
        ordered_events=table("""
            customer_id | position | occurred_at         | is_value
            ada         | 1        | 2025-12-01 00:00:00 | true
            ada         | 2        | 2026-03-05 00:00:00 | true
        """),
    )

    assert found["value_event_count"].to_list() == [0]
    assert found["recency_days"].to_list() == [0.0]
