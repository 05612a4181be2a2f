"""A search of every byte finds a name wherever it is packed away."""

import base64
import bz2
import gzip
import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pytest
import zstandard

from pipeline.privacy.search import needles, places

LINE = b'{"email":"Ada@home.example","n":1}\n'
FRAME = pl.DataFrame({"a": ["x"] * 500 + ["to ada@home.example"]})


def database(path: Path) -> None:
    """A DuckDB file whose one table names Ada."""
    with duckdb.connect(str(path)) as con:
        con.register("given", FRAME)
        con.execute("create table told as from given")


def archive(path: Path) -> None:
    """A zip with a member that names Ada."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("a.txt", LINE * 9)


HIDING: dict[str, Callable[[Path], object]] = {
    "plain.jsonl": lambda path: path.write_bytes(LINE),
    "utf16.csv": lambda path: path.write_bytes(LINE.decode().encode("utf-16")),
    "far.log": lambda path: path.write_bytes(b"x" * (2**24 - 9) + b" " + LINE),
    "packed.gz": lambda path: path.write_bytes(gzip.compress(LINE * 9)),
    "packed.bz2": lambda path: path.write_bytes(bz2.compress(LINE * 9)),
    "packed.zst": lambda path: path.write_bytes(zstandard.ZstdCompressor().compress(LINE * 9)),
    "packed.zip": archive,
    "rows.parquet": lambda path: FRAME.write_parquet(path, compression="zstd"),
    "rows.duckdb": database,
    "ada@home.example.txt": lambda path: path.write_bytes(b"nothing"),
    "phone.txt": lambda path: path.write_bytes(b"ring 07200 673115 after six"),
    "hash.txt": lambda path: path.write_text(hashlib.sha256(b"ada@home.example").hexdigest()),
    "base64.txt": lambda path: path.write_bytes(
        b"/" + base64.b64encode(hashlib.sha256(b"ada@home.example").digest()) + b"/x"
    ),
    "url_safe.txt": lambda path: path.write_bytes(
        base64.urlsafe_b64encode(hashlib.sha1(b"+44 7200 673115", usedforsecurity=False).digest())
    ),
    "named.txt": lambda path: path.write_text(
        hashlib.sha256(b"email:ada@home.example").hexdigest()
    ),
    "asked.txt": lambda path: path.write_text(
        hashlib.md5(b"Ada@Home.Example", usedforsecurity=False).hexdigest().upper()
    ),
    "packed.txt": lambda path: path.write_bytes(base64.b64encode(b"ada@home.example")),
    "hash.parquet": lambda path: pl.DataFrame(
        {"a": ["x", hashlib.sha1(b"07200673115", usedforsecurity=False).hexdigest()]}
    ).write_parquet(path),
    "derived.txt": lambda path: path.write_text("customer c0123456789abcdef0123"),
}
WANTED = needles(
    [("email", "ada@home.example"), ("phone", "+447200673115")],
    {"c0123456789abcdef0123"},
    ["Ada@Home.Example"],
)


@pytest.mark.parametrize("name", HIDING)
def test_a_name_is_found(name: str, tmp_path: Path) -> None:
    """In clear, packed, in columns, in a file's name, as a hash or as a customer's id."""
    HIDING[name](tmp_path / name)

    assert places(tmp_path, WANTED) == [tmp_path / name]


def test_others_are_not_found(tmp_path: Path) -> None:
    """Bob's files hold nothing of Ada."""
    (tmp_path / "a.txt").write_bytes(LINE.replace(b"Ada", b"b.ada"))
    pl.DataFrame({"a": ["bob@home.example", "+447200673116"]}).write_parquet(tmp_path / "b.parquet")

    assert places(tmp_path, WANTED) == []
