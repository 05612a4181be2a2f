"""The rows of a CSV file that people edit in a spreadsheet, and its faults by file and line.

Rule: whichever way a spreadsheet saves the file, its rows read the same; a fault is kept, never
guessed away, so that all of them are told at once.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import BadSettings


class Line(NamedTuple):
    """One row of a catalogue file: where it stands and its cells by column."""

    where: str
    cells: dict[str, str]


@dataclass(slots=True)
class Faults:
    """What was found wrong so far, one sentence each."""

    sentences: list[str] = field(default_factory=list)

    def add(self, where: str, sentence: str) -> None:
        """Keep a fault found at file:line."""
        self.sentences.append(f"{where}: {sentence}")

    def one_of(self, where: str, column: str, given: str, allowed: Sequence[str]) -> str:
        """The allowed word that `given` spells in any case; a fault when it is none."""
        word = " ".join(given.casefold().split())
        if word not in allowed:
            shown = ", ".join(repr(choice) if choice else "nothing" for choice in allowed)
            self.add(where, f"{column} is {given!r}; write {shown}")
        return word

    def day(self, where: str, column: str, given: str) -> date | None:
        """The day that `given` spells as 2026-01-31; a fault when it is none."""
        try:
            return date.fromisoformat(given)
        except ValueError:
            # 03/04/2026 is two days, and nobody can say which was meant.
            self.add(where, f"{column} is {given!r}; write it as 2026-01-31")
            return None


def read(path: Path, columns: Sequence[str], faults: Faults) -> Iterator[Line]:
    """The rows of one catalogue file that are not empty; faults of its form are kept."""
    text = _text(path)
    first, _, rest = text.partition("\n")
    skipped = 0
    # Excel may say in a first line which character parts the cells.
    if re.fullmatch(r"\"?sep=.\"?\s*", first):
        text, skipped = rest, 1
    header_line = text.partition("\n")[0].strip("\r")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(path, header_line))
    header = [name.strip().casefold() for name in next(reader)]
    while header and not header[-1]:
        header.pop()
    where = f"{path}:{1 + skipped}"
    if missing := [name for name in columns if name not in header]:
        faults.add(where, f"no column {', '.join(missing)}; add it to the header")
    if unknown := [name for name in header if name not in columns]:
        close = get_close_matches(unknown[0], columns, 1)
        hint = f"did you mean {close[0]!r}?" if close else "take it out, or write it to notes.csv"
        faults.add(where, f"unknown column {unknown[0]!r}; {hint}")
    if twice := sorted({name for name in header if header.count(name) > 1}):
        faults.add(where, f"column {', '.join(twice)} is there twice; take one out")
    if missing or unknown or twice:
        return
    last = reader.line_num
    for row in reader:
        where = f"{path}:{last + 1 + skipped}"
        last = reader.line_num
        cells = [" ".join(cell.split()) for cell in row]
        if not any(cells):
            continue
        if any(cells[len(header) :]) or len(cells) < len(header):
            faults.add(
                where,
                f"{len(cells)} cells where the header has {len(header)}; "
                'write a cell that holds a separator in "quotes"',
            )
            continue
        yield Line(where, dict(zip(header, cells, strict=False)))


def nearest_name(name: str, names: Sequence[str]) -> str:
    """What to do about a name that is none: the nearest, or all there are."""
    close = get_close_matches(name, names, 1)
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names)}"


def _text(path: Path) -> str:
    """The text of a catalogue file, whichever way a spreadsheet saved it."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise BadSettings(f"{path}: no such file; run `wend init` or add it") from error
    coding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return content.decode(coding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadSettings(
            f"{path}:{line}: not UTF-8; save the file as 'CSV UTF-8' in the spreadsheet"
        ) from error


def _delimiter(path: Path, header: str) -> str:
    """The one character that can part the column names of a header line."""
    present = [mark for mark in ",;\t" if mark in header]
    if len(present) != 1:
        raise BadSettings(
            f"{path}:1: the header is {header!r}; part its column names by commas, all the same"
        )
    return present[0]
