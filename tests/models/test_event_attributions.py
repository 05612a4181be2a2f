from collections.abc import Callable

import polars as pl
from polars.testing import assert_frame_equal

from tests.tables import table


def test_every_event_of_a_person_is_counted_once(run_model: Callable[..., pl.DataFrame]) -> None:
    """Two events of customers, one of a stranger at a kiosk, one of nobody known; no machine's."""
    counts = run_model(
        "event_attributions",
        ordered_events=table("""
            event_id | attribution
            login    | identifier
            page     | device
        """),
        ambiguous_events=table("""
            event_id
            walk-in
        """),
        landed_events=table("""
            event_id | occurred_at         | is_machine
            login    | 2026-01-05 09:00:00 | false
            page     | 2026-01-05 09:00:00 | false
            walk-in  | 2026-01-05 09:00:00 | false
            nobody   | 2026-01-05 09:00:00 | false
            crawler  | 2026-01-05 09:00:00 | true
            later    | 2027-01-05 09:00:00 | false
        """),
    )

    expected = table("""
        attribution | event_count | event_share
        ambiguous   | 1           | 0.25
        device      | 1           | 0.25
        identifier  | 1           | 0.25
        none        | 1           | 0.25
    """)
    assert_frame_equal(counts, expected)
