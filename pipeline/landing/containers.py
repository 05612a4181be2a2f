"""Files to records: decompression, text lines, JSON lines, JSON lists and CSV rows.

Every record gets its number and its own text; one that cannot be read becomes a problem, never
a gap. Only a file that is not what it should be as a whole is refused as a whole.
"""

import bz2
import csv
import gzip
import io
import json
import re
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

import numpy as np
import orjson
import pyarrow as pa  # type: ignore[import-untyped]
import zstandard

from pipeline.errors import SourceRefused
from pipeline.landing.record import Raw, RawFile

# A record longer than this is no log record but a fault or an attack.
RECORD_LIMIT = 16 * 1024 * 1024
# Real logs shrink 10 to 60 times. What grows past both limits is a decompression bomb.
BOMB_BYTES = 256 * 1024 * 1024
BOMB_RATIO = 200
# How much of an over-long record quarantine keeps.
KEPT_OF_LONG = 4096
CHUNK = 1024 * 1024
BLOCK = 32 * 1024 * 1024
BROKEN_OFF = "the document ends inside this record"
# A JSON string, whole or cut by the end of its line, or a mark of structure.
MARKS = re.compile(r'"(?:[^"\\\n]|\\.)*"?|[\[\]{},]')

DAMAGED = (
    EOFError,
    zlib.error,
    OSError,
    zipfile.BadZipFile,
    zstandard.ZstdError,
    NotImplementedError,
)
UTF16 = (b"\xff\xfe", b"\xfe\xff")
BOM = b"\xef\xbb\xbf"

csv.field_size_limit(RECORD_LIMIT)


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


def _long(number: int, start: bytes, length: int) -> Raw:
    """An over-long record: its beginning, and why."""
    kept = start[:KEPT_OF_LONG].decode("utf-8", "backslashreplace")
    return Raw(number, kept, None, f"{length} bytes long, over the limit of {RECORD_LIMIT}")


