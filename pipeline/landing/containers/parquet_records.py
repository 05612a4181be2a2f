"""Parquet files to rows; each row's text is JSON."""

from collections.abc import Iterator

import orjson
import polars as pl

from pipeline.errors import SourceRefused
from pipeline.landing.fields import observed
from pipeline.landing.record import Raw, RawFile

ROWS = 50_000


def parquet_header(file: RawFile) -> list[str]:
    """The column names of a Parquet file.

    Raises:
        SourceRefused: It is not a whole Parquet file.
    """
    try:
        return pl.scan_parquet(file.path, glob=False).collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _broken(file, error) from error


def parquet_rows(file: RawFile) -> Iterator[Raw]:
    """One record per row, numbered from 1; `value` maps column to value.

    Raises:
        SourceRefused: It is not a whole Parquet file.
    """
    return observed(file, _rows(file))


def _rows(file: RawFile) -> Iterator[Raw]:
    """The rows, a bounded number at a time."""
    try:
        frame = pl.scan_parquet(file.path, glob=False)
        count = frame.select(pl.len()).collect().item()
        for start in range(0, count, ROWS):
            rows = frame.slice(start, ROWS).collect(engine="in-memory")
            for number, row in enumerate(rows.iter_rows(named=True), start=start + 1):
                yield Raw(number, orjson.dumps(row, default=str).decode(), row)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _broken(file, error) from error


def _broken(file: RawFile, error: Exception) -> SourceRefused:
    return SourceRefused(f"{file.name}: not a whole Parquet file: {error}")
