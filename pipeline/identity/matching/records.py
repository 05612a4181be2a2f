"""A table of persons in normal form, with the parts of each attribute that comparisons look at.

Records are numbered in the order of their ids, so that the order of rows changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.identity.matching.columns import Column, Kind, columns_of, plain

# What people and systems write where they know nothing.
NOTHING = frozenset(
    (
        *("", "na", "n a", "none", "null", "nan", "nil", "unknown", "not known", "not given"),
        *("missing", "test", "xx", "xxx", "anonymous"),
    )
)


@dataclass(frozen=True, slots=True)
class Records:
    """Persons to be compared.

    Attributes:
        ids: The id of each record, ascending; its place is its number.
        frame: `unique_id`, the number, and each attribute in normal form with its parts.
        columns: What the attributes are, by name.
    """

    ids: pl.Series
    frame: pl.DataFrame
    columns: tuple[Column, ...]

    @property
    def size(self) -> int:
        """How many records there are."""
        return len(self.ids)


def read(
    table: pl.DataFrame, *, record_id: str, columns: tuple[Column, ...] | None = None
) -> Records:
    """The records of a table in normal form.

    A given and a family name are taken from the full name where a record lacks them.

    Args:
        table: One row per record; every column but `record_id` is an attribute.
        record_id: The column of ids, each of which stands once.
        columns: What the attributes are, where a model knows; else told from the table. One that
            the table lacks is empty.
    """
    table = table.sort(record_id)
    full = next((one for one in columns_of(table.drop(record_id)) if one.kind == "full"), None)
    names = None if full is None else _normal(table[full.name], "text")
    if columns is None:
        columns = tuple(one for one in columns_of(table.drop(record_id)) if one.kind != "full")
        if names is not None:
            kinds = {one.kind for one in columns}
            lacking: list[Kind] = [kind for kind in ("given", "family") if kind not in kinds]
            columns += tuple(Column(f"{kind}_name", kind) for kind in lacking)
        columns = tuple(sorted(columns, key=lambda one: one.name))
    parts = [pl.int_range(table.height, eager=True, dtype=pl.Int64).alias("unique_id")]
    for column in columns:
        values = pl.Series([None] * table.height, dtype=pl.String)
        if column.name in table.columns:
            values = _normal(table[column.name], column.kind)
        if names is not None and column.kind in {"given", "family"}:
            values = values.zip_with(values.is_not_null(), _part(names, column.kind))
        parts += [
            made.alias(f"{column.slug}{name}")
            for name, made in _PARTS.get(column.kind, _whole)(values).items()
        ]
    frame = pl.DataFrame(parts)
    if turned := both_names(columns):
        # Under names of their own, so that to block on one name is not to block on the other.
        one, other = turned
        frame = frame.with_columns(
            pl.col(other.slug).alias(f"{one.slug}_turned"),
            pl.col(one.slug).alias(f"{other.slug}_turned"),
        )
    return Records(table[record_id], frame, columns)


def both_names(columns: Sequence[Column]) -> tuple[Column, Column] | None:
    """The given and the family name, where there is one of each."""
    names = [
        next((one for one in columns if one.kind == kind), None) for kind in ("given", "family")
    ]
    return None if names[0] is None or names[1] is None else (names[0], names[1])


def _normal(values: pl.Series, kind: Kind) -> pl.Series:
    """Values in normal form; null where nothing is said."""
    texts = values.cast(pl.String)
    distinct = texts.unique().drop_nulls()
    form = _FORMS.get(kind, plain)
    said = [None if plain(one) in NOTHING else form(one) or None for one in distinct]
    return texts.replace_strict(distinct, pl.Series(said, dtype=pl.String), default=None)


def _digits(text: str) -> str:
    return "".join(one for one in text if one.isdigit())


def _packed(text: str) -> str:
    return plain(text).replace(" ", "")


def _phone(text: str) -> str:
    # A country's prefix is written or not; what follows it is long enough to tell.
    return _digits(text)[-9:]


def _date(text: str) -> str:
    """Eight digits, year first; fewer where the day or month is not said."""
    parts = text.strip().split("T")[0].split(" ")[0].replace("/", "-").replace(".", "-").split("-")
    if len(parts) == 3 and len(parts[2]) == 4:
        # Day and month cannot be told apart here; both are compared in either order.
        parts = [parts[2], parts[1], parts[0]]
    return "".join(one.zfill(2) for one in parts if one.isdigit())[:8]


def _part(names: pl.Series, kind: Kind) -> pl.Series:
    """The first of several words of a name, or the last."""
    words = names.str.split(" ")
    if kind == "given":
        first = words.list.first()
        return first.set(words.list.len() < 2, None)
    return words.list.last()


def _whole(values: pl.Series) -> dict[str, pl.Series]:
    return {"": values}


def _date_parts(values: pl.Series) -> dict[str, pl.Series]:
    is_whole = values.str.len_chars() == 8
    year = values.str.slice(0, 4)
    return {
        "": values.set(~is_whole, None),
        "_year": year.set(values.str.len_chars() < 4, None),
        "_month": values.str.slice(4, 2).set(~is_whole, None),
        "_day": values.str.slice(6, 2).set(~is_whole, None),
    }


def _email_parts(values: pl.Series) -> dict[str, pl.Series]:
    return {"": values, "_user": values.str.split("@").list.first()}


def _postcode_parts(values: pl.Series) -> dict[str, pl.Series]:
    # The last three of a British postcode, and the last two of others, are the street's.
    area = values.str.replace(r"(\d[a-z][a-z]|..)$", "")
    return {"": values, "_area": area.set(area == "", None)}


_FORMS: Mapping[str, Callable[[str], str]] = {
    "date": _date,
    "email": lambda text: text.strip().lower(),
    "phone": _phone,
    "postcode": _packed,
    "code": _packed,
}
_PARTS: Mapping[str, Callable[[pl.Series], dict[str, pl.Series]]] = {
    "date": _date_parts,
    "email": _email_parts,
    "postcode": _postcode_parts,
}
