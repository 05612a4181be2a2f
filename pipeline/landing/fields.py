"""Which fields a source's records have, learned from what landed: a new one is noticed.

The first landing of a source teaches what its records look like. From then on a file with a
field never seen, with a field of another type, or without a field that every earlier record
had, is stopped or reported, as wend.toml says. Vendors add fields without a word, and a field
that is renamed would otherwise become an empty column that nobody asked for.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

import polars as pl

from pipeline.landing.record import Profile, Raw, RawFile

FIELDS = pl.Schema(
    {
        "file_id": pl.String,
        "table_name": pl.String,
        "field": pl.String,
        "kind": pl.String,  # text, number, boolean, list, object, time, empty
        "record_count": pl.Int64,  # records in which the field had this kind
        "file_record_count": pl.Int64,
    }
)
KINDS: Mapping[type, str] = {
    str: "text",
    bytes: "text",
    int: "number",
    float: "number",
    Decimal: "number",
    bool: "boolean",
    list: "list",
    dict: "object",
    datetime: "time",
    date: "time",
    time: "time",
    type(None): "empty",
}
# Fewer records than this do not show that a field is always there.
ALWAYS_RECORDS = 100


def observed(file: RawFile, records: Iterable[Raw]) -> Iterator[Raw]:
    """The records, their fields noted on the file as they pass."""
    profile = file.profile
    for raw in records:
        if raw.problem is None:
            note(profile, raw.value)
        yield raw


def note(profile: Profile, record: Mapping[str, Any]) -> None:
    """Count one record's fields."""
    profile.record_count += 1
    profile.fields.update(zip(record, map(type, record.values()), strict=True))


def table(files: Sequence[RawFile]) -> pl.DataFrame:
    """The fields of files that were read: one row per file_id, field, kind; columns of FIELDS."""
    rows = [
        (file.file_id, table_name(file.name), name, kind, count, file.profile.record_count)
        for file in files
        for (name, kind), count in _kinds(file.profile).items()
    ]
    return pl.DataFrame(rows, schema=FIELDS, orient="row").sort("file_id", "field", "kind")


def _kinds(profile: Profile) -> Counter[tuple[str, str]]:
    """Records by field and kind of value."""
    found: Counter[tuple[str, str]] = Counter()
    for (name, of), count in profile.fields.items():
        found[str(name), KINDS.get(of, of.__name__)] += count
    return found


def table_name(path: str) -> str:
    """What the files of one table have in common in their paths: the words, without numbers.

    An export of several tables names its files after them; days and parts are numbers.
    """
    return " ".join(re.findall(r"[^\W\d_]+", path))


@dataclass(frozen=True, slots=True)
class Table:
    """What the earlier records of one table had.

    Attributes:
        kinds: Field -> the kinds of value it had.
        counts: Field -> the records that had it.
    """

    record_count: int
    kinds: Mapping[str, frozenset[str]]
    counts: Mapping[str, int]


class Documented(NamedTuple):
    """What a vendor's documents say of the fields of a format's records.

    Attributes:
        names: Fields that a record may have, though none may have come yet: a webhook's first
            click has fields that no delivery had.
        varied: Those of them whose values are of several kinds: a text, or a list of its parts.
    """

    names: frozenset[str] = frozenset()
    varied: frozenset[str] = frozenset()


NOTHING = Documented()


@dataclass(frozen=True, slots=True)
class Known:
    """What the earlier records of a source had.

    Attributes:
        tables: By name; one table where the paths differ in numbers alone.
    """

    tables: Mapping[str, Table]
    documented: Documented


def known(earlier: pl.DataFrame, documented: Documented = NOTHING) -> Known:
    """What the files in `earlier`, columns of FIELDS, and the format's documents teach."""
    tables = {}
    for (name,), rows in earlier.group_by("table_name"):
        kinds: dict[str, set[str]] = {}
        counts: Counter[str] = Counter()
        for field, kind, count in rows.select("field", "kind", "record_count").iter_rows():
            kinds.setdefault(field, set()).add(kind)
            counts[field] += count
        files = rows.select("file_id", "file_record_count").unique()
        tables[str(name)] = Table(
            record_count=int(files["file_record_count"].sum()),
            kinds={field: frozenset(found) for field, found in kinds.items()},
            counts=counts,
        )
    return Known(tables, documented)


def changes(file: RawFile, earlier: Known) -> list[str]:
    """How a file's fields differ from those of its table before, a sentence part each.

    A field is of another type when most of its values are: a few are damaged records, which
    their reader refuses one by one.
    """
    now: dict[str, dict[str, int]] = {}
    for (name, kind), count in _kinds(file.profile).items():
        now.setdefault(name, {})[kind] = count
    before = earlier.tables.get(table_name(file.name))
    if not now or before is None:
        return []
    known_names = before.kinds.keys() | earlier.documented.names
    new = sorted(name for name in now.keys() - known_names if _annotated(name) not in known_names)
    said = [f"new field {name} ({_listed(now[name])})" for name in new]
    for name in sorted((now.keys() & before.kinds) - earlier.documented.varied):
        kinds = before.kinds[name] - {"empty"}
        filled = {kind: count for kind, count in now[name].items() if kind != "empty"}
        turned = {kind: count for kind, count in filled.items() if kind not in kinds}
        if kinds and turned and 2 * sum(turned.values()) > sum(filled.values()):
            said.append(f"field {name} was {_listed(kinds)} and now is {_listed(turned)}")
    said += [f"field {name} is missing" for name in sorted(_always(before) - now.keys())]
    return said


def new_table(file: RawFile, earlier: Known) -> list[str]:
    """The fields of a file whose table never came before, in a source that had others."""
    if not earlier.tables or table_name(file.name) in earlier.tables:
        return []
    fields = {str(name) for name, _ in file.profile.fields}
    is_alike = any(fields == table.counts.keys() for table in earlier.tables.values())
    return [] if is_alike else sorted(fields)


def _always(before: Table) -> frozenset[str]:
    """The fields that every earlier record had; none while there were too few to tell."""
    if before.record_count < ALWAYS_RECORDS:
        return frozenset()
    return frozenset(name for name, count in before.counts.items() if count == before.record_count)


def _annotated(name: str) -> str:
    """The field that an annotation of OData, `field@...`, is on; the protocol's own are on none.

    They come only with a value, so that a field that was empty so far has none yet.
    """
    return name.partition("@")[0]


def _listed(kinds: Iterable[str]) -> str:
    """Kinds of value for a message."""
    return " or ".join(sorted(kinds))
