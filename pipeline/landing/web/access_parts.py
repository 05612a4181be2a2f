"""Where the parts of an access log's lines are, for the many lines of a plain form.

A line of the plain form has no backslash and no control character, and its first quotes stand
around request, referrer and agent. Then the places of the quotes say where all parts begin and
end, which is found for all lines of a block at once, and the reader's own functions judge each
distinct text of a part once.
"""

import re
from typing import NamedTuple

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import NDArray

from pipeline.landing.web.coded import Coded, Mask, encoded, where

Places = NDArray[np.int64]

NEWLINE, RETURN, SPACE, QUOTE, BACKSLASH, DELETE, NOUGHT, DASH = b'\n\r "\\\x7f0-'
# Of each byte whether it is a quote, or one that no plain line has.
MARKS = bytes(sign < SPACE or sign in {QUOTE, BACKSLASH, DELETE} for sign in range(256))
# Where the characters of `[05/Jan/2026:15:05:20 +0100]` stand: the day with its zone, the digits
# of the time, and what is the same in each.
STAMP = len("[05/Jan/2026:15:05:20 +0100]")
DAY = [*range(1, 12), *range(21, 27)]
TIME = [13, 14, 16, 17, 19, 20]
FRAME = {0: ord("["), 12: ord(":"), 15: ord(":"), 18: ord(":"), 27: ord("]")}
MOST = np.array([2, 9, 5, 9, 5, 9], np.uint8)
SECONDS = np.array([36_000, 3_600, 600, 60, 10, 1])
HUNDREDS = np.array([100, 10, 1])
# A line's parts, one after another, as they are cut: those without a name are what stands between.
CUT = ("head", "", "request", "", "size", "", "referrer", "", "agent", "", "added")
# The digits of a size.
MOST_DIGITS = 18
# What a site adds, which no reader uses, must be of the form all the same.
ADDED = re.compile(r'(?: (?:"[^"]*"|[!#-~]+))*')


class Lines(NamedTuple):
    """Where the lines of a block begin and end, the end left out."""

    begins: Places
    ends: Places


class Parts(NamedTuple):
    """The parts of the lines of a plain form, row by row.

    Attributes:
        rows: Places of the lines in their block.
        heads: What stands before the time: `10.0.0.7 - u1 `.
        days: The day and its zone: `05/Jan/2026 +0100`.
        seconds: Since midnight.
        sizes: Digits; a dash where no size is told.
        is_sound: Whether size and what a site adds are as they should be.
    """

    rows: Places
    heads: Coded[str]
    days: Coded[str]
    seconds: Places
    requests: Coded[str]
    statuses: Coded[int]
    sizes: pa.Array
    referrers: Coded[str | None]
    agents: Coded[str | None]
    is_sound: Mask


class _Marked(NamedTuple):
    """Lines that may be of the plain form.

    Attributes:
        quotes: The places of the first six quotes; meaningless past the second of a line of the
            common form.
        is_common: Whether referrer and agent are left out.
    """

    rows: Places
    begins: Places
    ends: Places
    quotes: Places
    is_common: Mask

    def only(self, where: Mask) -> "_Marked":
        """Some of the lines."""
        if where.all():
            return self
        return _Marked(
            self.rows[where],
            self.begins[where],
            self.ends[where],
            self.quotes[where],
            self.is_common[where],
        )


def cut(whole: bytes) -> tuple[Lines, Parts | None]:
    """The lines of a block, and the parts of those of a plain form; None where none has it.

    Args:
        whole: UTF-8 without NUL; each line has its end.
    """
    text = np.frombuffer(whole, np.uint8)
    lines, marked = _marked(whole, text)
    marked = _framed(text, marked)
    return lines, _parts(whole, text, marked) if len(marked.rows) else None


def _marked(whole: bytes, text: NDArray[np.uint8]) -> tuple[Lines, _Marked]:
    """The lines, and those with the quotes of a plain line and nothing unusual."""
    places = np.flatnonzero(np.frombuffer(whole.translate(MARKS), np.bool_))
    marks = text[places]
    ends = np.flatnonzero(marks == NEWLINE)
    begins = np.concatenate([[0], ends + 1])[:-1]
    lines = Lines(np.concatenate([[0], places[ends] + 1])[:-1], places[ends])
    # A carriage return before it is of the line's end.
    is_returned = (ends > begins) & (marks[ends - 1] == RETURN)
    is_returned &= places[ends - 1] == places[ends] - 1
    marks[ends[is_returned] - 1] = NEWLINE
    counts = ends - begins - is_returned
    is_plain = (counts == 2) | (counts >= 6)
    is_plain[np.searchsorted(ends, np.flatnonzero((marks != QUOTE) & (marks != NEWLINE)))] = False
    rows = np.flatnonzero(is_plain)
    is_common = counts[rows] == 2
    among = begins[rows, None] + np.where(is_common[:, None], [0, 1, 1, 1, 1, 1], np.arange(6))
    ended = lines.ends[rows] - is_returned[rows]
    return lines, _Marked(rows, lines.begins[rows], ended, places[among], is_common)


