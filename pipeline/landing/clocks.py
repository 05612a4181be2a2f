"""Source timestamps to UTC instants. Format, unit and zone are declared or proved, not guessed."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pipeline.errors import BadRecord
from pipeline.landing import layouts
from pipeline.landing.layouts import Wall, eastward

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOCAL_EPOCH = EPOCH.replace(tzinfo=None)
LAST_US = 253_402_300_799_000_000  # the end of the year 9999
MONTHS = {name.title(): number for name, number in layouts.MONTHS.items()}
# Unit -> its digits after the second.
EPOCH_UNITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
# 1e14 us is the year 1973 and 1e17 us is 5138: outside, a Unix time is of another unit.
EPOCH_RANGE = range(10**14, 10**17)
# What is decided for each file from all its stamps before one of them is read.
PROVED = frozenset({"epoch", "numeric"})

ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|UTC|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
COMMON_LOG = re.compile(
    r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d\d\d\d)", re.ASCII
)
# No Unix time has more digits; of thousands Python makes no number.
UNIX = re.compile(r"-?\d{1,25}(\.\d+)?", re.ASCII)


class Instant(NamedTuple):
    """A moment as the source gave it.

    Attributes:
        us: Microseconds since 1970-01-01 UTC.
        precision: microsecond, millisecond, second, minute or day.
        basis: explicit (the stamp named its zone), source_zone (the configured one),
            fold or gap (the configured one, on the hour a clock change repeats or skips).
    """

    us: int
    precision: str
    basis: str


@dataclass(frozen=True, slots=True)
class Clock:
    """How one source's stamps are to be read.

    Attributes:
        zone: The zone of stamps that name none; None: such a stamp is refused.
        earliest_us: Before this the company did not exist.
        latest_us: After this the stamp lies in the future of its own landing.
        offset_us: What to add to the source's clock, which is known to be off.
    """

    zone: ZoneInfo | None
    earliest_us: int
    latest_us: int
    offset_us: int = 0


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 UTC of an aware datetime, exactly."""
    return (moment - EPOCH) // MICROSECOND


def within(us: int, precision: str, basis: str, clock: Clock) -> Instant:
    """The instant, once the source's offset is taken out and the limits hold.

    Raises:
        BadRecord: Before the company existed or after the file was landed.
    """
    us += clock.offset_us
    if us > clock.latest_us:
        # A stamp of the year 9999 and an offset may lie past what a date can hold.
        moment = EPOCH + timedelta(microseconds=min(us, LAST_US))
        raise BadRecord(f"time in the future: {moment:%Y-%m-%d %H:%M}")
    if us < clock.earliest_us:
        raise BadRecord("time before the company existed")
    return Instant(us, precision, basis)


@lru_cache(maxsize=100_000)
def _steady(zone: ZoneInfo, year: int, month: int, day: int, hour: int) -> int | None:
    """The zone's offset in microseconds in an hour of its clocks; None where it changes within."""
    begin = datetime(year, month, day, hour)  # noqa: DTZ001 - asked of the zone as a wall clock
    end = begin.replace(minute=59, second=59, microsecond=999_999)
    offsets = {
        zone.utcoffset(moment.replace(fold=fold)) for moment in (begin, end) for fold in (0, 1)
    }
    offset = offsets.pop()
    return None if offsets or offset is None else offset // MICROSECOND


def local(moment: datetime, precision: str, clock: Clock) -> Instant:
    """The instant of a stamp without a zone, read in the source's configured zone.

    A stamp inside the hour that a clock change repeats is read as its first pass and marked
    `fold`; one inside the hour it skips is moved on by the jump and marked `gap`.

    Raises:
        BadRecord: The source has no configured zone.
    """
    if clock.zone is None:
        raise BadRecord("time without a zone: set time_zone for this source")
    steady = _steady(clock.zone, moment.year, moment.month, moment.day, moment.hour)
    if steady is not None:
        us = (moment - LOCAL_EPOCH) // MICROSECOND - steady
        return within(us, precision, "source_zone", clock)
    first, second = (microseconds(moment.replace(tzinfo=clock.zone, fold=fold)) for fold in (0, 1))
    basis = "source_zone" if first == second else "fold" if first < second else "gap"
    return within(first, precision, basis, clock)


def iso(text: str, clock: Clock) -> Instant:
    """The instant of an ISO 8601 stamp; digits past the microsecond are cut.

    Raises:
        BadRecord: Not ISO 8601, impossible, without a zone where none is configured.
    """
    match = ISO.fullmatch(text.strip())
    if not match:
        raise BadRecord(f"not an ISO 8601 time: {text[:40]!r}")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    leap = second == "60"
    try:
        moment = datetime(  # noqa: DTZ001 - the zone is applied below
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            59 if leap else int(second or 0),
            int((fraction or "0")[:6].ljust(6, "0")),
        )
    except ValueError as error:
        raise BadRecord(f"impossible time: {text[:40]!r}") from error
    if fraction:
        precision = "millisecond" if len(fraction) <= 3 else "microsecond"
    else:
        precision = "second" if second else "minute" if hour else "day"
    try:
        moment += timedelta(seconds=1) if leap else timedelta()
        if zone is None:
            return local(moment, precision, clock)
        if zone not in {"Z", "UTC"}:
            moment -= eastward(zone)
    except OverflowError as error:
        raise BadRecord(f"impossible time: {text[:40]!r}") from error
    return within(microseconds(moment.replace(tzinfo=UTC)), precision, "explicit", clock)


