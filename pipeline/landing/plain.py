"""Events that need no second look go straight to the batch's Parquet files.

An event is plain when its reader knows its final form and it was certainly not seen before: then
no other record can change what becomes of it. All others go by the staged tables.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from numpy.typing import NDArray

from pipeline.landing.digests import text_keys
from pipeline.landing.record import RawFile

TABLES = ("events", "identifiers", "attributes")
# Characters of an event's id.
ID_WIDTH = 36
# Few records of any format are shorter.
LEAST_CALL = 200

# A row group as DuckDB writes it.
GROUP_ROWS = 122_880
# What is different in nearly every row has no use for a dictionary, unless it comes with one.
DISTINCT = {"event_id", "content_hash", "value", "properties"}
# What differs by little from row to row is written as the difference.
CLOSE = {"occurred_at", "known_at", "received_at", "record_number"}
# One bit in this many is set at most, so that one new event in so many is taken for an old one
# and goes the long way round, which costs twenty times as much.
SPARSE = 512
# 128 MiB of bits at most: at a hundred million events one new event in eleven goes that way.
BIT_COUNTS = range(2**16, 2**30 + 1)
# A byte has eight bits.
EIGHTH = np.uint64(3)


class Seen:
    """Which events may have been seen before; never wrong about one that was.

    A Bloom filter with one hash, the key itself.
    """

    def __init__(self, expected: int) -> None:
        """Nothing seen yet, with room for about so many events."""
        wanted = min(max(expected * SPARSE, BIT_COUNTS.start), BIT_COUNTS.stop - 1)
        count = 2 ** (wanted - 1).bit_length()
        self.mask = np.uint64(count - 1)
        self.bits = np.zeros(count // 8, np.uint8)

    def are_new(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which were certainly never seen, and are seen once here; all are seen from now on."""
        places = keys & self.mask
        is_new: NDArray[np.bool_] = self.bits[places >> EIGHTH] & _bits(places) == 0
        ordered = np.sort(places)
        twice = ordered[1:][ordered[1:] == ordered[:-1]]
        if len(twice):
            is_new &= ~np.isin(places, twice)
        self._set(ordered)
        return is_new

    def _set(self, ordered: NDArray[np.uint64]) -> None:
        """Set the bits at places that ascend: those of one byte at once."""
        byte = ordered >> EIGHTH
        begins = np.flatnonzero(np.concatenate([[True], byte[1:] != byte[:-1]])[: len(byte)])
        if len(begins):
            self.bits[byte[begins]] |= np.bitwise_or.reduceat(_bits(ordered), begins)


def _bits(places: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """The bit of each place in its byte."""
    found: NDArray[np.uint8] = np.left_shift(1, places & np.uint64(7)).astype(np.uint8)
    return found


@dataclass(frozen=True, slots=True)
class Plain:
    """The plain events of one batch while it is read.

    Attributes:
        folder: Where their Parquet files go.
        files: Of which they are, in the order in which these are read; of all others none is.
        is_backfill: Whether an event was known when it happened, and not when it was landed.
        landed_us: When that is.
        is_erased: Whether `namespace:value` names somebody whom nothing may bring back.
    """

    folder: Path
    files: Sequence[RawFile]
    seen: Seen
    is_backfill: bool
    landed_us: int
    night: int
    is_erased: Callable[[str], bool]

    def writers(self, file: RawFile) -> AbstractContextManager[Mapping[str, "Writer"]]:
        """What writes a file's events, identifiers and attributes."""
        return self._writers(file.file_id[-20:])

    def shared(self) -> AbstractContextManager[Mapping[str, "Writer"]]:
        """What writes those of several files, of which none is dropped later."""
        return self._writers("shared")

    @contextmanager
    def _writers(self, name: str) -> Iterator[Mapping[str, "Writer"]]:
        """What writes the Parquet files of a name."""
        made = {table: Writer(self._path(table, name)) for table in TABLES}
        try:
            yield made
        finally:
            for writer in made.values():
                writer.close()

    def _path(self, table: str, name: str) -> Path:
        """Where a table of plain events goes."""
        return self.folder / f"{table}_{name}.parquet"

    def drop(self, file: RawFile) -> None:
        """Forget the events of a file that is not taken after all."""
        for table in TABLES:
            self._path(table, file.file_id[-20:]).unlink(missing_ok=True)


def event_count(history: Sequence[Path]) -> int:
    """How many events Parquet files hold."""
    return sum(pq.read_metadata(path).num_rows for path in history)


def seen_in(history: Sequence[Path], *, byte_count: int) -> Seen:
    """The events of Parquet files as seen, with room for those of so many bytes to come."""
    seen = Seen(event_count(history) + byte_count // LEAST_CALL)
    for path in history:
        for batch in pq.ParquetFile(path).iter_batches(columns=["event_id"]):
            seen.are_new(text_keys(batch.column(0), ID_WIDTH))
    return seen


class Writer:
    """Writes a table of one file's plain events by the row group."""

    def __init__(self, path: Path) -> None:
        """Nothing is written before there are rows."""
        self.path = path
        self.waiting: list[pa.Table] = []
        self.parquet: pq.ParquetWriter | None = None

    def add(self, columns: Mapping[str, pa.Array]) -> None:
        """Take some rows."""
        table = pa.table(dict(columns))
        if table.num_rows:
            self.waiting.append(table)
        if sum(each.num_rows for each in self.waiting) >= GROUP_ROWS:
            self.flush()

    def flush(self) -> None:
        """Write the rows that wait as one row group."""
        if not self.waiting:
            return
        table = pa.concat_tables(self.waiting).unify_dictionaries()
        self.waiting.clear()
        if self.parquet is None:
            close = [name for name in table.column_names if name in CLOSE]
            self.parquet = pq.ParquetWriter(
                self.path,
                table.schema,
                compression="zstd",
                use_dictionary=[
                    field.name
                    for field in table.schema
                    if field.name not in DISTINCT | CLOSE or pa.types.is_dictionary(field.type)
                ],
                column_encoding=dict.fromkeys(close, "DELTA_BINARY_PACKED"),
                # No row group is left out for what its texts lie between.
                write_statistics=close,
                # Other readers would take dictionaries for a type of their own.
                store_schema=False,
            )
        self.parquet.write_table(table, row_group_size=table.num_rows)

    def close(self) -> None:
        """Finish the file, if there is one."""
        self.flush()
        if self.parquet is not None:
            self.parquet.close()


def constant(value: str, count: int) -> pa.Array:
    """A column that says the same in every row."""
    return pa.DictionaryArray.from_arrays(np.zeros(count, np.int32), pa.array([value]))


def chosen(values: Sequence[str | None], places: NDArray[np.integer[Any]]) -> pa.Array:
    """The value at each of the places, of which there are many more than values."""
    found = pa.array(values, pa.string()).dictionary_encode()
    return pa.DictionaryArray.from_arrays(found.indices.take(pa.array(places)), found.dictionary)


def instants(us: NDArray[np.int64], *, is_null: NDArray[np.bool_] | None = None) -> pa.Array:
    """Unix microseconds as naive UTC instants."""
    return pa.array(us, pa.int64(), mask=is_null).cast(pa.timestamp("us"))
