"""Any CSV, JSON lines, Parquet or .xlsx file to events, by the columns that wend.toml maps.

A column is mapped, listed or ignored by name; any other is refused before a row is read, and so
is a file without a mapped column: a source that changes is noticed, not guessed at.

Clock: `time_format`; where it is `epoch` or `numeric`, a file is read twice: first to prove the
unit or the order of day and month from all its stamps. Identifiers: as mapped; a column of them
that a spreadsheet has damaged refuses its file (id_columns).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from operator import methodcaller
from typing import Any

from pipeline.errors import BadRecord, BadSettings, SourceRefused
from pipeline.landing import attributes, clocks, id_columns, layout_proof, money
from pipeline.landing.agents import UNKNOWN, agent
from pipeline.landing.containers.csv_records import csv_header, csv_rows
from pipeline.landing.containers.json_records import json_array, json_lines
from pipeline.landing.containers.parquet_records import parquet_header, parquet_rows
from pipeline.landing.containers.unpacked import ending
from pipeline.landing.containers.xlsx_records import xlsx_header, xlsx_rows
from pipeline.landing.identifiers import is_damaged, normalise
from pipeline.landing.readers import channel_of
from pipeline.landing.record import (
    Attribute,
    Event,
    Feed,
    Identifier,
    Outcome,
    Raw,
    RawFile,
    outcomes,
)
from pipeline.settings import Columns

ACTORS = ("customer", "agent", "bot", "system")
DIRECTIONS = ("inbound", "outbound", "internal")
# What exports call a kind of device; any other word is `other`.
DEVICES = {
    **dict.fromkeys(("desktop", "computer", "laptop", "pc"), "desktop"),
    **dict.fromkeys(("mobile", "phone", "smartphone"), "mobile"),
    "tablet": "tablet",
}
# Score kind -> the ends of its scale.
SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
# The fields of Columns that name one column each.
FIELDS = tuple(
    name
    for name in Columns.model_fields
    if name not in {"identifiers", "merged", "attributes", "id_widths", "properties", "ignore"}
)
TIMES = ("occurred_at", "received_at")
SHEETS = {".xlsx", ".xlsm"}
OTHER_SHEETS = {".xls", ".xlsb", ".ods", ".numbers"}

# What a row may say of two identifiers of one namespace.
MERGED, UNMERGED = "identity_merged", "identity_unmerged"

WHOLE = re.compile(r"-?[0-9]{1,18}")

Get = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a row's parts are found.

    Attributes:
        texts: Field of Columns that is no time, and what takes it from a row.
        times: Field of Columns that is a time -> what takes it from a row.
        identifiers: Namespace, its column, and what takes it from a row.
        merged: The same of the other identifier, of rows that tell of two.
        attributes: Attribute, and what takes it from a row.
        widths: Column of ids -> how many digits its ids have.
        properties: Columns kept as they are; None: all that are not used or ignored.
    """

    texts: tuple[tuple[str, Get], ...]
    times: Mapping[str, Get]
    identifiers: tuple[tuple[str, str, Get], ...]
    merged: tuple[tuple[str, str, Get], ...]
    attributes: tuple[tuple[str, Get], ...]
    widths: Mapping[str, int]
    properties: tuple[str, ...] | None
    used: frozenset[str]


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """The events of a file whose columns are mapped.

    Raises:
        SourceRefused: A mapped column is absent, a column has no place in the mapping, the
            stamps prove no layout, or a column of ids is damaged.
    """
    columns = feed.source.columns
    if columns is None:
        raise BadSettings(f"sources.{feed.name}: needs a [sources.{feed.name}.columns] section")
    plan = plan_of(columns)
    feed = settled(file, feed, columns, tuple(plan.times.values()))
    return outcomes(
        records(file, feed, columns, plan), partial(interpret, feed, channel_of(feed), plan)
    )


def settled(file: RawFile, feed: Feed, columns: Columns, times: Iterable[Get]) -> Feed:
    """The feed with the layout of time that this file proves, where wend.toml leaves it to that.

    Raises:
        SourceRefused: The stamps are of two layouts, or prove none.
    """
    takes = tuple(times)

    def stamps(again: RawFile) -> Iterator[Any]:
        rows = rows_of(again, feed, columns, plan_of(columns))
        return (_taken(take, raw.value) for raw in rows if raw.problem is None for take in takes)

    return layout_proof.settled(file, feed, stamps)


def _taken(take: Get, row: Mapping[str, Any]) -> Any:
    """What stands in a row's column; None where the row will be refused for it."""
    try:
        return take(row)
    except BadRecord:
        return None


