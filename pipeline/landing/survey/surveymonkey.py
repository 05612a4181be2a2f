"""SurveyMonkey responses (API v3 `responses/bulk`, JSON lines; CSV of two header rows) to answers.

Used: id, survey_id, response_status, date_created, date_modified, email_address, metadata.contact,
custom_variables, pages[].questions[].answers[]; in CSV Respondent ID, End Date (else Start Date),
Email Address, Custom Data and the questions. Left out: names, addresses, recipient and collector.
Identifiers: e-mail, and custom variables named as a customer's number. Clock: ISO with an offset;
a CSV's stamps follow the source's `time_format` and zone, since they are written as each account
likes it.

Scores: the questions that `questions` in wend.toml names, by id or heading; the value is the
choice's weight, or the number written. Words: whatever was typed into a text box. Other answers
stay properties. Status: partial counts by what it answered; disqualified and over quota are
ignored by rule. A response that was changed comes again with its id and a later date_modified.
"""

import csv
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.errors import BadRecord, SourceRefused
from pipeline.landing import clocks
from pipeline.landing.attributes import attributes
from pipeline.landing.containers.csv_records import csv_header, csv_rows
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.containers.text_lines import byte_lines
from pipeline.landing.containers.unpacked import ending, members
from pipeline.landing.identifiers import code
from pipeline.landing.json_fields import Fields, needed_id, object_of, objects_of, text_of
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, outcomes
from pipeline.landing.survey.answers import (
    HANDLES,
    Response,
    events,
    handles_among,
    plain,
    settled,
)

OWN = {
    "respondentid", "collectorid", "startdate", "enddate", "datecreated", "datemodified",
    "ipaddress", "firstname", "lastname",
}  # fmt: skip
TIMES = ("enddate", "datemodified", "startdate")
OPEN = ("open-ended response", "other (please specify)")

# Of the API's responses, of its answer around them, and of the exported sheet beside its questions.
RECORD_FIELDS = frozenset(
    {
        *("id", "survey_id", "collector_id", "recipient_id", "collection_mode", "response_status"),
        *("date_created", "date_modified", "email_address", "custom_value", "custom_variables"),
        *("first_name", "last_name", "edit_url", "analyze_url", "ip_address", "href", "logic_path"),
        *("metadata", "page_path", "pages", "total_time", "quiz_results", "data", "per_page"),
        *("page", "total", "links", "Respondent ID", "Collector ID", "Start Date", "End Date"),
        *("Date Created", "Date Modified", "IP Address", "Email Address", "First Name"),
        *("Last Name", "Custom Data 1"),
    }
)


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """The responses of a file.

    Raises:
        SourceRefused: A CSV without the columns of SurveyMonkey.
    """
    if ending(file) not in {".csv", ".tsv"}:
        yield from outcomes(
            json_array(file, "data"), lambda number, value: answered(feed, number, value)
        )
        return
    with tempfile.TemporaryDirectory() as folder:
        joined = Path(folder) / "responses.csv"
        with_one_header(file, joined, feed.source.delimiter)
        plainer = replace(file, path=joined, encoding=None)
        header = csv_header(plainer, feed.source.delimiter)
        feed = settled(plainer, feed, [name for name in header if plain(name) in TIMES])
        yield from outcomes(
            csv_rows(plainer, feed.source.delimiter),
            lambda number, row: answered_row(feed, number, row),
        )


def with_one_header(file: RawFile, target: Path, delimiter: str) -> None:
    """Copy a CSV, its two header rows joined: a question, and below it each of its answers.

    Raises:
        SourceRefused: It has no two rows, or no column Respondent ID.
    """
    with target.open("wb") as copy:
        for name, stream in members(file):
            lines = (line for line, _ in byte_lines(stream))
            texts = (line.decode() for line in lines)
            rows = csv.reader(texts, strict=True, delimiter=delimiter)
            try:
                first, second = next(rows), next(rows)
            except (StopIteration, csv.Error, UnicodeDecodeError) as error:
                raise SourceRefused(
                    f"{name}: is no SurveyMonkey CSV of two header rows in UTF-8; export it "
                    "again, or set its encoding in wend.toml"
                ) from error
            header = joined_header(first, second)
            if "respondentid" not in {plain(cell) for cell in header}:
                raise SourceRefused(f"{name}: has no column Respondent ID; export all columns")
            with tempfile.SpooledTemporaryFile(mode="w+", encoding="utf-8", newline="") as text:
                csv.writer(text, delimiter=delimiter).writerow(header)
                text.seek(0)
                copy.write(text.read().encode())
            copy.writelines(lines)


