# ruff: noqa: E501 - a table as text is as wide as it is

from collections.abc import Callable

import polars as pl
from polars.testing import assert_frame_equal

from tests.tables import table

IDENTIFIERS = table("""
    namespace | value            | status | customer_id | event_count
    email     | ada@example.org  | active | ada         | 3
    email     | lace@example.com | active | ada         | 1
    phone     | +447700900123    | active | ada         | 2
    user_id   | u2               | active | bob         | 1
    email     | info@example.org | shared |             | 9
""")


def test_addresses_are_shown_masked(run_model: Callable[..., pl.DataFrame]) -> None:
    """The address seen most often is shown, of it only what tells one customer from another."""
    customers = run_model("customers", identifiers=IDENTIFIERS).sort("customer_id")

    expected = table("""
        customer_id | email_masked    | phone_masked | identifier_count
        ada         | a***@example.org | +44***23     | 3
        bob         |                 |              | 1
    """)
    assert_frame_equal(customers.select(expected.columns), expected)


def test_a_customer_sums_up_events_and_journeys(run_model: Callable[..., pl.DataFrame]) -> None:
    """Counts come from the ordered events and journeys; who has none shows zeros."""
    customers = run_model(
        "customers",
        identifiers=IDENTIFIERS,
        customer_confidence=table("""
            customer_id | identity_confidence
            ada         | 0.9
        """),
        ordered_events=table("""
            customer_id | position | occurred_at         | channel | amount_cents
            ada         | 1        | 2026-01-01 00:00:00 | web     | 100
            ada         | 2        | 2026-01-03 00:00:00 | chat    | 50
        """),
        journeys=table("""
            customer_id | journey_number | status
            ada         | 1              | completed
            ada         | 2              | open
        """),
        stage_visits=table("""
            customer_id | journey_number | visit_number | stage    | exit
            ada         | 1              | 1            | Renew    | completed
            ada         | 2              | 1            | Discover | advanced
            ada         | 2              | 2            | Buy      | open
        """),
    ).sort("customer_id")

    expected = table("""
        customer_id | current_stage | event_count | channel_count | journey_count | completed_journey_count | ended_journey_count | open_journey_count | value_cents | identity_confidence
        ada         | Buy           | 2           | 2             | 2             | 1                       | 0                   | 1                  | 150         | 0.9
        bob         |               | 0           | 0             | 0             | 0                       | 0                   | 0                  | 0           |
    """)
    assert_frame_equal(customers.select(expected.columns), expected)
