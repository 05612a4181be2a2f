"""One row of a snapshot: the object's key, what is watched of it, and whom it names."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

import orjson

from pipeline.errors import BadRecord, SourceRefused
from pipeline.landing import cells, clocks, mapped_columns, money
from pipeline.landing.clocks import Instant
from pipeline.landing.identifiers import code
from pipeline.landing.record import Feed, Identifier, RawFile
from pipeline.landing.snapshots.state import Content, handles_of
from pipeline.settings import Columns, Snapshot

PARTS = {"Y": r"\d{4}", "y": r"\d\d", "m": r"\d\d", "d": r"\d\d", "H": r"\d\d", "M": r"\d\d"}
PARTS |= {"S": r"\d\d", "j": r"\d{3}", "b": r"[A-Za-z]{3}"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a snapshot.

    Attributes:
        digest: Tells two contents apart; 64 bits, signed.
    """

    key: str
    content: Content
    digest: int
    who: tuple[Identifier, ...]
    unreadable: tuple[str, ...]
    created: Instant | None
    changed: Instant | None
    label: str | None
    amount_cents: int | None
    currency: str | None


def columns_of(said: Snapshot) -> Columns:
    """The mapping by which the generic reader checks a snapshot's columns."""
    single = (said.label, said.amount, said.created_at, said.changed_at, _column(said.currency))
    named = (*said.key, *said.watch, *filter(None, single))
    return Columns(
        occurred_at=said.taken_at or "=",
        kind="=row",
        identifiers=said.identifiers,
        properties=tuple(dict.fromkeys(named)),
        ignore=said.ignore,
    )


def _column(spec: str | None) -> str | None:
    """The column a mapping names; None when it is a constant."""
    return None if spec is None or spec.startswith("=") else spec


@lru_cache(maxsize=64)
def _name_pattern(layout: str) -> re.Pattern[str]:
    """What a file's name must be like for its date to stand in it."""
    pieces = re.split(r"(%[A-Za-z]|\*)", layout)
    known = [
        ".*?" if piece == "*" else f"({PARTS[piece[1]]})" if piece[1:] in PARTS else ""
        for piece in pieces[1::2]
    ]
    if "" in known:
        raise SourceRefused(
            f"file_date {layout!r}: of strptime's signs only "
            f"{', '.join(f'%{sign}' for sign in PARTS)} are known; correct it in wend.toml"
        )
    literals = map(re.escape, pieces[::2])
    return re.compile("".join(map("".join, zip(literals, [*known, ""], strict=True))))


def taken_by_name(file: RawFile, feed: Feed, layout: str) -> Instant:
    """When a snapshot was taken, by its file's name.

    Raises:
        SourceRefused: The name does not follow the layout, or no such day or zone.
    """
    name = PurePosixPath(file.name).name
    match = _name_pattern(layout).fullmatch(name)
    signs = re.findall(r"%([A-Za-z])", layout)
    if match is None:
        raise SourceRefused(
            f"{file.name}: its name does not follow file_date = {layout!r}; "
            "rename it, or correct wend.toml"
        )
    try:
        return clocks.pattern(
            " ".join(match.groups()), " ".join(f"%{sign}" for sign in signs), feed.clock
        )
    except BadRecord as bad:
        raise SourceRefused(f"{file.name}: the date in its name: {bad}") from bad


def key_of(row: Mapping[str, Any], said: Snapshot) -> str:
    """The key of a row's object.

    Raises:
        BadRecord: A part of it is empty, or a spreadsheet has rounded it.
    """
    parts = []
    for column in said.key:
        text = cells.texted(mapped_columns.getter(column)(row))
        part = None if text is None else code(text)
        if part is None:
            raise BadRecord(
                f"no usable key in {column}: {(text or '')[:40]!r}; "
                "nothing can be told as removed from this snapshot"
            )
        parts.append(part)
    if len(parts) == 1:
        return parts[0]
    return "/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts)


def taker_of(
    said: Snapshot,
) -> Callable[[Mapping[str, Any]], tuple[dict[str, str], dict[str, str | None]]]:
    """What takes from a row its watched values and its handles, as text and unchecked."""
    handles = {name: mapped_columns.getter(spec) for name, spec in said.identifiers.items()}
    takes = {name: mapped_columns.getter(name) for name in _watched(said)}
    unwatched = {
        *said.key,
        *said.ignore,
        *said.identifiers.values(),
        *filter(None, (said.created_at, said.changed_at, said.taken_at)),
    }

    def take(row: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str | None]]:
        values = {name: text for name, get in takes.items() if (text := plain(get(row)))}
        if "*" in said.watch:
            values |= {
                name: text
                for name, value in row.items()
                if name not in unwatched and (text := plain(value))
            }
        return values, {name: plain(get(row)) for name, get in handles.items()}

    return take


def reader_of(feed: Feed, said: Snapshot) -> Callable[[Mapping[str, Any]], Row]:
    """What reads a row whose columns were checked; raises BadRecord for one it cannot read."""
    single = {name: mapped_columns.getter(spec) for name in SINGLE if (spec := getattr(said, name))}
    take = taker_of(said)

    def instant(name: str, row: Mapping[str, Any]) -> Instant | None:
        value = single[name](row) if name in single else None
        if value is None or value == "":
            return None
        return cells.instant(value, feed)

    def read(row: Mapping[str, Any]) -> Row:
        values, handles = take(row)
        who, unreadable = cells.identify(feed, handles.items(), "subject")
        amount = values.get(said.amount or "")
        given = cells.texted(single["currency"](row)) if "currency" in single else None
        currency = money.currency(given or feed.company.currency)
        if amount is not None and currency is None:
            raise BadRecord(f"not a currency: {given!r}")
        return Row(
            key=key_of(row, said),
            content=Content(values, handles_of(who)),
            digest=digest_of(values, handles),
            who=who,
            unreadable=tuple(unreadable),
            created=instant("created_at", row),
            changed=instant("changed_at", row),
            label=values.get(said.label or ""),
            amount_cents=None
            if amount is None or currency is None
            else money.minor_units(amount, currency),
            currency=None if amount is None else currency,
        )

    return read


SINGLE = ("created_at", "changed_at", "currency")


def _watched(said: Snapshot) -> list[str]:
    """The columns watched by name."""
    named = (*said.watch, said.label, said.amount, _column(said.currency))
    return [name for name in dict.fromkeys(named) if name is not None and name != "*"]


def plain(value: Any) -> str | None:
    """A cell as it is compared: trimmed text, JSON for lists and objects; None when empty."""
    if value is None or value == "":
        return None
    if isinstance(value, dict | list):
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=str).decode()
    return str(value).strip() or None


def digest_of(values: Mapping[str, str], handles: Mapping[str, str | None]) -> int:
    """A number that two rows share only if they say the same, letter by letter."""
    text = orjson.dumps([values, handles], option=orjson.OPT_SORT_KEYS)
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big", signed=True)
