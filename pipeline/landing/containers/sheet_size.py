"""How much of memory a spreadsheet takes that is read whole, told before it is read.

Its reader holds each filled cell with its place, and the rectangle around all of them: a cell far
away from the others makes that large. Texts come on top: those of cells from the XML, and those
that stand once in a table of their own as often as cells name them.
"""

import re
import sys
import zipfile
from collections.abc import Iterator
from functools import reduce

from pipeline.landing.containers.unpacked import CHUNK, RECORD_LIMIT

SHEETS, TEXTS = "xl/worksheets/", "xl/sharedStrings.xml"
# Bytes of a filled cell with its place, and of a place in the rectangle, as measured.
CELL, PLACE = 40, 32
# No usual cell takes more than so many times its XML.
MOST_TIMES = 8
# An empty cell's tag closes itself. Some programs write a name space before each tag.
CELL_START, CELL_END, CELL_END_IN_SPACE = b"<c ", b"</c>", b":c>"
ROW_END, TEXT_END = b"</row>", b"</si>"
REFERENCE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
# What a program says of a sheet at its beginning: the first and the last of its cells' places.
HEAD = 2**12
DIMENSION = re.compile(rb'<dimension ref="([A-Z]{1,3})([0-9]{1,7})(?::([A-Z]{1,3})([0-9]{1,7}))?"')


def held(packed: zipfile.ZipFile, limit: int) -> int:
    """About how many bytes the largest sheet of a .xlsx takes, of one that is not damaged.

    Cells are counted only where they could be over the limit: their XML is long, or the sheet
    does not say where they are, or says that they lie far from each other.
    """
    names = packed.namelist()
    length = packed.getinfo(TEXTS).file_size if TEXTS in names else 0
    sheets = {name: _said(packed, name) for name in names if name.startswith(SHEETS)}
    usual = [
        PLACE * said + MOST_TIMES * (packed.getinfo(name).file_size + length)
        for name, said in sheets.items()
        if said is not None
    ]
    if len(usual) == len(sheets) and max(usual, default=0) <= limit:
        return max(usual, default=0)
    count = sum(xml.count(TEXT_END) for xml in _parts(packed, TEXTS, TEXT_END)) if length else 0
    mean = length / max(1, count)
    return max(_counted(packed, name, said, length, mean) for name, said in sheets.items())


def _said(packed: zipfile.ZipFile, name: str) -> int | None:
    """How many places a sheet says that its cells lie within; None where it does not say."""
    with packed.open(name) as xml:
        found = DIMENSION.search(xml.read(HEAD))
    if found is None:
        return None
    left, top, right, bottom = found.groups()
    width = _number(right or left) - _number(left) + 1
    return width * (int(bottom or top) - int(top) + 1)


def _counted(packed: zipfile.ZipFile, name: str, said: int | None, length: int, mean: float) -> int:
    """What a sheet takes beside a table of texts of this length and mean."""
    byte_count = filled = named = 0
    for xml in _parts(packed, name, ROW_END):
        byte_count += len(xml)
        filled += xml.count(CELL_END) + xml.count(CELL_END_IN_SPACE)
        named += xml.count(b't="s"')
    # Some programs say less than there is, and some count cells that are empty.
    is_right = said is not None and filled <= said <= 2 * filled
    places = said if said is not None and is_right else max(filled, _rectangle(packed, name))
    texts = max(byte_count + length, round(named * mean))
    return PLACE * places + CELL * filled + texts


def _rectangle(packed: zipfile.ZipFile, name: str) -> int:
    """How many places the filled cells of a sheet lie within, of those that say where they are."""
    columns: set[bytes] = set()
    first, last = sys.maxsize, 0
    for xml in _parts(packed, name, ROW_END):
        for column, row in _ends(xml):
            columns.add(column)
            first, last = min(first, row), max(last, row)
    numbers = [_number(letters) for letters in columns]
    return (max(numbers) - min(numbers) + 1) * (last - first + 1) if columns else 0


def _ends(xml: bytes) -> Iterator[tuple[bytes, int]]:
    """Column and row of the first and of the last filled cell of each row."""
    for row in xml.split(ROW_END):
        for end in {row.find(CELL_END), row.rfind(CELL_END)} - {-1}:
            if found := REFERENCE.search(row, max(0, row.rfind(CELL_START, 0, end)), end):
                yield found[1], int(found[2])


def _parts(packed: zipfile.ZipFile, name: str, end: bytes) -> Iterator[bytes]:
    """The XML of an entry in pieces, each to the end of a row or of a text."""
    rest = b""
    with packed.open(name) as xml:
        while chunk := xml.read(CHUNK):
            joined = rest + chunk
            cut = joined.rfind(end) + len(end)
            if cut < len(end):
                cut = len(joined) if len(joined) > RECORD_LIMIT else 0
            yield joined[:cut]
            rest = joined[cut:]
    yield rest


def _number(letters: bytes) -> int:
    """A column's place, from its letters."""
    return reduce(lambda number, letter: 26 * number + letter - ord("@"), letters, 0)
