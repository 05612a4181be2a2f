"""Rows in piles by the first bits of a hash, so that many can be worked through some at a time.

Few rows stay in memory; of more, each pile is a file until it is taken.
"""

import ctypes
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import DTypeLike, NDArray

from pipeline.identity.hashes import Hashes

# About as many rows as a pile should hold: the processor's own memory takes them.
PILE_ROWS = 1 << 18
MOST_BITS = 8
# What stays in memory of what is put on piles; the rest goes to their files.
HELD_BYTES = 1 << 26

Rows = NDArray[Any]


class Piles:
    """Arrays of one type, pile by pile, in the order in which they were put there."""

    def __init__(
        self, folder: Path | None, name: str, *, count: int, kind: DTypeLike, shares: int = 1
    ) -> None:
        """Nothing yet.

        Args:
            folder: Where the files are; with none everything stays in memory.
            name: What their names begin with.
            count: How many piles there are.
            kind: The type of a row.
            shares: How many times `HELD_BYTES` may stay in memory.
        """
        self.count, self.kind = count, np.dtype(kind)
        self._paths = [folder / f"{name}-{pile:03}" for pile in range(count)] if folder else []
        self._held: list[list[Rows]] = [[] for _ in range(count)]
        self._bytes, self._room = 0, shares * HELD_BYTES

    @property
    def bits(self) -> int:
        """How many bits of a hash tell the pile, where there are as many as that tells apart."""
        return self.count.bit_length() - 1

    def spread(self, hashes: Hashes, rows: Rows) -> None:
        """Put each row on the pile of its hash; there is a power of 2 of piles."""
        if not self.bits:
            self.put(rows, [0, len(rows)])
            return
        pile = (hashes >> np.uint64(64 - self.bits)).astype(np.uint8)
        ends = np.cumsum(np.bincount(pile, minlength=self.count)).tolist()
        self.put(rows.take(np.argsort(pile, kind="stable")), [0, *ends])

    def put(self, rows: Rows, edges: list[int]) -> None:
        """Put the rows between each two edges on the next pile; they must not change any more."""
        for held, (start, end) in zip(self._held, pairwise(edges), strict=True):
            if start < end:
                held.append(rows[start:end])
        self._bytes += rows.nbytes
        if self._paths and self._bytes > self._room:
            self._write()

    def take(self, pile: int) -> Rows:
        """What was put on a pile; it is empty then."""
        parts, self._held[pile] = self._held[pile], []
        path = self._paths[pile] if self._paths else None
        if path is None or not path.is_file():
            nothing = np.zeros(0, dtype=self.kind)
            return parts[0] if len(parts) == 1 else np.concatenate([nothing, *parts])
        written = path.stat().st_size // self.kind.itemsize
        # All at once: what has been read would else be copied to make room for what is held.
        rows = np.empty(written + sum(map(len, parts)), dtype=self.kind)
        with path.open("rb") as file:
            file.readinto(rows[:written].view(np.uint8).data)
        path.unlink()
        if parts:
            np.concatenate(parts, out=rows[written:])
        return rows

    def _write(self) -> None:
        """Let half of what is held go to the files: the last piles, which are taken last."""
        for pile in reversed(range(self.count)):
            held = self._held[pile]
            # A part of other rows would keep all of them.
            fresh = [rows for rows in held if rows.base is not None]
            if self._bytes > self._room // 2:
                with self._paths[pile].open("ab") as file:
                    file.writelines(rows.view(np.uint8).data for rows in held)
                self._bytes -= sum(rows.nbytes for rows in held)
                held.clear()
            elif fresh:
                held[-len(fresh) :] = [np.concatenate(fresh)]


def bits_of(row_count: int) -> int:
    """How many bits tell the piles of so many rows apart; none where they can stay together."""
    return min(MOST_BITS, (row_count // PILE_ROWS).bit_length())


@contextmanager
def folder(con: duckdb.DuckDBPyConnection, *, bits: int) -> Iterator[Path | None]:
    """Where piles are files: beside what the connection itself puts aside; gone afterwards.

    Nowhere where there are no bits.
    """
    if not bits:
        yield None
        return
    [(beside,)] = con.sql("select current_setting('temp_directory')").fetchall()
    Path(beside).mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="piles-", dir=beside) as name:
        yield Path(name)


def aside(folder: Path | None, name: str, column: Rows) -> Rows:
    """The same column, read from a file wherever it is looked at; itself if there is no folder."""
    if folder is None or not column.size:
        return column
    column.tofile(folder / name)
    with (folder / name).open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return np.frombuffer(mapped, dtype=column.dtype)


def let_go(*columns: Rows) -> None:
    """Let the system have the memory of what has been read of columns that are put aside."""
    for column in columns:
        mapped = getattr(column.base, "obj", None)
        if isinstance(mapped, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            mapped.madvise(mmap.MADV_DONTNEED)


def give_back() -> None:
    """Let the system have what was freed, or the peak of one step is added to that of the next."""
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
