"""The catalogue: stages.csv, touchpoints.csv and notes.csv to tables, and what it does not name.

People edit these files in a spreadsheet, so every fault is told by file and line, and all faults
of all three files are told at once.
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

import polars as pl

from pipeline.errors import BadSettings
from pipeline.resources import templates_folder
from pipeline.settings import CHANNELS, FILE_NAME

STAGES = pl.Schema({"stage": pl.String, "position": pl.Int32, "goal": pl.String})
TOUCHPOINTS = pl.Schema(
    {
        "touchpoint": pl.String,
        "stage": pl.String,  # null: outside the way, such as a survey
        "channel": pl.String,  # null: any
        "position": pl.Int32,
        "stage_position": pl.Int32,
        "visibility": pl.String,
        "initiator": pl.String,
        "owner": pl.String,
        "importance": pl.String,
        "outcome": pl.String,  # null, completes, ends
        "is_value": pl.Boolean,
    }
)
TOUCHPOINT_PATTERNS = pl.Schema(
    {
        "rank": pl.Int32,  # the lowest that matches wins
        "touchpoint": pl.String,
        "channel": pl.String,  # null: any
        "kind": pl.String,
        "label_like": pl.String,  # for `like ... escape '!'`; null: any label or none
    }
)
NOTES = pl.Schema(
    {
        "about": pl.String,
        "kind": pl.String,
        "note": pl.String,
        "author": pl.String,
        "written_on": pl.Date,
    }
)

STAGE_COLUMNS = ("stage", "goal")
TOUCHPOINT_COLUMNS = (
    "touchpoint",
    "stage",
    "channel",
    "events",
    "visibility",
    "initiator",
    "owner",
    "importance",
    "outcome",
    "is_value",
)
NOTE_COLUMNS = ("about", "kind", "note", "author", "written_on")
FILES = (FILE_NAME, "stages.csv", "touchpoints.csv", "notes.csv")

KIND = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
WORD = re.compile(r"[a-z0-9]+")
# These say who somebody is or that a record changed; nobody met anybody.
BOOKKEEPING = frozenset(
    {
        "account_joined",
        "association_recorded",
        "contact_created",
        "contact_updated",
        "customer_identified",
        "identity_merged",
        "lead_converted",
        "lead_created",
        "lead_updated",
    }
)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a company says of its stages and touchpoints, as tables.

    Attributes:
        stages: STAGES; one row a stage, position from 1.
        touchpoints: TOUCHPOINTS; one row a touchpoint, position from 1.
        touchpoint_patterns: TOUCHPOINT_PATTERNS; one row a pattern of `events`.
        notes: NOTES; one row a note.
    """

    stages: pl.DataFrame
    touchpoints: pl.DataFrame
    touchpoint_patterns: pl.DataFrame
    notes: pl.DataFrame


class Line(NamedTuple):
    """One row of a catalogue file: where it stands and its cells by column."""

    where: str
    cells: dict[str, str]


@dataclass(slots=True)
class _Faults:
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


def read(folder: Path) -> Catalogue:
    """The catalogue of the project in `folder`.

    Raises:
        BadSettings: A file is missing or holds what cannot be meant; names file and line.
    """
    faults = _Faults()
    stage_lines = list(_lines(folder / "stages.csv", STAGE_COLUMNS, faults))
    touchpoint_lines = list(_lines(folder / "touchpoints.csv", TOUCHPOINT_COLUMNS, faults))
    note_lines = list(_lines(folder / "notes.csv", NOTE_COLUMNS, faults))
    if faults.sentences:
        raise BadSettings("\n".join(faults.sentences))
    stages = _stages(stage_lines, faults)
    touchpoints = _touchpoints(touchpoint_lines, stages, faults)
    patterns = _patterns(touchpoint_lines, faults)
    names = {*stages["stage"], *touchpoints["touchpoint"]}
    notes = _notes(note_lines, names, faults)
    if faults.sentences:
        raise BadSettings("\n".join(faults.sentences))
    return Catalogue(stages, touchpoints, patterns, notes)


