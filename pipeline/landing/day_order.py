"""Whether the day or the month comes first in a file's dates: proved by dates that can be only one.

`13/02/2026` is a day first; `02/13/2026` a month first; `05/05/2026` is the same either way.
"""

from collections.abc import Iterable
from typing import Literal

from pipeline.errors import SourceRefused

DayOrder = Literal["day-first", "month-first"]
DECLARE = "set time_format of this source to one that says it, such as '%d/%m/%Y' or '%m/%d/%Y'"


def day_order(where: str, parts: Iterable[tuple[int, int]]) -> DayOrder:
    """The order of day and month that all dates of a file share.

    Args:
        where: The file, for the message.
        parts: First and second number of each date, as written. A pair that is no date in
            either order, such as (13, 13), proves nothing. At most one date of each order is
            remembered, so that any number may be given.

    Raises:
        SourceRefused: Every date can be read both ways, or some can be read only one way and
            others only the other.
    """
    day_first = month_first = either = None
    for pair in parts:
        first, second = pair
        if 12 < first <= 31 and 1 <= second <= 12:
            day_first = day_first or pair
        elif 1 <= first <= 12 and 12 < second <= 31:
            month_first = month_first or pair
        elif first != second and 1 <= first <= 12 and 1 <= second <= 12:
            either = either or pair
        if day_first and month_first:
            break
    if day_first and month_first:
        raise SourceRefused(
            f"{where}: the dates {_said(day_first)} and {_said(month_first)} cannot both have "
            "the day in the same place; have it exported again with one way of writing dates"
        )
    if month_first:
        return "month-first"
    # Where both numbers of every date are equal, both orders say the same.
    if day_first or either is None:
        return "day-first"
    raise SourceRefused(
        f"{where}: whether {_said(either)} begins with the day or with the month cannot be told: "
        f"no date of the file proves it; {DECLARE}"
    )


def _said(pair: tuple[int, int]) -> str:
    """A date's two numbers for a message."""
    return f"{pair[0]:02d}/{pair[1]:02d}"
