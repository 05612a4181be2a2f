"""Whether a disk had room: what is said where it had not."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl

from pipeline.errors import DiskFull

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
# What the machine says, in the words that DuckDB and Polars repeat.
SAID = "No space left on device"


@contextmanager
def room_in(folder: Path, otherwise: str) -> Iterator[None]:
    """Do what writes into a folder; where its disk gets full, say so and what stands `otherwise`.

    Raises:
        DiskFull: It did.
    """
    try:
        yield
    except (OSError, duckdb.Error, pl.exceptions.PolarsError) as error:
        if getattr(error, "errno", None) in FULL or SAID in str(error):
            raise DiskFull(f"{folder}: the disk is full; make room; {otherwise}") from error
        raise
