"""Layouts of time that each file proves: Unix times of one unit, dates in numbers of one order."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date

from pipeline.errors import SourceRefused
from pipeline.landing.clocks import EPOCH_RANGE, EPOCH_UNITS, PROVED, UNIX
from pipeline.landing.day_order import DECLARE, day_order
from pipeline.landing.layouts import NUMERIC
from pipeline.landing.record import Feed, Profile, RawFile


def proved(where: str, layout: str, values: Iterable[object]) -> str:
    """The layout that all stamps of a file follow: `epoch` and `numeric` made particular.

    Args:
        where: The file, for messages.
        layout: As wend.toml has it; any other than these two is returned as it is.
        values: All stamps of the file. What is no stamp proves nothing; it is for the reader
            to refuse. Any number may be given.

    Returns:
        `s`, `ms`, `us` or `ns` for epoch; `day-first` or `month-first` for numeric.

    Raises:
        SourceRefused: The stamps are of two units or orders, or prove none.
    """
    if layout not in PROVED:
        return layout
    # A typed date needs no layout.
    texts = (str(value).strip() for value in values if not isinstance(value, date))
    return unit(where, texts) if layout == "epoch" else day_order(where, _numbers(where, texts))


def settled(file: RawFile, feed: Feed, stamps: Callable[[RawFile], Iterable[object]]) -> Feed:
    """The feed with the layout of time that a file proves, where wend.toml leaves it to that.

    Args:
        file: Read once more for its proof, without being counted again.
        feed: Of the file.
        stamps: Gives all stamps of a file; asked only where there is something to prove.

    Raises:
        SourceRefused: As for `proved`.
    """
    if feed.source.time_format not in PROVED:
        return feed
    uncounted = replace(file, profile=Profile())
    layout = proved(file.name, feed.source.time_format, stamps(uncounted))
    return replace(feed, source=feed.source.model_copy(update={"time_format": layout}))


def unit(where: str, texts: Iterable[str]) -> str:
    """The unit of a file's Unix times, by their magnitude.

    Raises:
        SourceRefused: Of two units, or no text is a Unix time.
    """
    first: tuple[str, str] | None = None
    is_empty = True
    for text in texts:
        is_empty = is_empty and text in {"", "None"}
        found = magnitude(text)
        if found is None:
            continue
        if first is None:
            first = (found, text)
        elif first[0] != found:
            raise SourceRefused(
                f"{where}: its Unix times are of two units: {first[1]} is in {first[0]} and "
                f"{text} in {found}; have it exported with one, or make two sources of it"
            )
    if first is None and is_empty:
        # A night without a record: there is nothing to read in any unit.
        return "s"
    if first is None:
        raise SourceRefused(
            f"{where}: no Unix time of 1973 or later among its stamps; correct time_format"
        )
    return first[0]


def magnitude(text: str) -> str | None:
    """The unit in which a number is a Unix time between 1973 and 5138; None: in none."""
    if not UNIX.fullmatch(text):
        return None
    whole = int(text.partition(".")[0])
    for name, digits in EPOCH_UNITS.items():
        if whole * 10**6 // 10**digits in EPOCH_RANGE:
            return name
    return None


def _numbers(where: str, texts: Iterable[str]) -> Iterator[tuple[int, int]]:
    """The first two numbers of each date in numbers that does not begin with its year.

    Raises:
        SourceRefused: A year has two digits, so that it could be any of the three numbers.
    """
    for text in texts:
        match = NUMERIC.fullmatch(text)
        if match is None or len(match[1]) == 4:
            continue
        if len(match[4]) != 4:
            raise SourceRefused(
                f"{where}: a date such as {text[:20]} has no year of four digits; "
                + DECLARE.replace("%Y", "%y")
            )
        yield int(match[1]), int(match[3])
