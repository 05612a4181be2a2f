"""What must hold of a mutated file: no crash, no lost record, no silent null, no false time."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from pipeline.errors import SourceRefused
from pipeline.landing import readers
from pipeline.landing.clocks import microseconds
from pipeline.landing.formats import format_named
from pipeline.landing.record import Event, Outcome, RawFile, Refused
from tests.fuzz.mutations import (
    LONE,
    Damage,
    Mutant,
    moment,
    removed,
    replaced,
    shifted,
    spans,
)
from tests.fuzz.sample_files import EARLIEST, JSON, LATEST, MAIL, Sample

# What an event says by a field of its own; None there where something stood is a silent null. Not
# so what it says of the person: by the rule of pipeline/landing/attributes.py a value that says
# nothing or can be read two ways is no attribute, and a wrong one would be worse.
ATTRIBUTES = (
    *("own_id", "label", "received_us", "object_id", "text", "amount_cents", "currency"),
    *("score_kind", "score", "link"),
)
# Format and field -> why anything may stand there without being told.
EXCUSED: dict[tuple[str, object], str] = {
    ("hubspot", "updated_at"): "a stage's name holds from the first day on",
    ("hubspot", "_fivetran_synced"): "a stage's name holds from the first day on",
    ("salesforce", "CreatedDate"): "a lead is converted no sooner than it was created",
    ("amplitude", "session_id"): "-1 stands for no session",
    ("elb_log", "21"): "a request is created no later than it is answered",
    ("w3c_log", "3"): "X-Forwarded-For is written by anybody; the address itself stays",
    ("mail", "Content-Type"): "what is unknown is read as plain text, as the RFC says",
    ("mail", "Content-Transfer-Encoding"): "what is unknown is read as it stands",
    ("mail", "References"): "old programs write sentences",
    ("mail", "In-Reply-To"): "old programs write sentences",
    ("mail", "Received"): "its form is nobody's duty; Date says when",
    ("mail", "body"): "words are words, a bounce's form or not",
    ("mail", "Date"): "Received stands in for it, and `time_from` says so",
}
# Formats that leave out, as they say, what is nested or long among a company's own properties.
NESTED_LEFT_OUT = ("iterable", "klaviyo")
# What is known to be taken for nothing, or decides what another field means; format -> fields.
OPEN = {
    "zendesk_support": "submitter_id|requester_id|created_at|ticket_id|Tags|tags|tickets"
    "|type|field_name|comments|Satisfaction Score|author_id|id|role",
    "intercom": "email|type|contacts|id|author|source|part_type|conversation_parts",
    "livechat": "type|system_message_type|id|users|author_id",
    "twilio": "conversation_sid|author|sid|date_updated|state|messages|identity|address"
    "|messaging_binding|from|to|date_sent|status",
    "whatsapp_cloud": "type|from|recipient_id|wa_id|user_id|from_user_id|to|new_wa_id|text|id",
    "rocketchat": "rid|token|_id|u|messages|username",
    "telegram": "result|id|type|from|chat|from_id",
    "mail": "From|To|Cc|Reply-To",
    # A revenue that is no number stays a property.
    "amplitude": "revenue|amplitude_id|merged_amplitude_id",
    "mixpanel": "revenue",
    "posthog": "revenue",
    "segment": "value",
    "ga4": "key",
    "hubspot": "hs_additional_emails|property_hs_call_direction|meeting_outcome",
    "dynamics": "_customerid_value@Microsoft.Dynamics.CRM.lookuplogicalname|directioncode"
    "|statecode|_parentcontactid_value|scheduledstart|activitytypecode",
    "pipedrive": "additional_data|status|value|email|emails|phone|phones|type|field_key|object"
    "|person_id",
    "front_line_notes": "Author",
    "qualtrics": "finished",
    "zendesk_chat": "history|email",
    "surveymonkey": "Why?|Email Address|How likely?",
    "delighted": "person",
    "satismeter": "metric|type|answers",
    "reviews": "companyReply|Package Name"
    "|id|Review ID|reviewId|Rating|What do you dislike?|What do you like best?"
    "|title|Review Text|consumer|attributes|body|text",
    "tweets": "text|statuses|full_text|screen_name",
    "generic": "extra",
}
HOUR_US, DAY_US = 3_600_000_000, 86_400_000_000
# Read as JSON lines, each numbered as an editor numbers it: a blank line takes a number.
NUMBERED_BY_LINE = ("segment", "snowplow", "ga4", "posthog", "amplitude", "mixpanel", "json_log")
# Records that tell of one another: who takes part, what a stage is called.
LINKED = ("rocketchat/messages.jsonl", "telegram/updates.jsonl", "twilio/messages.jsonl")
# What servers write for a status or a time that there was not.
NO_STATUS = ("-1", "0")
# A query or cookies: a holder of names and values.
PAIRS = re.compile(r"^[^\s:]*\w=[^\s&;]+(?:[&;]|$)")
EMPTY: tuple[Any, ...] = (None, "", [], {}, False)


def is_excused(layout: str, each: Mutant) -> bool:
    """Whether a field of a format may hold anything unsaid, or is known to."""
    named = OPEN.get(layout, "").split("|")
    if layout in NESTED_LEFT_OUT and (
        isinstance(each.new, list | dict) or len(str(each.new)) > 200
    ):
        return True
    fields = [step for step in each.path if isinstance(step, str)]
    return (
        (layout, each.path[-1]) in EXCUSED
        or bool(fields and fields[-1] in named)
        or layout
        in (
            "whatsapp_export",
            "transcript",
        )
    )


class Broken(AssertionError):
    """A property does not hold; the message has what is needed to see it again."""


def read(sample: Sample, content: bytes, folder: Path) -> list[Outcome] | SourceRefused:
    """What the reader makes of a file, or why it refuses it as a whole."""
    path = folder / sample.file_name
    path.write_bytes(content)
    try:
        return list(
            readers.read(
                format_named(sample.layout),
                RawFile(path, f"raw/{sample.file_name}", "source-1"),
                sample.feed(),
            )
        )
    except SourceRefused as refusal:
        if sample.file_name not in str(refusal):
            raise Broken(f"a refusal that does not name the file: {refusal}") from refusal
        return refusal


def by_number(found: Iterable[Outcome]) -> dict[int, list[Outcome]]:
    """The outcomes of each record, without their numbers."""
    told: dict[int, list[Outcome]] = {}
    for outcome in found:
        told.setdefault(outcome.record_number, []).append(replace(outcome, record_number=0))
    return told


@dataclass
class Known:
    """What a sample is when nothing is wrong with it.

    Attributes:
        told: The outcomes of each of its records, in their order.
        is_separate: Whether a record is one numbered record that does not depend on the others.
        without: Record and path -> what the record becomes with nothing there.
        timed: Record and path -> which of its events happen when that place says.
    """

    sample: Sample
    folder: Path
    told: list[list[Outcome]]
    is_separate: bool
    without: dict[tuple[int, Any], list[list[Event]]] = field(default_factory=dict)
    timed: dict[tuple[int, Any], list[int]] = field(default_factory=dict)


def learned(sample: Sample, folder: Path) -> Known:
    """What a sample is; it must land whole."""
    found = read(sample, sample.file(sample.texts), folder)
    assert not isinstance(found, SourceRefused), f"{sample.path}: {found}"
    assert any(isinstance(outcome, Event) for outcome in found), sample.path
    assert not [each for each in found if isinstance(each, Refused)], sample.path
    told = by_number(found)
    first, count = sample.first_number, len(sample.texts)
    is_separate = False
    if sample.path not in LINKED and not sample.path.endswith(".eml"):
        again = read(sample, sample.file([*sample.texts, *sample.texts]), folder)
        if not isinstance(again, SourceRefused):
            twice = by_number(again)
            is_separate = sorted(twice) == list(range(1, first + 2 * count)) and all(
                twice[first + place] == twice[first + count + place] == told.get(first + place)
                for place in range(count)
            )
    ordered = [told.get(first + place, []) for place in range(count)] if is_separate else []
    return Known(sample, folder, ordered or [list(_unnumbered(found))], is_separate)


def _unnumbered(found: Iterable[Outcome]) -> Iterable[Outcome]:
    """The outcomes without their numbers."""
    return (replace(outcome, record_number=0) for outcome in found)


def complete(found: Sequence[Outcome], where: str) -> None:
    """Every record from the first to the last is told of."""
    numbers = {outcome.record_number for outcome in found}
    if numbers != set(range(1, len(numbers) + 1)):
        raise Broken(f"{where}: numbers {sorted(numbers)}")


def check_damage(known: Known, damage: Damage) -> None:
    """A file damaged in its bytes: nothing is lost, and what was not touched is as it was."""
    sample = known.sample
    found = read(sample, damage.content, known.folder)
    if isinstance(found, SourceRefused):
        return
    where = f"{sample.path}: {damage.how} at {damage.touched}: {damage.content!r}"
    if sample.shape == "csv" or (sample.shape == JSON and sample.layout not in NUMBERED_BY_LINE):
        complete(found, where)
    else:
        lines = _lines(damage.content)
        numbers = {outcome.record_number for outcome in found}
        if sample.shape != MAIL and not numbers <= set(range(1, damage.content.count(b"\n") + 2)):
            raise Broken(f"{where}: numbers {sorted(numbers)} are no lines")
        if known.is_separate and sample.shape != MAIL and not lines <= numbers:
            raise Broken(f"{where}: lines {sorted(lines - numbers)} are lost")
    if not known.is_separate or damage.touched.start < len(sample.head.encode()):
        return
    content = sample.file(sample.texts)
    held = "\n".join(each.raw for each in found if isinstance(each, Refused))
    told = [tuple(map(repr, each)) for each in by_number(found).values()]
    for place, span in enumerate(spans(content, sample.texts)):
        # Without its first line a mail is the end of the one before.
        edge = 80 if sample.shape == MAIL else 3
        if damage.touched.start - edge <= span.stop and span.start <= damage.touched.stop + edge:
            continue
        if tuple(map(repr, known.told[place])) in told:
            continue
        if sample.texts[place].strip() in held or sample.texts[place].strip() in _loose(held):
            continue
        raise Broken(f"{where}: record {place + 1} is lost")


def _loose(text: str) -> str:
    """The text with line ends as Unix has them."""
    return text.replace("\r\n", "\n")


def _lines(content: bytes) -> set[int]:
    """The numbers of the lines that are not blank."""
    parts = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    found = set()
    for number, part in enumerate(parts, start=1):
        text = part.decode("utf-8", "replace").rstrip("\r")
        if text and not text.isspace():
            found.add(number)
    return found


def check_mutants(known: Known, mutants: Sequence[Mutant]) -> Counter[str]:
    """Mutated records in one file, or each in its own where the file is refused; what they became.

    Raises:
        Broken: A property does not hold.
    """
    if known.is_separate and len(mutants) > 1:
        sample = known.sample
        texts = [*sample.texts, *(each.text for each in mutants), *sample.texts]
        found = read(sample, sample.file(texts), known.folder)
        if not isinstance(found, SourceRefused):
            return _check_together(known, mutants, found)
    fates: Counter[str] = Counter()
    for each in mutants:
        fates += _check_alone(known, each)
    return fates


def _check_together(
    known: Known, mutants: Sequence[Mutant], found: Sequence[Outcome]
) -> Counter[str]:
    """Each mutant between the sample's own records."""
    sample = known.sample
    first, count = sample.first_number, len(sample.texts)
    told = by_number(found)
    last = first + 2 * count + len(mutants) - 1
    if sorted(told) != list(range(1, last + 1)):
        if len(mutants) > 1:
            return sum((check_mutants(known, [each]) for each in mutants), Counter())
        return _check_alone(known, mutants[0])
    for place in range(count):
        for number in (first + place, last - count + 1 + place):
            if told[number] != known.told[place]:
                if len(mutants) > 1:
                    return sum((check_mutants(known, [each]) for each in mutants), Counter())
                raise Broken(f"{sample.path}: {mutants[0]}: neighbour {number} is another")
    fates: Counter[str] = Counter()
    for number, each in enumerate(mutants, start=first + count):
        fates[judged(known, each, known.told[each.index], told[number])] += 1
    return fates


