"""Who was erased, as keyed hashes: enough to know them again, not enough to know who they are.

Rule: a tombstone says nothing without the lake's erasure key.
"""

import hmac
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipeline.landing.schema import INSTANT
from pipeline.settings import erasure_key

FILE = "tombstones.parquet"
TOMBSTONES = pl.Schema(
    {
        "digest": pl.String,  # HMAC-SHA256 of kind and name
        "kind": pl.String,  # identifier, text, word, digits, hash, event
        "word_count": pl.Int32,  # of a text: how many words it has
        "erased_at": INSTANT,
    }
)


@dataclass(frozen=True, slots=True)
class Tombstones:
    """All tombstones of a lake.

    Attributes:
        digests: Those of every kind.
        word_counts: How many words erased texts have, each count once.
    """

    key: bytes
    digests: frozenset[str]
    word_counts: tuple[int, ...]

    def holds(self, kind: str, name: str) -> bool:
        """Whether there is a tombstone of this name."""
        return keyed(self.key, kind, name) in self.digests


# The same words stand in many texts.
@lru_cache(maxsize=2**16)
def keyed(key: bytes, kind: str, name: str) -> str:
    """The keyed hash of a name, in hex; sql/privacy/staged_erased_identifiers.sql has it, too.

    Source: HMAC, RFC 2104, over SHA-256.
    """
    return hmac.digest(key, f"{kind}:{name}".encode(), "sha256").hex()


def exist(lake: Path) -> bool:
    """Whether anybody was ever erased."""
    return (lake / FILE).is_file()


def table(lake: Path) -> pl.DataFrame:
    """All tombstones, columns of TOMBSTONES; none where nobody was erased."""
    path = lake / FILE
    return pl.read_parquet(path) if path.is_file() else pl.DataFrame(schema=TOMBSTONES)


def read(lake: Path) -> Tombstones:
    """All tombstones, to be asked."""
    rows = table(lake)
    counts = rows["word_count"].drop_nulls().unique().sort().to_list()
    return Tombstones(erasure_key(lake), frozenset(rows["digest"]), tuple(counts))


class Name(NamedTuple):
    """What is to be known again.

    Attributes:
        kind: identifier: `namespace:value` in normal form; text: what tells an identifier in a
            text; word: with which such a text begins; digits: the last ones of a telephone
            number; hash: how a plain hash in hexadecimal begins; event: an event's id.
        word_count: Of a text.
    """

    kind: str
    name: str
    word_count: int | None = None


def add(lake: Path, erased_at: datetime, names: Iterable[Name]) -> Sequence[str]:
    """Add tombstones, each once; returns their digests, those that stood already among them."""
    key = erasure_key(lake)
    rows = pl.DataFrame(
        [
            (keyed(key, kind, name), kind, count, erased_at.replace(tzinfo=None))
            for kind, name, count in names
        ],
        schema=TOMBSTONES,
        orient="row",
    )
    known = table(lake)
    whole = pl.concat([known, rows]).unique("digest", keep="first").sort("digest")
    staged = lake / f".{FILE}.{os.getpid()}"
    whole.write_parquet(staged)
    replace(staged, lake / FILE)
    return rows["digest"].to_list()


def replace(staged: Path, target: Path) -> None:
    """Make a staged file count: synced, then renamed into place."""
    for path in (staged, target.parent):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if path == staged:
            staged.replace(target)
