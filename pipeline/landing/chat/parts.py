"""Documents that hold many records, such as a chat with its messages, to those records.

Each part is a record of its own, so that one that cannot be read takes no other along.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

import orjson

from pipeline.errors import BadRecord
from pipeline.landing.json_fields import Fields
from pipeline.landing.record import Profile, Raw, RawFile


class Part(NamedTuple):
    """One record of a document.

    Attributes:
        what: What kind of part it is.
        holder: What stands around it: the chat of a message; the part itself where it stands
            alone.
        position: From 1 among the parts of its kind in the document; 0 for the document itself.
    """

    what: str
    value: Any
    holder: Fields
    position: int = 0


def parts(documents: Iterable[Raw], inner: Callable[[Fields], Iterable[Part]]) -> Iterator[Raw]:
    """The parts of every document as records, numbered through the file.

    A document whose structure cannot be followed, or that has no part, is one record.
    """
    number = 0
    for raw in documents:
        found: list[Part] = []
        if raw.problem is None:
            try:
                found = list(inner(raw.value))
            except BadRecord as bad:
                raw = raw._replace(problem=str(bad))  # noqa: PLW2901 - the same record, refused
        if not found:
            number += 1
            value = Part("empty", raw.value, raw.value) if raw.problem is None else None
            yield Raw(number, raw.text, value, raw.problem)
        for part in found:
            number += 1
            is_whole = part.value is raw.value
            yield Raw(number, raw.text if is_whole else written(part.value, raw.text), part)


def written(value: object, around: str) -> str:
    """A part's text; the whole document's for one nested too deeply to be written."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return around


def look(records: Iterable[Raw], learn: Callable[[Any], None]) -> None:
    """Let a first look learn from the value of each record; damaged ones tell nothing.

    They are refused, with their reason, when they are read in earnest.
    """
    for raw in records:
        if raw.problem is None:
            with suppress(BadRecord):
                learn(raw.value)


def unobserved(file: RawFile) -> RawFile:
    """The file for a first look at it: its fields are noted when it is read in earnest."""
    return replace(file, profile=Profile())
