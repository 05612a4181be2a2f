"""The proposed section of wend.toml, tried on the file itself before it is shown."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.counted import counted
from pipeline.errors import NoProject, SourceRefused
from pipeline.landing.formats import FORMATS
from pipeline.settings import Company, find_project, load
from pipeline.sniff.columns import without_values
from pipeline.sniff.mapping import mapping
from pipeline.sniff.sample import Sample, sample
from pipeline.sniff.section import glob_of, source_name, toml
from pipeline.sniff.signatures import candidates
from pipeline.sniff.trial import lacks_zone, refusals_of, tried


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a file was found to be.

    Attributes:
        section: A [sources.NAME] section as TOML; None when it cannot be told.
        remarks: What was found, what is unsure and what cannot be told, a sentence each.
    """

    section: str | None
    remarks: tuple[str, ...]


def of_file(path: Path, project: Path | None, *, now: datetime) -> Proposal:
    """The section that would land a file, for its project: that named, or the one it lies in.

    Without a project the file is taken for a company's of which nothing is known.

    Raises:
        NoProject: There is none where it was named.
        BadSettings: As for `load`.
        SourceRefused: There is no such file.
    """
    if path.is_dir():
        raise SourceRefused(f"{path}: is a folder; name one file in it")
    if not path.exists():
        raise SourceRefused(f"{path}: no such file; check the spelling")
    start = path.resolve().parent if project is None else project
    try:
        settings = load(find_project(start))
    except NoProject:
        if project is not None:
            raise
        return propose(path, path.name, Company(name="unknown"), now)
    folder, whole = settings.folder, path.resolve()
    if not whole.is_relative_to(folder):
        found = propose(path, whole.as_posix(), settings.company, now)
        remark = f"unsure: path: it is absolute, since the file does not lie below {folder}"
        return replace(found, remarks=(*found.remarks, remark))
    return propose(path, whole.relative_to(folder).as_posix(), settings.company, now)


def propose(path: Path, name: str, company: Company, now: datetime) -> Proposal:
    """The section that would land a file.

    Args:
        path: Where it lies.
        name: Its path relative to the project folder, as the section shall have it.
        company: Whose file it is: its region reads telephone numbers.
        now: Stamps after this are in the future.
    """
    try:
        found = sample(path, name)
    except SourceRefused as refusal:
        return Proposal(None, (_lack(name, refusal),))
    told = remarks_on(found, name)
    for layout in dict.fromkeys(candidates(found)):
        if layout in FORMATS:
            as_read = as_is(found) if FORMATS[layout].says_encoding else found
            proposal = by_format(layout, as_read, name, company, now)
            if proposal is not None:
                remarks = (*remarks_on(as_read, name), *proposal.remarks)
                return replace(proposal, remarks=remarks)
    if found.kind == "text":
        return Proposal(None, (*told, "cannot tell: no format that is known has such lines"))
    proposal = by_columns(found, name, company, now)
    return replace(proposal, remarks=(*told, *proposal.remarks))


def remarks_on(found: Sample, name: str) -> tuple[str, ...]:
    """What there is to say of a file whatever its format."""
    doubts = list(found.doubts)
    if glob_of(name) != name:
        doubts.append(f"path: {glob_of(name)} takes the files that are called alike, too")
    looked = f"{name}: {described(found)}, {counted(len(found.rows), 'record')} looked at"
    return (looked, *(f"unsure: {doubt}" for doubt in doubts))


def as_is(found: Sample) -> Sample:
    """A sample of records that say themselves what they are in."""
    return replace(found, file=replace(found.file, encoding=None), doubts=())


def _lack(name: str, refusal: SourceRefused) -> str:
    """A refusal of the file as what cannot be told, its values masked."""
    said = str(refusal).removeprefix(f"{name}: ")
    return f"cannot tell: {name}: {without_values(said)}"


