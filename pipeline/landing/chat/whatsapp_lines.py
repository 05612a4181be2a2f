"""A WhatsApp text export as records: messages, each with the lines that continue it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.landing.chat.entry_lines import entry_lines
from pipeline.landing.record import BLANK, Raw, RawFile

HEADER = re.compile(
    r"[\u200e\u200f\ufeff]*\[?(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})\.?,?\s"
    r"(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?(?:\s*([AaPp])\.?\s?[Mm]\.?)?(?:\]|\s-)\s(.*)",
    re.DOTALL | re.ASCII,
)
# The same with the narrow spaces that newer telephones write; made ordinary before matching.
SPACES = str.maketrans({"\u202f": " ", "\u00a0": " "})
AUTHORED = re.compile(r"([^:]{1,100}):(?:\s(.*))?", re.DOTALL)
MARKS = "\u200e\u200f\u202a\u202c\u2068\u2069~ \u00a0\u202f"


class Stamp(NamedTuple):
    """A message's date and time as written: three numbers of a date, and a clock."""

    date: tuple[str, str, str]
    hour: int
    minute: int
    second: int | None
    half: str


class Message(NamedTuple):
    """One message; `author` is empty for a line of WhatsApp's own."""

    stamp: Stamp
    author: str
    text: str


def messages(file: RawFile) -> Iterator[Raw]:
    """The export's messages, numbered from 1; each begins with a stamp and goes on until the next.

    A blank line is no record of its own, but part of what was written.
    """
    for number, raw in enumerate(_joined(file), start=1):
        yield _parsed(raw._replace(number=number, text=raw.text.rstrip("\n")))


def _joined(file: RawFile) -> Iterator[Raw]:
    """The lines, those that go on with a message put to its first."""
    begun: Raw | None = None
    for _, raw in entry_lines(file):
        is_blank = raw.problem == BLANK
        is_broken = raw.problem is not None and not is_blank
        is_first = is_broken or HEADER.fullmatch(raw.text.translate(SPACES)) is not None
        if begun is not None and not is_first:
            begun = begun._replace(text=f"{begun.text}\n{raw.text}")
        elif not is_blank:
            if begun is not None:
                yield begun
            begun = raw
    if begun is not None:
        yield begun


def _parsed(raw: Raw) -> Raw:
    """A message's record with its parts."""
    if raw.problem is not None:
        return raw
    header = HEADER.fullmatch(raw.text.translate(SPACES))
    if header is None:
        return raw._replace(problem="a line before the first message")
    first, _, second, third, hour, minute, sec, half, rest = header.groups()
    stamp = Stamp(
        (first, second, third),
        int(hour),
        int(minute),
        None if sec is None else int(sec),
        (half or "").lower(),
    )
    said = AUTHORED.fullmatch(rest)
    author = said[1].strip(MARKS) if said else ""
    text = (said[2] or "") if said and author else rest
    return raw._replace(value=Message(stamp, author, text))