def plan_of(columns: Columns) -> Plan:
    """How a row's parts are found, from the mapping in wend.toml."""
    mapped = {name: spec for name in FIELDS if (spec := getattr(columns, name)) is not None}
    specs = [
        *mapped.values(),
        *columns.identifiers.values(),
        *columns.merged.values(),
        *columns.attributes.values(),
    ]
    return Plan(
        texts=tuple((name, getter(spec)) for name, spec in mapped.items() if name not in TIMES),
        times={name: getter(spec) for name, spec in mapped.items() if name in TIMES},
        identifiers=tuple(
            (namespace, spec, getter(spec)) for namespace, spec in columns.identifiers.items()
        ),
        merged=tuple((namespace, spec, getter(spec)) for namespace, spec in columns.merged.items()),
        attributes=tuple((name, getter(spec)) for name, spec in columns.attributes.items()),
        widths=columns.id_widths,
        properties=None if "*" in columns.properties else columns.properties,
        used=frozenset(spec for spec in specs if not spec.startswith("=")),
    )


def getter(spec: str) -> Get:
    """What takes a column, an `a.b` path or an `=constant` from a row.

    It raises BadRecord where a path leads through something else than an object.
    """
    if spec.startswith("="):
        constant = spec[1:]
        return lambda _row: constant
    if "." not in spec:
        return methodcaller("get", spec)
    steps = spec.split(".")

    def take(row: Mapping[str, Any]) -> Any:
        if spec in row:
            return row[spec]
        found: Any = row
        for step in steps:
            if found is None:
                return None
            if not isinstance(found, dict):
                raise BadRecord(f"{spec} leads through what is no object: {str(found)[:40]!r}")
            found = found.get(step)
        return found

    return take


def records(file: RawFile, feed: Feed, columns: Columns, plan: Plan) -> Iterator[Raw]:
    """The rows of a file, once its columns are found to be as mapped.

    Raises:
        SourceRefused: They are not, or at the end: a column of ids is damaged.
    """
    takes = {
        spec: partial(_taken, take)
        for namespace, spec, take in (*plan.identifiers, *plan.merged)
        if not (spec.startswith("=") or namespace == "email" or spec in feed.source.sound_ids)
    }
    rows = rows_of(file, feed, columns, plan)
    return id_columns.sound(file.name, rows, takes, plan.widths) if takes else rows


def rows_of(file: RawFile, feed: Feed, columns: Columns, plan: Plan) -> Iterator[Raw]:
    """The rows of a file, once its columns are found to be as mapped.

    Raises:
        SourceRefused: They are not, or the file is of a kind that is not read.
    """
    kind = ending(file)
    if kind in {".jsonl", ".ndjson", ".json"}:
        rows = json_array(file) if kind == ".json" else json_lines(file)
        yield from _checked(file, rows, columns, plan)
    elif kind == ".parquet":
        check(file.name, parquet_header(file), columns, plan)
        yield from parquet_rows(file)
    elif kind in SHEETS:
        check(file.name, xlsx_header(file, feed.source.sheet), columns, plan)
        yield from xlsx_rows(file, feed.source.sheet)
    elif kind in OTHER_SHEETS:
        raise SourceRefused(f"{file.name}: of spreadsheets .xlsx is read; save it as that or CSV")
    else:
        given = feed.source.delimiter
        delimiter = "\t" if kind == ".tsv" and given == "," else given
        check(file.name, csv_header(file, delimiter), columns, plan)
        yield from csv_rows(file, delimiter)


def _checked(file: RawFile, rows: Iterable[Raw], columns: Columns, plan: Plan) -> Iterator[Raw]:
    """JSON rows; a field is looked at when it first appears, since absent means empty here."""
    seen: set[str] = set()
    for raw in rows:
        if raw.problem is None and (new := raw.value.keys() - seen):
            seen |= new
            refuse_unexpected(f"{file.name}, record {raw.number}", new, columns, plan)
        yield raw


def check(where: str, present: Iterable[str], columns: Columns, plan: Plan) -> None:
    """Refuse a file without a mapped column, or with one that has no place in the mapping.

    Raises:
        SourceRefused: Names the file, the column, and what is there.
    """
    present = list(present)
    listed = {name for name in columns.properties if name != "*"}
    tops = {name.partition(".")[0] for name in present}
    absent = sorted(
        name
        for name in plan.used | listed
        if name not in present and name.partition(".")[0] not in tops
    )
    if absent:
        raise SourceRefused(
            f"{where}: no column {', '.join(absent)}; it has {', '.join(present)}; "
            "correct [sources.NAME.columns]"
        )
    refuse_unexpected(where, present, columns, plan)


