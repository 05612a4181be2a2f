"""A customer's few rows out of identity tables of any size, without an index that must be sorted.

Beside the tables lie plain arrays, a number a row: looking through ten million of them takes some
milliseconds, and only the row groups that hold a hit are read. A number may mislead, as two values
may have one hash; every row is held to the text itself.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from numpy.typing import NDArray

from pipeline.identity.hashes import slices

FOLDER = "lookup"
# The tables' row groups: small ones are quick to read one by one.
GROUP_ROWS = 16_384
FEW = 16
# Its hash stands first among those of the values: another release of Polars may hash otherwise.
PROBE = "wend"
PERSON = ("identifier", "namespace", "value", "status", "reason", "customer_id")
MEMBER = ("identifier", "status", "reason", "customer_id")

Codes = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Lookup:
    """The identity tables of a folder with their arrays.

    Attributes:
        values: The hash of each identifier's value.
        groups: The customer of each identifier, as a number; one of its own for each that
            names no customer.
        left, right: The group at each end of a link.
    """

    identifiers: pq.ParquetFile
    links: pq.ParquetFile
    values: NDArray[np.uint32]
    groups: Codes
    left: Codes
    right: Codes


def write(
    folder: Path,
    *,
    values: pl.Series,
    customer: NDArray[np.integer],
    left: NDArray[np.integer],
    right: NDArray[np.integer],
) -> None:
    """Put the arrays of the identity tables in `folder` beside them.

    Args:
        folder: Holds identifiers.parquet and customer_links.parquet.
        values: Of the identifiers, in the order of their rows.
        customer: The number of each one's customer, -1 where it names none.
        left: The row of the identifier at each link's left end.
        right: At its right end.
    """
    target = folder / FOLDER
    target.mkdir(exist_ok=True)
    groups = _groups(customer)
    arrays = {
        "values": np.concatenate([_hashed(pl.Series([PROBE])), _hashed(values)]),
        "groups": groups,
        "left": groups[left],
        "right": groups[right],
    }
    for name, numbers in arrays.items():
        np.save(target / f"{name}.npy", numbers)


def opened(folder: Path) -> Lookup:
    """The tables of `folder`; arrays that are not there or do not fit are made from the tables."""
    identifiers = pq.ParquetFile(folder / "identifiers.parquet")
    links = pq.ParquetFile(folder / "customer_links.parquet")
    paths = [folder / FOLDER / f"{name}.npy" for name in ("values", "groups", "left", "right")]
    if all(path.is_file() for path in paths):
        # As plain arrays: slices of the other kind are slow to make.
        values, groups, left, right = (
            np.load(path, mmap_mode="r").view(np.ndarray) for path in paths
        )
        sizes = (identifiers.metadata.num_rows, links.metadata.num_rows)
        fits = (len(values) - 1, len(groups), len(left), len(right)) == (
            *(sizes[0], sizes[0]),
            *(sizes[1], sizes[1]),
        )
        if fits and values[0] == _hashed(pl.Series([PROBE]))[0]:
            return Lookup(identifiers, links, values[1:], groups, left, right)
    return _made(folder, identifiers, links)


def _made(folder: Path, identifiers: pq.ParquetFile, links: pq.ParquetFile) -> Lookup:
    """The tables with arrays made in memory."""
    people = pl.read_parquet(
        folder / "identifiers.parquet", columns=["identifier", "value", "customer_id"]
    )
    customer = people["customer_id"].rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1
    groups = _groups(customer)
    numbered = people.select("identifier", group=groups)
    ends = pl.read_parquet(
        folder / "customer_links.parquet", columns=["left_identifier", "right_identifier"]
    )
    left, right = (
        ends.join(numbered, left_on=end, right_on="identifier", how="left", maintain_order="left")[
            "group"
        ].to_numpy()
        for end in ("left_identifier", "right_identifier")
    )
    return Lookup(identifiers, links, _hashed(people["value"]), groups, left, right)


def _groups(customer: NDArray[np.integer]) -> Codes:
    """The customers' numbers; whoever has none is a group alone."""
    alone = int(customer.max(initial=-1)) + 1 + np.arange(len(customer))
    return np.where(customer < 0, alone, customer).astype(np.int32)


