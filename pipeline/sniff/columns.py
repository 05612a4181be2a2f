"""What the values of a column are: times, addresses, numbers, handles, words; by tests of each."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.errors import BadRecord, SourceRefused
from pipeline.landing import clocks, identifiers, layouts, money
from pipeline.landing.cells import DEVICES
from pipeline.landing.layout_proof import magnitude, unit
from pipeline.landing.layouts import NUMERIC

# Of a column's values so many must be of one kind; a few may be damaged.
NEARLY_ALL = 0.95
# Layouts that say themselves where the day stands.
LAYOUTS = (
    *("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S.%f", "%Y%m%d", "%Y%m%d%H%M%S"),
    *("%d %b %Y %H:%M:%S", "%d %b %Y %H:%M", "%d %b %Y", "%d-%b-%Y %H:%M:%S", "%d-%b-%Y"),
    *("%b %d, %Y %I:%M:%S %p", "%b %d, %Y %I:%M %p", "%b %d, %Y", "%B %d, %Y", "%d %B %Y"),
    *("%a, %d %b %Y %H:%M:%S %z", "%a, %d %b %Y %H:%M:%S %Z", "%d/%b/%Y:%H:%M:%S %z"),
    "%a %b %d %H:%M:%S %z %Y",
)
TIME_WORDS = {"time", "timestamp", "ts", "date", "at", "on", "created", "updated", "epoch", "when"}
ZONED = re.compile(r".*(?:\d\s?Z|UTC|GMT|[+-]\d\d:?\d\d)", re.DOTALL)
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sample.

    Attributes:
        words: The name's words in lower case: `createdAt` is created, at.
        values: The filled cells as texts.
        share: How many of the cells are filled, 0 to 1.
        layout: The time_format of its values; None when they are no times.
        has_zone: Whether all its times name their zone.
    """

    name: str
    words: tuple[str, ...]
    values: tuple[str, ...]
    share: float
    layout: str | None
    has_zone: bool

    @property
    def is_own(self) -> bool:
        """Whether every record has one, and each another but for a few that came twice."""
        return self.share == 1 and len(set(self.values)) >= NEARLY_ALL * len(self.values)


def column(name: str, cells: Sequence[Any]) -> Column:
    """What a column's cells are."""
    filled = [cell for cell in cells if cell is not None and str(cell).strip()]
    values = tuple(str(cell).strip() for cell in filled)
    words = words_of(name)
    is_typed = bool(filled) and all(isinstance(cell, date) for cell in filled)
    layout = "iso" if is_typed else layout_of(values, words)
    return Column(
        name=name,
        words=words,
        values=values,
        share=len(filled) / len(cells) if cells else 0,
        layout=layout,
        has_zone=layout in clocks.EPOCH_UNITS
        or (layout is not None and all(ZONED.fullmatch(value) for value in values)),
    )


def words_of(name: str) -> tuple[str, ...]:
    """A name's words in lower case."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return tuple(re.findall(r"[a-z]+|\d+", parted.lower()))


def layout_of(values: Sequence[str], words: Iterable[str]) -> str | None:
    """The time_format that reads a column's values; None when none does.

    `numeric` where days and months are numbers, whether or not their order can be told.
    """
    if not values:
        return None
    if mostly(values, lambda text: clocks.ISO.fullmatch(text) is not None):
        return "iso"
    # Any large number is a Unix time; only a name makes it one.
    if TIME_WORDS & set(words) and mostly(values, lambda text: magnitude(text) is not None):
        try:
            return unit("", values)
        except SourceRefused:
            return "epoch"
    if mostly(values, _is_numeric):
        return "numeric"
    return next((layout for layout in LAYOUTS if mostly(values, _follows(layout))), None)


def _is_numeric(text: str) -> bool:
    """Whether a text is a date in numbers; the year may have two digits."""
    match = NUMERIC.fullmatch(text)
    return match is not None and len(match[1]) in {1, 2, 4} and len(match[4]) in {1, 2, 4}


def _follows(layout: str) -> Any:
    """What tells whether a text follows a layout."""

    def follows(text: str) -> bool:
        try:
            layouts.written(text, layout)
        except BadRecord:
            return False
        # Eight digits are a day only in the years of companies.
        return not layout.startswith("%Y%m") or text[:2] in {"19", "20"}

    return follows


def mostly(values: Sequence[str], test: Any, share: float = NEARLY_ALL) -> bool:
    """Whether nearly all values, and at least one, pass a test."""
    looked_at = values[:1_000]
    return bool(looked_at) and sum(map(test, looked_at)) >= share * len(looked_at)


def are_emails(found: Column) -> bool:
    """Whether the values are e-mail addresses."""
    return mostly(found.values, lambda text: identifiers.email(text) is not None)


def are_phones(found: Column, region: str) -> bool:
    """Whether the values can be telephone numbers; callers withhold theirs, and people misspell."""
    return mostly(found.values, lambda text: identifiers.phone(text, region) is not None, 0.7)


def are_numbers(found: Column) -> bool:
    """Whether the values are numbers."""
    return mostly(found.values, lambda text: money.decimal(text) is not None)


def are_words(found: Column) -> bool:
    """Whether the values are few words that come again, such as names of kinds."""
    return (
        mostly(found.values, lambda text: re.fullmatch(r"[^\W\d][\w .:/-]{0,60}", text) is not None)
        and not mostly(found.values, lambda text: UUID.fullmatch(text) is not None)
        and len(set(found.values)) <= max(1, min(200, len(found.values) // 2))
    )


def are_devices(found: Column) -> bool:
    """Whether the values are names of kinds of device."""
    return mostly(found.values, lambda text: text.lower() in DEVICES)


def are_currencies(found: Column) -> bool:
    """Whether the values are names of currencies."""
    return mostly(found.values, lambda text: money.currency(text) is not None)


def masked(text: str) -> str:
    """A value's shape without what it says: digits are 9, letters a."""
    shape = re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", text))
    return shape if len(shape) <= 40 else shape[:37] + "..."


def without_values(sentence: str) -> str:
    """A refusal's sentence in which long numbers, ids and addresses are only shapes."""
    return re.sub(r"[^\s'\"]*[\d@][^\s'\"]*", lambda word: _kept_or_masked(word[0]), sentence)


def _kept_or_masked(word: str) -> str:
    """A word of a message, unless it may be a value: counts and limits are short."""
    return word if len(word) < 5 and "@" not in word else masked(word)
