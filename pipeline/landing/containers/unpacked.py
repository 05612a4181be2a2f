"""Files as unpacked streams: .gz, .bz2, .xz and .zst, .zip and .tar are opened.

Bombs and damage are refused.
"""

import bz2
import codecs
import gzip
import io
import lzma
import tarfile
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
    lzma.LZMAError,
    OSError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zstandard.ZstdError,
    NotImplementedError,
)
ARCHIVES = frozenset({".tar", ".zip", ".7z", ".rar"})
# Two endings in one.
SHORT = {".tgz": ".tar.gz", ".tbz2": ".tar.bz2", ".txz": ".tar.xz", ".tzst": ".tar.zst"}
UNOPENED = frozenset({".7z", ".rar"})
# The last block of a .tar holds nothing.
TAR_BLOCK = 512
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


class _Recoded(io.RawIOBase):
    """A stream of another encoding as UTF-8; what the encoding does not know is refused."""

    def __init__(self, stream: Readable, name: str, encoding: str) -> None:
        """Read text in `encoding` from `stream` of the file `name`."""
        self.stream, self.name, self.encoding = stream, name, encoding
        self.decoder = codecs.getincrementaldecoder(encoding)()
        self.ready = b""
        self.is_ended = False

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; 0 at the end."""
        while not self.ready and not self.is_ended:
            found = self.stream.read(CHUNK)
            self.is_ended = not found
            try:
                self.ready = self.decoder.decode(found, final=self.is_ended).encode()
            except UnicodeError as error:
                raise SourceRefused(
                    f"{self.name}: is not the {self.encoding} text that it should be ({error}); "
                    "correct its encoding in wend.toml, or fetch the file again"
                ) from error
        taken, self.ready = self.ready[: len(buffer)], self.ready[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


class Member(NamedTuple):
    """One unpacked stream of a file: the file itself, or one entry of an archive.

    Attributes:
        name: For messages: the file's name, and the entry's where there is one.
    """

    name: str
    stream: io.BufferedReader


OPENERS: dict[str, Callable[[Any], Readable]] = {
    ".gz": lambda packed: gzip.GzipFile(fileobj=packed),
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
    ".zst": _Unzstd,
}


class Packing(NamedTuple):
    """How a file is packed, by its name; each an ending in lower case, empty where there is none.

    Attributes:
        ending: Of what is packed: `.csv` of `calls.CSV.tar.gz`.
    """

    ending: str
    archive: str
    compression: str


def packing(name: str) -> Packing:
    """How a file of this name is packed."""
    lower = name.lower()
    last = Path(lower).suffix
    endings = Path(lower.removesuffix(last) + SHORT.get(last, last)).suffixes
    compression = endings.pop() if endings and endings[-1] in OPENERS else ""
    archive = endings.pop() if endings and endings[-1] in ARCHIVES else ""
    return Packing(endings[-1] if endings else "", archive, compression)


def ending(file: RawFile) -> str:
    """The file's ending without compression, in lower case: `.csv` of `calls.CSV.gz`."""
    return packing(file.path.name).ending


@contextmanager
def _unpacked(file: RawFile) -> Iterator[Iterator[Member]]:
    """The file's members, open while the context lasts."""
    _, archive, compression = packing(file.path.name)
    if archive in UNOPENED or (archive == ".zip" and compression):
        raise SourceRefused(f"{file.name}: an archive of a kind not opened here; unpack it first")
    with ExitStack() as stack:
        try:
            packed = stack.enter_context(file.path.open("rb"))
            zipped = stack.enter_context(zipfile.ZipFile(packed)) if archive == ".zip" else None
        except (OSError, zipfile.BadZipFile) as error:
            raise SourceRefused(f"{file.name}: cannot be opened: {error}") from error
        limit = max(BOMB_BYTES, BOMB_RATIO * file.path.stat().st_size)
        stream = packed
        if compression:
            watched = _Watched(OPENERS[compression](packed), file.name, limit)
            stream = io.BufferedReader(watched, CHUNK)
        if zipped is not None:
            yield _members(file, _zip_entries(file, zipped), limit)
        elif archive == ".tar":
            yield _members(file, _tar_entries(file, stream), limit)
        else:
            yield iter([Member(file.name, stream)])


class Entry(NamedTuple):
    """A file in an archive; read it before the next one is taken."""

    name: str
    stream: Readable


def _zip_entries(file: RawFile, archive: zipfile.ZipFile) -> Iterator[Entry]:
    """The files in a .zip."""
    for entry in archive.infolist():
        if entry.is_dir():
            continue
        try:
            stream = archive.open(entry)
        except (RuntimeError, *DAMAGED) as error:
            raise SourceRefused(
                f"{file.name}:{entry.filename}: cannot be unpacked: {error}"
            ) from error
        with stream:
            yield Entry(entry.filename, stream)


def _tar_entries(file: RawFile, stream: io.BufferedReader) -> Iterator[Entry]:
    """The files in a .tar; its links name what is in it, or nothing that was sent."""
    try:
        if not stream.peek(1):
            return
        if stream.seekable() and not _is_ended(stream):
            raise SourceRefused(f"{file.name}: damaged or broken off; fetch the file again")
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for entry in archive:
                if entry.isfile() and (held := archive.extractfile(entry)):
                    yield Entry(entry.name, held)
    except tarfile.TarError as error:
        raise SourceRefused(
            f"{file.name}: damaged or broken off ({error}); fetch the file again"
        ) from error


def _is_ended(stream: io.BufferedReader) -> bool:
    """Whether a .tar has its last block; it is at its beginning again."""
    stream.seek(0, io.SEEK_END)
    stream.seek(max(0, stream.tell() - TAR_BLOCK))
    is_ended = not stream.read().strip(b"\0")
    stream.seek(0)
    return is_ended


def _members(file: RawFile, entries: Iterator[Entry], limit: int) -> Iterator[Member]:
    """The files in an archive in their order, under one common limit; nothing is written to disk.

    A compressed file inside is opened; an archive inside is not.
    """
    for entry in entries:
        if entry.name.startswith("__MACOSX/") or Path(entry.name).name.startswith("._"):
            # A desktop adds these of its own.
            continue
        name = f"{file.name}:{entry.name}"
        _, archive, compression = packing(entry.name)
        if archive:
            raise SourceRefused(f"{name}: an archive in an archive; unpack the outer one first")
        stream = OPENERS[compression](entry.stream) if compression else entry.stream
        watched = _Watched(stream, name, limit)
        yield Member(name, io.BufferedReader(watched, CHUNK))
        limit = watched.left


def members(file: RawFile) -> Iterator[Member]:
    """The unpacked streams of a file; read each before taking the next.

    Raises:
        SourceRefused: Empty, damaged, encrypted, an archive in an archive, a decompression
            bomb, or text that is not of its encoding.
    """
    is_empty = True
    with _unpacked(file) as found:
        for name, stream in found:
            start = stream.peek(2)[:2]
            if not start:
                continue
            is_empty = False
            encoding = "utf-16" if start in UTF16 else file.encoding
            if encoding is None:
                yield Member(name, stream)
            else:
                yield Member(name, io.BufferedReader(_Recoded(stream, name, encoding), CHUNK))
    if is_empty:
        raise SourceRefused(f"{file.name}: is empty; fetch it again, or take it away")


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