def described(found: Sample) -> str:
    """What kind of file it is, for a remark."""
    kinds = {"csv": "CSV", "jsonl": "JSON lines", "json": "JSON", "xlsx": "a spreadsheet"}
    marks = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
    kind = kinds.get(found.kind, found.kind)
    if found.kind == "csv":
        kind = f"{kind} parted by {marks[found.delimiter]}"
    return (
        kind if found.kind in {"parquet", "xlsx"} else f"{kind} in {found.file.encoding or 'UTF-8'}"
    )


def by_format(
    layout: str, found: Sample, name: str, company: Company, now: datetime
) -> Proposal | None:
    """The section of a vendor's format; None when its reader refuses the file as a whole."""
    keys = {"format": layout, **_keys(found, name)}
    doubts: list[str] = []
    trial = tried(keys, found, company, now)
    if trial and not trial.is_good and lacks_zone(trial):
        zone = keys["time_zone"] = company.time_zone
        doubts.append(
            f"time zone: the stamps name none; {zone} is a guess: set that of their clock"
        )
        trial = tried(keys, found, company, now)
    if trial is None:
        return None
    if not trial.is_good:
        lacks = f"cannot tell: it bears the signs of the format {layout}, which refuses most of it"
        return Proposal(None, (lacks, *refusals_of(trial)))
    if trial.event_count == 0:
        rules = ", ".join(trial.rules)
        doubts.append(f"this file by itself tells of no customer: all is ignored by rule ({rules})")
    remarks = [f"it bears the signs of the format {layout}, which reads it"]
    remarks += [f"unsure: {doubt}" for doubt in (*doubts, *refusals_of(trial))]
    return Proposal(toml(source_name(name), keys), tuple(remarks))


def by_columns(found: Sample, name: str, company: Company, now: datetime) -> Proposal:
    """The section of a table that no vendor's format knows."""
    plain = [header for header in found.header if re.fullmatch(r"[\d.,:/ -]*\d[\d.,:/ -]*", header)]
    plain += [header for header in found.header if "@" in header]
    if plain and found.kind in {"csv", "xlsx"}:
        return Proposal(None, ("cannot tell: the first row seems to be a record and no header",))
    if not found.rows:
        return Proposal(None, ("cannot tell: there is no record to look at",))
    said = mapping(found, region=company.phone_region, zone=company.time_zone)
    if said.lacks:
        told = [f"cannot tell: {lack}" for lack in said.lacks]
        return Proposal(None, tuple(told))
    keys: dict[str, Any] = {"format": "generic", **_keys(found, name), "channel": said.channel}
    if said.time_zone is not None:
        keys["time_zone"] = said.time_zone
    if said.time_format != "iso":
        keys["time_format"] = said.time_format
    keys["columns"] = {**said.fields, "properties": said.properties, "ignore": said.ignore}
    keys["columns"]["identifiers"] = said.identifiers
    keys["columns"]["attributes"] = said.attributes
    remarks = ["no vendor's format is known to have these columns"]
    try:
        trial = tried(keys, found, company, now, strict=True)
    except SourceRefused as refusal:
        return Proposal(None, (*remarks, _lack(name, refusal)))
    assert trial is not None
    doubts = [*said.doubts, *refusals_of(trial)]
    is_state = re.search("chang|updat|modif", said.fields["occurred_at"], re.IGNORECASE)
    if is_state and "own_id" in said.fields:
        doubts.append(
            "format: if each such file lists all there is again, with what changed since the last, "
            "it is a snapshot: see Snapshots in the README"
        )
    if not trial.is_good:
        lacks = "cannot tell: most records do not fit the best mapping found"
        return Proposal(None, (*remarks, lacks, *(f"unsure: {doubt}" for doubt in doubts)))
    remarks += [f"unsure: {doubt}" for doubt in doubts]
    return Proposal(toml(source_name(name), keys), tuple(remarks))


def _keys(found: Sample, name: str) -> dict[str, Any]:
    """The keys that every section of this file has."""
    keys: dict[str, Any] = {"path": glob_of(name)}
    if found.file.encoding is not None:
        keys["encoding"] = found.file.encoding
    if found.kind == "csv" and found.delimiter != ",":
        keys["delimiter"] = found.delimiter
    return keys