def init(folder: Path, template: str) -> tuple[Path, ...]:
    """Write a template's wend.toml and catalogue into `folder`; returns what was written.

    Raises:
        BadSettings: No such template, or a file is there already; then nothing is written.
    """
    home = templates_folder()
    names = sorted(place.name for place in home.iterdir() if (place / FILE_NAME).is_file())
    if template not in names:
        raise BadSettings(f"no template {template!r}; there are {', '.join(names)}")
    targets = tuple(folder / name for name in FILES)
    if there := [target.name for target in targets if target.exists()]:
        raise BadSettings(
            f"{folder}: {', '.join(there)} exists already and nothing was written; "
            "move it away or choose another folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for target in targets:
        # Mode x: never over a file that appeared meanwhile.
        with target.open("x", encoding="utf-8", newline="") as file:
            file.write((home / template / target.name).read_text(encoding="utf-8"))
    return targets


def label_like(glob: str) -> str | None:
    """The `like` pattern, with `escape '!'`, of a glob: `*` any run, all else itself.

    No glob, or one of `*` alone, takes what has no label too, and is null.
    """
    if not glob.strip("*"):
        return None
    return re.sub(r"([!%_])", r"!\1", glob).replace("*", "%")


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


def _lines(path: Path, columns: Sequence[str], faults: _Faults) -> Iterator[Line]:
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


def _names(lines: Sequence[Line], column: str, faults: _Faults) -> None:
    """Faults of names that are empty or there twice."""
    seen: dict[str, str] = {}
    for where, cells in lines:
        name = cells[column]
        if not name:
            faults.add(where, f"{column} is empty; name it")
        elif name.casefold() in seen:
            earlier = seen[name.casefold()]
            faults.add(where, f"{column} {name!r} is named on line {earlier} too; rename one")
        seen.setdefault(name.casefold(), where.rpartition(":")[2])


def _stages(lines: Sequence[Line], faults: _Faults) -> pl.DataFrame:
    """STAGES from its rows."""
    _names(lines, "stage", faults)
    rows = [
        (cells["stage"], position, cells["goal"] or None)
        for position, (_, cells) in enumerate(lines, start=1)
    ]
    return pl.DataFrame(rows, schema=STAGES, orient="row")


def _touchpoints(lines: Sequence[Line], stages: pl.DataFrame, faults: _Faults) -> pl.DataFrame:
    """TOUCHPOINTS from its rows."""
    _names(lines, "touchpoint", faults)
    positions = dict(stages.select("stage", "position").iter_rows())
    rows = []
    for position, (where, cells) in enumerate(lines, start=1):
        stage = cells["stage"]
        if stage and stage not in positions:
            faults.add(where, f"unknown stage {stage!r}; {_known(stage, sorted(positions))}")
        if not cells["owner"]:
            faults.add(where, "owner is empty; write the department that answers for it")
        rows.append(
            (
                cells["touchpoint"],
                stage or None,
                faults.one_of(where, "channel", cells["channel"], ("", *CHANNELS)) or None,
                position,
                positions.get(stage),
                faults.one_of(where, "visibility", cells["visibility"], ("onstage", "offstage")),
                faults.one_of(where, "initiator", cells["initiator"], ("customer", "company")),
                cells["owner"],
                faults.one_of(
                    where,
                    "importance",
                    cells["importance"],
                    ("major", "minor", "moment of truth", "hygiene"),
                ),
                faults.one_of(where, "outcome", cells["outcome"], ("", "completes", "ends"))
                or None,
                faults.one_of(where, "is_value", cells["is_value"], ("yes", "no")) == "yes",
            )
        )
    return pl.DataFrame(rows, schema=TOUCHPOINTS, orient="row")


def _patterns(lines: Sequence[Line], faults: _Faults) -> pl.DataFrame:
    """TOUCHPOINT_PATTERNS from the touchpoints' rows; a pattern that cannot win is a fault."""
    rows: list[tuple[int, str, str | None, str, str | None]] = []
    taken: dict[tuple[str | None, str, str | None], str] = {}
    for where, cells in lines:
        channel = cells["channel"].casefold() or None
        given = [part.strip() for part in cells["events"].split(";")]
        if not any(given):
            faults.add(
                where, "events is empty; write the kinds it is made of, such as page_viewed /help*"
            )
        for pattern in filter(None, given):
            kind, _, glob = pattern.partition(" ")
            like = label_like(glob.strip())
            if not KIND.fullmatch(kind):
                faults.add(
                    where,
                    f"events holds {pattern!r}; begin with a kind such as page_viewed, "
                    "and part patterns by semicolons",
                )
                continue
            rivals = ((by, kind, text) for by in {channel, None} for text in (like, None))
            if earlier := next((taken[rival] for rival in rivals if rival in taken), None):
                faults.add(
                    where,
                    f"{pattern!r} can never match: line {earlier} takes it first; "
                    "put the narrower touchpoint above the wider",
                )
            taken.setdefault((channel, kind, like), where.rpartition(":")[2])
            rows.append((len(rows) + 1, cells["touchpoint"], channel, kind, like))
    return pl.DataFrame(rows, schema=TOUCHPOINT_PATTERNS, orient="row")


def _notes(lines: Sequence[Line], names: set[str], faults: _Faults) -> pl.DataFrame:
    """NOTES from its rows."""
    rows = []
    for where, cells in lines:
        about = cells["about"]
        if about not in names:
            faults.add(
                where,
                f"about is {about!r}, neither a stage nor a touchpoint; "
                f"{_known(about, sorted(names))}",
            )
        if not cells["note"]:
            faults.add(where, "note is empty; write it or take the line out")
        kind = faults.one_of(where, "kind", cells["kind"], ("goal", "pain", "opportunity", "note"))
        written_on = None
        if cells["written_on"]:
            try:
                written_on = date.fromisoformat(cells["written_on"])
            except ValueError:
                # 03/04/2026 is two days, and nobody can say which was meant.
                faults.add(where, f"written_on is {cells['written_on']!r}; write it as 2026-01-31")
        rows.append((about, kind, cells["note"], cells["author"] or None, written_on))
    return pl.DataFrame(rows, schema=NOTES, orient="row")


def _known(name: str, names: Sequence[str]) -> str:
    """What to do about a name that is none: the nearest, or all there are."""
    close = get_close_matches(name, names, 1)
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names)}"


