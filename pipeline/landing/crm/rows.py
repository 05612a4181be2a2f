"""CRM tables as CSV: which table a header is, and the cells of a row as ids, instants and sums.

A CRM export holds hundreds of columns of the company's own making. The columns that mean
something here are used; all others are left out without being named or counted: they change from
night to night and hold what nobody asked for.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from pipeline.errors import BadRecord, SourceRefused
from pipeline.landing import id_columns
from pipeline.landing.clocks import Clock, Instant, epoch, iso
from pipeline.landing.containers.csv_records import csv_header, csv_rows
from pipeline.landing.identifiers import code, normalise
from pipeline.landing.record import (
    Event,
    Feed,
    Identifier,
    Ignored,
    Outcome,
    Raw,
    RawFile,
    outcomes,
)

# Fivetran writes UTC without saying so, and marks every table of its own with this column.
FIVETRAN = "fivetransynced"
ONE_DIGIT_HOUR = re.compile(r"(\d{4}-\d\d-\d\d[ T])(\d:)")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
EPOCH_MS = re.compile(r"\d{12,13}")
# Currencies of ISO 4217 without a minor unit.
WHOLE = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV"}
USER_IDS = (
    "userid",
    "useridc",
    "externalid",
    "externalidc",
    "externaluserid",
    "customerid",
    "customeridc",
)
# Columns whose cells are ids of records, by their canonical names; `paid` and `valid` are none.
RECORD_IDS = re.compile(
    r"(?:.*(?:record|object|contact|account|lead|deal|opportunity|person|case|ticket|incident|master"
    r"|customer|external|user|activity|engagement|who|what|item))?(?:ids?|idc|idvalue)|.*vids?"
    r"|vidtomerge"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a CRM table.

    Attributes:
        cells: Canonical column name to trimmed text; empty cells are absent.
        clock: The feed's, in UTC where the table says that it is.
    """

    number: int
    cells: Mapping[str, str]
    feed: Feed
    clock: Clock


Reading = Iterable[Event | Ignored]


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a CRM.

    Attributes:
        needs: Sets of columns; a header that holds all of one set is this table.
    """

    name: str
    needs: tuple[frozenset[str], ...]
    read: Callable[[Row], Reading]


class Named(NamedTuple):
    """Whom a row names, and the columns whose text names nobody."""

    identifiers: tuple[Identifier, ...]
    unreadable: tuple[str, ...] = ()


def needs(*alternatives: str) -> tuple[frozenset[str], ...]:
    """The column sets of a table, each written as one text."""
    return tuple(frozenset(names.split()) for names in alternatives)


def canonical(column: str) -> str:
    """A column's letters and digits alone: `Record ID`, `record_id` and `RecordId` are one."""
    return re.sub(r"[^a-z0-9]", "", column.strip().lower().removeprefix("property_"))


def read_tables(
    file: RawFile, feed: Feed, system: str, tables: Sequence[Table]
) -> Iterator[Outcome]:
    """What each row became; the header says of which table it is.

    Raises:
        SourceRefused: The header is of no known table, or a column of ids is damaged.
    """
    shapes: dict[tuple[str, ...], tuple[Table, list[str], Clock]] = {}

    def shape_of(header: tuple[str, ...]) -> tuple[Table, list[str], Clock]:
        columns = [canonical(column) for column in header]
        table = recognise(file.name, header, system, tables)
        in_utc = FIVETRAN in columns and feed.clock.zone is None
        return (
            table,
            columns,
            replace(feed.clock, zone=ZoneInfo("UTC")) if in_utc else feed.clock,
        )

    def interpret(number: int, value: Any) -> Reading:
        # A .zip holds tables of several headers.
        header = tuple(value)
        if header not in shapes:
            shapes[header] = shape_of(header)
        table, columns, clock = shapes[header]
        cells: dict[str, str] = {}
        for column, cell in zip(columns, value.values(), strict=True):
            if text := cell.strip():
                cells.setdefault(column, text)
        return table.read(Row(number, cells, feed, clock))

    header = tuple(csv_header(file, feed.source.delimiter))
    shapes[header] = shape_of(header)
    rows = csv_rows(file, feed.source.delimiter)
    yield from outcomes(sound(file.name, rows, feed.source.sound_ids), interpret)


