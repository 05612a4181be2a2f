"""Segment calls by the thousands, taken apart without a look at what is inside their parts."""

from collections.abc import Collection, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
import orjson
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from msgspec import UNSET, Raw, Struct, UnsetType

from pipeline.landing.containers.text_lines import Bytes

Part = Raw | UnsetType
# One that is of another type is the reader's affair.
Id = str | int | None | UnsetType
Stamp = str | None | UnsetType
# A number that may be past what the reader can hold; few lines have what looks like one. Where it
# is in a part that is not looked into, nothing else would tell.
HUGE = r"[:,\[ \t\r]-?(?:[0-9.]{200}|[0-9.]+[eE]\+?[0-9]{3})"
# A file whose calls have more fields beside the usual ones is read call by call.
MOST_OTHERS = 40


class Context(Struct, gc=False):
    """What is used of a call's context; anything else may stand in it."""

    userAgent: Part = UNSET  # noqa: N815 - as the field is called
    device: Part = UNSET
    traits: Part = UNSET
    page: Part = UNSET
    campaign: Part = UNSET
    ip: Part = UNSET


NO_CONTEXT = Context()
FIELDS: tuple[tuple[str, Any], ...] = (
    ("messageId", Id),
    ("userId", Id),
    ("anonymousId", Id),
    ("timestamp", Stamp),
    ("originalTimestamp", Stamp),
    ("receivedAt", Stamp),
    ("context", Context | None | UnsetType),
    ("type", Part),
    ("event", Part),
    ("name", Part),
    ("groupId", Part),
    ("properties", Part),
    ("traits", Part),
)
NAMES = tuple(name for name, _ in FIELDS)
KINDS: dict[bytes, type] = {
    b'"': str,
    b"{": dict,
    b"[": list,
    b"t": bool,
    b"f": bool,
    b"n": type(None),
}
# Those whose value is read at once.
TYPED = NAMES[:7]


class Layout(NamedTuple):
    """Which fields calls have, and what takes them apart.

    Attributes:
        others: Fields beside FIELDS, in the order they were met.
    """

    others: tuple[str, ...]
    decoder: msgspec.json.Decoder[Any]

    def places(self) -> dict[str, str]:
        """The attribute of a call under which each of the others stands."""
        return places(self.others)


def layout(others: Sequence[str]) -> Layout:
    """The layout of calls with `others` beside FIELDS."""
    named = places(others)
    call = msgspec.defstruct(
        "Call",
        [(name, of, UNSET) for name, of in (*FIELDS, *((place, Part) for place in named))],
        forbid_unknown_fields=True,
        rename=named,
        gc=False,
    )
    return Layout(tuple(others), msgspec.json.Decoder(call))


def places(others: Sequence[str]) -> dict[str, str]:
    """Attribute of a call -> field: a field's name need not be one that Python could use."""
    return {f"other_{place}": name for place, name in enumerate(others)}


class Taken(NamedTuple):
    """Lines taken apart.

    Attributes:
        calls: With the numbers of their lines in `numbers`.
        doubtful: The numbers of all other lines.
        known: What took them apart: knows the fields of all of them.
    """

    numbers: Sequence[int]
    calls: list[Any]
    doubtful: list[int]
    known: Layout


def taken_apart(block: Bytes, known: Layout) -> Taken:
    """The calls of some lines."""
    if not block.is_sound:
        return Taken([], [], list(block.numbers), known)
    huge = with_huge_numbers(block)
    try:
        calls = [] if huge else known.decoder.decode_lines(block.whole)
    except (msgspec.DecodeError, RecursionError):
        calls = []
    # A blank line would be passed over.
    if len(calls) == len(block.numbers):
        return Taken(block.numbers, calls, [], known)
    return one_by_one(block, known, huge)


def with_huge_numbers(block: Bytes) -> Collection[int]:
    """The numbers of the lines that hold what may be HUGE."""
    whole = pa.array([block.whole], pa.binary())
    if not pc.match_substring_regex(whole, HUGE)[0].as_py():
        return ()
    lines = pa.array(block.whole.split(b"\n"), pa.binary())
    found = pc.match_substring_regex(lines, HUGE).to_pylist()
    return {number for number, is_huge in enumerate(found, start=block.first) if is_huge}


def one_by_one(block: Bytes, known: Layout, huge: Collection[int]) -> Taken:
    """The same where some line is no call, has a field not seen before, or is in `huge`."""
    numbers: list[int] = []
    calls: list[Any] = []
    doubtful: list[int] = []
    for number, line in zip(block.numbers, block.whole.split(b"\n"), strict=False):
        if number in huge:
            doubtful.append(number)
            continue
        try:
            call = known.decoder.decode(line)
        except (msgspec.DecodeError, RecursionError):
            grown = _with_fields_of(line, known)
            if grown is known:
                doubtful.append(number)
                continue
            # Those before have none of these fields, but all must have the same places.
            return one_by_one(block, grown, huge)
        numbers.append(number)
        calls.append(call)
    return Taken(numbers, calls, doubtful, known)


def _with_fields_of(line: bytes, known: Layout) -> Layout:
    """The layout with the new fields of a line; the same where it has none, or is no call."""
    try:
        call = orjson.loads(line)
    except orjson.JSONDecodeError:
        return known
    if not isinstance(call, dict):
        return known
    new = [name for name in call if name not in NAMES and name not in known.others]
    if not new or len(known.others) + len(new) > MOST_OTHERS:
        return known
    grown = layout((*known.others, *new))
    try:
        grown.decoder.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return known
    return grown


def column(calls: Sequence[Any], name: str) -> list[Any]:
    """One field of all calls; UNSET where a call has it not."""
    return list(map(attrgetter(name), calls))


def kind(part: bytes) -> type:
    """The Python type that JSON text becomes; int for any number."""
    return KINDS.get(part[:1], int)
