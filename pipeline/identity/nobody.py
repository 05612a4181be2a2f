"""Which texts may be values that name nobody: a look at both ends before any is read."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import NDArray

Marks = NDArray[np.uint64]
# Lengths from here on count as one.
LONGEST = 63
# Of nothing else is a value that is blank.
BLANKS = b"-0 "


def marks(values: Iterable[str]) -> Marks:
    """For each first and last letter, as one number, a bit for each length that may name nobody.

    Args:
        values: What names nobody, in lower case; what consists of zeros, dashes and blanks does
            so, too.
    """
    found = np.zeros(1 << 16, dtype=np.uint64)
    for text in (value.encode() for value in values if value):
        for first in {text[:1], text[:1].upper()}:
            for last in {text[-1:], text[-1:].upper()}:
                found[first[0] << 8 | last[0]] |= np.uint64(1 << min(len(text), LONGEST))
    for opening in BLANKS:
        for ending in BLANKS:
            found[opening << 8 | ending] = ~np.uint64(0)
    return found


def suspects(texts: pa.LargeStringArray, marked: Marks) -> NDArray[np.int64]:
    """The rows of texts that may name nobody, ascending; all that do are among them."""
    _, ends, letters = texts.buffers()
    end = np.frombuffer(ends, dtype=np.int64, count=len(texts) + 1)
    letter = np.frombuffer(letters or b"\0", dtype=np.uint8)
    size = np.diff(end)
    last_place = len(letter) - 1
    first = letter[np.minimum(end[:-1], last_place)].astype(np.int32)
    last = letter[np.maximum(np.minimum(end[1:], last_place + 1) - 1, 0)]
    lengths = marked[first << 8 | last]
    bit = np.minimum(size, LONGEST).astype(np.uint64)
    found = np.flatnonzero((lengths >> bit & np.uint64(1)).astype(np.bool_) | (size == 0))
    # In other alphabets lower case may be longer or shorter.
    foreign = np.flatnonzero(letter[: end[-1]] >= 1 << 7)
    if not foreign.size:
        return found
    return np.union1d(found, np.searchsorted(end, foreign, side="right") - 1)
