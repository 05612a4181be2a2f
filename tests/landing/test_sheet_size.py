"""What a sheet takes when it is read whole, told from its XML."""

import io
import zipfile
from pathlib import Path

import pytest

from pipeline.errors import SourceRefused
from pipeline.landing.containers.sheet_size import CELL, PLACE, SHEETS, TEXTS, held
from pipeline.landing.containers.xlsx_records import xlsx_rows
from pipeline.landing.record import RawFile
from tests.landing.test_generic import COLUMNS, workbook

HEADER = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>'


def size(rows: str, *, dimension: str = "", texts: str = "", limit: int = 0) -> int:
    """What a sheet of these rows takes; over a limit of 0 its cells are always counted."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        packed.writestr(f"{SHEETS}sheet1.xml", f"{dimension}<sheetData>{rows}</sheetData>")
        if texts:
            packed.writestr(TEXTS, texts)
    with zipfile.ZipFile(content) as packed:
        return held(packed, limit)


def test_each_cell_is_held_with_its_place() -> None:
    """Beside them the XML's own length is counted, for the texts in it."""
    plain = size(HEADER)

    assert plain == 2 * (CELL + PLACE) + len(f"<sheetData>{HEADER}</sheetData>")
    # Without a place of its own a cell stands beside the one before.
    assert size("<row><c><v>1</v></c><c><v>2</v></c></row>") > 2 * (CELL + PLACE)
    assert size('<x:row><x:c r="A1"><x:v>1</x:v></x:c></x:row>') > CELL + PLACE


@pytest.mark.parametrize("dimension", ["", '<dimension ref="A1"/>'])
def test_a_cell_far_from_the_others_makes_the_sheet_large(dimension: str) -> None:
    """All places in between are held; programs that write as they go say A1."""
    far = '<row r="4000"><c r="XFD4000"><v>3</v></c></row>'

    assert size(HEADER + far, dimension=dimension) > 4000 * 16_384 * PLACE


def test_an_empty_cell_takes_no_place() -> None:
    """Formats reach to the end of many a sheet."""
    rows = f'{HEADER}<row r="1048576"><c r="XFD1048576" s="1"/></row>'

    assert size(rows) < 1000
    assert size(rows, dimension='<dimension ref="A1:XFD1048576"/>') < 1000


def test_a_text_is_held_as_often_as_cells_name_it() -> None:
    """It stands once in the table of texts."""
    rows = '<row><c t="s"><v>0</v></c></row>' * 100
    texts = f"<sst><si><t>{'x' * 10_000}</t></si></sst>"

    assert size(rows, texts=texts) > 100 * 10_000


def test_a_usual_sheet_is_not_counted() -> None:
    """Short XML, and cells close to each other: no more than what they could be is told."""
    counted = size(HEADER, dimension='<dimension ref="A1:B1"/>')

    assert counted < size(HEADER, dimension='<dimension ref="A1:B1"/>', limit=2**20) < 2**20


def test_a_sheet_with_a_cell_far_away_is_refused(tmp_path: Path) -> None:
    """The message says how large it is and what to do."""
    path = tmp_path / "f.xlsx"
    workbook(path, Calls=[COLUMNS])
    with zipfile.ZipFile(path, "a") as packed:
        far = HEADER + '<row r="99999"><c r="XFD99999"><v>1</v></c></row>'
        packed.writestr(f"{SHEETS}sheet2.xml", f"<sheetData>{far}</sheetData>")

    with pytest.raises(SourceRefused, match=r"takes \d+ MiB, over the limit of 400, is too large"):
        list(xlsx_rows(RawFile(path, "f.xlsx", "source-1")))
