"""What was landed, when and for which night: the committed batches of the lake are the ledger.

A batch is one folder under `landed/`, renamed into place whole; what is not there never happened.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipeline.landing.schema import (
    FILES,
    LANDED_ATTRIBUTES,
    LANDED_EVENTS,
    LANDED_IDENTIFIERS,
    QUARANTINE,
)

HEAD_LENGTHS = (1, 4, 16, 64)


class Stamp(NamedTuple):
    """A file as it was when it was last looked at.

    Attributes:
        sha: Of its content, in hex.
        head: How it begins, without saying so: short hashes of its first bytes, of each of
            HEAD_LENGTHS that it has. The head of a file that was cut off begins the whole one's.
    """

    byte_count: int
    modified_ns: int
    sha: str
    head: str


Stamps = dict[str, Stamp]


def landed(lake: Path) -> Path:
    """The folder of committed batches."""
    return lake / "landed"


def files(lake: Path) -> pl.DataFrame:
    """One row per landed file, columns of FILES, in a fixed order."""
    paths = sorted(landed(lake).glob("*/files.parquet"))
    if not paths:
        return pl.DataFrame(schema=FILES)
    return pl.concat([pl.read_parquet(path) for path in paths]).sort("file_id")


def parquet(lake: Path, table: str, source: str = "*") -> list[Path]:
    """The Parquet files of one landed table, over all batches of a source.

    A batch may have several: `events.parquet`, and `events_` with the plain events of a file.
    """
    return sorted(landed(lake).glob(f"{source}__*/{table}*.parquet"))


@dataclass(frozen=True, slots=True)
class Night:
    """The publish that a landing works towards.

    Attributes:
        number: Counted from 1. A run that was killed leaves its batches in the same night as
            the run that takes over, so both give the tables of one clean run.
        seen_sources: Sources with files of an earlier night; any other is a backfill.
        landed_at: The instant of this landing.
    """

    number: int
    seen_sources: frozenset[str]
    landed_at: datetime


def night(lake: Path, published_night: int, landed_at: datetime) -> Night:
    """The night that files landed now belong to."""
    known = files(lake)
    highest = known["night"].max()
    number = max(published_night + 1, highest if isinstance(highest, int) else 1)
    earlier = known.filter(pl.col("night") < number)
    return Night(number, frozenset(earlier["source"].unique().to_list()), landed_at)


def content_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stamp(path: Path) -> Stamp:
    """A file as it is now."""
    status = path.stat()
    with path.open("rb") as file:
        start = file.read(max(HEAD_LENGTHS))
    lengths = (length for length in HEAD_LENGTHS if length <= len(start))
    head = "".join(hashlib.sha256(start[:length]).hexdigest()[:8] for length in lengths)
    return Stamp(status.st_size, status.st_mtime_ns, content_hash(path), head)


def read_stamps(lake: Path) -> Stamps:
    """The stamps of files looked at before, by relative path.

    Only a cache: it spares reading the whole history again each night.
    """
    path = lake / "stamps.json"
    if not path.exists():
        return {}
    return {name: Stamp(*values) for name, values in json.loads(path.read_text()).items()}


def write_stamps(lake: Path, stamps: Stamps) -> None:
    """Keep the hashes for the next night."""
    lake.mkdir(parents=True, exist_ok=True)
    staged = lake / f".stamps.{os.getpid()}"
    staged.write_text(json.dumps(stamps))
    staged.replace(lake / "stamps.json")


def sync(folder: Path) -> None:
    """Force a folder and its files to the disk before a rename makes them count."""
    for path in [*(path for path in folder.iterdir() if path.is_file()), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def commit(staging: Path, target: Path) -> None:
    """Make a finished folder count: sync it, then rename it into place as a whole."""
    sync(staging)
    target.parent.mkdir(parents=True, exist_ok=True)
    staging.rename(target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def landed_table(lake: Path, name: str) -> pl.LazyFrame:
    """A landed table over all batches; empty with its schema where nothing landed yet."""
    schema = {
        "events": LANDED_EVENTS,
        "revisions": LANDED_EVENTS,
        "identifiers": LANDED_IDENTIFIERS,
        "attributes": LANDED_ATTRIBUTES,
        "quarantine": QUARANTINE,
    }[name]
    paths = parquet(lake, name)
    return pl.scan_parquet(paths) if paths else pl.LazyFrame(schema=schema)
