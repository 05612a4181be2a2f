"""Every byte under a folder, searched for the names of one person.

Files are searched as they lie, unpacked where they are compressed, and value by value where they
are Parquet or DuckDB; file names, too.
"""

import bz2
import gzip
import hashlib
import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import duckdb
import polars as pl
import zstandard

from pipeline.privacy.gate import read_sql
from pipeline.privacy.rewording import named_in_path
from pipeline.privacy.spellings import for_latin, for_python, pattern
from pipeline.warehouse import quoted

CHUNK = 2**24
# No spelling of an identifier is longer.
OVERLAP = 2**12
HASH = re.compile(rb"[0-9a-f]{16,128}", re.IGNORECASE)
PLAIN_HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")


@dataclass(frozen=True, slots=True)
class Needles:
    """What is searched for.

    Attributes:
        expression: Finds each identifier in clear, in whatever spelling.
        hashes: Hexadecimal tokens that stand for one.
    """

    expression: str
    hashes: frozenset[str]


def needles(identifiers: Iterable[tuple[str, str]], derived: Iterable[str]) -> Needles:
    """Identifiers, their usual hashes, and what Wend itself derived from them with its keys."""
    names = list(identifiers)
    said = {text for namespace, value in names for text in (value, f"{namespace}:{value}")}
    said |= {text.lower() for text in said}
    plain = {
        hashlib.new(algorithm, text.encode()).hexdigest()
        for text in said
        for algorithm in PLAIN_HASHES
    }
    return Needles(pattern(names), frozenset(plain.union(derived)))


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
        return _in_parquet(con, path)
    if path.suffix == ".duckdb":
        return _in_database(con, path)
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
    return any(token.decode().lower() in wanted.hashes for token in HASH.findall(window))


def _in_parquet(con: duckdb.DuckDBPyConnection, path: Path) -> bool:
    con.execute(f"create or replace view searched as from read_parquet({quoted(path.as_posix())})")
    return _named(con)


def _in_database(con: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Whether a table of a DuckDB file names the person; views are over what lies beside it."""
    con.execute(f"attach {quoted(path.as_posix())} as looked_at (read_only)")
    try:
        tables = con.execute(
            "select table_name from duckdb_tables() where database_name = 'looked_at'"
        ).fetchall()
        for (name,) in tables:
            con.execute(f'create or replace view searched as from looked_at."{name}"')
            if _named(con):
                return True
        return False
    finally:
        con.execute("detach looked_at")


def _connect(wanted: Needles) -> duckdb.DuckDBPyConnection:
    """A database of nothing, with what is searched for."""
    con = duckdb.connect(config={"python_enable_replacements": False})
    tokens = pl.DataFrame({"token": sorted(wanted.hashes)}, schema={"token": pl.String})
    con.register("given", tokens)
    con.execute("create table hashes as from given")
    con.execute("set variable named = ?", [wanted.expression])
    con.execute("set variable named_in_bytes = ?", [for_latin(wanted.expression)])
    con.execute("set variable has_hashes = ?", [bool(wanted.hashes)])
    return con


def _named(con: duckdb.DuckDBPyConnection) -> bool:
    counted: list[tuple[int]] = con.sql(read_sql("naming_rows")).fetchall()
    return counted[0][0] > 0
