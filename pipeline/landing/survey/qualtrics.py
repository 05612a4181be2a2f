"""Qualtrics responses (CSV as downloaded, three header rows; or one header row) to answers.

Used: ResponseId, RecordedDate (else EndDate), Status, Finished, Progress, RecipientEmail,
ExternalReference, embedded data that names a person, the questions. Left out: names, addresses
and places of the respondent, durations, and all other columns that Qualtrics adds (`Q_...`).

The rows below the names, the questions' words and `{"ImportId": ...}`, are the records 1 and 2 and
ignored as `header`; where the second names the download's zone, stamps without a zone are in it,
else in the source's. A preview or test (`Status`) is ignored as `test response`; spam lands as a
machine's. An unfinished response counts by what it answered.

Scores: the columns that `questions` in wend.toml names, and `X` beside `X_NPS_GROUP`, 0 to 10.
Words: the columns that `questions` calls text, and Qualtrics' own `..._TEXT`. All other answers
stay properties; name a question of free text, so that it is redacted. One event a score.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from pipeline.errors import BadRecord, SourceRefused
from pipeline.landing import clocks
from pipeline.landing.attributes import attributes
from pipeline.landing.clocks import Clock
from pipeline.landing.containers.csv_records import csv_header, csv_rows
from pipeline.landing.identifiers import code
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, outcomes
from pipeline.landing.survey.answers import (
    HANDLES,
    Response,
    events,
    handles_among,
    plain,
    settled,
)

TIMES = ("recordeddate", "enddate")
TESTS = {"1", "2", "9", "survey preview", "survey test", "preview", "test", "spam preview"}
SPAM = {"8", "spam"}
OWN = {
    "startdate", "enddate", "recordeddate", "status", "ipaddress", "progress", "finished",
    "durationinseconds", "duration", "responseid", "recipientlastname", "recipientfirstname",
    "recipientemail", "externalreference", "externaldatareference", "locationlatitude",
    "locationlongitude", "distributionchannel", "userlanguage", "surveyid", "id",
}  # fmt: skip
PERSONAL = ("recipientfirstname", "recipientlastname", "userlanguage")
GROUP = "_NPS_GROUP"
RESPONSE = re.compile(r"(R|FS)_\w+")


class Layout(NamedTuple):
    """Which of a file's columns hold what, by Qualtrics' names without their punctuation."""

    own: dict[str, str]
    scores: dict[str, str]
    texts: tuple[str, ...]
    rest: tuple[str, ...]


@dataclass(slots=True)
class Reading:
    """How far a file has been read: headers stand before the first response."""

    clock: Clock
    is_begun: bool = False


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """The responses of a download.

    Raises:
        SourceRefused: No column ResponseId or none that says when.
    """
    layout = layout_of(file.name, csv_header(file, feed.source.delimiter), feed)
    feed = settled(file, feed, [layout.own[time] for time in TIMES if time in layout.own])
    reading = Reading(feed.clock)

    def interpret(number: int, row: dict[str, str]) -> list[Event | Ignored]:
        if not reading.is_begun and is_header(layout, row):
            reading.clock = zone_of(row, reading.clock)
            return [Ignored(number, "header")]
        reading.is_begun = True
        return answered(replace(feed, clock=reading.clock), layout, number, row)

    yield from outcomes(csv_rows(file, feed.source.delimiter), interpret)


def layout_of(name: str, header: list[str], feed: Feed) -> Layout:
    """Which of the columns hold what.

    Raises:
        SourceRefused: A column is absent without which nothing can be said.
    """
    own = {plain(column): column for column in reversed(header) if plain(column) in OWN}
    own.setdefault("responseid", own.get("id", ""))
    asked = feed.source.questions
    absent = sorted(set(asked) - set(header))
    absent += [] if own["responseid"] else ["ResponseId"]
    absent += [] if any(time in own for time in TIMES) else ["RecordedDate"]
    if absent:
        raise SourceRefused(
            f"{name}: no column {', '.join(absent)}; it has {', '.join(header)[:300]}; export "
            "all columns, or correct questions in wend.toml"
        )
    grouped = [column.removesuffix(GROUP) for column in header if column.endswith(GROUP)]
    scores = {column: "nps" for column in grouped if column in header}
    scores |= {column: kind for column, kind in asked.items() if kind != "text"}
    texts = [column for column in header if asked.get(column) == "text" or _is_text(column)]
    rest = [
        column
        for column in header
        if plain(column) not in OWN
        and plain(column) not in HANDLES
        and column not in scores
        and column not in texts
        and not column.startswith("Q_")
        and not column.endswith(GROUP)
    ]
    return Layout(own, scores, tuple(texts), tuple(rest))


def _is_text(column: str) -> bool:
    """Whether Qualtrics itself says that a column holds what was typed."""
    return column.endswith("_TEXT") and not column.startswith("Q_")


def is_header(layout: Layout, row: dict[str, str]) -> bool:
    """Whether a row is one of those below the names: it has neither an id nor a date."""
    if RESPONSE.fullmatch(row[layout.own["responseid"]].strip()):
        return False
    return not any(row[layout.own[time]][:1].isdigit() for time in TIMES if time in layout.own)


def zone_of(row: dict[str, str], clock: Clock) -> Clock:
    """The clock in the zone that the download names; as it is where it names none."""
    for cell in row.values():
        if cell.startswith('{"ImportId"') and '"timeZone"' in cell:
            try:
                name = orjson.loads(cell)["timeZone"]
                return replace(clock, zone=ZoneInfo("UTC" if name == "Z" else name))
            # A zone is looked up as a file: of a name that is too long the system complains.
            except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
                raise BadRecord(f"no known zone in {cell[:80]}") from error
    return clock


def answered(feed: Feed, layout: Layout, number: int, row: dict[str, str]) -> list[Event | Ignored]:
    """What a response answers.

    Raises:
        BadRecord: No id or time, or a score off its scale.
    """

    def cell(name: str) -> str:
        return row[layout.own[name]].strip() if name in layout.own else ""

    status = cell("status").lower()
    if status in TESTS:
        return [Ignored(number, "test response")]
    own_id = code(cell("responseid"))
    if own_id is None:
        raise BadRecord(f"no usable ResponseId: {cell('responseid')[:40]!r}")
    stamp = cell("recordeddate") or cell("enddate")
    if not stamp:
        raise BadRecord("RecordedDate is empty")
    properties: dict[str, Any] = {name: row[name].strip() for name in layout.rest}
    properties["progress"] = cell("progress") if cell("finished").lower() in {"0", "false"} else ""
    properties["distribution"] = cell("distributionchannel")
    response = Response(
        own_id=own_id,
        occurred=clocks.declared(stamp, feed.source.time_format, feed.clock),
        scores=tuple((kind, name, row[name]) for name, kind in layout.scores.items()),
        texts=tuple(text for name in layout.texts if (text := row[name].strip())),
        handles=handles_among(row.items()),
        machine_reason="marked as spam" if status in SPAM else None,
        properties=properties,
        attributes=attributes((name, cell(name)) for name in PERSONAL),
    )
    return events(feed, number, response)