def refuse_unexpected(where: str, present: Iterable[str], columns: Columns, plan: Plan) -> None:
    """Refuse columns that are neither mapped nor listed.

    Raises:
        SourceRefused: Names them.
    """
    if plan.properties is None:
        return
    placed = plan.used | set(columns.properties) | set(columns.ignore)
    placed |= {name.partition(".")[0] for name in plan.used}
    unexpected = sorted(set(present) - placed)
    if unexpected:
        raise SourceRefused(
            f"{where}: unexpected column {', '.join(unexpected)}; map it, or list it in "
            'properties or ignore; properties = ["*"] takes all'
        )


def interpret(
    feed: Feed, channel: str, plan: Plan, number: int, row: Mapping[str, Any]
) -> list[Event]:
    """The one event of a row.

    Raises:
        BadRecord: No time or kind, or a value that is not what its field needs.
    """
    said = {name: texted(take(row)) for name, take in plan.texts}
    cell = said.get
    kind = cell("kind")
    if kind is None:
        raise BadRecord("the kind is empty")
    given = [(namespace, take(row)) for namespace, _, take in plan.identifiers]
    if plan.widths:
        _refuse_short(plan, row)
    others = [(namespace, take(row)) for namespace, _, take in plan.merged]
    doubled = [namespace for namespace, text in others if texted(text)]
    tells_of_two = _tells_of_two(kind_name(kind), plan, doubled)
    actor = one_of("actor", cell("actor"), ACTORS) or ("system" if tells_of_two else "customer")
    default = "inbound" if actor == "customer" else "internal" if tells_of_two else "outbound"
    role = "subject" if tells_of_two else "actor" if actor == "customer" else "recipient"
    who, unreadable = identify(feed, [*given, *others], role)
    _refuse_one(feed, who, doubled)
    amount, currency = cell("amount"), None
    if amount is not None:
        currency = money.currency(cell("currency") or feed.company.currency)
        if currency is None:
            raise BadRecord(f"not a currency: {cell('currency')!r}")
    browser = agent(cell("user_agent")) if "user_agent" in said else UNKNOWN
    given_score = cell("score")
    kind_of_score = score_kind(cell("score_kind")) if given_score is not None else None
    received = plan.times["received_at"](row) if "received_at" in plan.times else None
    return [
        Event(
            record_number=number,
            own_id=cell("own_id"),
            channel=channel,
            kind=kind_name(kind),
            kind_raw=kind,
            occurred=instant(plan.times["occurred_at"](row), feed),
            received_us=None if texted(received) is None else instant(received, feed).us,
            identifiers=who,
            label=cell("label"),
            actor=actor,
            direction=one_of("direction", cell("direction"), DIRECTIONS) or default,
            machine_reason=browser.machine_reason,
            device_kind=browser.device_kind or device_kind(cell("device_kind")),
            object_kind=cell("object_kind"),
            object_id=cell("object_id"),
            text=cell("text"),
            amount_cents=None
            if amount is None or currency is None
            else money.minor_units(amount, currency),
            currency=currency,
            score_kind=kind_of_score,
            score=None if given_score is None else score(kind_of_score, given_score),
            link=cell("link"),
            source_sequence=_sequence(cell("sequence")),
            is_merge=tells_of_two and kind_name(kind) == MERGED,
            properties=_properties(row, plan, feed, unreadable),
            attributes=_attributes(row, plan),
        )
    ]


def _sequence(text: str | None) -> int:
    """The place of a record among those of its instant; 0 where it says none.

    Raises:
        BadRecord: It is no whole number of 18 digits at most.
    """
    if text is None:
        return 0
    if not WHOLE.fullmatch(text):
        raise BadRecord(f"not a whole number: {text[:40]!r}")
    return int(text)


def _tells_of_two(kind: str, plan: Plan, others: Sequence[str]) -> bool:
    """Whether a row declares two identifiers of a namespace to be one person, or two.

    Args:
        kind: Of the row.
        plan: Says whether there are columns of the other identifier at all.
        others: The namespaces of which the row names another one.

    Raises:
        BadRecord: It names two and is of another kind, or it names no other.
    """
    if others and kind not in {MERGED, UNMERGED}:
        raise BadRecord(f"a {kind} names two of one namespace; only {MERGED} and {UNMERGED} may")
    if plan.merged and kind in {MERGED, UNMERGED} and not others:
        raise BadRecord(f"an {kind} that names no other {plan.merged[0][0]}")
    return bool(others)


