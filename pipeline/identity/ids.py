"""Ids made of identifiers that do not show them: keyed hashes, the same from run to run."""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import NDArray

# What an id begins with says what it stands for.
CUSTOMER, AMBIGUOUS, HOUSEHOLD = "c", "a", "h"
# Bytes of a digest.
SIZE = 10
# All letters of an id: all ids are of one length.
LETTERS = np.dtype((np.void, 2 * SIZE + 1))


def keyed(names: Iterable[tuple[str, str]], key: bytes, *, prefix: str) -> list[str]:
    """An id for each namespace and value; another key gives other ids."""
    whole = (f"{namespace}:{value}" for namespace, value in names)
    return keyed_texts(whole, key, prefix=prefix).to_list()


def keyed_texts(names: Iterable[str], key: bytes, *, prefix: str) -> pl.Series:
    """The same for each `namespace:value`."""
    # A longer key than blake2b takes still counts in full.
    start = blake2b(key=key if len(key) <= 64 else blake2b(key).digest(), digest_size=SIZE)
    digests = bytearray()
    for name in names:
        state = start.copy()
        state.update(name.encode())
        digests += state.digest()
    letters = np.frombuffer(digests.hex().encode(), dtype=np.uint8).reshape(-1, 2 * SIZE)
    first = np.full((len(letters), 1), ord(prefix), dtype=np.uint8)
    text = np.concatenate([first, letters], axis=1).view(LETTERS).ravel()
    return pl.Series("customer_id", _cut(text, np.ones(len(text), dtype=np.bool_)), dtype=pl.String)


def letters_of(ids: pl.Series) -> NDArray[np.void]:
    """The letters of each id."""
    text = ids.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    ends = np.frombuffer(text.buffers()[1], dtype=np.int64, count=len(text) + 1)
    letters = np.frombuffer(text.buffers()[2] or b"", dtype=np.uint8)
    return letters[ends[0] : ends[-1]].view(LETTERS)


def texts_at(letters: NDArray[np.void], rows: NDArray[np.integer]) -> pa.LargeStringArray:
    """The ids in some rows, null where a row is -1; see `letters_of`."""
    is_id = rows >= 0
    return _cut(letters.take(rows[is_id]), is_id)


def _cut(text: NDArray[np.void], is_id: NDArray[np.bool_]) -> pa.LargeStringArray:
    """One text of all ids, cut by its offsets: a Python string for each would cost as much."""
    ends = np.zeros(len(is_id) + 1, dtype=np.int64)
    np.cumsum(is_id, out=ends[1:])
    ends *= LETTERS.itemsize
    return pa.LargeStringArray.from_buffers(
        len(is_id),
        pa.py_buffer(ends),
        pa.py_buffer(text.view(np.uint8)),
        pa.py_buffer(np.packbits(is_id, bitorder="little")),
        len(is_id) - len(text),
    )


def ambiguous_customers(shared_devices: pl.DataFrame, *, key: bytes) -> pl.DataFrame:
    """The stand-in customer of each shared device, for what nobody can be said to have done.

    Args:
        shared_devices: `identifier`, `namespace` and `value` of each.
        key: What customer ids are keyed with.

    Returns:
        One row per device: `identifier`, `customer_id`. The id begins with another letter than
        customers' ids do, so it is no customer's whatever becomes of the device.
    """
    names = shared_devices.select("namespace", "value").iter_rows()
    ids = pl.Series("customer_id", keyed(names, key, prefix=AMBIGUOUS), dtype=pl.String)
    return shared_devices.select("identifier", ids)