def sound(name: str, rows: Iterable[Raw], known_sound: Collection[str]) -> Iterator[Raw]:
    """The rows of a file's tables, each table refused at its end if a column of ids is damaged.

    Raises:
        SourceRefused: As for `id_columns.sound`; not for the columns in `known_sound`.
    """
    header: tuple[str, ...] = ()

    def table_of(raw: Raw) -> tuple[str, ...]:
        # A row that cannot be read stands between two of its table.
        nonlocal header
        header = tuple(raw.value) if raw.problem is None else header
        return header

    for columns, table in groupby(rows, table_of):
        takes = {
            column: itemgetter(column)
            for column in columns
            if RECORD_IDS.fullmatch(canonical(column)) and column not in known_sound
        }
        yield from id_columns.sound(name, table, takes, {})


def recognise(name: str, header: Sequence[str], system: str, tables: Sequence[Table]) -> Table:
    """The first table whose columns a header holds.

    Raises:
        SourceRefused: None; names the nearest and what it would need.
    """
    present = {canonical(column) for column in header}
    for table in tables:
        if any(wanted <= present for wanted in table.needs):
            return table

    def distance(table: Table) -> tuple[bool, float, bool]:
        # What a file is called tells of a table whose columns were renamed or left out.
        called = canonical(table.name) in canonical(name)
        shared = max(len(wanted & present) / len(wanted) for wanted in table.needs)
        return not called, -shared, table.read in {no_event, details}

    nearest = sorted(tables, key=distance)[:3]
    missing = min(
        (sorted(wanted - present) for wanted in nearest[0].needs),
        key=lambda gone: (len(gone), gone),
    )
    raise SourceRefused(
        f"{name}: no {system} table known here has the columns {', '.join(header)[:300]}; "
        f"nearest are {', '.join(table.name for table in nearest)}; "
        f"{nearest[0].name} would need {', '.join(missing)}"
    )


YES = {"true", "1", "yes", "t", "y", "1.0"}
NO = {"", "false", "0", "no", "f", "n", "0.0"}


def no_event(row: Row) -> Reading:
    """A row of a table that tells of the company and not of a customer."""
    return [Ignored(row.number, "no customer event")]


def details(row: Row) -> Reading:
    """A row that adds to another table's record and names neither time nor customer."""
    return [Ignored(row.number, "details of another table")]


def is_true(row: Row, *columns: str) -> bool:
    """Whether a flag column says yes.

    Raises:
        BadRecord: Neither yes nor no.
    """
    word = (cell(row, *columns) or "").lower()
    if word not in YES | NO:
        raise BadRecord(f"{' or '.join(columns)} is neither true nor false: {word[:40]!r}")
    return word in YES


def is_deleted(row: Row) -> bool:
    """Whether the CRM marks the row as deleted."""
    return any(is_true(row, column) for column in ("isdeleted", "fivetrandeleted", "archived"))


def cell(row: Row, *columns: str) -> str | None:
    """The first of these columns that is filled."""
    return next((row.cells[column] for column in columns if column in row.cells), None)


def instant(row: Row, *columns: str) -> Instant | None:
    """When: the first of these columns that is filled, as ISO 8601 or Unix milliseconds.

    A date alone is a day of the source's zone, else of the company's.

    Raises:
        BadRecord: Filled with something else.
    """
    text = cell(row, *columns)
    if text is None:
        return None
    if EPOCH_MS.fullmatch(text):
        return epoch(text, "ms", row.clock)
    if DAY.fullmatch(text) and row.clock.zone is None:
        return iso(text, replace(row.clock, zone=ZoneInfo(row.feed.company.time_zone)))
    # Spreadsheets take the nought off 06:49.
    return iso(ONE_DIGIT_HOUR.sub(r"\g<1>0\2", text), row.clock)


def needed_instant(row: Row, *columns: str) -> Instant:
    """As `instant`, of a row that is nothing without its time.

    Raises:
        BadRecord: None of the columns is filled.
    """
    found = instant(row, *columns)
    if found is None:
        raise BadRecord(f"no time in {' or '.join(columns)}")
    return found