def _refuse_one(feed: Feed, who: Iterable[Identifier], others: Iterable[str]) -> None:
    """Refuse a row that should name two of some namespaces and names one.

    Raises:
        BadRecord: One is missing, unreadable, or the same as the other.
    """
    counts = Counter(one.namespace for one in who)
    for namespace in others:
        if counts[feed.namespace(namespace)] < 2:
            raise BadRecord(f"needs two different values of {namespace}, to merge or to part")


def _refuse_short(plan: Plan, row: Mapping[str, Any]) -> None:
    """Refuse a row whose id has lost leading noughts.

    Raises:
        BadRecord: An id of digits has fewer than wend.toml says.
    """
    for _, column, take in (*plan.identifiers, *plan.merged):
        text = texted(take(row)) or ""
        if len(text) < plan.widths.get(column, 0) and text.isdigit():
            raise BadRecord(f"{column} {text} has fewer than {plan.widths[column]} digits")


def _attributes(row: Mapping[str, Any], plan: Plan) -> tuple[Attribute, ...]:
    """What the mapped columns say of the customer."""
    found = {name: attributes.value(name, take(row)) for name, take in plan.attributes}
    return attributes.told({name: value for name, value in found.items() if value is not None})


def _properties(
    row: Mapping[str, Any], plan: Plan, feed: Feed, unreadable: list[str]
) -> dict[str, Any]:
    """The columns kept as they are, without the empty ones."""
    ignored = feed.source.columns.ignore if feed.source.columns else ()
    names = (
        [name for name in row if name not in plan.used and name not in ignored]
        if plan.properties is None
        else plan.properties
    )
    found = {name: value for name in names if (value := row.get(name)) not in (None, "")}
    if unreadable:
        found["unreadable"] = unreadable
    return found


def texted(value: Any) -> str | None:
    """A cell's text, trimmed; None when it is empty."""
    if isinstance(value, str):
        return value.strip() or None
    if value is None:
        return None
    if isinstance(value, (dict, list)):
        raise BadRecord(f"a list or object where a single value is needed: {str(value)[:40]}")
    return str(value).strip() or None


@lru_cache(maxsize=10_000)
def kind_name(text: str) -> str:
    """A kind in Wend's spelling: `Call Answered` is call_answered."""
    return re.sub(r"\W+", "_", text).strip("_").lower() or text


def instant(value: Any, feed: Feed) -> clocks.Instant:
    """The instant of a cell in the source's declared layout.

    Raises:
        BadRecord: It is empty, or does not follow the layout.
    """
    if texted(value) is None:
        raise BadRecord("the time is empty")
    return clocks.declared(value, feed.source.time_format, feed.clock)


def one_of(name: str, value: str | None, allowed: tuple[str, ...]) -> str | None:
    """The value, when it is one of the allowed.

    Raises:
        BadRecord: It is another.
    """
    if value is None or value.lower() in allowed:
        return value and value.lower()
    raise BadRecord(f"{name} {value!r} is none of {', '.join(allowed)}")


def device_kind(text: str | None) -> str | None:
    """desktop, mobile or tablet, other for any other word; None where nothing is said."""
    return None if text is None else DEVICES.get(text.lower(), "other")


def score_kind(value: str | None) -> str:
    """nps, csat or ces.

    Raises:
        BadRecord: Another, or none.
    """
    found = one_of("score_kind", value, tuple(SCALES))
    if found is None:
        raise BadRecord("a score without score_kind")
    return found


def score(kind: str | None, text: str) -> float:
    """A score on the scale of its kind: nps 0 to 10, csat 1 to 5, ces 1 to 7.

    Raises:
        BadRecord: Not a number, or off the scale.
    """
    number = money.decimal(text)
    if number is None:
        raise BadRecord(f"not a score: {text[:40]!r}")
    low, high = SCALES[kind] if kind else (float("-inf"), float("inf"))
    if not low <= number <= high:
        raise BadRecord(f"{kind} {text[:40]} lies outside {low} to {high}")
    return float(number)


def identify(
    feed: Feed, given: Iterable[tuple[str, Any]], role: str
) -> tuple[tuple[Identifier, ...], list[str]]:
    """Handles in normal form, and the namespaces of those that have none.

    Raises:
        BadRecord: A spreadsheet has cut an id's digits off.
    """
    found, unreadable = [], []
    for namespace, value in given:
        text = texted(value)
        if text is None:
            continue
        if is_damaged(text):
            raise BadRecord(f"{namespace} {text} has lost its digits in a spreadsheet")
        normal = normalise(namespace, text, region=feed.company.phone_region)
        if normal is None:
            unreadable.append(namespace)
        else:
            found.append(Identifier(feed.namespace(namespace), normal, role))
    return tuple(dict.fromkeys(found)), sorted(unreadable)
