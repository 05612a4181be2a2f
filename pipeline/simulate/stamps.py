"""Microseconds to the text of a log's stamps, by look-up: formatting each row costs too much."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

Instants = NDArray[np.int64]

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
EPOCH = date(1970, 1, 1)
FIRST_DAY = date(2020, 1, 1)
DAYS = 9_000  # to the year 2044: clocks that run ahead go to 2040


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=int(number))


def midnight(day: date) -> int:
    """The microsecond at which a UTC day begins."""
    return day_number(day) * DAY


@lru_cache(maxsize=4)
def _days(layout: str) -> pl.Series:
    """The text of every day from 2020 on."""
    return pl.Series([format(FIRST_DAY + timedelta(days=n), layout) for n in range(DAYS)])


@lru_cache(maxsize=1)
def _times() -> pl.Series:
    """HH:MM:SS of every second of a day."""
    return pl.Series(
        [f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in range(86_400)], dtype=pl.String
    )


@lru_cache(maxsize=1)
def _thousandths() -> pl.Series:
    return pl.Series([f"{n:03}" for n in range(1000)])


def days(at: Instants, layout: str) -> pl.Series:
    """Each instant's UTC day in a strftime layout."""
    return _days(layout).gather(at // DAY - day_number(FIRST_DAY))


def times(at: Instants) -> pl.Series:
    """Each instant's UTC time of day, to the second."""
    return _times().gather(at % DAY // SECOND)


def thousandths(at: Instants) -> pl.Series:
    """Each instant's milliseconds, three digits."""
    return _thousandths().gather(at % SECOND // 1000)


def iso(at: Instants) -> pl.Series:
    """`2026-01-05T09:12:33.120Z`."""
    return days(at, "%Y-%m-%d") + "T" + times(at) + "." + thousandths(at) + "Z"


def iso_seconds(at: Instants) -> pl.Series:
    """`2026-01-05T09:12:33Z`."""
    return days(at, "%Y-%m-%d") + "T" + times(at) + "Z"


def plain(at: Instants) -> pl.Series:
    """`2026-01-05 09:12:33.120`, without a zone, as HubSpot's tables hold UTC."""
    return days(at, "%Y-%m-%d") + " " + times(at) + "." + thousandths(at)


def salesforce(at: Instants) -> pl.Series:
    """`2026-01-05T09:12:33.000+0000`, as a Salesforce Data Export writes whole seconds."""
    return days(at, "%Y-%m-%d") + "T" + times(at) + ".000+0000"


def access_log(at: Instants) -> pl.Series:
    """`05/Jan/2026:09:12:33 +0000`."""
    return days(at, "%d/%b/%Y") + ":" + times(at) + " +0000"


def moment(at: int) -> datetime:
    """One instant as an aware datetime in UTC."""
    return datetime.fromtimestamp(at // SECOND, tz=UTC).replace(microsecond=at % SECOND)


def local(at: int, zone: ZoneInfo, layout: str) -> str:
    """One instant as the clock on a wall in `zone` shows it, without naming the zone."""
    return moment(at).astimezone(zone).strftime(layout)


def month(at: Instants) -> pl.Series:
    """`2026-01`: the folder of a monthly export."""
    return days(at, "%Y-%m")


def week_starts(at: Instants) -> NDArray[np.int64]:
    """The day number of each instant's Monday; 1970-01-01 was a Thursday."""
    number = at // DAY
    return number - (number + 3) % 7
