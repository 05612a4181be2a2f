"""Front-line staff's notes by touchpoint (a company's own CSV) to notes: never customers' words.

Used: date, author, touchpoint, note, and an id where there is one, under their usual names. Left
out: everything else, so also any customer a note may name: it tells of a touchpoint, not of a
person. Identifiers: the author alone, as staff. Clock: a date or an instant in the source's
`time_format`; a date alone is a day of the source's zone, else of the company's.

Each row is a `note_written` by an agent, internal, about its touchpoint. It names no customer and
its actor is no customer: so it is in nobody's journey and in no customer's sentiment.
"""

from collections.abc import Iterator, Mapping
from functools import partial

from pipeline.errors import BadRecord, SourceRefused
from pipeline.landing import identifiers
from pipeline.landing.containers.csv_records import csv_header, csv_rows
from pipeline.landing.identifiers import code
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Identifier, Ignored, Outcome, RawFile, outcomes
from pipeline.landing.survey.answers import day_or_instant, plain, settled

NAMES = {
    "own_id": ("id", "noteid"),
    "when": ("date", "writtenon", "writtenat", "createdat", "timestamp", "day"),
    "author": ("author", "writtenby", "employee", "agent", "staff", "name"),
    "touchpoint": ("touchpoint", "about", "step", "topic"),
    "note": ("note", "comment", "feedback", "text", "observation"),
}
OPTIONAL = {"own_id", "author"}


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """The notes of a file.

    Raises:
        SourceRefused: No column for the date, the touchpoint or the note.
    """
    header = csv_header(file, feed.source.delimiter)
    columns = columns_of(file.name, header)
    feed = settled(file, feed, [columns["when"]])
    rows = csv_rows(file, feed.source.delimiter)
    yield from outcomes(rows, partial(interpret, feed, channel_of(feed), columns))


def columns_of(name: str, header: list[str]) -> dict[str, str]:
    """Which column holds what.

    Raises:
        SourceRefused: One that is needed is absent.
    """
    present = {plain(column): column for column in reversed(header)}
    found = {
        meaning: present[known]
        for meaning, names in NAMES.items()
        for known in reversed(names)
        if known in present
    }
    if absent := sorted(NAMES.keys() - found.keys() - OPTIONAL):
        usual = ", ".join(f"{NAMES[meaning][0]} ({meaning})" for meaning in absent)
        raise SourceRefused(f"{name}: no column {usual}; it has {', '.join(header)[:300]}")
    return found


def interpret(
    feed: Feed, channel: str, columns: Mapping[str, str], number: int, row: Mapping[str, str]
) -> list[Event | Ignored]:
    """The note of a row.

    Raises:
        BadRecord: No readable time, or a note about nothing.
    """
    cells = {meaning: row[column].strip() for meaning, column in columns.items()}
    if not cells["note"]:
        return [Ignored(number, "empty note")]
    if not cells["touchpoint"]:
        raise BadRecord(f"{columns['touchpoint']} is empty: a note about nothing")
    return [
        Event(
            record_number=number,
            own_id=code(cells.get("own_id", "")),
            channel=channel,
            kind="note_written",
            kind_raw="front_line_note",
            occurred=day_or_instant(cells["when"], feed),
            identifiers=_author(feed, cells.get("author", "")),
            label=cells["touchpoint"],
            actor="agent",
            direction="internal",
            object_kind="touchpoint",
            object_id=cells["touchpoint"],
            text=cells["note"],
        )
    ]


def _author(feed: Feed, text: str) -> tuple[Identifier, ...]:
    """Who wrote it, as staff: by address, else by name."""
    if not text:
        return ()
    address = identifiers.email(text)
    namespace = "staff" if address is None else "email"
    return (Identifier(feed.namespace(namespace), address or text, "agent"),)
