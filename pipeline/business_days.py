"""The days, weeks and months of the company's time zone, as instants that models can join.

Zone rules live here and nowhere in SQL: engines disagree about them, and a join is exact.
"""

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import polars as pl

DAY_US = 86_400_000_000
SCHEMA = pl.Schema(
    {
        "utc_day": pl.Int64,
        "from_us": pl.Int64,
        "until_us": pl.Int64,
        "day_number": pl.Int64,
        "day_on": pl.Date,
        "week_number": pl.Int64,
        "week_on": pl.Date,
        "month_number": pl.Int64,
        "month_on": pl.Date,
    }
)
EPOCH = date(1970, 1, 1)


def business_days(time_zone: str, *, until: date, since: date = EPOCH) -> pl.DataFrame:
    """Every day of `time_zone` from `since` to `until`, cut at midnights UTC.

    One row per UTC day and business day that overlap, so an instant is found by its `utc_day`
    (days since 1970) and `from_us <= instant < until_us`. A business day begins with its first
    instant, also where a clock change leaves out midnight or has it twice, and lasts 23 to 25
    hours on such days. Weeks begin on Monday; `*_number` counts without gaps and is 0 in the
    day, week and month of 1970-01-01; `*_on` is the first day.
    """
    return _to_the_end_of(until.year, time_zone, since).filter(pl.col("day_on") <= until)


# A run asks several times, for about the same days.
@cache
def _to_the_end_of(year: int, time_zone: str, since: date) -> pl.DataFrame:
    """The days from `since` to the last one of a year."""
    zone = ZoneInfo(time_zone)
    count = (date(year, 12, 31) - since).days + 1
    starts = [_start_us(since + timedelta(days=n), zone) for n in range(count + 1)]
    rows = [
        piece
        for n in range(count)
        for piece in _pieces(since + timedelta(days=n), starts[n], starts[n + 1])
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _start_us(day: date, zone: ZoneInfo) -> int:
    """The first instant of a local day, in microseconds since 1970."""
    # Of a midnight that comes twice this is the first; of one that is left out, the change.
    local = datetime(day.year, day.month, day.day, tzinfo=zone)
    offset = local.utcoffset() or timedelta()
    days = (day - EPOCH).days
    return days * DAY_US - offset // timedelta(microseconds=1)


def _pieces(
    day: date, start: int, end: int
) -> list[tuple[int, int, int, int, date, int, date, int, date]]:
    """A business day cut at midnights UTC; none of a day that a zone has left out."""
    number = (day - EPOCH).days
    # 1970-01-01 was a Thursday: its week began three days before.
    week = (number + 3) // 7
    month = (day.year - EPOCH.year) * 12 + day.month - 1
    return [
        (
            utc_day,
            max(start, utc_day * DAY_US),
            min(end, (utc_day + 1) * DAY_US),
            number,
            day,
            week,
            day - timedelta(days=day.weekday()),
            month,
            day.replace(day=1),
        )
        for utc_day in range(start // DAY_US, -(-end // DAY_US))
        if start < end
    ]
