"""Declared layouts of stamps, strptime's and dates in numbers, to wall-clock moments.

The signs are strptime's, but month names are English whatever the machine speaks, a leap second
is the next second, digits past the microsecond are cut, and how exact a stamp is shows in what
was written and not in the layout: `%f` may be three digits.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

from pipeline.errors import BadRecord, BadSettings

MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
        start=1,
    )
}
FULL_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
)
SIGNS = {
    "Y": r"\d{4}",
    "y": r"\d\d",
    "m": r"1[0-2]|0[1-9]|[1-9]",
    "d": r"3[01]|[12]\d|0[1-9]| ?[1-9]",
    "j": r"36[0-6]|3[0-5]\d|[12]\d\d|0[1-9]\d|00[1-9]|[1-9]\d|0[1-9]|[1-9]",
    "H": r"2[0-3]|[01]\d|\d",
    "I": r"1[0-2]|0[1-9]|[1-9]",
    "M": r"[0-5]\d|\d",
    "S": r"60|[0-5]\d|\d",
    "f": r"\d{1,9}",
    "p": r"[ap]\.?m\.?",
    "b": "|".join(MONTHS),
    "B": FULL_MONTHS,
    "a": r"(?:mon|tue|wed|thu|fri|sat|sun)",
    "A": r"(?:mon|tues|wednes|thurs|fri|satur|sun)day",
    "z": r"z|[+-]\d\d:?\d\d",
    "Z": r"utc|gmt|z|[a-z]{1,5}",
}
# Dates in numbers alone, with or without a time; a year may stand first.
NUMERIC = re.compile(
    r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})"
    r"(?:(?:,?\s+|T)(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:\s*([AaPp])\.?[Mm]\.?)?"
    r"(?:\s?(Z|UTC|GMT|[+-]\d\d:?\d\d))?)?",
    re.ASCII,
)
SECOND = timedelta(seconds=1)
# Kiribati keeps its clocks 14 hours ahead; no place on earth goes further.
FURTHEST = timedelta(hours=14)


class Wall(NamedTuple):
    """A stamp as it was written: with a zone where it named one.

    Attributes:
        precision: microsecond, millisecond, second, minute or day.
    """

    moment: datetime
    precision: str


@lru_cache(maxsize=64)
def compiled(layout: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """What a stamp in a strptime layout looks like, and the signs of its groups in order.

    Raises:
        BadSettings: A sign not known here, or a date that is not whole.
    """
    parts, signs = [], []
    for piece in re.findall(r"%.|\s+|[^%\s]+", layout, re.DOTALL):
        if piece.isspace():
            parts.append(r"\s+")
        elif piece == "%%" or not piece.startswith("%"):
            parts.append(re.escape(piece.replace("%%", "%")))
        elif piece[1] in SIGNS:
            signs.append(piece[1])
            parts.append(f"({SIGNS[piece[1]]})")
        else:
            raise BadSettings(
                f"time_format {layout!r}: {piece} is not known; there are "
                f"{', '.join(f'%{sign}' for sign in SIGNS)}, or iso, s, ms, us, ns, epoch, "
                "numeric, day-first, month-first"
            )
    has_day = set(signs) >= {"j"} or ("d" in signs and {"m", "b", "B"} & set(signs))
    if not has_day or not {"Y", "y"} & set(signs):
        raise BadSettings(
            f"time_format {layout!r}: a layout names year, month and day, such as '%d/%m/%Y %H:%M'"
        )
    if len(set(signs)) < len(signs):
        raise BadSettings(f"time_format {layout!r}: names the same part twice; take one out")
    return re.compile("".join(parts), re.ASCII | re.IGNORECASE), tuple(signs)


def written(text: str, layout: str) -> Wall:
    """The moment of a stamp in a strptime layout.

    Raises:
        BadSettings: As for `compiled`.
        BadRecord: The stamp does not follow the layout, or names a day or time that is none.
    """
    shape, signs = compiled(layout)
    match = shape.fullmatch(text)
    if match is None:
        raise BadRecord(f"time does not follow {layout}: {text[:40]!r}")
    found = dict(zip(signs, match.groups(), strict=True))
    if "Y" in found:
        year = int(found["Y"])
    else:
        year = int(found["y"])
        # POSIX: 69 to 99 are of the last century.
        year += 1900 if year > 68 else 2000
    if "j" in found:
        month, day = _month_and_day(year, int(found["j"]))
    else:
        name = found.get("b") or found.get("B")
        month = int(found["m"]) if name is None else MONTHS[name[:3].lower()]
        day = int(found["d"])
    hour = int(found.get("H") or found.get("I") or 0)
    if "I" in found and "p" in found:
        hour = _of_day(hour, found["p"])
    of_day = (hour, found.get("M"), found.get("S"), found.get("f"))
    try:
        wall = _wall((year, month, day), of_day)
    except (ValueError, OverflowError) as error:
        raise BadRecord(
            f"time does not follow {layout}: no such day or time: {text[:40]!r}"
        ) from error
    zone = found.get("z") or found.get("Z")
    return wall if zone is None else _in_zone(wall, zone, text)


def in_numbers(text: str, *, day_first: bool) -> Wall:
    """The moment of a date in numbers, such as `31.12.2026 9:05`; a first year is year, month, day.

    Raises:
        BadRecord: Another form, a year of two digits, or a day or time that is none.
    """
    match = NUMERIC.fullmatch(text)
    if match is None:
        raise BadRecord(f"not a date in numbers: {text[:40]!r}")
    first, _, second, last, hour, minute, seconds, fraction, half, zone = match.groups()
    if len(first) == 4:
        day = (int(first), int(second), int(last))
    elif len(last) == 4:
        one, two = int(first), int(second)
        day = (int(last), two, one) if day_first else (int(last), one, two)
    else:
        raise BadRecord(
            f"the year has not four digits: {text[:40]!r}; set time_format to a layout with %y"
        )
    twelve = int(hour or 0)
    if half and not 1 <= twelve <= 12:
        raise BadRecord(f"impossible time: {text[:40]!r}")
    try:
        wall = _wall(day, (_of_day(twelve, half) if half else twelve, minute, seconds, fraction))
    except (ValueError, OverflowError) as error:
        raise BadRecord(f"impossible time: {text[:40]!r}") from error
    return wall if zone is None else _in_zone(wall, zone, text)


def _month_and_day(year: int, day_of_year: int) -> tuple[int, int]:
    """The month and day of a year's n-th day; what lies past its last day is no day of December."""
    found = date.fromordinal(date(max(year, 1), 1, 1).toordinal() + day_of_year - 1)
    return (found.month, found.day) if found.year == year else (12, 32)


