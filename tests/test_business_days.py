"""Days of a business time zone as instants."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.business_days import DAY_US, business_days
from pipeline.landing.clocks import microseconds

ZONES = ("UTC", "Europe/London", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Africa/Cairo")
DAYS = {zone: business_days(zone, since=date(2011, 1, 1), until=date(2027, 1, 1)) for zone in ZONES}


def hours(zone: str, day: date) -> float:
    """How long a day lasts."""
    pieces = DAYS[zone].filter(pl.col("day_on") == day)
    return float((pieces["until_us"] - pieces["from_us"]).sum()) / 3_600_000_000


@pytest.mark.parametrize(
    ("zone", "day", "length"),
    [
        ("UTC", date(2026, 3, 29), 24),
        ("Europe/London", date(2026, 3, 28), 24),
        ("Europe/London", date(2026, 3, 29), 23),
        ("Europe/London", date(2026, 10, 25), 25),
        ("Asia/Kolkata", date(2026, 3, 29), 24),
        # The clock goes from 00:00 to 01:00: the day has no midnight.
        ("Africa/Cairo", date(2024, 4, 26), 23),
        # Samoa went to the other side of the date line.
        ("Pacific/Apia", date(2011, 12, 30), 0),
    ],
)
def test_days_are_as_long_as_the_clock_makes_them(zone: str, day: date, length: int) -> None:
    """A day has 24 hours, 23 and 25 where the clock changes, and none where it is left out."""
    assert hours(zone, day) == length


@given(
    zone=st.sampled_from(ZONES),
    instant=st.datetimes(
        datetime(2011, 1, 3),  # noqa: DTZ001 - hypothesis adds the zone
        datetime(2026, 12, 29),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
)
def test_every_instant_has_one_day_and_it_is_the_local_one(zone: str, instant: datetime) -> None:
    """The piece that holds an instant is unique, and names the date that a clock there shows."""
    us = microseconds(instant)
    found = DAYS[zone].filter(
        pl.col("utc_day") == us // DAY_US, pl.col("from_us") <= us, us < pl.col("until_us")
    )

    local = instant.astimezone(ZoneInfo(zone)).date()
    assert found.select("day_on", "week_on", "month_on").rows() == [
        (local, local - timedelta(days=local.weekday()), local.replace(day=1))
    ]


def test_numbers_count_without_gaps() -> None:
    """Weeks and months follow one another by one, also over a turn of the year."""
    days = business_days("UTC", since=date(1970, 1, 1), until=date(1972, 3, 1))

    assert days.select("day_number", "week_number", "month_number").row(0) == (0, 0, 0)
    for number, on in (("week_number", "week_on"), ("month_number", "month_on")):
        periods = days.select(number, on).unique().sort(on)
        assert periods[number].to_list() == list(range(periods.height))


def test_an_instant_of_midnight_belongs_to_the_day_that_begins() -> None:
    """A microsecond earlier it is the day before."""
    london = DAYS["Europe/London"]
    start = microseconds(datetime(2026, 7, 1, tzinfo=ZoneInfo("Europe/London")))

    def day_of(us: int) -> date:
        (day,) = london.filter(pl.col("from_us") <= us, us < pl.col("until_us"))["day_on"]
        return day  # type: ignore[no-any-return]

    assert (day_of(start - 1), day_of(start)) == (date(2026, 6, 30), date(2026, 7, 1))
