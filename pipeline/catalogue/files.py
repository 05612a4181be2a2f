"""stages.csv, touchpoints.csv and notes.csv to tables.

Rule: every fault is told by file and line, and all faults of all three files are told at once.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.catalogue import sheets
from pipeline.catalogue.patterns import patterns
from pipeline.catalogue.sheets import Faults, Line, nearest_name
from pipeline.errors import BadSettings
from pipeline.settings import CHANNELS

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


def read(folder: Path) -> Catalogue:
    """The catalogue of the project in `folder`.

    Raises:
        BadSettings: A file is missing or holds what cannot be meant; names file and line.
    """
    faults = Faults()
    stage_lines = list(sheets.read(folder / "stages.csv", STAGE_COLUMNS, faults))
    touchpoint_lines = list(sheets.read(folder / "touchpoints.csv", TOUCHPOINT_COLUMNS, faults))
    note_lines = list(sheets.read(folder / "notes.csv", NOTE_COLUMNS, faults))
    if faults.sentences:
        raise BadSettings("\n".join(faults.sentences))
    stages = _stages(stage_lines, faults)
    touchpoints = _touchpoints(touchpoint_lines, stages, faults)
    ranked = patterns(touchpoint_lines, faults)
    names = {*stages["stage"], *touchpoints["touchpoint"]}
    notes = _notes(note_lines, names, faults)
    if faults.sentences:
        raise BadSettings("\n".join(faults.sentences))
    return Catalogue(stages, touchpoints, ranked, notes)


def version(found: Catalogue) -> str:
    """What the rules that make touchpoints and stages are known by: the same rules, the same name.

    Notes change no rule, and neither does the way a spreadsheet saves a file.
    """
    tables = (found.stages, found.touchpoints, found.touchpoint_patterns)
    written = "\n\n".join(table.write_csv() for table in tables)
    return hashlib.sha256(written.encode()).hexdigest()[:12]


def _names(lines: Sequence[Line], column: str, faults: Faults) -> None:
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


def _stages(lines: Sequence[Line], faults: Faults) -> pl.DataFrame:
    """STAGES from its rows."""
    _names(lines, "stage", faults)
    rows = [
        (cells["stage"], position, cells["goal"] or None)
        for position, (_, cells) in enumerate(lines, start=1)
    ]
    return pl.DataFrame(rows, schema=STAGES, orient="row")


def _touchpoints(lines: Sequence[Line], stages: pl.DataFrame, faults: Faults) -> pl.DataFrame:
    """TOUCHPOINTS from its rows."""
    _names(lines, "touchpoint", faults)
    positions = dict(stages.select("stage", "position").iter_rows())
    rows = []
    for position, (where, cells) in enumerate(lines, start=1):
        stage = cells["stage"]
        if stage and stage not in positions:
            faults.add(where, f"unknown stage {stage!r}; {nearest_name(stage, sorted(positions))}")
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


def _notes(lines: Sequence[Line], names: set[str], faults: Faults) -> pl.DataFrame:
    """NOTES from its rows."""
    rows = []
    for where, cells in lines:
        about = cells["about"]
        if about not in names:
            faults.add(
                where,
                f"about is {about!r}, neither a stage nor a touchpoint; "
                f"{nearest_name(about, sorted(names))}",
            )
        if not cells["note"]:
            faults.add(where, "note is empty; write it or take the line out")
        kind = faults.one_of(where, "kind", cells["kind"], ("goal", "pain", "opportunity", "note"))
        given = cells["written_on"]
        written_on = faults.day(where, "written_on", given) if given else None
        rows.append((about, kind, cells["note"], cells["author"] or None, written_on))
    return pl.DataFrame(rows, schema=NOTES, orient="row")
