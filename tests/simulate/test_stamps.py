from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.landing import clocks
from pipeline.simulate import stamps

CLOCK = clocks.Clock(ZoneInfo("UTC"), earliest_us=0, latest_us=4 * 10**15)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(MOMENTS)
def test_every_stamp_is_read_back_as_the_instant_it_was(moment: datetime) -> None:
    """The clocks of landing read what the simulator writes, to the unit it writes."""
    at = clocks.microseconds(moment) // 1000 * 1000
    seconds = at // stamps.SECOND * stamps.SECOND
    row = np.array([at])

    assert clocks.iso(stamps.iso(row)[0], CLOCK).us == at
    assert clocks.iso(stamps.plain(row)[0], CLOCK).us == at
    assert clocks.iso(stamps.iso_seconds(row)[0], CLOCK).us == seconds
    assert clocks.iso(stamps.salesforce(row)[0], CLOCK).us == seconds
    assert clocks.common_log(stamps.access_log(row)[0], CLOCK).us == seconds
    assert stamps.moment(at) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@pytest.mark.parametrize(
    ("day", "monday"),
    [
        (date(2026, 1, 4), date(2025, 12, 29)),
        (date(2026, 1, 5), date(2026, 1, 5)),
        (date(2026, 1, 11), date(2026, 1, 5)),
    ],
)
def test_a_week_begins_on_monday(day: date, monday: date) -> None:
    """Sunday belongs to the week before, Monday to its own."""
    found = stamps.week_starts(np.array([stamps.midnight(day)]))

    assert stamps.day_of(found[0]) == monday
