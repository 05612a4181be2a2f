"""Ids made of identifiers that do not show them: keyed hashes, the same from run to run."""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]

# What an id begins with says what it stands for.
CUSTOMER, AMBIGUOUS, HOUSEHOLD = "c", "a", "h"
# Bytes of a digest.
SIZE = 10


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
    # One text of all digests, cut by its offsets: a Python string for each would cost as much.
    letters = np.frombuffer(digests.hex().encode(), dtype=np.uint8).reshape(-1, 2 * SIZE)
    first = np.full((len(letters), 1), ord(prefix), dtype=np.uint8)
    text = np.concatenate([first, letters], axis=1)
    ends = np.arange(len(text) + 1, dtype=np.int64) * text.shape[1]
    cut = pa.LargeStringArray.from_buffers(len(text), pa.py_buffer(ends), pa.py_buffer(text))
    return pl.Series("customer_id", cut, dtype=pl.String)


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
