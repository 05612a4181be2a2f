"""What people decided about a person: it goes out of the project's own files, line by line.

Wend reads these files and adds to them, so it takes out of them, too. A line whose identifiers
are the person's goes whole; one that tells of others keeps all but the name.
"""

import csv
import io
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.job import DECISIONS_FILE
from pipeline.landing.identifiers import normalise
from pipeline.privacy.person import Person
from pipeline.privacy.rewording import reworded
from pipeline.privacy.spellings import for_python
from pipeline.privacy.tombstones import replace
from pipeline.settings import Settings

# Copies of the file that every run makes anew: people fill them in where they like.
REVIEWS = "match_review*.csv"


def take_out(settings: Settings, person: Person) -> Counter[str]:
    """Rewrite identity_links.csv and copies of the review file that lie in the project folder.

    Returns:
        How many lines of each went or were reworded: `decisions`, `review lines`. A file that is
        no text stays as it is.
    """
    found: Counter[str] = Counter()
    for path, text, coding in _files(settings.folder):
        left, changed = _left(settings, person, text)
        if changed:
            staged = path.with_name(f".{path.name}.erasing")
            staged.write_bytes(left.encode(coding))
            os.chmod(staged, path.stat().st_mode)  # noqa: PTH101 - a mode, copied
            replace(staged, path)
        found[_place(path)] += changed
    return +found


def count(settings: Settings, person: Person) -> Counter[str]:
    """How many lines `take_out` would change, without changing any."""
    found: Counter[str] = Counter()
    for path, text, _ in _files(settings.folder):
        found[_place(path)] += _left(settings, person, text)[1]
    return +found


def _place(path: Path) -> str:
    return "decisions" if path.name == DECISIONS_FILE else "review lines"


def _files(folder: Path) -> Iterator[tuple[Path, str, str]]:
    """Each file with its text and coding, but those that are no text."""
    for path in [folder / DECISIONS_FILE, *sorted(folder.glob(REVIEWS))]:
        if not path.is_file():
            continue
        content = path.read_bytes()
        coding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8"
        try:
            yield path, content.decode(coding), coding
        except UnicodeDecodeError:
            continue


def _left(settings: Settings, person: Person, text: str) -> tuple[str, int]:
    """What is left of a text, and how many of its lines changed."""
    names = for_python(person.expression)
    region = settings.company.phone_region
    left, changed = [], 0
    for line, cells in _lines(text):
        is_theirs = any(one.strip() in person.pairs or _is(one, person, region) for one in cells)
        kept = "" if is_theirs else reworded(line, names)
        changed += kept != line
        left.append(kept or "")
    return "".join(left), changed


def _lines(text: str) -> Iterator[tuple[str, Sequence[str]]]:
    """Each record as it is written, and its cells."""
    written = io.StringIO(text, newline="").readlines()
    header = next((line for line in written if any(mark in line for mark in ",;\t")), "")
    delimiter = next((mark for mark in ",;\t" if mark in header), ",")
    reader = csv.reader(iter(written), delimiter=delimiter)
    last = 0
    for cells in reader:
        yield "".join(written[last : reader.line_num]), cells
        last = reader.line_num


def _is(cell: str, person: Person, region: str) -> bool:
    """Whether a cell is one of the person's identifiers, however it is written."""
    namespace, colon, text = (part.strip() for part in cell.partition(":"))
    if not colon or not text:
        return False
    namespace = namespace.casefold()
    return (namespace, normalise(namespace, text, region=region)) in person.identifiers
