"""How far ways lie apart: the fewest touchpoints to put in, take out or change.

All pairs at once, 64 steps of a way to the bit: Myers, A fast bit-vector algorithm for approximate
string matching (Journal of the ACM 46, 1999), as Hyyrö (2003) has it for whole texts.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LONGEST = 64  # steps of a way that are compared


def distances(ways: Sequence[str], others: Sequence[str]) -> NDArray[np.float64]:
    """The share of steps that differ, way by other: edits over the steps of the longer one.

    Of two ways without a step it is 0.
    """
    left, right = [way[:LONGEST] for way in ways], [way[:LONGEST] for way in others]
    symbols = {symbol: number for number, symbol in enumerate(sorted({*"".join([*left, *right])}))}
    one = np.uint64(1)
    where = np.zeros((len(left), len(symbols) + 1), dtype=np.uint64)
    for row, way in enumerate(left):
        for place, symbol in enumerate(way):
            where[row, symbols[symbol]] |= one << np.uint64(place)
    sizes = np.array([len(way) for way in left], dtype=np.int64)
    lengths = np.array([len(way) for way in right], dtype=np.int64)
    text = np.full((len(right), int(lengths.max(initial=0))), len(symbols))
    for row, way in enumerate(right):
        text[row, : len(way)] = [symbols[symbol] for symbol in way]
    shape = (len(left), len(right))
    last = np.where(sizes > 0, one << np.maximum(sizes - 1, 0).astype(np.uint64), 0)[:, None]
    up, down = np.full(shape, ~np.uint64(0)), np.zeros(shape, dtype=np.uint64)
    score = np.repeat(sizes[:, None], len(right), axis=1)
    for instant in range(text.shape[1]):
        same = where[:, text[:, instant]]
        vertical = same | down
        horizontal = (((same & up) + up) ^ up) | same
        rises, falls = down | ~(horizontal | up), up & horizontal
        change = ((rises & last) != 0).astype(np.int64) - ((falls & last) != 0)
        # Of a way without a step, each step of the other one is an edit.
        change = np.where(sizes[:, None] > 0, change, 1)
        score = score + np.where(instant < lengths, change, 0)
        rises = (rises << one) | one
        up, down = (falls << one) | ~(vertical | rises), rises & vertical
    longer = np.maximum(sizes[:, None], lengths[None])
    shares: NDArray[np.float64] = score / np.maximum(longer, 1)
    return shares
