# ruff: noqa: E501 - a table as text is as wide as it is

from collections.abc import Callable

import polars as pl
from polars.testing import assert_frame_equal

from tests.tables import table


def test_events_carry_their_place_and_what_the_source_said(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """An unmapped event has a session and no journey; its text and file come along."""
    events = run_model(
        "events",
        event_customers=table("""
            event_id | customer_id
            a        | ada
            b        | ada
        """),
        landed_events=table("""
            event_id | occurred_at         | channel | kind         | text  | file_id
            a        | 2026-01-01 00:00:00 | chat    | chat_started | hello | f1
            b        | 2026-01-02 00:00:00 | chat    | chat_rated   |       | f2
        """),
        touchpoint_patterns=table("""
            rank | touchpoint | kind         | label_like
            1    | Ask sales  | chat_started |
        """),
        touchpoints=table("""
            touchpoint | stage    | stage_position | initiator
            Ask sales  | Evaluate | 2              | customer
        """),
    ).sort("position")

    expected = table("""
        customer_id | position | touchpoint | stage    | session_number | journey_number | event_id | text  | file_id
        ada         | 1        | Ask sales  | Evaluate | 1              | 1              | a        | hello | f1
        ada         | 2        |            |          | 2              |                | b        |       | f2
    """)
    assert_frame_equal(events.select(expected.columns), expected)