def suggestions(
    unmapped: pl.DataFrame, touchpoints: pl.DataFrame, patterns: pl.DataFrame
) -> pl.DataFrame:
    """What to do about each kind that no touchpoint names, in words.

    Args:
        unmapped: Columns `channel`, `kind` and `label` (or `label_example`), and any others.
        touchpoints: TOUCHPOINTS.
        patterns: TOUCHPOINT_PATTERNS.

    Returns:
        The rows of `unmapped` in their order, with `suggestion`: the touchpoint whose name or
        patterns share the rarest words with the kind and its label; else a new touchpoint.
    """
    label = "label" if "label" in unmapped.columns else "label_example"
    vocabulary = _vocabulary(touchpoints, patterns)
    found = [
        _suggestion(channel, kind, about, vocabulary)
        for channel, kind, about in unmapped.select("channel", "kind", label).iter_rows()
    ]
    return unmapped.with_columns(suggestion=pl.Series(found, dtype=pl.String))


class _Known(NamedTuple):
    """A touchpoint by the words of its name and of its patterns."""

    touchpoint: str
    channel: str | None
    kinds: frozenset[str]
    words: frozenset[str]


def _words(text: str | None) -> frozenset[str]:
    """The words of a text, without plural endings; what two letters say is too little."""
    return frozenset(
        word.removesuffix("s") for word in WORD.findall((text or "").casefold()) if len(word) > 2
    )


def _vocabulary(touchpoints: pl.DataFrame, patterns: pl.DataFrame) -> list[_Known]:
    """Every touchpoint with its words, in the catalogue's order."""
    said: dict[str, set[str]] = {}
    kinds: dict[str, set[str]] = {}
    for touchpoint, kind, like in patterns.select("touchpoint", "kind", "label_like").iter_rows():
        said.setdefault(touchpoint, set()).update(_words(f"{kind} {like or ''}"))
        kinds.setdefault(touchpoint, set()).add(kind)
    return [
        _Known(
            touchpoint,
            channel,
            frozenset(kinds.get(touchpoint, ())),
            _words(touchpoint) | frozenset(said.get(touchpoint, ())),
        )
        for touchpoint, channel in touchpoints.sort("position")
        .select("touchpoint", "channel")
        .iter_rows()
    ]


def _suggestion(
    channel: str | None, kind: str, label: str | None, vocabulary: Sequence[_Known]
) -> str:
    """What to do about one kind and label."""
    if kind in BOOKKEEPING:
        return "none needed: it says who somebody is, and is no meeting"
    # Many kinds share a verb (email_delivered), so the label decides where there is one.
    words = _words(label) or _words(kind)
    pattern = _pattern(kind, label)

    def nearness(known: _Known) -> tuple[float, bool, bool]:
        # A word that many touchpoints share (page, viewed, email) says little about any.
        weight = sum(
            1 / sum(word in other.words for other in vocabulary) for word in words & known.words
        )
        return weight, kind in known.kinds, channel == known.channel

    # max() keeps the first of equals, which is the catalogue's order.
    best = max(vocabulary, key=nearness, default=None)
    # Half: a word that at most two touchpoints have. Our choice.
    if best is None or nearness(best)[0] < 0.5:
        return f"add a touchpoint: {pattern}"
    return f"add to {best.touchpoint!r}: {pattern}"


def _pattern(kind: str, label: str | None) -> str:
    """The pattern that would take this kind and its label, and what lies below its path."""
    if not label:
        return kind
    if not label.startswith("/"):
        return f"{kind} {label.replace(';', '*').strip()}"
    first = re.split(r"[/?#;]", label[1:], maxsplit=1)[0]
    return f"{kind} /{first}*" if first else f"{kind} /"
