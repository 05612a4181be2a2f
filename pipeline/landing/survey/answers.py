"""What all survey tools share: the scores, words and handles of one response, as events."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.errors import BadRecord
from pipeline.landing import cells, clocks, layout_proof
from pipeline.landing.clocks import Instant
from pipeline.landing.containers.csv_records import csv_rows
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Attribute, Event, Feed, Ignored, RawFile

DAY = re.compile(r"\d{4}-\d\d-\d\d")
# What survey tools and their users write where there is nothing.
PLACEHOLDERS = {"no response", "n/a", "none", "null", "undefined", "anonymous"}
# A column's or variable's letters and digits -> the namespace of what it holds.
HANDLES = {
    "email": "email",
    "emailaddress": "email",
    "recipientemail": "email",
    "respondentemail": "email",
    "phone": "phone",
    "phonenumber": "phone",
    "mobile": "phone",
    "userid": "user_id",
    "customerid": "user_id",
    "customernumber": "user_id",
    "externalid": "user_id",
    "externalreference": "user_id",
    "externaldatareference": "user_id",
}


@dataclass(frozen=True, slots=True)
class Response:
    """One person's answers to one survey, once or as they were changed.

    Attributes:
        own_id: The tool's own id; the same for a response that was changed.
        received_us: When this version of it was made; None: at `occurred`.
        scores: Kind of score, what the question is called, the answer as it was written.
        texts: What the person wrote, in order.
        handles: Namespace and value as given; placeholders name nobody.
    """

    own_id: str | None
    occurred: Instant
    scores: tuple[tuple[str, str, Any], ...]
    texts: tuple[str, ...]
    handles: tuple[tuple[str, Any], ...]
    label: str | None = None
    received_us: int | None = None
    machine_reason: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    attributes: tuple[Attribute, ...] = ()


def plain(name: str) -> str:
    """A column's letters and digits alone, in lower case."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def handles_among(given: Iterable[tuple[str, Any]]) -> tuple[tuple[str, Any], ...]:
    """Of named values those that name a person, by the usual names of such columns."""
    return tuple(
        (HANDLES[plain(name)], value) for name, value in given if plain(name) in HANDLES and value
    )


def events(feed: Feed, number: int, response: Response) -> list[Event | Ignored]:
    """One event for each score; words alone are an answer, too, and stand once.

    Raises:
        BadRecord: A score off its scale, or a handle that a spreadsheet has damaged.
    """
    scores = [
        (kind, name, cells.score(kind, str(given).strip()))
        for kind, name, given in response.scores
        if given is not None and str(given).strip()
    ]
    text = "\n".join(response.texts) or None
    if not scores and text is None:
        return [Ignored(number, "unanswered")]
    held = [
        (namespace, value)
        for namespace, value in response.handles
        if str(value).strip().lower() not in PLACEHOLDERS
    ]
    who, unreadable = cells.identify(feed, held, "actor")
    properties = {name: value for name, value in response.properties.items() if value}
    if unreadable:
        properties["unreadable"] = unreadable
    answers: list[tuple[str | None, str, float | None]] = [*scores] or [(None, "comment", None)]
    return [
        Event(
            record_number=number,
            own_id=_own_id(response.own_id, place, name),
            channel=channel_of(feed),
            kind="survey_answered",
            kind_raw=name,
            occurred=response.occurred,
            received_us=response.received_us,
            identifiers=who,
            label=response.label,
            machine_reason=response.machine_reason,
            object_kind="survey_response",
            object_id=response.own_id,
            text=text if place == 0 else None,
            score_kind=kind,
            score=score,
            properties=properties,
            attributes=response.attributes if place == 0 else (),
        )
        for place, (kind, name, score) in enumerate(answers)
    ]


def _own_id(response: str | None, place: int, name: str) -> str | None:
    """The id of one of a response's events: the first has the response's own."""
    return response if place == 0 or response is None else f"{response}:{name}"


def settled(file: RawFile, feed: Feed, columns: Sequence[str]) -> Feed:
    """The feed with the layout of time that these columns of a CSV prove.

    Raises:
        SourceRefused: As for `layout_proof.proved`.
    """

    def stamps(again: RawFile) -> Iterator[object]:
        rows = csv_rows(again, feed.source.delimiter)
        return (raw.value.get(name) for raw in rows if raw.problem is None for name in columns)

    return layout_proof.settled(file, feed, stamps)


def day_or_instant(text: str, feed: Feed) -> Instant:
    """The instant of a stamp in the source's `time_format`.

    A date alone is a day of the source's zone, else of the company's.

    Raises:
        BadRecord: Empty, of another layout, or a time of day without a zone.
    """
    if not text:
        raise BadRecord("the time is empty")
    clock = feed.clock
    has_hour = DAY.fullmatch(text) is None and ":" in text
    if clock.zone is None and not has_hour:
        clock = replace(clock, zone=ZoneInfo(feed.company.time_zone))
    return clocks.declared(text, feed.source.time_format, clock)
