# ruff: noqa: E501 - the rows of a table stay whole

import polars as pl
from polars.testing import assert_frame_equal

from tests.conftest import RunModel
from tests.tables import table

KINDS = table("""
    channel | kind            | label     | touchpoint
    web     | page_viewed     | /pricing  | Read pricing
    web     | page_viewed     | /blog/a   |
    web     | page_viewed     | /blog/b   |
    web     | video_watched   |           |
    chat    | chat_rated      | sales     |
    crm     | contact_created |           |
""")
EVENTS = table("""
    event_id | source | channel | kind            | label    | is_machine | occurred_at
    1        | shop   | web     | page_viewed     | /pricing | false      | 2026-01-05 09:00:00
    2        | shop   | web     | page_viewed     | /blog/a  | false      | 2026-01-05 09:00:00
    3        | shop   | web     | page_viewed     | /blog/b  | false      | 2026-01-05 09:00:00
    4        | shop   | web     | page_viewed     | /blog/b  | false      | 2026-01-05 09:00:00
    5        | shop   | web     | page_viewed     | /blog/b  | true       | 2026-01-05 09:00:00
    6        | shop   | web     | video_watched   |          | false      | 2026-01-05 09:00:00
    7        | talk   | chat    | chat_rated      | sales    | false      | 2026-01-05 09:00:00
    8        | crm    | crm     | contact_created |          | false      | 2026-01-05 09:00:00
    9        | shop   | web     | page_viewed     | /late    | false      | 2027-01-05 09:00:00
""").with_columns(pl.col("event_id").cast(pl.String))
WHOSE = table("""
    event_id | customer_id
    2        | ada
    3        | ada
    4        | bob
""").with_columns(pl.col("event_id").cast(pl.String))


def test_kinds_that_no_touchpoint_describes_are_counted(run_model: RunModel) -> None:
    """Each source's kind with its events and customers; no mapped kinds, no machines, nothing later."""
    found = run_model(
        "unmapped_kinds", known_events=EVENTS, kind_touchpoints=KINDS, event_customers=WHOSE
    )

    expected = table("""
        source | channel | kind            | label_example | label_count | event_count | customer_count
        shop   | web     | page_viewed     | /blog/b       | 2           | 3           | 2
        crm    | crm     | contact_created |               | 0           | 1           | 0
        shop   | web     | video_watched   |               | 0           | 1           | 0
        talk   | chat    | chat_rated      | sales         | 1           | 1           | 0
    """)
    assert_frame_equal(found.select(expected.columns), expected)