def _hashed(values: pl.Series) -> NDArray[np.uint32]:
    return values.cast(pl.String).hash(seed=0).to_numpy().astype(np.uint32)


def identifiers_of(folder: Path, rows: NDArray[np.int64]) -> pl.Series:
    """The identifiers in some rows of the table of that name in `folder`; rows ascend."""
    file = pq.ParquetFile(folder / "identifiers.parquet")
    return _rows(file, rows, ["identifier"])["identifier"]


def named(lookup: Lookup, spellings: pl.DataFrame) -> pl.DataFrame:
    """The identifiers that fit one of `spellings` (`namespace`, any where null; `value`).

    Returns:
        One row per identifier: the columns of PERSON and `group`.
    """
    hashes = _hashed(spellings["value"])
    people = _people(lookup, _hits(lookup.values, set(hashes.tolist())), PERSON)
    exact = people.join(
        spellings.filter(pl.col("namespace").is_not_null()), on=["namespace", "value"], how="semi"
    )
    loose = people.join(spellings.filter(pl.col("namespace").is_null()), on="value", how="semi")
    return pl.concat([exact, loose]).unique("identifier").sort("identifier")


def members(lookup: Lookup, groups: Collection[int]) -> pl.DataFrame:
    """The identifiers of some groups: the columns of MEMBER and `group`."""
    return _people(lookup, _hits(lookup.groups, groups), MEMBER).sort("identifier")


def links_of(lookup: Lookup, groups: Collection[int]) -> pl.DataFrame:
    """The links with an end in some groups: as published, with `left_group` and `right_group`."""
    hits = np.union1d(_hits(lookup.left, groups), _hits(lookup.right, groups))
    return _rows(lookup.links, hits, None).with_columns(
        left_group=pl.Series(lookup.left[hits], dtype=pl.Int32),
        right_group=pl.Series(lookup.right[hits], dtype=pl.Int32),
    )


def _people(lookup: Lookup, hits: NDArray[np.int64], columns: Sequence[str]) -> pl.DataFrame:
    return _rows(lookup.identifiers, hits, columns).with_columns(
        group=pl.Series(lookup.groups[hits], dtype=pl.Int32)
    )


def _hits(codes: NDArray[Any], wanted: Collection[int]) -> NDArray[np.int64]:
    """Where the wanted codes are, ascending; a few are looked for together, stretch by stretch."""
    found = [np.zeros(0, dtype=np.int64)]
    if len(wanted) > FEW:
        return np.flatnonzero(np.isin(codes, np.fromiter(wanted, dtype=codes.dtype)))
    for part in slices(len(codes)):
        stretch = codes[part]
        for code in wanted:
            is_hit = stretch == code
            if is_hit.any():
                found.append(part.start + np.flatnonzero(is_hit))
    return np.sort(np.concatenate(found))


def _rows(
    file: pq.ParquetFile, hits: NDArray[np.int64], columns: Sequence[str] | None
) -> pl.DataFrame:
    """Some rows of a file, in their order, read group by group."""
    metadata = file.metadata
    sizes = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    holding = np.unique(np.searchsorted(starts, hits, side="right") - 1)
    names = None if columns is None else list(columns)
    found = [file.schema_arrow.empty_table().select(names or file.schema_arrow.names)]
    for number in holding.tolist():
        # Threads cost more than these few rows do.
        table = file.read_row_group(number, columns=names, use_threads=False)
        inside = hits[(hits >= starts[number]) & (hits < starts[number + 1])] - starts[number]
        # To take them at once, Arrow would first have to learn all its functions.
        found += [table.slice(row, 1) for row in inside.tolist()]
    return pl.DataFrame(pl.from_arrow(pa.concat_tables(found)))