def _byte_lines(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Each line and its length; of a line over the limit only the beginning is kept."""
    first = True
    while line := stream.readline(RECORD_LIMIT + 1):
        length = len(line)
        if length > RECORD_LIMIT and not line.endswith(b"\n"):
            start = line[:KEPT_OF_LONG]
            while line and not line.endswith(b"\n"):
                line = stream.readline(CHUNK)
                length += len(line)
            line = start
        if first:
            line, first = line.removeprefix(BOM), False
        yield line, length


def _undecodable(number: int, line: bytes, error: UnicodeDecodeError) -> Raw:
    """A record with bytes that are not UTF-8, written out as escapes."""
    text = line.decode("utf-8", "backslashreplace").rstrip("\r\n")
    return Raw(number, text, None, f"not UTF-8 at byte {error.start}")


def _text(number: int, line: bytes, length: int) -> Raw | None:
    """The record of one text line; None when it is blank."""
    if length > RECORD_LIMIT:
        return _long(number, line[:KEPT_OF_LONG], length)
    try:
        text = line.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        return _undecodable(number, line, error)
    return Raw(number, text, text) if text and not text.isspace() else None


def lines(file: RawFile) -> Iterator[Raw]:
    """One record per text line that is not blank, numbered as an editor numbers lines.

    In a .zip the numbers run on from entry to entry. `value` is the line without its end.
    """
    number = 0
    for _, stream in members(file):
        for line, length in _byte_lines(stream):
            number += 1
            raw = _text(number, line, length)
            if raw is not None:
                yield raw


class Block(NamedTuple):
    """Many text lines at once, for set-based readers.

    Attributes:
        lines: Columns `number` and `line`, the line's end included; some may be blank.
        problems: The lines that are no text.
    """

    lines: pa.Table
    problems: list[Raw]


def blocks(file: RawFile) -> Iterator[Block]:
    """The same lines as `lines` gives, by the ten thousands."""
    number = 0
    for _, stream in members(file):
        rest, is_first = b"", True
        while True:
            read = stream.read(BLOCK)
            joined = rest + read
            if is_first:
                joined, is_first = joined.removeprefix(BOM), False
            cut = joined.rfind(b"\n") + 1 if read else len(joined)
            if cut == 0 and len(joined) > RECORD_LIMIT:
                start, length = joined[:KEPT_OF_LONG], len(joined)
                while joined and not joined.endswith(b"\n"):
                    joined = stream.readline(CHUNK)
                    length += len(joined)
                number += 1
                yield Block(_table([]), [_long(number, start, length)])
                rest = b""
                continue
            whole, rest = joined[:cut], joined[cut:]
            if whole:
                block, count = _block(number + 1, whole)
                number += count
                yield block
            if not read:
                break


def _table(rows: Sequence[Raw]) -> pa.Table:
    """Text lines as a table."""
    numbers = pa.array([raw.number for raw in rows], pa.int64())
    return pa.table(
        {"number": numbers, "line": pa.array([raw.text for raw in rows], pa.large_string())}
    )


def _block(first: int, whole: bytes) -> tuple[Block, int]:
    """The lines in some bytes, and how many there are; the bytes are not copied."""
    ends = np.flatnonzero(np.frombuffer(whole, np.uint8) == ord("\n")) + 1
    if not whole.endswith(b"\n"):
        ends = np.append(ends, len(whole))
    offsets = np.concatenate([np.zeros(1, np.int64), ends])
    numbers = pa.array(np.arange(first, first + len(ends)))
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(whole)]
    found = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(ends), buffers)
    try:
        texts = found.cast(pa.large_string())
    except pa.ArrowInvalid:
        texts = None
    if texts is not None and int(np.diff(offsets).max()) <= RECORD_LIMIT:
        return Block(pa.table({"number": numbers, "line": texts}), []), len(ends)
    read = [
        _text(number, line, len(line)) for number, line in enumerate(found.to_pylist(), start=first)
    ]
    good = [raw for raw in read if raw is not None and raw.problem is None]
    problems = [raw for raw in read if raw is not None and raw.problem is not None]
    return Block(_table(good), problems), len(ends)


def json_object(number: int, text: str) -> Raw:
    """The record of one JSON object's text; a problem when it is something else."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return Raw(number, text, None, f"not valid JSON: {error}")
    if not isinstance(value, dict):
        return Raw(number, text, None, "not a JSON object")
    return Raw(number, text, value)


def json_lines(file: RawFile) -> Iterator[Raw]:
    """One record per line that holds a JSON object, numbered by line; `value` is the dict."""
    for raw in lines(file):
        yield raw if raw.problem is not None else json_object(raw.number, raw.text)


class _Scanner:
    """A window over a JSON text, so that a large document is never held whole."""

    SCAN = json.JSONDecoder(parse_int=len, parse_float=len).raw_decode

    def __init__(self, stream: BinaryIO) -> None:
        """Read UTF-8 from `stream`; bytes that are none become lone surrogates."""
        self.reader = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
        self.text, self.at, self.ended = "", 0, False
        # The white space before a value that is the first of its line.
        self.indent: str | None = None

    def more(self) -> bool:
        """Lengthen the window; False at the end of the stream."""
        if self.ended:
            return False
        found = self.reader.read(max(CHUNK, len(self.text) - self.at))
        self.text, self.at, self.ended = self.text[self.at :] + found, 0, not found
        return not self.ended

    def peek(self) -> str:
        """The next character that is no white space, not taken; empty at the end."""
        self.indent = None
        while True:
            while self.at < len(self.text) and self.text[self.at] in " \t\r\n":
                if self.text[self.at] == "\n":
                    self.indent = ""
                elif self.indent is not None:
                    self.indent += self.text[self.at]
                self.at += 1
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def value(self) -> tuple[str, str | None]:
        """The next value's text, taken, and whether the document broke off inside it."""
        problem = None
        while True:
            try:
                end = self.SCAN(self.text, self.at)[1]
            except (ValueError, RecursionError):
                if len(self.text) - self.at <= RECORD_LIMIT and self.more():
                    continue
                end = max(self.broken_end(), self.at + 1)
                if self.ended and end >= len(self.text):
                    problem = BROKEN_OFF
            else:
                # A number at the window's end may go on.
                if end == len(self.text) and self.more():
                    continue
            found, self.at = self.text[self.at : end], end
            return found, problem

    def broken_end(self) -> int:
        """Where a value that does not parse ends.

        One that began a line ends before the next line that begins likewise, since a JSON string
        holds no line break; any other where its brackets close.
        """
        if self.indent is not None:
            following = re.compile(rf"\n{self.indent}\{{").search(self.text, self.at)
            if following:
                return following.start()
        depth = 0
        for mark in MARKS.finditer(self.text, self.at):
            if mark[0] in "[{":
                depth += 1
            elif mark[0] in "]}":
                depth -= 1
                if depth <= 0:
                    return mark.end() if depth == 0 else mark.start()
            elif mark[0] == "," and depth == 0:
                return mark.start()
        return len(self.text)


def json_array(file: RawFile, *keys: str) -> Iterator[Raw]:
    """One record per element of a JSON list, or of the lists that an object holds under `keys`.

    Several documents may follow one another, as in a file of webhook bodies. An object without
    any of the keys is one record itself. Numbers count the records from 1; `value` is a dict.
    A large document is read piece by piece.

    Raises:
        SourceRefused: The file begins with neither a list nor an object.
    """
    number = 0
    for name, stream in members(file):
        scanner = _Scanner(stream)
        while mark := scanner.peek():
            if mark not in "[{" and number == 0:
                raise SourceRefused(f"{name}: is no JSON list or object; it begins with {mark!r}")
            for text, problem in _elements(scanner, mark, keys):
                number += 1
                yield _element(number, text, problem)


def _element(number: int, text: str, problem: str | None) -> Raw:
    """The record of one element's text, where bytes that are not UTF-8 are lone surrogates."""
    if len(text) > RECORD_LIMIT:
        return _long(number, text[:KEPT_OF_LONG].encode("utf-8", "surrogateescape"), len(text))
    clear = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if problem is None and clear != text:
        problem = "not UTF-8"
    return json_object(number, clear) if problem is None else Raw(number, clear, None, problem)


def _elements(
    scanner: _Scanner, mark: str, keys: tuple[str, ...]
) -> Iterator[tuple[str, str | None]]:
    """The records of the document that begins with `mark`."""
    if mark == "[":
        yield from _list(scanner)
    elif mark == "{" and keys:
        yield from _holder(scanner, keys)
    else:
        yield scanner.value()


def _list(scanner: _Scanner) -> Generator[tuple[str, str | None], None, bool]:
    """The texts of a list's elements, and whether it closes; if not, the last is a problem."""
    scanner.at += 1
    problem = None
    while (mark := scanner.peek()) != "]":
        if mark == "":
            if problem is None:
                yield "", "the document ends before its list does"
            return False
        if mark == ",":
            scanner.at += 1
            continue
        text, problem = scanner.value()
        yield text, problem
    scanner.at += 1
    return True


def _holder(scanner: _Scanner, keys: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    """The elements of an object's lists under `keys`, or the object itself without them."""
    seen = ["{"]
    has_list = False
    scanner.at += 1
    while (mark := scanner.peek()) not in {"}", ""}:
        if mark == ",":
            scanner.at += 1
            seen.append(",")
            continue
        key, _ = scanner.value()
        seen.append(key)
        if scanner.peek() != ":":
            yield "".join(seen), None
            return
        scanner.at += 1
        if scanner.peek() == "[" and key[1:-1] in keys:
            has_list = True
            if not (yield from _list(scanner)):
                return
            continue
        text, problem = scanner.value()
        seen += [] if has_list else [":", text]
        if problem is not None or sum(map(len, seen)) > RECORD_LIMIT:
            yield "".join(seen), problem
            return
    scanner.at += len(mark)
    seen.append(mark)
    if mark == "" or not has_list:
        yield "".join(seen), None if mark else BROKEN_OFF


class _Physical(Iterator[str]):
    """A CSV's text lines, remembered row by row so that a broken row can be read again."""

    def __init__(self, stream: BinaryIO) -> None:
        """Take lines from `stream`."""
        self.source = _byte_lines(stream)
        self.again: deque[tuple[str, str | None]] = deque()
        self.taken: list[tuple[str, str | None]] = []

    def __next__(self) -> str:
        """The next line, its end included."""
        if self.again:
            self.taken.append(self.again.popleft())
        else:
            line, length = next(self.source)
            problem = None
            try:
                text = line.decode()
            except UnicodeDecodeError as error:
                text = line.decode("utf-8", "backslashreplace")
                problem = f"not UTF-8 at byte {error.start}"
            if length > RECORD_LIMIT:
                problem = f"{length} bytes long, over the limit of {RECORD_LIMIT}"
            self.taken.append((text, problem))
        return self.taken[-1][0]


def _whole(line: str, width: int, delimiter: str) -> bool:
    """Whether a text line by itself reads as one clean CSV row of `width` cells."""
    try:
        (cells,) = csv.reader([line], delimiter=delimiter, strict=True)
    except (csv.Error, ValueError):
        return False
    return len(cells) == width and not any('"' in cell for cell in cells)


def _header(name: str, rows: Iterator[list[str]]) -> list[str]:
    """The first row's names, trimmed.

    Raises:
        SourceRefused: There is none, or a name is empty or there twice.
    """
    try:
        header = [cell.strip() for cell in next(rows)]
    except StopIteration:
        raise SourceRefused(f"{name}: is empty; a CSV needs a header line") from None
    except csv.Error as error:
        raise SourceRefused(f"{name}: the header line cannot be read: {error}") from error
    twice = sorted({cell for cell in header if header.count(cell) > 1 and cell})
    if twice:
        raise SourceRefused(f"{name}: the header names {', '.join(twice)} twice; rename one")
    if "" in header:
        place = header.index("") + 1
        raise SourceRefused(f"{name}: column {place} has no name in the header line; name it")
    return header


def csv_header(file: RawFile, delimiter: str = ",") -> list[str]:
    """The column names of a CSV file.

    Raises:
        SourceRefused: As for `csv_rows`.
    """
    for name, stream in members(file):
        return _header(name, csv.reader(_Physical(stream), delimiter=delimiter, strict=True))
    raise SourceRefused(f"{file.name}: holds no file")


def csv_rows(file: RawFile, delimiter: str = ",") -> Iterator[Raw]:
    """One record per row, numbered from 1 after the header; `value` maps column to cell.

    Quoted line breaks belong to their row. A row of another width than the header is a
    problem; one that swallowed its neighbours by an open quote ends before the first line that
    reads as a whole row by itself, so the neighbours are saved. Blank lines are no records.

    Raises:
        SourceRefused: No header, an empty or repeated column name, or as for `members`.
    """
    number = 0
    for name, stream in members(file):
        physical = _Physical(stream)
        rows = csv.reader(physical, delimiter=delimiter, strict=True)
        header = _header(name, rows)
        width = len(header)
        while True:
            physical.taken = []
            cells: list[str] = []
            problem = None
            try:
                cells = next(rows)
            except StopIteration:
                break
            except csv.Error as error:
                problem = f"not a CSV row: {error}"
            if problem is None and (not cells or (len(cells) == 1 and not cells[0].strip())):
                continue
            number += 1
            if problem is None and len(cells) != width:
                problem = f"{len(cells)} cells where the header has {width}"
            taken = physical.taken
            if problem is not None:
                cut = next(
                    (
                        place
                        for place, (line, _) in enumerate(taken)
                        if place and _whole(line, width, delimiter)
                    ),
                    len(taken),
                )
                physical.again.extendleft(reversed(taken[cut:]))
                taken = taken[:cut]
            problem = next((why for _, why in taken if why), problem)
            text = "".join(line for line, _ in taken).rstrip("\r\n")
            value = None if problem else dict(zip(header, cells, strict=True))
            yield Raw(number, text[:RECORD_LIMIT], value, problem)
