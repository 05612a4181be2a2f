"""Every identifier that events name, told apart by hash; its text is copied once.

Grouping ten million texts in SQL takes several times as long, and the memory of all of them.
Sightings are read once, put on piles by whom they name, and go on to piles by event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray

from pipeline.identity.components import Numbers
from pipeline.identity.hashes import joined, opens, reduced, sorted_by
from pipeline.identity.piles import Piles, give_back
from pipeline.identity.policy import Policy, blocked_values
from pipeline.identity.tables import build, drop, given, read_sql

BATCH_ROWS = 1 << 16
# Identifiers that are held against the blocked values together.
SLICE_ROWS = 1 << 21
# Piles after which freed memory is given back.
PILES_BETWEEN = 8
SIGHTING = np.dtype(
    [
        *(("identifier_key", "u8"), ("event_key", "u8"), ("at_us", "i8")),
        *(("identifier_check", "u4"), ("event_check", "u4")),
        *(("code", "i4"), ("night", "i4"), ("namespace_number", "i4")),
    ]
)
TEXT = np.dtype([("key", "u8"), ("size", "i8")])
# What an event is told of a sighting; `place` is that of the identifier among all keys.
NAMED = np.dtype(
    [("event", "u8"), ("check", "u4"), ("place", "i4"), ("at_us", "i8"), ("code", "i4")]
)


@dataclass(frozen=True, slots=True)
class Sighted:
    """Every identifier as it was seen; its place is its number, the strongest first.

    Attributes:
        namespace: The number of each one's namespace.
        sighting_count: How many records name it.
        blocked: The number of an identifier that names nobody -> why.
        numbers: The number of each in the order of their keys.
        events: The sightings by event, see `NAMED`; an identifier is its place among the keys.
    """

    value: pl.Series
    namespace: Numbers
    night: Numbers
    first_seen_us: NDArray[np.int64]
    last_seen_us: NDArray[np.int64]
    sighting_count: Numbers
    blocked: Mapping[int, str]
    numbers: Numbers
    events: Piles


class _Part(NamedTuple):
    """The identifiers of a pile in the order of their keys."""

    namespace: Numbers
    night: Numbers
    first_us: NDArray[np.int64]
    last_us: NDArray[np.int64]
    times: Numbers


class _Read(NamedTuple):
    """Sightings as they were read, the texts they name, and the letters of the texts."""

    sightings: Piles
    texts: Piles
    letters: Piles


def sighted(
    con: duckdb.DuckDBPyConnection,
    policy: Policy,
    rules: pl.DataFrame,
    *,
    folder: Path | None,
    bits: int,
) -> Sighted:
    """The identifiers of `linkable_identifiers`.

    Within a namespace any fixed order serves: that of their keys.

    Args:
        con: Holds linkable_identifiers and source_numbers; `identifier_salt` is left in it.
        policy: Says which values name nobody.
        rules: The policy of each namespace, by its number.
        folder: Where piles are files, if they are.
        bits: How many bits of a hash tell its pile.
    """
    rank = np.empty(rules.height, dtype=np.int16)
    rank[np.argsort(rules["priority"].to_numpy(), kind="stable")] = np.arange(rules.height)
    salt, found = 0, None
    while found is None:
        read = _piled(con, rules, salt, folder=folder, bits=bits)
        events = Piles(folder, f"events-{salt}", bits=bits, kind=NAMED)
        found = _folded(read, events, rank)
        # Two with one key: as good as never, one night in some hundred thousand with ten million.
        salt += 1
    whole, value = found
    order = np.argsort(rank[whole["namespace"]], kind="stable")
    numbers = np.empty(len(order), dtype=np.int32)
    numbers[order] = np.arange(len(order), dtype=np.int32)
    # One after another, so that nothing is there twice for long.
    for name in _Part._fields:
        whole[name] = whole[name][order]
    del found, order, read
    give_back()
    return Sighted(
        value=value,
        namespace=whole["namespace"],
        night=whole["night"],
        first_seen_us=whole["first_us"],
        last_seen_us=whole["last_us"],
        sighting_count=whole["times"],
        blocked=_blocked(con, policy, rules, value, whole["namespace"]),
        numbers=numbers,
        events=events,
    )


def _piled(
    con: duckdb.DuckDBPyConnection,
    rules: pl.DataFrame,
    salt: int,
    *,
    folder: Path | None,
    bits: int,
) -> _Read:
    """All sightings in piles by whom they name."""
    con.execute(f"set variable identifier_salt = {salt}")
    read = _Read(
        *(
            Piles(folder, f"{name}-{salt}", bits=bits, kind=kind)
            for name, kind in (("sightings", SIGHTING), ("texts", TEXT), ("letters", "u1"))
        )
    )
    with given(con, namespace_policy=rules):
        for batch in con.sql(read_sql("sightings")).to_arrow_reader(BATCH_ROWS):
            _put(batch, read)
    give_back()
    return read


def _folded(
    read: _Read, events: Piles, rank: NDArray[np.int16]
) -> tuple[dict[str, NDArray[Any]], pl.Series] | None:
    """The identifiers by key, and their texts by the rank of their namespaces before.

    Their sightings go on to `events`. Nothing if two have one key.
    """
    parts: list[_Part] = []
    size = 0
    # By rank at once, so that texts need not be moved when all are there.
    texts: list[list[pl.Series]] = [[] for _ in rank]
    for pile in range(1 << events.bits):
        part = _part(read.sightings.take(pile), events, before=size)
        if part is None:
            return None
        size += len(part.times)
        parts.append(part)
        ranks = rank[part.namespace]
        order = np.argsort(ranks, kind="stable")
        text = _texts(read.texts.take(pile), read.letters.take(pile), order, alike=events.bits)
        ends = np.cumsum(np.bincount(ranks, minlength=len(rank))).tolist()
        for held, (start, end) in zip(texts, pairwise([0, *ends]), strict=True):
            held.append(text[start:end])
        if pile % PILES_BETWEEN == 0:
            give_back()
    columns = [list(column) for column in zip(*parts, strict=True)]
    parts.clear()
    whole = {name: joined(column) for name, column in zip(_Part._fields, columns, strict=True)}
    value = pl.concat([pl.Series("value", dtype=pl.String), *chain(*texts)], rechunk=True)
    texts.clear()
    give_back()
    return whole, value


def _put(batch: pa.RecordBatch, read: _Read) -> None:
    """Put a batch of sightings on their piles, and one text of each key in it."""
    seen = np.empty(batch.num_rows, dtype=SIGHTING)
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if name != "value":
            seen[name] = column.to_numpy(zero_copy_only=False)
    value = batch.column("value")
    order, key = sorted_by(seen["identifier_key"])
    read.sightings.put(seen.take(order), read.sightings.edges(key))
    begins = opens(key)
    value = value.take(pa.array(order[begins])).cast(pa.large_string())
    ends = np.frombuffer(value.buffers()[1], dtype=np.int64)
    text = np.empty(len(value), dtype=TEXT)
    text["key"], text["size"] = key[begins], np.diff(ends)
    edges = read.texts.edges(text["key"])
    read.texts.put(text, edges)
    letters = np.frombuffer(value.buffers()[2] or b"", dtype=np.uint8)
    read.letters.put(letters, ends[edges].tolist())


def _part(seen: NDArray[Any], events: Piles, *, before: int) -> _Part | None:
    """The identifiers of a pile, of which `before` have lower keys; their sightings go to `events`.

    Nothing if two have one key.
    """
    order, key = sorted_by(seen["identifier_key"], alike=events.bits)
    seen = seen.take(order)
    begins = opens(key)
    if (opens(seen["identifier_check"]) & ~begins).any():
        return None
    start = np.flatnonzero(begins)
    named = np.empty(len(seen), dtype=NAMED)
    named["event"], named["check"] = seen["event_key"], seen["event_check"]
    named["place"] = np.cumsum(begins, dtype=np.int32) + np.int32(before - 1)
    named["at_us"], named["code"] = seen["at_us"], seen["code"]
    events.spread(named["event"], named)
    return _Part(
        namespace=seen["namespace_number"][start],
        night=reduced(np.minimum, seen["night"], start),
        first_us=reduced(np.minimum, seen["at_us"], start),
        last_us=reduced(np.maximum, seen["at_us"], start),
        times=np.diff(start, append=len(seen)).astype(np.int32),
    )


def _texts(
    text: NDArray[Any], letters: NDArray[np.uint8], order: NDArray[np.int64], *, alike: int
) -> pl.Series:
    """The texts of a pile, each once, in this order of their keys."""
    rows, key = sorted_by(text["key"], alike=alike)
    ends = np.concatenate([[0], np.cumsum(text["size"])])
    whole = pa.LargeStringArray.from_buffers(len(text), pa.py_buffer(ends), pa.py_buffer(letters))
    chosen = pa.array(rows[opens(key)][order])
    # These stay; Arrow's own pool would hold more than they need.
    return pl.Series("value", pc.take(whole, chosen, memory_pool=pa.system_memory_pool()))


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