def _holds_records(each: Mutant) -> bool:
    """Whether the mutated place is a list, or one in a list, which may hold records."""
    return isinstance(each.old, list) or isinstance(each.path[-1], int)


def _check_alone(known: Known, each: Mutant) -> Counter[str]:
    """One mutant in the place of the record it was."""
    sample = known.sample
    texts = list(sample.texts)
    texts[each.index] = each.text
    found = read(sample, sample.file(texts), known.folder)
    if isinstance(found, SourceRefused):
        return Counter(["file refused"])
    if _holds_records(each) and sorted(by_number(found)) != list(
        range(1, sample.first_number + len(texts))
    ):
        # A list that holds records has others now.
        complete(found, f"{sample.path}: {each}")
        return Counter(["landed"])
    if known.is_separate:
        told = by_number(found)
        last = sample.first_number + len(texts) - 1
        if sorted(told) != list(range(1, last + 1)):
            raise Broken(f"{sample.path}: {each}: numbers {sorted(told)}, not 1 to {last}")
        for place in range(len(texts)):
            if place != each.index and told[sample.first_number + place] != known.told[place]:
                raise Broken(f"{sample.path}: {each}: record {place + 1} is another")
        now = told[sample.first_number + each.index]
        return Counter([judged(known, each, known.told[each.index], now)])
    if sample.shape in {JSON, "csv"}:
        complete(found, f"{sample.path}: {each}")
    return Counter([judged(known, each, known.told[0], list(_unnumbered(found)))])


