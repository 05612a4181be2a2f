"""Survey exports as CSV to answers: NPS, CSAT and CES, one row for each answer.

Source: any survey tool's CSV. Identifiers: e-mail, phone and the company's own user_id, by the
columns in HANDLES. Clock: the source's `time_format` and zone; `epoch` and `numeric` are proved
from all stamps of the file. Scales: nps 0 to 10, csat 1 to 5, ces 1 to 7.

Columns are known by their usual names; where a survey tool names them otherwise, wend.toml maps
them and the generic reader takes over. Every other column is an answer and stays a property.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

from pipeline.errors import BadRecord, SourceRefused
from pipeline.landing import cells, clocks, generic, id_columns
from pipeline.landing.attributes import attributes
from pipeline.landing.containers.csv_records import csv_header, csv_rows
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, outcomes
from pipeline.landing.survey.answers import settled

# What wend.toml could map -> the names that survey tools give it, in order of preference.
NAMES = {
    "own_id": ("response_id", "answer_id", "responseid", "id"),
    "occurred_at": (
        *("submitted_at", "answered_at", "completed_at", "responded_at", "recorded_at"),
        *("recorded_date", "end_date", "date_created", "created_at", "timestamp", "date"),
    ),
    "score_kind": ("score_kind", "metric", "survey_type", "question_type"),
    "score": ("score", "rating", "answer"),
    "text": ("comment", "comments", "feedback", "verbatim", "remark", "text"),
    "label": ("survey", "survey_name", "campaign", "touchpoint"),
}
SCORES = ("nps", "csat", "ces")
HANDLES = {
    "email": ("email", "email_address", "recipient_email", "respondent_email"),
    "phone": ("phone", "phone_number", "mobile"),
    "user_id": ("user_id", "customer_id", "customer_number", "external_id", "login"),
}
PERSONAL = {"name", "first_name", "last_name", "full_name", "ip_address", "ip"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column of a file holds what.

    Attributes:
        scores: Score kind -> its own column, such as `nps`.
        rest: Columns that stay properties.
        personal: Columns that say who somebody is.
    """

    columns: Mapping[str, str]
    scores: Mapping[str, str]
    handles: Mapping[str, str]
    rest: tuple[str, ...]
    personal: tuple[str, ...]


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """The answers of a survey file.

    Raises:
        SourceRefused: No time or no score among its columns, or a damaged column of ids.
    """
    if feed.source.columns is not None:
        yield from generic.read(file, feed)
        return
    layout = layout_of(file, csv_header(file, feed.source.delimiter))
    feed = settled(file, feed, [layout.columns["occurred_at"]])
    takes = {
        column: itemgetter(column)
        for namespace, column in layout.handles.items()
        if namespace == "user_id" and column not in feed.source.sound_ids
    }
    rows = id_columns.sound(file.name, csv_rows(file, feed.source.delimiter), takes, {})
    yield from outcomes(rows, partial(interpret, feed, channel_of(feed), layout))


def layout_of(file: RawFile, header: list[str]) -> Layout:
    """Which of the columns hold what.

    Raises:
        SourceRefused: No time or no score among them.
    """
    named = {re.sub(r"\W+", "_", name.strip().lower()).strip("_"): name for name in header}
    columns = _first(named, NAMES)
    scores = {
        kind: named[name] for kind in SCORES for name in (f"{kind}_score", kind) if name in named
    }
    handles = _first(named, HANDLES)
    wanted = "map them in [sources.NAME.columns]"
    if "occurred_at" not in columns:
        raise SourceRefused(
            f"{file.name}: no column says when, such as submitted_at; "
            f"it has {', '.join(header)}; {wanted}"
        )
    if not scores and not {"score", "score_kind"} <= columns.keys():
        raise SourceRefused(
            f"{file.name}: no column nps, csat or ces, nor score and score_kind; "
            f"it has {', '.join(header)}; {wanted}"
        )
    used = {*columns.values(), *scores.values(), *handles.values()}
    personal = {column for name, column in named.items() if name in PERSONAL}
    rest = tuple(column for column in header if column not in used | personal)
    return Layout(columns, scores, handles, rest, tuple(sorted(personal)))


def _first(named: Mapping[str, str], known: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """For each meaning the first of its known names that the header has."""
    found = {}
    for meaning, names in known.items():
        column = next((named[name] for name in names if name in named), None)
        if column is not None:
            found[meaning] = column
    return found


def interpret(
    feed: Feed, channel: str, layout: Layout, number: int, row: dict[str, str]
) -> list[Event | Ignored]:
    """One event for each score of a row; a comment alone is an answer too.

    Raises:
        BadRecord: No readable time, or a score outside its scale.
    """

    def cell(meaning: str) -> str | None:
        return row[layout.columns[meaning]].strip() or None if meaning in layout.columns else None

    answers = [
        (kind, cells.score(kind, row[column]))
        for kind, column in layout.scores.items()
        if row[column].strip()
    ]
    if "score" in layout.columns and (given := cell("score")) is not None:
        kind = cells.score_kind(cell("score_kind"))
        answers.append((kind, cells.score(kind, given)))
    comment = cell("text")
    if not answers and comment is None:
        return [Ignored(number, "unanswered")]
    stamp = cell("occurred_at")
    if stamp is None:
        raise BadRecord(f"{layout.columns['occurred_at']} is empty")
    given_handles = ((name, row[column]) for name, column in layout.handles.items())
    who, unreadable = cells.identify(feed, given_handles, "actor")
    properties: dict[str, Any] = {name: row[name] for name in layout.rest if row[name]}
    if unreadable:
        properties["unreadable"] = unreadable
    own_id = cell("own_id")
    known = attributes((column, row[column]) for column in layout.personal)
    return [
        Event(
            record_number=number,
            own_id=own_id if place == 0 or own_id is None else f"{own_id}:{kind}",
            channel=channel,
            kind="survey_answered",
            kind_raw=kind or "comment",
            occurred=clocks.declared(stamp, feed.source.time_format, feed.clock),
            identifiers=who,
            label=cell("label"),
            # A comment stands once, however many scores stand beside it.
            text=comment if place == 0 else None,
            score_kind=kind,
            score=score,
            properties=properties,
            attributes=known if place == 0 else (),
        )
        for place, (kind, score) in enumerate(answers or [(None, None)])
    ]
