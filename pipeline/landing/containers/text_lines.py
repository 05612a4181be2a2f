"""Text files to lines, one by one or by the ten thousands; what is no text is a problem."""

from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.landing.containers.unpacked import (
    CHUNK,
    KEPT_OF_LONG,
    RECORD_LIMIT,
    members,
    over_long,
)
from pipeline.landing.record import BLANK, Raw, RawFile

# What is made of so many bytes still fits the caches, and its memory is used again.
BLOCK = 8 * 1024 * 1024
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
        numbers: Of the lines.
        whole: The lines with their ends.
        over_long: In place of the lines: one that is over the limit.
    """

    numbers: range
    whole: bytes
    over_long: Raw | None = None

    @property
    def first(self) -> int:
        """The number of the first line."""
        return self.numbers.start

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

    def records(self, numbers: Sequence[int]) -> Iterator[Raw]:
        """The lines of these numbers, in that order."""
        if self.over_long is not None:
            yield self.over_long
            return
        lines = self.whole.split(b"\n") if numbers else []
        for number in numbers:
            place = number - self.first
            # The end of a line counts too; the last one may have none.
            length = len(lines[place]) + (place < len(lines) - 1)
            yield text_record(number, lines[place], length)


class Block(NamedTuple):
    """Many text lines at once, for set-based readers.

    Attributes:
        numbers: Of the lines.
        whole: The lines, each with its end; UTF-8 without NUL. Some may be blank.
        problems: The lines that are no text.
    """

    numbers: NDArray[np.int64]
    whole: bytes
    problems: list[Raw]


def blocks(file: RawFile) -> Iterator[Block]:
    """The same lines as `lines` gives, by the ten thousands."""
    for some in byte_blocks(file, BLOCK):
        if some.is_sound:
            numbers = some.numbers
            yield Block(np.arange(numbers.start, numbers.stop), _ended(some.whole), [])
        else:
            yield _block(list(some.records(some.numbers)))


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
                numbers, rest = range(number, number + 1), b""
                yield Bytes(numbers, b"", over_long(number, start, length))
                number = numbers.stop
            elif cut:
                whole, rest = joined[:cut], joined[cut:]
                numbers = range(number, number + _count(whole))
                yield Bytes(numbers, whole)
                number = numbers.stop
            else:
                rest = joined
            if not read:
                break


def _count(whole: bytes) -> int:
    """How many lines these are; the last one may have no end."""
    return whole.count(b"\n") + (not whole.endswith(b"\n"))


def _ended(whole: bytes) -> bytes:
    """Lines of which the last has an end too."""
    return whole if whole.endswith(b"\n") else whole + b"\n"


def _block(read: Sequence[Raw]) -> Block:
    """Lines of which some are no text."""
    good = [raw for raw in read if raw.problem in {None, BLANK}]
    numbers = np.array([raw.number for raw in good], np.int64)
    whole = "".join(f"{raw.text}\n" for raw in good).encode()
    return Block(numbers, whole, [raw for raw in read if raw.problem not in {None, BLANK}])
