from collections.abc import Callable

import polars as pl
from polars.testing import assert_frame_equal

from tests.tables import table

IDENTIFIERS = table("""
    namespace    | value         | status  | customer_id | is_strong | priority
    user_id      | u1            | active  | ada         | true      | 10
    anonymous_id | c1            | active  | ada         | false     | 60
    anonymous_id | c2            | active  | bob         | false     | 60
    user_id      | u3            | active  | cleo        | true      | 10
    anonymous_id | kiosk         | shared  |             | false     | 60
    email        | test@test.com | blocked |             | true      | 20
""")


def test_the_strongest_identifier_says_whose_event_it_is(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Of two customers on one record the one with the lower priority number has the event."""
    owners = run_model(
        "event_customers",
        identifiers=IDENTIFIERS,
        landed_identifiers=table("""
            event_id | namespace    | value | role
            e1       | anonymous_id | c2    | actor
            e1       | user_id      | u1    | actor
        """),
    )

    expected = table("""
        event_id | customer_id | identifier | attribution | is_uncertain
        e1       | ada         | user_id:u1 | identifier  | true
    """)
    assert_frame_equal(owners.select(expected.columns), expected)


def test_only_the_customer_roles_count(run_model: Callable[..., pl.DataFrame]) -> None:
    """Staff and people in copy do not have the event; a recipient or subject does."""
    owners = run_model(
        "event_customers",
        identifiers=IDENTIFIERS,
        landed_identifiers=table("""
            event_id | namespace | value | role
            copied   | user_id   | u1    | mentioned
            answered | user_id   | u1    | agent
            mailed   | user_id   | u1    | recipient
            changed  | user_id   | u3    | subject
        """),
    )

    assert sorted(owners["event_id"]) == ["changed", "mailed"]


def test_shared_and_blocked_identifiers_give_no_customer(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """An event seen only on a kiosk, or from test@test.com, belongs to nobody."""
    owners = run_model(
        "event_customers",
        identifiers=IDENTIFIERS,
        landed_identifiers=table("""
            event_id | namespace    | value         | role
            e1       | anonymous_id | kiosk         | actor
            e2       | email        | test@test.com | actor
        """),
    )

    assert owners.height == 0


def test_an_event_is_uncertain_when_stitching_alone_ties_it(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Ada's cookie stands in for her login; bob has nothing but his, so nothing can be wrong."""
    owners = run_model(
        "event_customers",
        identifiers=IDENTIFIERS,
        landed_identifiers=table("""
            event_id | namespace    | value | role
            cookie   | anonymous_id | c1    | actor
            login    | user_id      | u1    | actor
            login    | anonymous_id | c1    | actor
            only     | anonymous_id | c2    | actor
        """),
    )

    expected = table("""
        event_id | is_uncertain
        cookie   | true
        login    | false
        only     | false
    """)
    assert_frame_equal(owners.select(expected.columns).sort("event_id"), expected)
