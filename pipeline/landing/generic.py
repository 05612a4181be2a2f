"""Any CSV, JSON lines, Parquet or .xlsx file to events, by the columns that wend.toml maps.

A column is mapped, listed or ignored by name; any other is refused before a row is read, and so
is a file without a mapped column: a source that changes is noticed, not guessed at.

Clock: `time_format`; where it is `epoch` or `numeric`, a file is read twice: first to prove the
unit or the order of day and month from all its stamps. Identifiers: as mapped; a column of them
that a spreadsheet has damaged refuses its file (id_columns).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from pipeline.errors import BadRecord, BadSettings
from pipeline.landing import attributes, money
from pipeline.landing.agents import UNKNOWN, agent
from pipeline.landing.cells import (
    device_kind,
    identify,
    instant,
    kind_name,
    one_of,
    score,
    score_kind,
    texted,
)
from pipeline.landing.mapped_columns import Plan, plan_of
from pipeline.landing.mapped_rows import records, settled
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Attribute, Event, Feed, Identifier, Outcome, RawFile, outcomes

ACTORS = ("customer", "agent", "bot", "system")
DIRECTIONS = ("inbound", "outbound", "internal")
# What a row may say of two identifiers of one namespace.
MERGED, UNMERGED = "identity_merged", "identity_unmerged"

WHOLE = re.compile(r"-?[0-9]{1,18}")


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
