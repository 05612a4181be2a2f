# ruff: noqa: E501 - the rows of a table stay whole

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.conftest import RunModel
from tests.models.provided import HOUR_US
from tests.tables import table

GOOD = {
    "source": "web",
    "record_count": 1000,
    "landed_count": 990,
    "duplicate_count": 4,
    "quarantined_count": 5,
    "ignored_count": 1,
}
SOURCES = pl.DataFrame({"source": ["web"], "max_age_us": [48 * HOUR_US]})
DAYS = table("""
    source | day_on     | event_count | machine_event_count | unlinked_event_count | newest_at
    web    | 2026-02-27 | 100         | 20                  | 10                   | 2026-02-27 00:00:00
""")


def verdict(run_model: RunModel, days: pl.DataFrame = DAYS, **changed: int) -> tuple[str, str]:
    """The state and reason of a good source with some counts changed."""
    found = run_model(
        "source_health",
        sources=SOURCES,
        landed_files=pl.DataFrame([GOOD | changed]),
        source_dates=days,
    )
    return found.select("state", "reason").row(0)


@pytest.mark.parametrize(
    ("changed", "state", "reason"),
    [
        ({}, "good", None),
        ({"landed_count": 989}, "failed", "records do not add up"),
        (
            {"landed_count": 0, "duplicate_count": 0, "ignored_count": 995},
            "failed",
            "no record could be used",
        ),
        (
            {"landed_count": 490, "quarantined_count": 505},
            "failed",
            "505 of 1000 records refused",
        ),
        ({"landed_count": 974, "quarantined_count": 21}, "check", "21 of 1000 records refused"),
    ],
)
def test_a_source_is_judged_by_what_became_of_its_records(
    run_model: RunModel, changed: dict[str, int], state: str, reason: str | None
) -> None:
    """Good up to 2 % refused; failed where counts are off, none landed or most were refused."""
    assert verdict(run_model, **changed) == (state, reason)


def test_a_source_older_than_its_limit_wants_a_check(run_model: RunModel) -> None:
    """Forty-eight hours at most, forty-nine found."""
    late = DAYS.with_columns(newest_at=pl.datetime(2026, 2, 26, 23))

    assert verdict(run_model, days=late) == ("check", "newest record is 2 days old, limit 48 h")


def test_a_source_whose_events_find_no_customer_wants_a_check(run_model: RunModel) -> None:
    """More than half of what people did belongs to nobody; machines do not count."""
    lost = DAYS.with_columns(unlinked_event_count=pl.lit(41))

    assert verdict(run_model, days=lost) == ("check", "41 of 80 events without a customer")


def test_a_configured_source_that_sent_nothing_has_failed(run_model: RunModel) -> None:
    """Silence has a row of its own."""
    found = run_model("source_health", sources=SOURCES)

    assert found.select("source", "state", "reason", "record_count").rows() == [
        ("web", "failed", "no file has landed", 0)
    ]


def test_source_days_show_thirty_days_and_their_silences(run_model: RunModel) -> None:
    """Up to the day of as_of, with zeros where nothing came, and nothing older."""
    found = run_model(
        "source_days",
        sources=SOURCES,
        source_dates=table("""
            source | day_on     | event_count
            web    | 2026-01-30 | 7
            web    | 2026-01-31 | 3
            web    | 2026-03-01 | 2
        """),
    )

    assert found.height == 30
    expected = table("""
        day_on     | event_count
        2026-01-31 | 3
        2026-03-01 | 2
    """)
    heard = found.filter(pl.col("event_count") > 0)
    assert_frame_equal(heard.select(expected.columns), expected)


def test_source_dates_count_machines_and_events_without_customer(run_model: RunModel) -> None:
    """A machine's event is counted as such and not as one whose customer is missing."""
    found = run_model(
        "source_dates",
        known_events=table("""
            event_id | source | occurred_at         | is_machine
            a        | web    | 2026-02-01 10:00:00 | false
            b        | web    | 2026-02-01 11:00:00 | false
            c        | web    | 2026-02-01 23:59:59 | true
            d        | web    | 2026-02-02 00:00:00 | false
        """),
        event_customers=table("""
            event_id | customer_id
            a        | ada
        """),
    )

    expected = table("""
        source | day_on     | event_count | machine_event_count | unlinked_event_count
        web    | 2026-02-01 | 3           | 1                   | 1
        web    | 2026-02-02 | 1           | 0                   | 1
    """)
    assert_frame_equal(found.select(expected.columns), expected)