def judged(  # noqa: C901, PLR0911 - one property after the other
    known: Known, each: Mutant, before: list[Outcome], now: list[Outcome]
) -> str:
    """What became of a mutant: refused, ignored, landed.

    Raises:
        Broken: It lost something without a word, or landed at a false time.
    """
    if any(isinstance(outcome, Refused) for outcome in now):
        return "refused"
    was = [outcome for outcome in before if isinstance(outcome, Event)]
    is_now = [outcome for outcome in now if isinstance(outcome, Event)]
    if not is_now:
        return "ignored"
    where = f"{known.sample.path}: {each}"
    _refuse_false_times(known, each, was, is_now, where)
    _refuse_damaged_ids(each, is_now, where)
    if each.how == "same address":
        mine = [event.identifiers for event in was]
        if mine != [event.identifiers for event in is_now]:
            raise Broken(f"{where}: {mine} became {[event.identifiers for event in is_now]}")
    if each.how in {"removed", "renamed", "twice", "reordered"} or _is_empty(each.new):
        return "landed"
    if (_is_holder(each.old) and _is_holder(each.new)) or PAIRS.search(str(each.old)):
        return "landed"
    if each.new in NO_STATUS or is_excused(known.sample.layout, each):
        return "landed"
    if any(
        _tells(event.properties, each.new) or "unreadable" in event.properties for event in is_now
    ):
        return "landed"
    without = _without(known, each)
    if is_now in without and _said(was) not in map(_said, without):
        raise Broken(f"{where}: landed as if nothing stood there")
    if len(is_now) == len(was):
        for old, new in zip(was, is_now, strict=True):
            if old.kind == new.kind:
                _refuse_nulls(old, new, where)
    return "landed"


