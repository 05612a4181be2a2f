"""CSV files to rows; a broken row is a problem that does not take its neighbours along."""

import csv
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from pipeline.errors import SourceRefused
from pipeline.landing.containers.text_lines import NUL, byte_lines
from pipeline.landing.containers.unpacked import RECORD_LIMIT, members
from pipeline.landing.fields import observed
from pipeline.landing.record import Raw, RawFile

csv.field_size_limit(RECORD_LIMIT)


class _Physical(Iterator[str]):
    """A CSV's text lines, remembered row by row so that a broken row can be read again."""

    def __init__(self, stream: BinaryIO) -> None:
        """Take lines from `stream`."""
        self.source = byte_lines(stream)
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
            if "\0" in text:
                problem = NUL
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
    if not any(header):
        raise SourceRefused(f"{name}: is empty; a CSV needs a header line")
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
    return observed(file, _rows(file, delimiter))


def _rows(file: RawFile, delimiter: str) -> Iterator[Raw]:
    """The rows of every member."""
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
