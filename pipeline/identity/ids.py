"""Ids made of identifiers that do not show them: keyed hashes, the same from run to run."""

from collections.abc import Iterable
from hashlib import blake2b

import polars as pl

# What an id begins with says what it stands for.
CUSTOMER, AMBIGUOUS, HOUSEHOLD = "c", "a", "h"


def keyed(names: Iterable[tuple[str, str]], key: bytes, *, prefix: str) -> list[str]:
    """An id for each namespace and value; another key gives other ids."""
    # A longer key than blake2b takes still counts in full.
    start = blake2b(key=key if len(key) <= 64 else blake2b(key).digest(), digest_size=10)
    ids = []
    for namespace, value in names:
        state = start.copy()
        state.update(f"{namespace}:{value}".encode())
        ids.append(prefix + state.hexdigest())
    return ids


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
