"""Every identifier that events name, told apart by hash; its text is copied once.

Grouping ten million texts in SQL takes several times as long, and the memory of all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import NDArray

from pipeline.identity.components import Numbers
from pipeline.identity.hashes import Hashes, hashed, opens, places, starts
from pipeline.identity.policy import Policy, blocked_values
from pipeline.identity.tables import build, drop, given, read_sql

BATCH_ROWS = 1 << 18
# Identifiers that are held against the blocked values together.
SLICE_ROWS = 1 << 21


@dataclass(frozen=True, slots=True)
class Sighted:
    """Every identifier as it was seen; its place is its number, the strongest first.

    Attributes:
        namespace: The number of each one's namespace.
        sighting_count: How many records name it.
        blocked: The number of an identifier that names nobody -> why.
        keys: The keys of all, ascending.
        numbers: The number of the identifier of each key.
    """

    value: pl.Series
    namespace: Numbers
    night: Numbers
    first_seen_us: NDArray[np.int64]
    last_seen_us: NDArray[np.int64]
    sighting_count: Numbers
    blocked: Mapping[int, str]
    keys: Hashes
    numbers: Numbers


def sighted(con: duckdb.DuckDBPyConnection, policy: Policy, rules: pl.DataFrame) -> Sighted:
    """The identifiers of `linkable_identifiers`; leaves `identifier_salt` as a variable.

    Within a namespace any fixed order serves: that of their keys.
    """
    salt = 0
    while True:
        con.execute(f"set variable identifier_salt = {salt}")
        keys = _keys(con)
        seen = _Seen(keys)
        with given(con, namespace_policy=rules):
            rows = con.sql(read_sql("identifier_sightings")).to_arrow_reader(BATCH_ROWS)
            # Each batch is taken: a result left open would be in the way.
            is_one = all([seen.takes(batch) for batch in rows])  # noqa: C419
        if is_one:
            break
        # As good as never: one night in some hundred thousand, with ten million identifiers.
        salt += 1
    rank = np.empty(rules.height, dtype=np.int16)
    rank[np.argsort(rules["priority"].to_numpy(), kind="stable")] = np.arange(rules.height)
    order = np.argsort(rank[seen.namespace], kind="stable")
    numbers = np.empty(len(keys), dtype=np.int32)
    numbers[order] = np.arange(len(keys), dtype=np.int32)
    # One after another, so that nothing is there twice for long.
    for name in ("namespace", "night", "first_us", "last_us", "count"):
        setattr(seen, name, getattr(seen, name)[order])
    value = seen.values(order)
    return Sighted(
        value=value,
        namespace=seen.namespace,
        night=seen.night,
        first_seen_us=seen.first_us,
        last_seen_us=seen.last_us,
        sighting_count=seen.count,
        blocked=_blocked(con, policy, rules, value, seen.namespace),
        keys=keys,
        numbers=numbers,
    )


def _keys(con: duckdb.DuckDBPyConnection) -> Hashes:
    """The key of each identifier, ascending."""
    rows = con.sql(read_sql("identifier_keys")).to_arrow_reader(BATCH_ROWS)
    found = [batch.column(0).to_numpy(zero_copy_only=False) for batch in rows]
    keys = np.concatenate([np.zeros(0, dtype=np.uint64), *found])
    found.clear()
    keys.sort()
    return keys[opens(keys)]


class _Seen:
    """What is known of the identifiers of some keys, while batches of sightings come in."""

    def __init__(self, keys: Hashes) -> None:
        size, far = len(keys), np.iinfo(np.int64)
        self.keys, self.start = keys, starts(keys)
        self.is_known = np.zeros(size, dtype=np.bool_)
        self.check = np.zeros(size, dtype=np.uint32)
        self.namespace = np.zeros(size, dtype=np.int32)
        self.night = np.full(size, np.iinfo(np.int32).max, dtype=np.int32)
        self.first_us = np.full(size, far.max, dtype=np.int64)
        self.last_us = np.full(size, far.min, dtype=np.int64)
        self.count = np.zeros(size, dtype=np.int32)
        self.texts: list[pa.Array] = []
        self.of_texts: list[NDArray[Any]] = []

    def takes(self, batch: pa.RecordBatch) -> bool:
        """Whether no two identifiers of one key have come in this batch and those before."""
        key, namespace, night, at_us = (
            batch.column(name).to_numpy(zero_copy_only=False)
            for name in ("identifier_key", "namespace_number", "night", "at_us")
        )
        place = places(self.keys, key, self.start)
        value = batch.column("value")
        check = (hashed(pl.Series(value)) >> np.uint64(32)).astype(np.uint32)
        check ^= namespace.astype(np.uint32)
        new = np.flatnonzero(~self.is_known[place])
        fresh, first = np.unique(place[new], return_index=True)
        rows = new[first]
        self.is_known[fresh] = True
        self.check[fresh], self.namespace[fresh] = check[rows], namespace[rows]
        # Arrow copies these texts; a series would hold on to all of the batch.
        self.texts.append(value.take(pa.array(rows)))
        self.of_texts.append(fresh)
        np.minimum.at(self.first_us, place, at_us)
        np.maximum.at(self.last_us, place, at_us)
        np.minimum.at(self.night, place, night)
        np.add.at(self.count, place, np.int32(1))
        return bool((self.check[place] == check).all())

    def values(self, order: NDArray[np.int64]) -> pl.Series:
        """The values in some order of the keys; their texts are let go."""
        text = np.empty(len(self.keys), dtype=np.int32)
        of_texts = np.concatenate([np.zeros(0, dtype=np.int32), *self.of_texts])
        text[of_texts] = np.arange(len(of_texts), dtype=np.int32)
        whole = pl.concat([pl.Series(dtype=pl.String), *map(pl.Series, self.texts)])
        self.texts.clear()
        self.of_texts.clear()
        return whole.gather(text[order]).alias("value")


def _blocked(
    con: duckdb.DuckDBPyConnection,
    policy: Policy,
    rules: pl.DataFrame,
    value: pl.Series,
    namespace: Numbers,
) -> dict[int, str]:
    """The numbers of the identifiers that name nobody, and why."""
    matching = read_sql("identifiers_matching")
    found: dict[int, str] = {}
    for start in range(0, len(value), SLICE_ROWS):
        part = slice(start, start + SLICE_ROWS)
        numbered = pl.DataFrame(
            {
                "identifier_number": np.arange(start, start + len(value[part]), dtype=np.int32),
                "namespace": rules["namespace"].gather(namespace[part]),
                "value": value[part],
            }
        )
        with given(con, identifiers_seen=numbered, blocked_values=blocked_values(policy)):
            build(con, "blocked_identifiers")
            for space, pattern, reason in policy.patterns:
                # A variable is a constant to the engine, which then compiles the expression once.
                told = (("namespace", space), ("pattern", pattern), ("reason", reason))
                for name, text in told:
                    con.execute(f"set variable blocked_{name} = ?", [text])
                con.execute(f"insert into blocked_identifiers {matching}")
        found |= dict(con.sql(read_sql("judged_identifiers")).fetchall())
    drop(con, "blocked_identifiers")
    return found
