"""Every identifier that events name, told apart by hash; its text is copied once.

Grouping ten million texts in SQL takes several times as long, and the memory of all of them.
Sightings are read once, put on piles by whom they name, and go on to piles by event. Each namespace
has piles of its own, the strongest first, so that pile after pile identifiers come in the order of
their numbers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray

from pipeline.identity.components import Numbers
from pipeline.identity.hashes import Hashes, joined, opens, reduced, sorted_by
from pipeline.identity.nobody import Marks, marks, suspects
from pipeline.identity.piles import Piles, bits_of, give_back
from pipeline.identity.policy import Policy, blocked_values
from pipeline.identity.tables import given, read_sql

BATCH_ROWS = 1 << 16
# Identifiers that are held against the blocked values together.
SLICE_ROWS = 1 << 21
# How much of what is read may stay in memory: there is room until identifiers come together.
SHARES = 8
# Piles after which freed memory is given back.
PILES_BETWEEN = 16
# `text_size` is one more than the length of the text, or 0 where the text was put there before.
SIGHTING = np.dtype(
    [
        *(("identifier_key", "u8"), ("event_key", "u8"), ("at_us", "i8")),
        *(("identifier_check", "u4"), ("event_check", "u4")),
        *(("code", "i4"), ("night", "i4"), ("text_size", "i4")),
    ]
)
# What an event is told of a sighting; `number` is that of the identifier.
NAMED = np.dtype(
    [("event", "u8"), ("at_us", "i8"), ("check", "u4"), ("number", "i4"), ("code", "i4")]
)


@dataclass(frozen=True, slots=True)
class Sighted:
    """Every identifier as it was seen; its place is its number, the strongest first.

    Attributes:
        namespace: The number of each one's namespace; those of one stand together.
        sighting_count: How many records name it.
        blocked: The number of an identifier that names nobody -> why.
        events: The sightings by event, see `NAMED`.
    """

    value: pl.Series
    namespace: Numbers
    night: Numbers
    first_seen_us: NDArray[np.int64]
    last_seen_us: NDArray[np.int64]
    sighting_count: Numbers
    blocked: Mapping[int, str]
    events: Piles


class _Layout(NamedTuple):
    """Which pile each identifier is on.

    Attributes:
        rank: How strong each namespace is, by its number; 0 is the strongest.
        room: How many bits a rank takes.
        pile_rank: The rank of the namespace of each pile.
        pile_bits: How many first bits the keys of each pile have in common.
        edges: The lowest `_leads` of each pile.
    """

    rank: NDArray[np.uint64]
    room: int
    pile_rank: list[int]
    pile_bits: list[int]
    edges: Hashes


class _Part(NamedTuple):
    """The identifiers of a pile in the order of their keys."""

    night: Numbers
    first_us: NDArray[np.int64]
    last_us: NDArray[np.int64]
    times: Numbers


class _Read(NamedTuple):
    """Sightings as they were read, and the letters of the texts that they brought."""

    sightings: Piles
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
        con: Holds linkable_identifiers, sighting_counts and source_numbers; `identifier_salt` is
            left in it.
        policy: Says which values name nobody.
        rules: The policy of each namespace, by its number.
        folder: Where piles are files, if they are.
        bits: How many bits of a hash tell an event's pile.
    """
    layout = _layout(con, rules, are_files=folder is not None)
    marked = marks(policy.values)
    salt, found = 0, None
    while found is None:
        read = _piled(con, rules, layout, salt, folder=folder)
        events = Piles(folder, f"events-{salt}", count=1 << bits, kind=NAMED)
        found = _folded(read, events, layout, marked)
        # Two with one key: as good as never, one night in some hundred thousand with ten million.
        salt += 1
    whole, sizes, value, suspected = found
    by_rank = np.argsort(layout.rank).astype(np.int32)
    namespace = np.repeat(by_rank[layout.pile_rank], sizes)
    return Sighted(
        value=value,
        namespace=namespace,
        night=whole.night,
        first_seen_us=whole.first_us,
        last_seen_us=whole.last_us,
        sighting_count=whole.times,
        # Of several reasons the first by name.
        blocked=dict(
            sorted(
                [
                    *_nobody(con, policy, value, suspected),
                    *_matching(con, policy, rules, value, namespace),
                ],
                reverse=True,
            )
        ),
        events=events,
    )


