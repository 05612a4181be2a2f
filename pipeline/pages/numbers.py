"""Numbers and instants as words a reader meets on a page.

One form for each kind of quantity, so that two pages never disagree; a missing value is a dash.
"""

from datetime import date, datetime, timedelta

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
SYMBOLS = {"EUR": "€", "GBP": "£", "JPY": "¥", "USD": "$"}
ENOUGH_ANSWERS = 30
"""Fewer scores than this give no mean worth showing (our choice)."""
FEWEST_CUSTOMERS = 10
"""A group smaller than this might be told apart as persons (our choice)."""


def count(number: float | None) -> str:
    """A whole number with thousands: 1,240."""
    if number is None:
        return DASH
    return f"{number:,.0f}".replace("-", MINUS)


def customers(number: int | None) -> str:
    """A number of people: 1,240, or "fewer than 10" where few could be told apart."""
    if number is not None and 0 < number < FEWEST_CUSTOMERS:
        return f"fewer than {FEWEST_CUSTOMERS}"
    return count(number)


def share(part: float | None) -> str:
    """A share from 0 to 1 in whole percent: 31%; never 0% for some nor 100% for not all."""
    if part is None:
        return DASH
    percent = round(100 * part)
    if percent == 0 < part:
        return "<1%"
    if percent == 100 and part < 1:
        return ">99%"
    return f"{percent}%"


def interval(low: float | None, high: float | None) -> str:
    """The 95% interval of a share in whole percent: 29 to 33%, with a dash; small ones finer."""
    if low is None or high is None:
        return ""
    if high < 0.01:
        return f"{100 * low:.1f}{DASH}{100 * high:.1f}%"
    return f"{100 * low:.0f}{DASH}{100 * high:.0f}%"


def signed(number: float | None, decimals: int = 2) -> str:
    """A number around zero with its sign, a true minus: +0.35."""
    if number is None:
        return DASH
    if round(number, decimals) == 0:
        return f"{0:.{decimals}f}"
    return f"{number:+.{decimals}f}".replace("-", MINUS)


def points(difference: float | None) -> str:
    """A difference of two shares in points, never in percent: +14 points."""
    if difference is None:
        return DASH
    return f"{signed(100 * difference, 0)} points"


def decimal(number: float | None, decimals: int = 1) -> str:
    """A plain number: 4.1."""
    if number is None:
        return DASH
    return f"{number:,.{decimals}f}".replace("-", MINUS)


def money(cents: int | None, currency: str | None) -> str:
    """Money in whole units of its currency: £744."""
    if cents is None:
        return DASH
    amount = f"{abs(cents) / 100:,.0f}"
    sign = MINUS if cents < 0 and amount != "0" else ""
    symbol = SYMBOLS.get(currency or "")
    return f"{sign}{symbol}{amount}" if symbol else f"{sign}{amount} {currency or ''}".rstrip()


def wait(hours: float | None) -> str:
    """A time between two events: 12 min, 41 h, 4 days."""
    if hours is None:
        return DASH
    if hours * 60 < 1:
        return "<1 min"
    if hours < 0.995:
        return f"{hours * 60:.0f} min"
    if hours < 47.5:
        return f"{hours:.0f} h"
    return f"{hours / 24:,.0f} days"


def stay(days: float | None) -> str:
    """A time spent in a stage, where hours say too much: <1 day, 1 day, 21 days."""
    if days is None:
        return DASH
    if days < 1:
        return "<1 day"
    return "1 day" if round(days) == 1 else f"{days:,.0f} days"


def day(on: date | datetime | None) -> str:
    """A day: 20 Nov 2026."""
    return DASH if on is None else f"{on.day} {on:%b %Y}"


def short_day(on: date | datetime | None) -> str:
    """A day whose year the reader knows: 20 Nov."""
    return DASH if on is None else f"{on.day} {on:%b}"


def days(first: date, last: date) -> str:
    """From a first to a last day: 11 to 22 Jan 2027, 28 Dec 2026 to 3 Jan 2027."""
    if first == last:
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day(last)}"
    return f"{short_day(first) if first.year == last.year else day(first)} to {day(last)}"


def instant(at: datetime | None) -> str:
    """A minute, in the zone the page names once: 20 Nov 2026, 14:02."""
    return DASH if at is None else f"{day(at)}, {at:%H:%M}"


def age(at: datetime | None, *, as_of: datetime) -> str:
    """How long before `as_of` something happened: 26 h."""
    return DASH if at is None else wait(max(as_of - at, timedelta()) / timedelta(hours=1))


def listed(words: list[str]) -> str:
    """Words as a sentence lists them: web, chat and email."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def channel(name: str | None) -> str:
    """A channel as a word: Web, CRM, any channel."""
    if not name:
        return "any channel"
    return "CRM" if name == "crm" else name.capitalize()


def fine_share(part: float | None) -> str:
    """A share whose small values matter, with one decimal below 10%: 0.4%, 31%."""
    if part is None:
        return DASH
    if 0 < part < 0.0005:
        return "<0.1%"
    return f"{100 * part:.1f}%" if part < 0.1 else share(part)


def spell(seconds: float) -> str:
    """How long work took: 8.4 s, 41 s, 4 min 25 s."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"
