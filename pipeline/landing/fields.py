"""Which fields a source's records have, learned from what landed: a new one is noticed.

The first landing of a source teaches what its records look like. From then on a file with a
field never seen, with a field of another type, or without a field that every earlier record
had, is stopped or reported, as wend.toml says. Vendors add fields without a word, and a field
that is renamed would otherwise become an empty column that nobody asked for.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import polars as pl

from pipeline.landing.record import Profile, Raw, RawFile

FIELDS = pl.Schema(
    {
        "file_id": pl.String,
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
        (file.file_id, name, kind, count, file.profile.record_count)
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


@dataclass(frozen=True, slots=True)
class Known:
    """What the earlier records of a source had.

    Attributes:
        kinds: Field -> the kinds of value it had.
        shapes: Fields of a file -> its records, and how many of them had each field, summed
            over the files with just these fields.
        documented: Fields that the format is known to have, though none may have come yet: a
            webhook's first click has fields that no delivery had.
    """

    kinds: Mapping[str, frozenset[str]]
    shapes: Mapping[frozenset[str], tuple[int, Mapping[str, int]]]
    documented: frozenset[str]


def known(earlier: pl.DataFrame, documented: frozenset[str] = frozenset()) -> Known:
    """What the files in `earlier`, columns of FIELDS, and the format's documents teach."""
    kinds: dict[str, set[str]] = {}
    shapes: dict[frozenset[str], tuple[int, Counter[str]]] = {}
    for (_, record_count), rows in earlier.group_by("file_id", "file_record_count"):
        counts: Counter[str] = Counter()
        for name, kind, count in rows.select("field", "kind", "record_count").iter_rows():
            kinds.setdefault(name, set()).add(kind)
            counts[name] += count
        total, sums = shapes.get(frozenset(counts), (0, Counter()))
        shapes[frozenset(counts)] = (total + record_count, sums + counts)
    return Known({name: frozenset(found) for name, found in kinds.items()}, shapes, documented)


def changes(file: RawFile, earlier: Known) -> list[str]:
    """How a file's fields differ from those of all earlier records, a sentence part each.

    A field is of another type when most of its values are: a few are damaged records, which
    their reader refuses one by one.
    """
    now: dict[str, dict[str, int]] = {}
    for (name, kind), count in _kinds(file.profile).items():
        now.setdefault(name, {})[kind] = count
    if not now or not earlier.kinds:
        return []
    known_names = earlier.kinds.keys() | earlier.documented
    new = sorted(name for name in now.keys() - known_names if _annotated(name) not in known_names)
    said = [f"new field {name} ({_listed(now[name])})" for name in new]
    for name in sorted(now.keys() & earlier.kinds):
        before = earlier.kinds[name] - {"empty"}
        filled = {kind: count for kind, count in now[name].items() if kind != "empty"}
        turned = {kind: count for kind, count in filled.items() if kind not in before}
        if before and turned and 2 * sum(turned.values()) > sum(filled.values()):
            said.append(f"field {name} was {_listed(before)} and now is {_listed(turned)}")
    said += [f"field {name} is missing" for name in sorted(_always(now, earlier) - now.keys())]
    return said


def _annotated(name: str) -> str:
    """The field that an annotation of OData, `field@...`, is on; the protocol's own are on none.

    They come only with a value, so that a field that was empty so far has none yet.
    """
    return name.partition("@")[0]


def new_table(file: RawFile, earlier: Known) -> list[str]:
    """The fields of a file that is like none before it: another table of the same export."""
    fields = sorted({str(name) for name, _ in file.profile.fields})
    is_new = bool(fields and earlier.shapes) and not _kin(fields, earlier)
    return fields if is_new else []


def _kin(now: Iterable[str], earlier: Known) -> list[tuple[int, Mapping[str, int]]]:
    """The earlier files with at least half of all fields in common."""
    fields = frozenset(now)
    return [
        counted
        for shape, counted in earlier.shapes.items()
        if 2 * len(shape & fields) >= len(shape | fields)
    ]


def _always(now: Iterable[str], earlier: Known) -> frozenset[str]:
    """The fields that every earlier record of files alike had."""
    kin = _kin(now, earlier)
    total = sum(record_count for record_count, _ in kin)
    if total < ALWAYS_RECORDS:
        return frozenset()
    sums: Counter[str] = Counter()
    for _, counts in kin:
        sums.update(counts)
    return frozenset(name for name, count in sums.items() if count == total)


def _listed(kinds: Iterable[str]) -> str:
    """Kinds of value for a message."""
    return " or ".join(sorted(kinds))