def _layout(con: duckdb.DuckDBPyConnection, rules: pl.DataFrame, *, are_files: bool) -> _Layout:
    """Piles of about equal size for each namespace, the strongest first; one each in memory."""
    counts = con.sql(
        "select namespace, sum(sighting_count) from sighting_counts group by namespace"
    ).fetchall()
    count = dict(counts)
    order = np.argsort(rules["priority"].to_numpy(), kind="stable")
    rank = np.empty(rules.height, dtype=np.uint64)
    rank[order] = np.arange(rules.height, dtype=np.uint64)
    room = max(1, rules.height.bit_length())
    names = rules["namespace"].to_list()
    bits = [bits_of(int(count[names[one]])) if are_files else 0 for one in order]
    piles = [(place, own, pile) for place, own in enumerate(bits) for pile in range(1 << own)]
    return _Layout(
        rank=rank,
        room=room,
        pile_rank=[place for place, _, _ in piles],
        pile_bits=[own for _, own, _ in piles],
        edges=np.array(
            [place << (64 - room) | pile << (64 - room - own) for place, own, pile in piles],
            dtype=np.uint64,
        ),
    )


def _leads(layout: _Layout, namespace: Numbers, key: Hashes) -> Hashes:
    """Numbers in the order of namespaces, the strongest first, and of keys but for last bits."""
    return layout.rank[namespace] << np.uint64(64 - layout.room) | key >> np.uint64(layout.room)