def is_to_come(row: Row, *columns: str) -> bool:
    """Whether the row speaks of a plan: its time lies after the landing."""
    planned = instant(replace(row, clock=replace(row.clock, latest_us=10**17)), *columns)
    return planned is not None and planned.us > row.clock.latest_us


def opaque(row: Row, *columns: str) -> str:
    """The id in the first of these columns that is filled.

    Raises:
        BadRecord: None is, or a spreadsheet has rounded it.
    """
    text = cell(row, *columns)
    found = code(text) if text is not None else None
    if found is None:
        raise BadRecord(f"no usable id in {' or '.join(columns)}: {(text or '')[:40]!r}")
    return found


def subject(row: Row, namespace: str, value: str) -> Identifier:
    """The row's customer by an id of the CRM's own."""
    return Identifier(row.feed.namespace(namespace), value, "subject")


def named(
    row: Row, own: Sequence[Identifier], wanted: Mapping[str, Sequence[str]], role: str = "subject"
) -> Named:
    """The row's customer by `own` and by all that the `wanted` columns of each namespace hold.

    Several values stand in one cell parted by semicolons. An address at the company's own
    domains is staff.
    """
    found = list(own)
    unreadable = []
    for namespace, columns in wanted.items():
        for column in columns:
            for text in filter(None, row.cells.get(column, "").split(";")):
                value = normalise(namespace, text.strip(), region=row.feed.company.phone_region)
                if value is None:
                    unreadable.append(column)
                    continue
                staff = value.rpartition("@")[2] in row.feed.company.email_domains
                found.append(
                    Identifier(row.feed.namespace(namespace), value, "agent" if staff else role)
                )
    return Named(tuple(dict.fromkeys(found)), tuple(unreadable))


def money(row: Row) -> tuple[int | None, str | None]:
    """The row's amount in minor units, and its currency; both None without an amount.

    Raises:
        BadRecord: Filled with something else.
    """
    text = cell(row, "amount")
    if text is None:
        return None, None
    currency = cell(row, "currencyisocode", "dealcurrencycode", "currency")
    currency = (currency or row.feed.company.currency).upper()
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise BadRecord(f"not an amount of money: {text[:40]!r}") from error
    if not amount.is_finite() or abs(amount) >= 10**15:
        raise BadRecord(f"not an amount of money: {text[:40]!r}")
    return int((amount * (1 if currency in WHOLE else 100)).to_integral_value()), currency


def event(row: Row, kind: str, kind_raw: str, occurred: Instant, who: Named, **rest: Any) -> Event:
    """An event of this row; unless `rest` says otherwise the system wrote it, for itself."""
    properties = rest.pop("properties", {})
    if who.unreadable:
        properties = {**properties, "unreadable": sorted(set(who.unreadable))}
    channel = row.feed.source.channel or rest.pop("channel", "crm")
    rest.pop("channel", None)
    return Event(
        record_number=row.number,
        own_id=rest.pop("own_id", None),
        channel=channel,
        kind=kind,
        kind_raw=kind_raw,
        occurred=occurred,
        identifiers=who.identifiers,
        actor=rest.pop("actor", "system"),
        direction=rest.pop("direction", "internal"),
        properties=properties,
        **rest,
    )


def association(
    row: Row, left: Identifier, right: Identifier, occurred: Instant, kind_raw: str
) -> Event:
    """That a record of the CRM belongs to somebody: it links the two, and is no meeting."""
    return event(
        row,
        "association_recorded",
        kind_raw,
        occurred,
        Named((left, right)),
        own_id=f"association/{left.namespace}/{left.value}/{right.namespace}/{right.value}",
    )


def merge(
    row: Row, kept: Identifier, gone: Identifier, occurred: Instant, kind_raw: str
) -> Reading:
    """That the CRM declares two of its records to be one person."""
    if kept == gone:
        return [Ignored(row.number, "merged with itself")]
    return [
        event(
            row,
            "identity_merged",
            kind_raw,
            occurred,
            Named((kept, gone)),
            own_id=f"{kind_raw}/{kept.namespace}/{kept.value}/{gone.value}",
            is_merge=True,
        )
    ]