def joined_header(first: list[str], second: list[str]) -> list[str]:
    """One name a column: the question, and its answer where it has several; each name once."""
    found: list[str] = []
    question = ""
    for above, below in zip(first, [*second, *[""] * len(first)], strict=False):
        question = above.strip() or question
        name = question
        if below.strip() and below.strip().lower() != "response":
            name = f"{question} | {below.strip()}"
        number = found.count(name) + sum(each.startswith(f"{name} #") for each in found)
        found.append(name if number == 0 else f"{name} #{number + 1}")
    return found


def answered_row(feed: Feed, number: int, row: dict[str, str]) -> list[Event | Ignored]:
    """What a row of a CSV answers.

    Raises:
        BadRecord: No id or time, or a score off its scale.
    """
    own = {plain(name): cell.strip() for name, cell in row.items() if plain(name) in OWN}
    own_id = code(own["respondentid"])
    if own_id is None:
        raise BadRecord(f"no usable Respondent ID: {own['respondentid'][:40]!r}")
    stamp = own.get("enddate") or own.get("datemodified") or own.get("startdate")
    if not stamp:
        raise BadRecord("End Date is empty")
    scores, texts, rest = [], [], {}
    for name, cell in row.items():
        heading, _, part = name.partition(" | ")
        kind = feed.source.questions.get(name) or feed.source.questions.get(heading)
        if plain(name) in OWN or plain(name) in HANDLES or not cell.strip():
            continue
        if kind == "text" or (kind is None and part.lower() in OPEN):
            texts.append(cell.strip())
        elif kind is not None:
            scores.append((kind, heading, cell))
        else:
            rest[name] = cell.strip()
    response = Response(
        own_id=own_id,
        occurred=clocks.declared(stamp, feed.source.time_format, feed.clock),
        scores=tuple(scores),
        texts=tuple(texts),
        handles=handles_among((name, cell.strip()) for name, cell in row.items()),
        properties={"answers": rest},
        attributes=attributes((name, own.get(name)) for name in ("firstname", "lastname")),
    )
    return events(feed, number, response)


def answered(feed: Feed, number: int, given: Fields) -> list[Event | Ignored]:
    """What a response of the API answers.

    Raises:
        BadRecord: No id or time, or a score off its scale.
    """
    own_id = needed_id(given, "id", "a response")
    status = text_of(given, "response_status") or "completed"
    if status in {"disqualified", "overquota"}:
        return [Ignored(number, status)]
    scores: list[tuple[str, str, Any]] = []
    texts: list[str] = []
    rest: dict[str, list[str]] = {}
    for page in objects_of(given, "pages"):
        for question in objects_of(page, "questions"):
            _question(feed, question, scores, texts, rest)
    person = object_of(object_of(given, "metadata"), "contact")
    contact = object_of(person, "email")
    variables = object_of(given, "custom_variables")
    created = text_of(given, "date_created")
    if created is None:
        raise BadRecord("date_created is empty")
    modified = text_of(given, "date_modified")
    emails = (text_of(given, "email_address"), text_of(contact, "value"))
    response = Response(
        own_id=own_id,
        occurred=clocks.iso(created, feed.clock),
        received_us=clocks.iso(modified, feed.clock).us if modified else None,
        scores=tuple(scores),
        texts=tuple(texts),
        handles=(
            *(("email", email) for email in emails if email),
            *handles_among(variables.items()),
        ),
        label=text_of(given, "survey_title"),
        attributes=attributes(
            (name, object_of(person, name).get("value")) for name in ("first_name", "last_name")
        ),
        properties={
            "survey_id": given.get("survey_id"),
            "status": status if status != "completed" else None,
            "answers": {name: ", ".join(each) for name, each in rest.items()},
            "custom_variables": {
                name: value for name, value in variables.items() if plain(name) not in HANDLES
            },
        },
    )
    return events(feed, number, response)


def _question(
    feed: Feed,
    question: Fields,
    scores: list[tuple[str, str, Any]],
    texts: list[str],
    rest: dict[str, list[str]],
) -> None:
    """Sort a question's answers into scores, words and other answers."""
    own_id = needed_id(question, "id", "a question")
    heading = text_of(question, "heading") or own_id
    kind = feed.source.questions.get(own_id) or feed.source.questions.get(heading)
    for answer in objects_of(question, "answers"):
        weight = object_of(answer, "choice_metadata").get("weight")
        written = text_of(answer, "simple_text") or text_of(answer, "text")
        if kind is not None and kind != "text":
            value = weight if weight is not None else written
            if value is None:
                raise BadRecord(
                    f"{heading[:40]!r} has neither weight nor text: ask for simple=true"
                )
            scores.append((kind, heading, value))
        elif kind == "text" or ("text" in answer and "choice_id" not in answer):
            if written:
                texts.append(written)
        elif chosen := (written or answer.get("choice_id")):
            rest.setdefault(heading, []).append(str(chosen))