def _of_day(hour: int, half: str) -> int:
    """The hour of 24 for one of twelve, in the half that `a` or `p` begins."""
    return hour % 12 + (12 if half[0] in "pP" else 0)


def _wall(
    day: tuple[int, int, int], of_day: tuple[int, str | None, str | None, str | None]
) -> Wall:
    """The moment of a stamp's parts: year, month, day; hour, minute, second, fraction as written.

    Raises:
        ValueError, OverflowError: There is no such day or time.
    """
    hour, minute, second, fraction = of_day
    leap = second == "60"
    moment = datetime(  # noqa: DTZ001 - the zone is applied later
        *day,
        hour,
        int(minute or 0),
        59 if leap else int(second or 0),
        int(fraction[:6].ljust(6, "0")) if fraction else 0,
    )
    if leap:
        moment += SECOND
    if fraction:
        return Wall(moment, "millisecond" if len(fraction) <= 3 else "microsecond")
    return Wall(moment, "second" if second else "minute" if minute else "day")


def _in_zone(wall: Wall, zone: str, text: str) -> Wall:
    """The moment in the zone that its stamp names.

    Raises:
        BadRecord: Letters that are neither UTC nor GMT, or further than any clock on earth.
    """
    if zone[0] not in "+-":
        if zone.upper() not in {"Z", "UTC", "GMT"}:
            raise BadRecord(f"a zone in letters that is neither UTC nor GMT: {text[:40]!r}")
        return Wall(wall.moment.replace(tzinfo=UTC), wall.precision)
    offset = eastward(zone)
    return Wall(wall.moment.replace(tzinfo=timezone(offset)), wall.precision)


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
