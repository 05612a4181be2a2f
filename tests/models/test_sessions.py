from collections.abc import Callable

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.tables import table


def test_silence_over_the_gap_of_its_channel_starts_a_new_session(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Thirty silent minutes on the web do not end a session; one microsecond more does."""
    sessions = run_model(
        "sessions",
        ordered_events=table("""
            customer_id | position | channel | occurred_at                | touchpoint
            ada         | 1        | web     | 2026-01-05 09:00:00.000000 | Visit site
            ada         | 2        | web     | 2026-01-05 09:30:00.000000 |
            ada         | 3        | web     | 2026-01-05 10:00:00.000001 | Visit site
        """),
    )

    expected = table("""
        customer_id | channel | session_number | duration_minutes | event_count | touchpoint_count
        ada         | web     | 1              | 30.0             | 2           | 1
        ada         | web     | 2              | 0.0              | 1           | 1
    """)
    assert_frame_equal(sessions.select(expected.columns).sort("session_number"), expected)


def test_channels_are_silent_each_for_itself(run_model: Callable[..., pl.DataFrame]) -> None:
    """A chat in between neither ends nor continues the session on the web."""
    sessions = run_model(
        "sessions",
        channels=table("""
            channel | gap_us
            web     | 1800000000
            email   | 259200000000
        """),
        ordered_events=table("""
            customer_id | position | channel | occurred_at
            ada         | 1        | web     | 2026-01-05 09:00:00
            ada         | 2        | email   | 2026-01-05 09:10:00
            ada         | 3        | web     | 2026-01-05 09:20:00
            ada         | 4        | web     | 2026-01-06 09:00:00
            ada         | 5        | email   | 2026-01-07 09:00:00
        """),
    )

    expected = table("""
        channel | session_number | first_position | last_position
        email   | 1              | 2              | 5
        web     | 1              | 1              | 3
        web     | 2              | 4              | 4
    """)
    assert_frame_equal(
        sessions.select(expected.columns).sort("channel", "session_number"), expected
    )


@pytest.mark.parametrize(("later", "count"), [("09:29:59", 1), ("09:30:00", 1), ("09:30:01", 2)])
def test_the_gap_is_longer_than_thirty_minutes(
    run_model: Callable[..., pl.DataFrame], later: str, count: int
) -> None:
    """After 29:59 and after 30:00 it is the same session, after 30:01 it is another."""
    sessions = run_model(
        "sessions",
        ordered_events=table(f"""
            customer_id | position | channel | occurred_at
            ada         | 1        | web     | 2026-01-05 09:00:00
            ada         | 2        | web     | 2026-01-05 {later}
        """),
    )

    assert sessions.height == count
