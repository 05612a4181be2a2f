"""Randomness by counting: a draw depends on the seed, its purpose and its keys, on nothing else.

So a company is the same whatever the size of the chunks and the number of threads. The mixing
function is the finaliser of SplitMix64 (Steele, Lea, Flood 2014).
"""

from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]
Shares = NDArray[np.float64]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)
# The two hexadecimal digits of every octet.
OCTETS = np.array([f"{octet:02x}".encode() for octet in range(256)])
U11, U27, U30, U31 = (np.uint64(bits) for bits in (11, 27, 30, 31))


def _mixed(state: Numbers) -> Numbers:
    """The same numbers, each bit a hash of all of its bits."""
    state ^= state >> U30
    state *= FIRST
    state ^= state >> U27
    state *= SECOND
    state ^= state >> U31
    return state


@lru_cache(maxsize=1024)
def _salt(purpose: str) -> np.uint64:
    return np.uint64(int.from_bytes(blake2b(purpose.encode(), digest_size=8).digest(), "little"))


def root(seed: int, purpose: str) -> np.uint64:
    """The one number from which all draws of a purpose under a seed come."""
    start = np.array([seed & 0xFFFFFFFFFFFFFFFF], dtype=np.uint64) ^ _salt(purpose)
    return np.uint64(_mixed(start + GOLDEN)[0])


def keyed(start: np.uint64 | Numbers, *parts: NDArray[Any]) -> Numbers:
    """One well-mixed number per row, of the rows' whole-number keys."""
    state = np.asarray(start, dtype=np.uint64)
    for part in parts:
        state = _mixed((part.astype(np.uint64) + np.uint64(1)) * GOLDEN + state)
    return state


def numbers(keys: Numbers, purpose: str) -> Numbers:
    """A further number per key, independent for every purpose."""
    return _mixed(keys ^ _salt(purpose))


def shares(keys: Numbers, purpose: str) -> Shares:
    """Uniform draws from 0 up to but not including 1."""
    return (numbers(keys, purpose) >> U11).astype(np.float64) * 2.0**-53


def picks(keys: Numbers, purpose: str, count: int) -> NDArray[np.int64]:
    """Uniform draws from 0 to `count` - 1."""
    return (shares(keys, purpose) * count).astype(np.int64)


def hexed(*halves: Numbers) -> pl.Series:
    """Sixteen hexadecimal digits per half."""
    octets = np.stack(halves, axis=1).astype(">u8").view(np.uint8)
    digits = np.ascontiguousarray(OCTETS[octets])
    return pl.Series("hex", digits.view(f"S{16 * len(halves)}").ravel()).cast(pl.String)
