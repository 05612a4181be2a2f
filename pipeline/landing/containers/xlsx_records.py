"""Spreadsheets (.xlsx) to rows: one sheet, its first filled row the header; a row's text is JSON.

Numbers, truth values, dates and moments keep their type; a whole number that a float holds
exactly is an integer, so that an id 17850.0 is 17850. A moment is exact to the millisecond, as
spreadsheets keep it. A formula is its stored result; one that failed (`#N/A`) is an empty cell.
"""

import zipfile
from collections.abc import Iterator
from typing import Any

import orjson
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, WorksheetNotFound

from pipeline.errors import SourceRefused
from pipeline.landing.containers.sheet_size import SHEETS, TEXTS, held
from pipeline.landing.fields import observed
from pipeline.landing.identifiers import EXACT
from pipeline.landing.record import Raw, RawFile

# A sheet is held whole: of usual cells some 250,000 rows of twelve columns. With what is staged
# of them a landing stays under one GiB.
SHEET_LIMIT = 400 * 1024 * 1024


def xlsx_header(file: RawFile, sheet: str | None = None) -> list[str]:
    """The column names of a sheet: the one called `sheet`, else the first.

    Raises:
        SourceRefused: As for `xlsx_rows`.
    """
    return _header(file, _filled(_sheet(file, sheet)))


def xlsx_rows(file: RawFile, sheet: str | None = None) -> Iterator[Raw]:
    """One record per row, numbered from 1 after the header; `value` maps column to cell.

    Rows without a filled cell are no records. An empty cell is an empty text, as in CSV.

    Raises:
        SourceRefused: No spreadsheet, locked, too large to be held, no such sheet, or no header.
    """
    return observed(file, _rows(file, sheet))


def _rows(file: RawFile, sheet: str | None) -> Iterator[Raw]:
    """The rows under the header."""
    rows = _filled(_sheet(file, sheet))
    header = _header(file, rows)
    width = len(header)
    for number, cells in enumerate(rows, start=1):
        value: Any = dict(zip(header, map(_plain, cells), strict=False))
        text = orjson.dumps(value, default=str).decode()
        beyond = [place for place, cell in enumerate(cells[width:], start=width + 1) if cell != ""]
        if beyond:
            problem = f"a filled cell in column {beyond[0]}, where the header has {width}"
            yield Raw(number, text, None, problem)
        else:
            yield Raw(number, text, value)


def _sheet(file: RawFile, name: str | None) -> CalamineSheet:
    """A sheet, read whole.

    Raises:
        SourceRefused: As for `xlsx_rows`.
    """
    _refuse_large(file)
    try:
        book = CalamineWorkbook.from_path(file.path)
        return book.get_sheet_by_index(0) if name is None else book.get_sheet_by_name(name)
    except WorksheetNotFound as error:
        raise SourceRefused(
            f"{file.name}: has no sheet {name!r}; it has {', '.join(book.sheet_names)}"
        ) from error
    except (CalamineError, OSError) as error:
        raise SourceRefused(
            f"{file.name}: not a whole spreadsheet that can be read ({error}); if it is locked "
            "by a password, save it without one, or as CSV"
        ) from error


def _refuse_large(file: RawFile) -> None:
    """Refuse a spreadsheet that would not fit into memory.

    Raises:
        SourceRefused: It would not, or it is no whole .zip, which every .xlsx is.
    """
    try:
        with zipfile.ZipFile(file.path) as packed:
            sizes = {entry.filename: entry.file_size for entry in packed.infolist()}
            sheets = [size for name, size in sizes.items() if name.startswith(SHEETS)]
            taken = max(sheets, default=0) + sizes.get(TEXTS, 0)
            # What an entry claims to unpack to is true if its checksum is.
            damaged = None if taken > SHEET_LIMIT else packed.testzip()
            if taken <= SHEET_LIMIT and damaged is None:
                taken = held(packed, SHEET_LIMIT)
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise SourceRefused(f"{file.name}: not a whole .xlsx file: {error}") from error
    if taken > SHEET_LIMIT:
        raise SourceRefused(
            f"{file.name}: a sheet that takes {taken // 2**20} MiB, over the limit of "
            f"{SHEET_LIMIT // 2**20}, is too large to be held in memory; save it as CSV"
        )
    if damaged is not None:
        raise SourceRefused(f"{file.name}: {damaged} in it is damaged; fetch the file again")


def _filled(sheet: CalamineSheet) -> Iterator[list[Any]]:
    """The rows with a filled cell."""
    return (cells for cells in sheet.iter_rows() if any(cell != "" for cell in cells))


def _header(file: RawFile, rows: Iterator[list[Any]]) -> list[str]:
    """The first row's names, trimmed; without the unnamed columns at its end.

    Raises:
        SourceRefused: There is none, or a name is empty or there twice.
    """
    header = [str(_plain(cell)).strip() for cell in next(rows, [])]
    while header and not header[-1]:
        header.pop()
    if not header:
        raise SourceRefused(f"{file.name}: the sheet is empty; it needs a row of column names")
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise SourceRefused(f"{file.name}: the header names {', '.join(twice)} twice; rename one")
    if "" in header:
        place = header.index("") + 1
        raise SourceRefused(f"{file.name}: column {place} has no name in the header row; name it")
    return header


def _plain(cell: Any) -> Any:
    """A cell's value; a float that is a whole number, exactly, is an integer."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < EXACT:
        return int(cell)
    return cell