def _is_empty(value: Any) -> bool:
    """Whether a value says nothing."""
    return value in (*EMPTY, [None], "None", "null", "N/A", "NaN", "{}", "[]", LONE) or (
        isinstance(value, str) and not value.replace("\ufeff", "").strip().strip("-")
    )


def _said(events: Sequence[Event]) -> list[Event]:
    """Events without what is concluded from words: the kind of device, and whether a machine's.

    Nor what is told of the person: by its own rule a value that is doubtful there is none.
    """
    return [
        replace(event, machine_reason=None, device_kind=None, attributes=()) for event in events
    ]


def _tells(properties: Any, value: Any) -> bool:
    """Whether the value stands in the properties, or names one of them."""
    if isinstance(properties, dict):
        return value in list(properties) or any(_tells(part, value) for part in properties.values())
    if isinstance(properties, list):
        return any(_tells(part, value) for part in properties)
    # Of an address what follows the path is not published.
    return type(properties) is type(value) and properties in (value, str(value).partition("?")[0])


def _is_holder(value: Any) -> bool:
    """Whether it is a list or an object, or a text of one: without its parts it says nothing."""
    return isinstance(value, list | dict) or (
        isinstance(value, str) and (value.strip()[:1] in {"{", "["} or value == "null")
    )


def _without(known: Known, each: Mutant) -> list[list[Event]]:
    """What the record becomes with nothing in the mutated place."""
    key = (each.index, each.path)
    if key not in known.without:
        sample, record = known.sample, known.sample.records[each.index]
        texts = []
        if sample.shape == JSON:
            texts = [sample.text(removed(record, each.path))]
            texts += [sample.text(replaced(record, each.path, None))]
        texts += [sample.text(replaced(record, each.path, "" if sample.shape != "words" else "-"))]
        known.without[key] = [found for text in texts if (found := _events(known, each, text))]
    return known.without[key]