def _piled(
    con: duckdb.DuckDBPyConnection,
    rules: pl.DataFrame,
    layout: _Layout,
    salt: int,
    *,
    folder: Path | None,
) -> _Read:
    """All sightings in piles by whom they name."""
    con.execute(f"set variable identifier_salt = {salt}")
    count = len(layout.edges)
    read = _Read(
        Piles(folder, f"sightings-{salt}", count=count, kind=SIGHTING, shares=SHARES),
        Piles(folder, f"letters-{salt}", count=count, kind="u1", shares=SHARES // 2),
    )
    with given(con, namespace_policy=rules):
        for batch in con.sql(read_sql("sightings")).to_arrow_reader(BATCH_ROWS):
            _put(batch, layout, read)
    give_back()
    return read


def _folded(
    read: _Read, events: Piles, layout: _Layout, marked: Marks
) -> tuple[_Part, list[int], pl.Series, NDArray[np.int64]] | None:
    """All identifiers, how many each pile had, their texts, and who may be nobody.

    Their sightings go on to `events`. Nothing if two have one key.
    """
    nobody = np.zeros(0, dtype=np.int64)
    parts = [_part(np.zeros(0, dtype=SIGHTING), nobody)]
    sizes: list[int] = []
    texts = [pl.Series("value", dtype=pl.String)]
    suspected = [nobody]
    for pile, bits in enumerate(layout.pile_bits):
        seen, letters = read.sightings.take(pile), read.letters.take(pile)
        order, key = sorted_by(seen["identifier_key"], alike=bits)
        begins = opens(key)
        start = np.flatnonzero(begins)
        text = _texts(seen["text_size"], letters, order[start])
        suspected.append(sum(sizes) + suspects(text, marked))
        texts.append(pl.Series("value", text))
        seen = seen.take(order)
        if (opens(seen["identifier_check"]) & ~begins).any():
            return None
        parts.append(_part(seen, start))
        _go_on(seen, begins, events, before=sum(sizes))
        sizes.append(len(start))
        if pile % PILES_BETWEEN == 0:
            give_back()
    columns = [list(column) for column in zip(*parts, strict=True)]
    parts.clear()
    whole = _Part(*(joined(column) for column in columns))
    value = pl.concat(texts, rechunk=True)
    texts.clear()
    give_back()
    return whole, sizes, value, np.concatenate(suspected)


def _put(batch: pa.RecordBatch, layout: _Layout, read: _Read) -> None:
    """Put a batch of sightings on their piles, and one text of each key in it."""
    columns = {
        name: column.to_numpy(zero_copy_only=False)
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
        if name != "value"
    }
    key = columns["identifier_key"]
    order, lead = sorted_by(_leads(layout, columns.pop("namespace_number"), key))
    # One value may be in several namespaces.
    begins = opens(key[order]) | opens(lead)
    text = batch.column("value").take(pa.array(order[begins])).cast(pa.string())
    ends = np.frombuffer(text.buffers()[1], dtype=np.int32, count=len(text) + 1)
    seen = np.empty(len(order), dtype=SIGHTING)
    for name, column in columns.items():
        seen[name] = column[order]
    seen["text_size"] = 0
    seen["text_size"][begins] = np.diff(ends) + 1
    edges = np.append(np.searchsorted(lead, layout.edges), len(lead))
    read.sightings.put(seen, edges.tolist())
    # Where the text of each sighting begins, or would.
    place = np.cumsum(begins, dtype=np.int64) - begins
    letters = np.frombuffer(text.buffers()[2] or b"", dtype=np.uint8)
    read.letters.put(letters, ends[np.append(place, len(text))[edges]].tolist())


def _part(seen: NDArray[Any], start: NDArray[np.int64]) -> _Part:
    """The identifiers of a pile in order; each one's sightings begin at its start."""
    night, at_us = (np.ascontiguousarray(seen[name]) for name in ("night", "at_us"))
    return _Part(
        night=reduced(np.minimum, night, start),
        first_us=reduced(np.minimum, at_us, start),
        last_us=reduced(np.maximum, at_us, start),
        times=np.diff(start, append=len(seen)).astype(np.int32),
    )


def _go_on(seen: NDArray[Any], begins: NDArray[np.bool_], events: Piles, *, before: int) -> None:
    """Put the sightings of a pile on those of their events; `before` identifiers came earlier."""
    named = np.empty(len(seen), dtype=NAMED)
    named["event"], named["check"] = seen["event_key"], seen["event_check"]
    named["at_us"], named["code"] = seen["at_us"], seen["code"]
    named["number"] = np.cumsum(begins, dtype=np.int32) + np.int32(before - 1)
    events.spread(named["event"], named)


def _texts(
    size: Numbers, letters: NDArray[np.uint8], rows: NDArray[np.int64]
) -> pa.LargeStringArray:
    """The texts of some sightings of a pile, each the first that names its identifier."""
    ends = np.concatenate([[0], np.cumsum(np.maximum(size - 1, 0), dtype=np.int64)])
    whole = pa.LargeStringArray.from_buffers(len(size), pa.py_buffer(ends), pa.py_buffer(letters))
    # These stay; Arrow's own pool would hold more than they need.
    return pc.take(whole, pa.array(rows), memory_pool=pa.system_memory_pool())


def _nobody(
    con: duckdb.DuckDBPyConnection, policy: Policy, value: pl.Series, suspected: NDArray[np.int64]
) -> list[tuple[int, str]]:
    """The numbers of the suspected that name nobody whatever their namespace, and why."""
    seen = pl.DataFrame(
        {"identifier_number": suspected.astype(np.int32), "value": value.gather(suspected)}
    )
    with given(con, blocked_values=blocked_values(policy), identifiers_seen=seen):
        return con.sql(read_sql("blocked_identifiers")).fetchall()


def _matching(
    con: duckdb.DuckDBPyConnection,
    policy: Policy,
    rules: pl.DataFrame,
    value: pl.Series,
    namespace: Numbers,
) -> list[tuple[int, str]]:
    """The numbers of the identifiers that a pattern of their namespace blocks, and why."""
    rows: list[tuple[int, str]] = []
    matching = read_sql("identifiers_matching")
    begins = [*np.flatnonzero(opens(namespace)).tolist(), len(namespace)]
    names = rules["namespace"].to_list()
    spaces = {names[namespace[begin]]: (begin, end) for begin, end in pairwise(begins)}
    for space, pattern, reason in policy.patterns:
        # A variable is a constant to the engine, which then compiles the expression once.
        for name, text in (("pattern", pattern), ("reason", reason)):
            con.execute(f"set variable blocked_{name} = ?", [text])
        for part in _stretches(*spaces.get(space, (0, 0))):
            with given(con, identifiers_seen=_numbered(value, part)):
                rows += con.sql(matching).fetchall()
    return rows


def _numbered(value: pl.Series, part: slice) -> pl.DataFrame:
    """The values of some identifiers with their numbers."""
    numbers = np.arange(part.start, part.stop, dtype=np.int32)
    return pl.DataFrame({"identifier_number": numbers, "value": value[part]})


def _stretches(begin: int, end: int) -> Iterator[slice]:
    """The rows between these, not too many at a time."""
    for start in range(begin, end, SLICE_ROWS):
        yield slice(start, min(start + SLICE_ROWS, end))
