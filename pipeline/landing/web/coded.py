"""Columns in which many rows say the same: each distinct value stands once.

What is found out about a value is found out once, however many rows have it.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import NDArray

from pipeline.landing.plain import chosen

T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")
Mask = NDArray[np.bool_]


class Coded(NamedTuple, Generic[T]):
    """A column of few values.

    Attributes:
        codes: For each row the place of its value.
        values: They may repeat, and not every one need be used.
    """

    codes: NDArray[np.integer[Any]]
    values: Sequence[T]


def encoded(column: pa.Array) -> Coded[Any]:
    """A column by its distinct values, in the order in which they come."""
    found = column.dictionary_encode()
    return Coded(found.indices.to_numpy(), found.dictionary.to_pylist())


def only(column: Coded[T], rows: NDArray[Any]) -> Coded[T]:
    """Some of the rows."""
    return Coded(column.codes[rows], column.values)


def judged(column: Coded[T], judge: Callable[[T], U]) -> Coded[U]:
    """What each value says."""
    return Coded(column.codes, list(map(judge, column.values)))


def merged(column: Coded[T]) -> Coded[T]:
    """The same column, each value once."""
    places = {value: place for place, value in enumerate(dict.fromkeys(column.values))}
    if len(places) == len(column.values):
        return column
    again = np.array([places[value] for value in column.values], np.int32)
    return Coded(again[column.codes], list(places))


def paired(one: Coded[T], other: Coded[U], judge: Callable[[T, U], V]) -> Coded[V]:
    """What the two values of each row say together."""
    width = len(other.values)
    found = pa.array(one.codes.astype(np.int64) * width + other.codes).dictionary_encode()
    firsts, seconds = np.divmod(found.dictionary.to_numpy(), width)
    together = map(
        judge,
        map(one.values.__getitem__, firsts.tolist()),
        map(other.values.__getitem__, seconds.tolist()),
    )
    return Coded(found.indices.to_numpy(), list(together))


def where(column: Coded[T], holds: Callable[[T], bool]) -> Mask:
    """The rows of whose value something holds."""
    found: Mask = np.fromiter(map(holds, column.values), np.bool_, len(column.values))[column.codes]
    return found


def texts(column: Coded[str] | Coded[str | None]) -> pl.Series:
    """The text of each row."""
    return pl.Series(column.values, dtype=pl.String).gather(pl.Series(column.codes))


def stored(column: Coded[str | None]) -> pa.Array:
    """The texts as they are written: with a dictionary."""
    return chosen(column.values, column.codes)
