"""Files as unpacked streams: .gz, .bz2, .zst and .zip are opened, bombs and damage refused."""

import bz2
import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

import zstandard

from pipeline.errors import SourceRefused
from pipeline.landing.record import Raw, RawFile

# A record longer than this is no log record but a fault or an attack.
RECORD_LIMIT = 16 * 1024 * 1024
# How much of an over-long record quarantine keeps.
KEPT_OF_LONG = 4096
# Real logs shrink 10 to 60 times. What grows past both limits is a decompression bomb.
BOMB_BYTES = 256 * 1024 * 1024
BOMB_RATIO = 200
CHUNK = 1024 * 1024

DAMAGED = (
    EOFError,
    zlib.error,
    OSError,
    zipfile.BadZipFile,
    zstandard.ZstdError,
    NotImplementedError,
)
UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Readable(Protocol):
    """What a decompressor must be able to do."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


class _Watched(io.RawIOBase):
    """A decompressed stream that refuses to grow without bound or to break off unnoticed."""

    def __init__(self, stream: Readable, name: str, limit: int) -> None:
        """Watch `stream` of the file `name`; past `limit` bytes it is a bomb."""
        self.stream, self.name, self.left = stream, name, limit

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; 0 at the end."""
        try:
            found = self.stream.read(len(buffer))
        except DAMAGED as error:
            raise SourceRefused(
                f"{self.name}: damaged or broken off ({error}); fetch the file again"
            ) from error
        self.left -= len(found)
        if self.left < 0:
            raise SourceRefused(
                f"{self.name}: unpacks to more than {BOMB_RATIO} times its size; "
                "if that is meant, unpack it first"
            )
        buffer[: len(found)] = found
        return len(found)


class _Unzstd:
    """All frames of a .zst stream, one after another; a last frame cut short is an error."""

    def __init__(self, stream: BinaryIO) -> None:
        """Read compressed bytes from `stream`."""
        self.stream, self.ready, self.frame = stream, b"", zstandard.ZstdDecompressor()
        self.current, self.rest = self.frame.decompressobj(), b""
        self.inside = False

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        while not self.ready:
            if self.current.eof:
                self.rest, self.inside = self.current.unused_data, False
                self.current = self.frame.decompressobj()
            # Small bites: one kilobyte of a bomb unpacks to tens of megabytes at most.
            bite = self.rest or self.stream.read(1024)
            self.rest = b""
            if not bite:
                if self.inside:
                    raise EOFError("the compressed stream ends early")
                return b""
            self.inside = True
            self.ready = self.current.decompress(bite)
        found, self.ready = self.ready[:size], self.ready[size:]
        return found


class Member(NamedTuple):
    """One unpacked stream of a file: the file itself, or one entry of a .zip.

    Attributes:
        name: For messages: the file's name, and the entry's where there is one.
    """

    name: str
    stream: BinaryIO


def ending(file: RawFile) -> str:
    """The file's ending without compression, in lower case: `.csv` of `calls.CSV.gz`."""
    name = Path(file.path.name.lower())
    return Path(name.stem).suffix if name.suffix in {".gz", ".bz2", ".zip", ".zst"} else name.suffix


@contextmanager
def _unpacked(file: RawFile) -> Iterator[Iterator[Member]]:
    """The file's members, open while the context lasts."""
    with ExitStack() as stack:
        try:
            packed = stack.enter_context(file.path.open("rb"))
            archive = (
                stack.enter_context(zipfile.ZipFile(packed))
                if file.path.suffix.lower() == ".zip"
                else None
            )
        except (OSError, zipfile.BadZipFile) as error:
            raise SourceRefused(f"{file.name}: cannot be opened: {error}") from error
        limit = max(BOMB_BYTES, BOMB_RATIO * file.path.stat().st_size)
        openers: dict[str, Callable[[], Readable]] = {
            ".gz": lambda: gzip.GzipFile(fileobj=packed),
            ".bz2": lambda: bz2.BZ2File(packed),
            ".zst": lambda: _Unzstd(packed),
        }
        if archive is not None:
            yield _entries(file, archive, limit)
        elif opener := openers.get(file.path.suffix.lower()):
            watched = _Watched(opener(), file.name, limit)
            yield iter([Member(file.name, io.BufferedReader(watched, CHUNK))])
        else:
            yield iter([Member(file.name, packed)])


def _entries(file: RawFile, archive: zipfile.ZipFile, limit: int) -> Iterator[Member]:
    """The files in a .zip in their order, under one common limit; nothing is written to disk."""
    for entry in archive.infolist():
        if entry.is_dir() or entry.filename.startswith("__MACOSX/"):
            continue
        name = f"{file.name}:{entry.filename}"
        try:
            stream = archive.open(entry)
        except (RuntimeError, *DAMAGED) as error:
            raise SourceRefused(f"{name}: cannot be unpacked: {error}") from error
        with stream:
            watched = _Watched(stream, name, limit)
            yield Member(name, io.BufferedReader(watched, CHUNK))
            limit = watched.left


def members(file: RawFile) -> Iterator[Member]:
    """The unpacked streams of a file; read each before taking the next.

    Raises:
        SourceRefused: Damaged, encrypted, a decompression bomb, or UTF-16 text.
    """
    with _unpacked(file) as found:
        for name, stream in found:
            buffered = stream if isinstance(stream, io.BufferedReader) else None
            if buffered is not None and buffered.peek(2)[:2] in UTF16:
                raise SourceRefused(f"{name}: is UTF-16 text; save it as UTF-8")
            yield Member(name, stream)


def content(file: RawFile, limit: int = RECORD_LIMIT * 4) -> bytes:
    """All unpacked bytes of a file that is one record, such as one mail.

    Raises:
        SourceRefused: Longer than `limit`, or as for `members`.
    """
    parts = [stream.read(limit + 1) for _, stream in members(file)]
    if sum(map(len, parts)) > limit:
        raise SourceRefused(f"{file.name}: longer than {limit} bytes, which no record should be")
    return b"".join(parts)


def over_long(number: int, start: bytes, length: int) -> Raw:
    """An over-long record: its beginning, and why."""
    kept = start[:KEPT_OF_LONG].decode("utf-8", "backslashreplace")
    return Raw(number, kept, None, f"{length} bytes long, over the limit of {RECORD_LIMIT}")