def _events(known: Known, each: Mutant, text: str) -> list[Event]:
    """The events of the record as `text`; none when it is refused."""
    texts = list(known.sample.texts)
    texts[each.index] = text
    found = read(known.sample, known.sample.file(texts), known.folder)
    if isinstance(found, SourceRefused):
        return []
    if known.is_separate:
        told: Iterable[Outcome] = by_number(found).get(known.sample.first_number + each.index, [])
    else:
        told = _unnumbered(found)
    return [outcome for outcome in told if isinstance(outcome, Event)]


def _refuse_nulls(old: Event, new: Event, where: str) -> None:
    """Nothing that an event had is gone."""
    for name in ATTRIBUTES:
        if getattr(old, name) is not None and getattr(new, name) is None:
            raise Broken(f"{where}: {name} was {getattr(old, name)!r} and is nothing now")
    if len(set(new.identifiers)) < len(set(old.identifiers)):
        raise Broken(f"{where}: {old.identifiers} became {new.identifiers}")


def _refuse_damaged_ids(each: Mutant, now: Sequence[Event], where: str) -> None:
    """No identifier that has gone through a float is landed."""
    if isinstance(each.new, str) and not re.fullmatch(r"\d[.,]?\d*E\+\d+", each.new):
        return
    said = str(each.new)
    for event in now:
        for person in event.identifiers:
            if person.role != "agent" and person.value == said and re.search(r"[eE]\+", said):
                raise Broken(f"{where}: a damaged id landed: {person}")


def _refuse_false_times(
    known: Known, each: Mutant, was: Sequence[Event], now: Sequence[Event], where: str
) -> None:
    """What was told by a stamp is told by the stamp that stands there now."""
    limits = microseconds(EARLIEST), microseconds(LATEST)
    for event in now:
        if not limits[0] <= event.occurred.us <= limits[1]:
            raise Broken(f"{where}: landed at {event.occurred}")
    before, after = moment(each.old), moment(each.new)
    if before is None or after is None or len(was) != len(now):
        return
    if is_excused(known.sample.layout, each):
        return
    for place in _timed(known, each, was):
        # A bare stamp stands in the source's zone, and summer time may lie between the two.
        away = now[place].occurred.us - was[place].occurred.us - (after - before)
        bearable = {0, HOUR_US, -HOUR_US} if each.how == "shifted" else range(-DAY_US, DAY_US)
        if away not in bearable:
            raise Broken(f"{where}: {was[place].occurred} became {now[place].occurred}")


def _timed(known: Known, each: Mutant, was: Sequence[Event]) -> list[int]:
    """Which of a record's events happened when the mutated place says: a later hour moves them."""
    key = (each.index, each.path)
    if key not in known.timed:
        later = shifted(each.old, timedelta(microseconds=-HOUR_US))
        record = replaced(known.sample.records[each.index], each.path, later)
        now = _events(known, each, known.sample.text(record))
        known.timed[key] = [
            place
            for place, (old, new) in enumerate(zip(was, now, strict=False))
            if old.occurred.us - new.occurred.us == HOUR_US
        ]
    return known.timed[key]
