"""Delighted survey responses (API list, JSON lines, CSV) to answers.

Used: id, person (an object, or its id), survey_type, score, comment, created_at, updated_at,
person_properties, tags, permalink. Left out: names, notes, additional answers without words.
Identifiers: e-mail, phone, `delighted_person`, and properties of the person that are named as a
customer's number. Clock: Unix seconds in JSON; in CSV ISO 8601, or the source's `time_format`.

Scales by survey_type: nps 0 to 10; csat, smileys and stars_five 1 to 5; ces7 1 to 7. The older
`ces` has five steps and is kept as `unscaled` unless wend.toml says `questions = { ces = "ces" }`;
so are csat3, thumbs and pmf. A survey of employees (enps) is ignored by rule. A response
that was changed comes again with its id and a later updated_at: a revision.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.attributes import attributes
from pipeline.landing.clocks import Instant
from pipeline.landing.containers.csv_records import csv_header, csv_rows
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.containers.unpacked import ending
from pipeline.landing.json_fields import id_of, needed_id, object_of, objects_of, text_of
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, outcomes
from pipeline.landing.survey.answers import (
    Response,
    events,
    handles_among,
    plain,
    settled,
)

SCALES = {"nps": "nps", "csat": "csat", "smileys": "csat", "stars_five": "csat", "ces7": "ces"}
TYPES = {*SCALES, "ces", "csat3", "thumbs", "pmf", "enps"}
# The columns of a CSV, by their letters and digits -> the fields of the API.
COLUMNS = {
    "id": "id",
    "responseid": "id",
    "surveytype": "survey_type",
    "type": "survey_type",
    "score": "score",
    "comment": "comment",
    "createdat": "created_at",
    "respondedat": "created_at",
    "updatedat": "updated_at",
    "email": "email",
    "personemail": "email",
    "phonenumber": "phone_number",
    "personid": "person_id",
}
NAMES = {
    "name": "name",
    "personname": "name",
    "firstname": "first_name",
    "lastname": "last_name",
}
TIMES = ("created_at", "updated_at")
PERSONAL = {*NAMES, "permalink"}

# Of the API's responses and of the exported table; what a company knows of a person is new.
RECORD_FIELDS = frozenset(
    {
        *("id", "person", "survey_type", "score", "comment", "permalink", "created_at"),
        *("updated_at", "person_properties", "notes", "tags", "additional_answers"),
        *("survey_responses", "person_id", "email", "phone_number", "ID", "Response ID"),
        *("Survey Type", "Score", "Comment", "Created At", "Responded At", "Updated At", "Email"),
        *("Person ID", "Person Email", "Phone Number", "Name", "Person Name", "First Name"),
        *("Last Name", "Permalink", "Tags", "Notes", "Locale"),
    }
)
# A person is an id, unless the answer was asked for with persons in it.
VARIED_FIELDS = frozenset({"person"})


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """The responses of a file."""
    if ending(file) in {".csv", ".tsv"}:
        header = csv_header(file, feed.source.delimiter)
        feed = settled(file, feed, [name for name in header if COLUMNS.get(plain(name)) in TIMES])
        yield from outcomes(
            csv_rows(file, feed.source.delimiter),
            lambda number, row: answered(feed, number, of_csv(row)),
        )
        return
    yield from outcomes(
        json_array(file, "survey_responses"),
        lambda number, value: answered(feed, number, value),
    )


def of_csv(row: Mapping[str, str]) -> dict[str, Any]:
    """A row as the API would have given it."""
    named = {COLUMNS[plain(name)]: cell for name, cell in row.items() if plain(name) in COLUMNS}
    rest = {
        name: cell
        for name, cell in row.items()
        if cell and plain(name) not in COLUMNS and plain(name) not in PERSONAL
    }
    person = {name: named.pop(name, None) for name in ("email", "phone_number")}
    person |= {NAMES[plain(name)]: cell for name, cell in row.items() if plain(name) in NAMES}
    return {**named, "person": person | {"id": named.pop("person_id", None)}} | {
        "person_properties": rest
    }


def answered(feed: Feed, number: int, given: dict[str, Any]) -> list[Event | Ignored]:
    """What a response answers.

    Raises:
        BadRecord: No id or time, an unknown type, or a score off its scale.
    """
    own_id = needed_id(given, "id", "a response")
    word = text_of(given, "survey_type") or "nps"
    if word not in TYPES:
        raise BadRecord(f"unknown survey_type: {word[:40]!r}")
    if word == "enps":
        return [Ignored(number, "employee survey")]
    kind = feed.source.questions.get(word) or SCALES.get(word)
    score = given.get("score")
    known = object_of(given, "person_properties")
    texts = [text_of(given, "comment")]
    for extra in objects_of(given, "additional_answers"):
        question, value = object_of(extra, "question"), extra.get("value")
        if question.get("type") == "free_response" and isinstance(value, dict):
            texts.append(text_of(value, "free_response"))
    updated = given.get("updated_at")
    response = Response(
        own_id=own_id,
        occurred=instant(given.get("created_at"), feed),
        received_us=None if updated in (None, "") else instant(updated, feed).us,
        scores=() if kind in {None, "text"} else ((str(kind), word, score),),
        texts=tuple(filter(None, texts)),
        handles=(*person_of(given), *handles_among(known.items())),
        label=text_of(known, "Delighted Source") or None,
        attributes=attributes(named_of(given)),
        properties={
            "person_properties": {
                name: value for name, value in known.items() if not handles_among([(name, value)])
            },
            "tags": given.get("tags"),
            "unscaled": {word: score} if kind is None and score not in (None, "") else None,
        },
    )
    if kind is None and score not in (None, "") and not response.texts:
        return [Ignored(number, f"scale of {word} unknown")]
    return events(feed, number, response)


def person_of(given: dict[str, Any]) -> list[tuple[str, Any]]:
    """The respondent's handles: of an object those it holds, else the person's id."""
    person = given.get("person")
    if not isinstance(person, dict):
        found = id_of(given, "person")
        return [("delighted_person", found)] if found else []
    named = (("delighted_person", "id"), ("email", "email"), ("phone", "phone_number"))
    return [(namespace, person[name]) for namespace, name in named if person.get(name)]


def named_of(given: dict[str, Any]) -> list[tuple[str, Any]]:
    """The respondent's names, where the response holds the person and not only the id."""
    person = given.get("person")
    fields = ("name", "first_name", "last_name")
    return [(name, person.get(name)) for name in fields] if isinstance(person, dict) else []


def instant(value: object, feed: Feed) -> Instant:
    """The instant of a Unix time in seconds, or of a CSV's cell.

    Raises:
        BadRecord: Neither.
    """
    text = str(value).strip()
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if is_number or (text.isdigit() and feed.source.time_format == "iso"):
        return clocks.epoch(value, "s", feed.clock)
    if not isinstance(value, str) or not text:
        raise BadRecord(f"no time: {text[:40]!r}")
    return clocks.declared(text, feed.source.time_format, feed.clock)
