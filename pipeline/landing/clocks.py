"""Source timestamps to UTC instants. Format, unit and zone are declared or proved, not guessed."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pipeline.errors import BadRecord

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_US = 253_402_300_799_000_000  # the end of the year 9999
MONTHS = {
    name: number
    for number, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
        start=1,
    )
}
EPOCH_UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1}

ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|UTC|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
COMMON_LOG = re.compile(
    r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d\d\d\d)", re.ASCII
)
UNIX = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
# Kiribati keeps its clocks 14 hours ahead; no place on earth goes further.
FURTHEST = timedelta(hours=14)


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


def eastward(zone: str) -> timedelta:
    """How far east of UTC an offset such as `+02:00`, `-0700` or `+01` lies.

    Raises:
        BadRecord: Further than any clock on earth.
    """
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    offset = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or offset > FURTHEST:
        raise BadRecord(f"impossible zone: {zone}")
    return -offset if zone[0] == "-" else offset


def local(moment: datetime, precision: str, clock: Clock) -> Instant:
    """The instant of a stamp without a zone, read in the source's configured zone.

    A stamp inside the hour that a clock change repeats is read as its first pass and marked
    `fold`; one inside the hour it skips is moved on by the jump and marked `gap`.

    Raises:
        BadRecord: The source has no configured zone.
    """
    if clock.zone is None:
        raise BadRecord("time without a zone: set time_zone for this source")
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
    """The instant of a Unix time in `unit`: s, ms or us.

    Raises:
        BadRecord: Not a number, or of another unit's magnitude.
    """
    text = str(value).strip()
    if isinstance(value, bool) or not UNIX.fullmatch(text):
        raise BadRecord(f"not a Unix time: {text[:40]!r}")
    whole, _, fraction = text.partition(".")
    digits = {"s": 6, "ms": 3, "us": 0}[unit]
    us = int(whole) * EPOCH_UNITS[unit] + int((fraction[:digits] or "0").ljust(digits, "0") or 0)
    # 1e17 us is the year 5138 and 1e14 us is 1973: outside, the unit is another one.
    if not 10**14 <= us < 10**17:
        raise BadRecord(f"Unix time of another unit than {unit}: {text[:40]}")
    finest = {"s": 0, "ms": 3, "us": 6}[unit] + len(fraction)
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
        BadRecord: The stamp does not follow the layout.
    """
    try:
        moment = datetime.strptime(text.strip(), layout)  # noqa: DTZ007 - zone applied below
    except ValueError as error:
        raise BadRecord(f"time does not follow {layout}: {text[:40]!r}") from error
    parts = (("%f", "microsecond"), ("%S", "second"), ("%T", "second"), ("%M", "minute"))
    precision = next((name for mark, name in parts if mark in layout), "day")
    # strptime reads a zone's letters and then forgets them.
    if "%Z" in layout and moment.tzinfo is None:
        if not re.search(r"\b(UTC|GMT)\b", text):
            raise BadRecord(f"a zone in letters that is neither UTC nor GMT: {text[:40]!r}")
        moment = moment.replace(tzinfo=UTC)
    if moment.tzinfo is None:
        return local(moment, precision, clock)
    return within(microseconds(moment), precision, "explicit", clock)


def declared(value: object, layout: str, clock: Clock) -> Instant:
    """The instant of a stamp in the layout that wend.toml declares: iso, s, ms, us or strptime's.

    A stamp that its file already holds as a moment (Parquet) needs no layout.

    Raises:
        BadRecord: The stamp does not follow the layout, or names no zone and none is configured.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return local(value, "microsecond", clock)
        return within(microseconds(value), "microsecond", "explicit", clock)
    if layout in EPOCH_UNITS:
        return epoch(value, layout, clock)
    if layout == "iso":
        return iso(str(value), clock)
    return pattern(str(value), layout, clock)
