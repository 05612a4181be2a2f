"""Every byte under a folder, searched for the names of one person.

Files are searched as they lie, unpacked where they are compressed, and value by value where they
are Parquet or DuckDB; file names, too.
"""

import bz2
import gzip
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import duckdb
import polars as pl
import zstandard

from pipeline.privacy import hashed
from pipeline.privacy.gate import read_sql
from pipeline.privacy.rewording import named_in_path
from pipeline.privacy.spellings import for_bytes, for_latin, for_python, pattern
from pipeline.warehouse import quoted

CHUNK = 2**24
# No spelling of an identifier is longer.
OVERLAP = 2**12
ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Needles:
    """What is searched for.

    Attributes:
        expression: Finds each identifier in clear, in whatever spelling.
        hashes: How texts begin that stand for one, in lower case.
    """

    expression: str
    hashes: frozenset[str]


def needles(
    identifiers: Iterable[tuple[str, str]], derived: Iterable[str], asked: Iterable[str] = ()
) -> Needles:
    """Identifiers, their usual hashes, and what Wend itself derived from them with its keys.

    Args:
        identifiers: Namespace and value in normal form.
        derived: What Wend's keys made of them.
        asked: Spellings in which somebody asked for them: these may have been hashed, too.
    """
    names = list(identifiers)
    plain = hashed.tokens(names, asked)
    return Needles(pattern(names), frozenset(plain.union(one.lower() for one in derived)))


def places(folder: Path, wanted: Needles, *, skip: frozenset[Path] = frozenset()) -> list[Path]:
    """The files below a folder that name the person, in the order of their paths."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path not in skip)
    return holders((path for path in found if not path.is_symlink()), wanted)


def holders(paths: Iterable[Path], wanted: Needles) -> list[Path]:
    """Those of the files that name the person: by their name, their bytes or their values."""
    with closing(_connect(wanted)) as con:
        return [path for path in paths if _holds(con, path, wanted)]


def _holds(con: duckdb.DuckDBPyConnection, path: Path, wanted: Needles) -> bool:
    if named_in_path(path.name, for_python(wanted.expression)):
        return True
    with path.open("rb") as file:
        if _in_stream(con, file, wanted):
            return True
    if path.suffix == ".parquet":
        return _in_parquet(con, path, wanted)
    if path.suffix == ".duckdb":
        return _in_database(con, path, wanted)
    return any(_in_stream(con, stream, wanted) for stream in unpacked(path))


def unpacked(path: Path) -> Iterator[IO[bytes]]:
    """What is packed into a file: nothing, one stream, or the members of an archive."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(b"\x1f\x8b"):
        with gzip.open(path) as stream:
            yield cast("IO[bytes]", stream)
    elif start.startswith(b"BZh"):
        with bz2.open(path) as stream:
            yield cast("IO[bytes]", stream)
    elif start == b"\x28\xb5\x2f\xfd":
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
            yield cast("IO[bytes]", stream)
    elif start == b"PK\x03\x04":
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                with archive.open(member) as stream:
                    yield stream


def _in_stream(con: duckdb.DuckDBPyConnection, stream: IO[bytes], wanted: Needles) -> bool:
    """Whether bytes name the person; UTF-16 is read without its noughts."""
    before = b""
    while piece := stream.read(CHUNK):
        window = before + piece
        forms = {window.replace(b"\0", b" "), window.replace(b"\0", b"")}
        if any(_named_in(con, form, wanted) for form in forms):
            return True
        before = window[-OVERLAP:]
    return False


def _named_in(con: duckdb.DuckDBPyConnection, window: bytes, wanted: Needles) -> bool:
    # Each byte a character: an engine that knows many names at once is 100 times Python's speed.
    text = {"text": window.decode("latin-1")}
    if con.execute(read_sql("naming_text"), text).fetchall() == [(True,)]:
        return True
    return hashed.holding(pl.Series([text["text"]]), wanted.hashes).any()


def _in_parquet(con: duckdb.DuckDBPyConnection, path: Path, wanted: Needles) -> bool:
    con.execute(f"create or replace view searched as from read_parquet({quoted(path.as_posix())})")
    return _named(con, wanted)


def _in_database(con: duckdb.DuckDBPyConnection, path: Path, wanted: Needles) -> bool:
    """Whether a table of a DuckDB file names the person; views are over what lies beside it."""
    con.execute(f"attach {quoted(path.as_posix())} as looked_at (read_only)")
    try:
        tables = con.execute(
            "select table_name from duckdb_tables() where database_name = 'looked_at'"
        ).fetchall()
        for (name,) in tables:
            con.execute(f'create or replace view searched as from looked_at."{name}"')
            if _named(con, wanted):
                return True
        return False
    finally:
        con.execute("detach looked_at")


def _connect(wanted: Needles) -> duckdb.DuckDBPyConnection:
    """A database of nothing, with what is searched for."""
    con = duckdb.connect(config={"python_enable_replacements": False})
    con.execute("set variable named = ?", [wanted.expression])
    con.execute("set variable named_in_bytes = ?", [for_latin(wanted.expression)])
    return con


def _named(con: duckdb.DuckDBPyConnection, wanted: Needles) -> bool:
    """Whether a row of `searched` names the person, in clear or by a hash."""
    counted: list[tuple[int]] = con.sql(read_sql("naming_rows")).fetchall()
    if counted[0][0]:
        return True
    return any(hashed.holding(texts, wanted.hashes).any() for texts in _rows(con))


def _rows(con: duckdb.DuckDBPyConnection) -> Iterator[pl.Series]:
    """The rows of `searched` as texts, some at a time."""
    batches = con.sql("select cast(searched as varchar) as said from searched").to_arrow_reader(
        ROWS
    )
    for batch in batches:
        yield pl.DataFrame(pl.from_arrow(batch))["said"]


def hashes_in(paths: Iterable[Path], wanted: Needles) -> set[str]:
    """Those of the hashes that stand in the rows of Parquet files."""
    found: set[str] = set()
    with closing(_connect(wanted)) as con:
        for path in paths:
            con.execute(
                f"create or replace view searched as from read_parquet({quoted(path.as_posix())})"
            )
            for texts in _rows(con):
                found |= hashed.found(texts, wanted.hashes)
    return found


def naming(lines: Iterable[bytes], wanted: Needles) -> list[bool]:
    """For each line of a file, whether it names the person, in clear or by a hash."""
    told = list(lines)
    names = for_bytes(wanted.expression)
    texts = pl.Series([line.decode("latin-1") for line in told], dtype=pl.String)
    by_hash = hashed.holding(texts, wanted.hashes)
    return [
        is_hashed or names.search(line) is not None
        for line, is_hashed in zip(told, by_hash, strict=True)
    ]