def _framed(text: NDArray[np.uint8], marked: _Marked) -> _Marked:
    """The lines that are long enough and have their spaces where they should."""
    first, second, third, fourth, fifth, _ = marked.quotes.T
    end = np.where(marked.is_common, marked.ends, third - 1)
    marked = marked.only((first - marked.begins > STAMP) & (end - second > len(" 200 0")))
    first, second, third, fourth, fifth, _ = marked.quotes.T
    is_framed = (text[first - 1] == SPACE) & (text[second + 1] == SPACE)
    is_framed &= text[second + 5] == SPACE
    is_long = (text[third - 1] == SPACE) & (text[fourth + 1] == SPACE) & (fifth == fourth + 2)
    return marked.only(is_framed & (marked.is_common | is_long))


def _parts(whole: bytes, text: NDArray[np.uint8], marked: _Marked) -> Parts | None:
    """The parts of those of such lines that have the plain form; None where none has it."""
    stamps = _signs(text, marked.quotes[:, 0] - STAMP - 1, STAMP)
    times = stamps[:, TIME] - NOUGHT
    statuses = _signs(text, marked.quotes[:, 1] + 2, 3) - NOUGHT
    is_plain = (times <= MOST).all(axis=1) & (times[:, 0] * 10 + times[:, 1] < 24)
    is_plain &= (statuses <= 9).all(axis=1)
    for place, sign in FRAME.items():
        is_plain &= stamps[:, place] == sign
    if not is_plain.any():
        return None
    marked, stamps = marked.only(is_plain), stamps[is_plain]
    pieces = _pieces(whole, marked)
    sizes = _piece(pieces, "size")
    is_sound = _are_sizes(sizes)
    if (marked.quotes[:, 5] + 1 != marked.ends).any():
        is_sound &= where(encoded(_piece(pieces, "added")), _is_added)
    return Parts(
        rows=marked.rows,
        heads=encoded(_piece(pieces, "head")),
        days=_days(stamps[:, DAY]),
        seconds=times[is_plain] @ SECONDS,
        requests=encoded(_piece(pieces, "request")),
        statuses=Coded(statuses[is_plain] @ HUNDREDS, range(1000)),
        sizes=sizes,
        referrers=_coded(_piece(pieces, "referrer"), missing=marked.is_common),
        agents=_coded(_piece(pieces, "agent"), missing=marked.is_common),
        is_sound=is_sound,
    )


def _signs(text: NDArray[np.uint8], begins: Places, count: int) -> NDArray[np.uint8]:
    """So many bytes from each place on, one row each."""
    # Taken as one thing of that size they are copied at once.
    windows = np.ndarray(len(text) - count + 1, f"V{count}", text, strides=(1,))
    return windows[begins].view(np.uint8).reshape(-1, count)


def _pieces(whole: bytes, marked: _Marked) -> pa.Array:
    """The lines in pieces, named by CUT over and over; nothing is copied."""
    first, second, third, fourth, fifth, sixth = marked.quotes.T
    bounds = np.stack(
        [
            *(marked.begins, first - STAMP - 1),
            *(first + 1, second),
            *(second + len('" 200 '), third - 1),
            *(third + 1, fourth),
            *(fifth + 1, sixth),
            *(sixth + 1, marked.ends),
        ],
        axis=1,
    )
    bounds[marked.is_common, CUT.index("size") + 1 :] = marked.ends[marked.is_common, None]
    buffers = [pa.py_buffer(np.ascontiguousarray(bounds)), pa.py_buffer(whole)]
    return pa.LargeStringArray.from_buffers(bounds.size - 1, *buffers)


def _piece(pieces: pa.Array, name: str) -> pa.Array:
    """The pieces of one name."""
    return pieces.take(pa.array(np.arange(CUT.index(name), len(pieces), len(CUT) + 1)))


def _coded(texts: pa.Array, *, missing: Mask) -> Coded[str | None]:
    """The texts; None where they are missing."""
    found = encoded(texts)
    if not missing.any():
        return found
    return Coded(np.where(missing, len(found.values), found.codes), [*found.values, None])


def _is_added(text: str) -> bool:
    """Whether this is what sites add."""
    return ADDED.fullmatch(text) is not None


def _are_sizes(texts: pa.Array) -> Mask:
    """Whether each text is a dash or a whole number as programs write it."""
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[: len(texts) + 1]
    signs = np.frombuffer(texts.buffers()[2], np.uint8)[: offsets[-1]]
    lengths, leading = np.diff(offsets), signs[offsets[:-1]]
    is_size: Mask = (lengths <= MOST_DIGITS) & ((leading != NOUGHT) | (lengths == 1))
    others = np.flatnonzero(signs - NOUGHT > 9)
    is_size[np.searchsorted(offsets, others, side="right") - 1] = False
    is_size |= (lengths == 1) & (leading == DASH)
    return is_size


def _days(days: NDArray[np.uint8]) -> Coded[str]:
    """The days and their zones: most lines have that of the line before."""
    names = np.ascontiguousarray(days).view(f"S{len(DAY)}")[:, 0]
    begins = np.concatenate([[True], names[1:] != names[:-1]])[: len(names)]
    runs = [name.decode("utf-8", "replace") for name in names[begins].tolist()]
    places = {name: place for place, name in enumerate(dict.fromkeys(runs))}
    codes = np.array([places[name] for name in runs], np.int64)
    return Coded(codes[np.cumsum(begins) - 1], list(places))