def epoch(value: object, unit: str, clock: Clock) -> Instant:
    """The instant of a Unix time in `unit`: s, ms, us or ns; what is finer than us is cut.

    Raises:
        BadRecord: Not a number, or of another unit's magnitude.
    """
    text = str(value).strip()
    if isinstance(value, bool) or not UNIX.fullmatch(text):
        raise BadRecord(f"not a Unix time: {text[:40]!r}")
    whole, _, fraction = text.partition(".")
    fine = EPOCH_UNITS[unit]
    us = int((whole + fraction[: max(0, 6 - fine)]).ljust(len(whole) + 6 - fine, "0"))
    if fine > 6:
        us = int(whole) // 10 ** (fine - 6)
    if us not in EPOCH_RANGE:
        raise BadRecord(f"Unix time of another unit than {unit}: {text[:40]}")
    finest = fine + len(fraction)
    precision = "second" if finest == 0 else "millisecond" if finest <= 3 else "microsecond"
    return within(us, precision, "explicit", clock)


def common_log(text: str, clock: Clock) -> Instant:
    """The instant of an access-log stamp such as `17/May/2015:10:05:03 +0000`.

    Raises:
        BadRecord: Another form, or an impossible date.
    """
    match = COMMON_LOG.fullmatch(text)
    if not match or match[2] not in MONTHS:
        raise BadRecord(f"not an access-log time: {text[:40]!r}")
    day, month, year, hour, minute, second, zone = match.groups()
    try:
        moment = datetime(
            int(year), MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
        moment -= eastward(zone)
    except (ValueError, OverflowError) as error:
        raise BadRecord(f"impossible time: {text[:40]!r}") from error
    return within(microseconds(moment), "second", "explicit", clock)


def mail_date(text: str, clock: Clock) -> Instant:
    """The instant of an RFC 5322 date; `-0000` is UTC, as the RFC says.

    Raises:
        BadRecord: No readable date.
    """
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise BadRecord(f"not a mail date: {text[:60]!r}") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return within(microseconds(moment), "second", "explicit", clock)


def pattern(text: str, layout: str, clock: Clock) -> Instant:
    """The instant of a stamp in a declared strptime layout, such as `%d/%m/%Y %H:%M`.

    Raises:
        BadSettings: The layout has a sign that is not known, or no whole date.
        BadRecord: The stamp does not follow the layout.
    """
    return _placed(layouts.written(text.strip(), layout), clock)


def _placed(wall: Wall, clock: Clock) -> Instant:
    """The instant of a moment as it was written: its own zone, or else the source's."""
    if wall.moment.tzinfo is None:
        return local(wall.moment, wall.precision, clock)
    return within(microseconds(wall.moment), wall.precision, "explicit", clock)


def typed(value: date, clock: Clock) -> Instant:
    """The instant of a stamp that its file holds as a date or moment (Parquet, a spreadsheet).

    How exact it is shows in its digits: such a file does not say it of each value.

    Raises:
        BadRecord: It has no zone, and none is configured.
    """
    if not isinstance(value, datetime):
        return local(datetime.combine(value, time()), "day", clock)
    exact = "microsecond" if value.microsecond % 1000 else "millisecond"
    return _placed(Wall(value, exact if value.microsecond else "second"), clock)


def declared(value: object, layout: str, clock: Clock) -> Instant:
    """The instant of a stamp in the layout that wend.toml declares.

    `iso`; `s`, `ms`, `us`, `ns`; `day-first` or `month-first`, dates in numbers; or strptime's.
    A stamp that its file already holds as a date or moment needs no layout.

    Raises:
        BadSettings: As for `pattern`.
        BadRecord: The stamp does not follow the layout, or names no zone and none is configured.
    """
    if isinstance(value, date):
        return typed(value, clock)
    if layout == "iso":
        return iso(str(value), clock)
    if layout in EPOCH_UNITS:
        return epoch(value, layout, clock)
    if layout in {"day-first", "month-first"}:
        return _placed(layouts.in_numbers(str(value).strip(), day_first=layout[0] == "d"), clock)
    if layout in PROVED:
        raise BadRecord(
            f"time_format {layout} is for formats that look at all stamps of a file: generic, "
            "snapshot and surveys as CSV; name the layout itself, such as ms or '%d/%m/%Y'"
        )
    return pattern(str(value), layout, clock)
