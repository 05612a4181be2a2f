"""Finding hashes among sorted ones: their first bits tell where each stands but for a step."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.identity.components import Flags, Numbers

Hashes = NDArray[np.uint64]


def hashed(texts: pl.Series) -> Hashes:
    """The hash of each text, alike within one run."""
    found: Hashes = texts.cast(pl.String).hash(seed=0).to_numpy()
    return found


def starts(ascending: Hashes) -> Numbers:
    """Where the hashes with the same first bits begin; about one hash for each beginning."""
    bits = max(1, len(ascending).bit_length() - 1)
    edges = np.arange(1 << bits, dtype=np.uint64) << np.uint64(64 - bits)
    return np.searchsorted(ascending, edges).astype(np.int32)


def places(ascending: Hashes, wanted: Hashes, start: Numbers) -> Numbers:
    """For each wanted hash the place of the first that is no lower; the last one's if none is.

    Args:
        ascending: One hash at least.
        wanted: In any order.
        start: The `starts` of `ascending`.
    """
    bits = len(start).bit_length() - 1
    end = np.int32(len(ascending) - 1)
    place: Numbers = np.minimum(start[wanted >> np.uint64(64 - bits)], end)
    off = np.flatnonzero((ascending[place] < wanted) & (place < end))
    while off.size:
        place[off] += 1
        off = off[(ascending[place[off]] < wanted[off]) & (place[off] < end)]
    return place


def among(ascending: Hashes, wanted: Hashes, start: Numbers) -> Flags:
    """Which wanted hashes are among the ascending ones."""
    if not ascending.size:
        return np.zeros(len(wanted), dtype=np.bool_)
    found: Flags = ascending[places(ascending, wanted, start)] == wanted
    return found


def opens(ascending: NDArray[np.integer]) -> Flags:
    """Where another value begins."""
    found = np.ones(len(ascending), dtype=np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=found[1:])
    return found
