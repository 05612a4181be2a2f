"""Text files to lines, one by one or by the ten thousands; what is no text is a problem."""

from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from pipeline.landing.containers.unpacked import (
    CHUNK,
    KEPT_OF_LONG,
    RECORD_LIMIT,
    members,
    over_long,
)
from pipeline.landing.record import BLANK, Raw, RawFile

BLOCK = 32 * 1024 * 1024
BOM = b"\xef\xbb\xbf"
NUL = "holds NUL bytes: half-written, or no text"


def byte_lines(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
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


def text_record(number: int, line: bytes, length: int) -> Raw:
    """The record of one text line."""
    if length > RECORD_LIMIT:
        return over_long(number, line[:KEPT_OF_LONG], length)
    try:
        text = line.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        return _undecodable(number, line, error)
    if "\0" in text:
        return Raw(number, text, None, NUL)
    return line_record(number, text)


def line_record(number: int, text: str) -> Raw:
    """The record of a text line without its end."""
    is_blank = not text or text.isspace()
    return Raw(number, text, None, BLANK) if is_blank else Raw(number, text, text)


def lines(file: RawFile) -> Iterator[Raw]:
    """One record per text line, numbered as an editor numbers lines; a blank one is a problem.

    In a .zip the numbers run on from entry to entry. `value` is the line without its end.
    """
    number = 0
    for _, stream in members(file):
        for line, length in byte_lines(stream):
            number += 1
            yield text_record(number, line, length)


class Bytes(NamedTuple):
    """Some whole lines of a file.

    Attributes:
        first: The number of the first line.
        whole: The lines with their ends.
        over_long: In place of the lines: one that is over the limit.
    """

    first: int
    whole: bytes
    over_long: Raw | None = None

    @property
    def is_sound(self) -> bool:
        """Whether all of it is UTF-8 without NUL, and no line over the limit."""
        whole = self.whole
        if self.over_long is not None or len(whole) > RECORD_LIMIT or b"\0" in whole:
            return False
        try:
            return whole.isascii() or whole.decode() != ""
        except UnicodeDecodeError:
            return False

    @property
    def numbers(self) -> range:
        """The numbers of the lines."""
        count = self.whole.count(b"\n") + (not self.whole.endswith(b"\n"))
        return range(self.first, self.first + (1 if self.over_long else count))

    def records(self, numbers: Sequence[int]) -> Iterator[Raw]:
        """The lines of these numbers, in that order."""
        if self.over_long is not None:
            yield self.over_long
            return
        lines = self.whole.split(b"\n") if numbers else []
        for number in numbers:
            line = lines[number - self.first]
            yield text_record(number, line, len(line))


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
    for some in byte_blocks(file, BLOCK):
        if some.over_long is not None:
            yield Block(_table([]), [some.over_long])
        else:
            yield _block(some.first, some.whole)


def byte_blocks(file: RawFile, size: int) -> Iterator[Bytes]:
    """The lines of a file as they are, about `size` bytes at a time."""
    number = 1
    for _, stream in members(file):
        rest, is_first = b"", True
        while True:
            read = stream.read(size)
            joined = rest + read
            if is_first:
                joined, is_first = joined.removeprefix(BOM), False
            cut = joined.rfind(b"\n") + 1 if read else len(joined)
            if cut == 0 and len(joined) > RECORD_LIMIT:
                start, length = joined[:KEPT_OF_LONG], len(joined)
                while joined and not joined.endswith(b"\n"):
                    joined = stream.readline(CHUNK)
                    length += len(joined)
                some, rest = Bytes(number, b"", over_long(number, start, length)), b""
            else:
                some, rest = Bytes(number, joined[:cut]), joined[cut:]
            if some.whole or some.over_long:
                yield some
                number = some.numbers.stop
            if not read:
                break


def _table(rows: Sequence[Raw]) -> pa.Table:
    """Text lines as a table."""
    numbers = pa.array([raw.number for raw in rows], pa.int64())
    return pa.table(
        {"number": numbers, "line": pa.array([raw.text for raw in rows], pa.large_string())}
    )


def _block(first: int, whole: bytes) -> Block:
    """The lines in some bytes, which are not copied."""
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
    if b"\0" in whole:
        texts = None
    if texts is not None and int(np.diff(offsets).max()) <= RECORD_LIMIT:
        return Block(pa.table({"number": numbers, "line": texts}), [])
    read = [
        text_record(number, line, len(line))
        for number, line in enumerate(found.to_pylist(), start=first)
    ]
    good = [raw for raw in read if raw.problem in {None, BLANK}]
    problems = [raw for raw in read if raw.problem not in {None, BLANK}]
    return Block(_table(good), problems)
