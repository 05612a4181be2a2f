"""Which column of a table is what, by the mapping in wend.toml.

A column is mapped, listed or ignored by name; any other is refused before a row is read, and so
is a file without a mapped column: a source that changes is noticed, not guessed at.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import methodcaller
from typing import Any

from pipeline.errors import BadRecord, SourceRefused
from pipeline.settings import Columns

# The fields of Columns that name one column each.
FIELDS = tuple(
    name
    for name in Columns.model_fields
    if name not in {"identifiers", "merged", "attributes", "id_widths", "properties", "ignore"}
)
TIMES = ("occurred_at", "received_at")

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
