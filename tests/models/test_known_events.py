from collections.abc import Callable

import polars as pl
from polars.testing import assert_frame_equal

from tests.tables import table


def test_the_version_received_first_holds(run_model: Callable[..., pl.DataFrame]) -> None:
    """A revision that was received before the landed version replaces it, whole."""
    events = run_model(
        "known_events",
        landed_events=table("""
            event_id | content_hash | received_at         | file_id | label
            order    | b            | 2026-01-05 09:00:00 | f1      | late
            visit    | a            | 2026-01-05 09:00:00 | f1      | only
        """),
        landed_revisions=table("""
            event_id | content_hash | received_at         | file_id | label
            order    | c            | 2026-01-05 08:00:00 | f2      | early
        """),
    )

    expected = table("""
        event_id | label | file_id
        order    | early | f2
        visit    | only  | f1
    """)
    assert_frame_equal(events.select(expected.columns).sort("event_id"), expected)


def test_without_an_instant_of_receipt_the_content_decides(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """The smallest content hash holds, whichever version happened to be landed first."""
    small = table("""
        event_id | content_hash | received_at | file_id | label
        order    | a            |             | f1      | small
    """)
    large = table("""
        event_id | content_hash | received_at | file_id | label
        order    | b            |             | f2      | large
    """)

    one = run_model("known_events", landed_events=small, landed_revisions=large)
    other = run_model("known_events", landed_events=large, landed_revisions=small)

    assert one["label"].to_list() == ["small"]
    assert_frame_equal(one, other)


def test_a_version_with_an_instant_of_receipt_beats_one_without(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Nulls sort last: what is known to have come wins over what may have come any time."""
    events = run_model(
        "known_events",
        landed_events=table("""
            event_id | content_hash | received_at | file_id | label
            order    | a            |             | f1      | undated
        """),
        landed_revisions=table("""
            event_id | content_hash | received_at         | file_id | label
            order    | b            | 2026-01-05 08:00:00 | f2      | dated
        """),
    )

    assert events["label"].to_list() == ["dated"]
