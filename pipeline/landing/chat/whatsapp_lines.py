"""A WhatsApp text export as records: messages, each with the lines that continue it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.landing.chat.entry_lines import entry_lines
from pipeline.landing.record import Raw, RawFile

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
    """The export's messages; each begins with a stamp and goes on until the next."""
    begun: Raw | None = None
    last = 0
    for _, raw in entry_lines(file):
        header = HEADER.fullmatch(raw.text.translate(SPACES)) if raw.problem is None else None
        is_end = header is not None or raw.problem is not None
        if begun is not None and not is_end:
            # Blank lines are no records of their own, but they are part of what was written.
            text = begun.text + "\n" * (raw.number - last) + raw.text
            begun = begun._replace(text=text)
        else:
            if begun is not None:
                yield _parsed(begun)
            begun = raw
        last = raw.number
    if begun is not None:
        yield _parsed(begun)


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
