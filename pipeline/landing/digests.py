"""The ids and content hashes of events, computed many at once.

The same as sql/landing/hashed_events.sql gives: SHA-1 of source and own id as a UUIDv5 of
RFC 9562, and MD5 of what the record said.
"""

from collections.abc import Iterable, Sequence
from hashlib import md5, sha1

import duckdb
import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import NDArray

from pipeline.landing.record import Attribute, Identifier
from pipeline.resources import sql_folder

# The name space of event ids.
NAME_SPACE = bytes.fromhex("2f6f54e06d3a5a539a6577656e64000a")
# Between the parts of what is hashed; between the handles or the attributes of one event.
UNIT = "\x1f"
NEXT = "\x1e"
# Characters of a digest.
WIDTH = 40
# Both hexadecimal digits of a byte as one number, so that they are looked up at once.
DIGITS = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint16)
VALUES = np.zeros(256, np.uint8)
VALUES[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16)
# The digit that says a UUID is one of RFC 9562, with two bits of the digest.
VARIANTS = np.frombuffer(b"89ab", np.uint8)
# A UUID's parts: the hexadecimal digits of the digest, and where they stand in the text.
PARTS = ((0, 8, 0), (8, 12, 9), (12, 16, 14), (16, 20, 19), (20, 32, 24))


def names(source: str) -> tuple[bytes, bytes]:
    """What stands before an event's own id, and before its content hash, in its name."""
    start = NAME_SPACE + source.encode() + b"|"
    return start + b"id|", start + b"content|"


def event_digest(name: bytes) -> bytes:
    """The digest that an event's id is made of."""
    return sha1(name, usedforsecurity=False).digest()


def content_digest(said: bytes) -> bytes:
    """The digest of what a record said."""
    return md5(said, usedforsecurity=False).digest()


def handles(identifiers: Iterable[Identifier]) -> str | None:
    """Whom an event names, as its content hash has it; None where it names nobody."""
    # Sorted as pairs of texts are: no namespace holds a control character.
    named = sorted(f"{person.namespace}{UNIT}{person.value}" for person in identifiers)
    return NEXT.join(named).replace(UNIT, ":") if named else None


def told(attributes: Iterable[Attribute]) -> bytes:
    """What an event's attributes add to its content hash; empty where there are none."""
    parts = sorted(
        f"{attribute.name}={attribute.value}"
        + ("" if attribute.stated_us is None else f"@{attribute.stated_us}")
        for attribute in attributes
    )
    return (UNIT + NEXT.join(parts)).encode() if parts else b""


def event_ids(digests: Sequence[bytes]) -> pa.Array:
    """UUIDs as text, from digests of `event_digest`."""
    return _uuids(_hexadecimal(_raw(digests, 20)))


def text_ids(digests: pa.Array) -> pa.Array:
    """UUIDs as text, from the hexadecimal texts of such digests."""
    return _uuids(_digits(digests, WIDTH))


def _uuids(digits: NDArray[np.uint8]) -> pa.Array:
    """UUIDs of version 5, from the hexadecimal digits of digests, one row each."""
    text = np.full((len(digits), 36), ord("-"), np.uint8)
    for start, end, place in PARTS:
        text[:, place : place + end - start] = digits[:, start:end]
    text[:, 14] = ord("5")
    text[:, 19] = VARIANTS[VALUES[text[:, 19]] & 3]
    return _texts(text)


def content_hashes(digests: Sequence[bytes]) -> pa.Array:
    """Hexadecimal texts, from digests of `content_digest`."""
    return _texts(_hexadecimal(_raw(digests, 16)))


def keys(digests: Sequence[bytes]) -> NDArray[np.uint64]:
    """A number for each digest of `event_digest`; few different ones share theirs."""
    raw = _raw(digests, 20)
    parts: NDArray[np.uint32] = np.ascontiguousarray(raw[:, :4]).view(np.uint32)[:, 0]
    return parts.astype(np.uint64)


def _raw(digests: Sequence[bytes], width: int) -> NDArray[np.uint8]:
    """The bytes of digests, one row each."""
    if not digests:
        return np.zeros((0, width), np.uint8)
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, width)


def _hexadecimal(raw: NDArray[np.uint8]) -> NDArray[np.uint8]:
    count, width = raw.shape
    return DIGITS[raw].view(np.uint8).reshape(count, 2 * width)


def _texts(text: NDArray[np.uint8]) -> pa.Array:
    """Rows of ASCII as a column of texts; nothing is copied."""
    count, width = text.shape
    offsets = np.arange(count + 1, dtype=np.int32) * np.int32(width)
    return pa.StringArray.from_buffers(
        count, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(text))
    )


def text_digests(
    con: duckdb.DuckDBPyConnection, source: str, contents: pa.Table
) -> tuple[pa.Array, ...]:
    """The content hashes and the digests of events as hexadecimal texts, row by row.

    Args:
        con: Any; nothing is left in it.
        source: Of the events.
        contents: `own_id` and what each event `said`; a row at least.
    """
    con.register("plain_contents", contents)
    query = (sql_folder() / "landing" / "plain_digests.sql").read_text()
    found = con.sql(query, params={"source": source}).to_arrow_table()
    con.unregister("plain_contents")
    return tuple(pa.concat_arrays(column.cast(pa.string()).chunks) for column in found.columns)


def text_keys(texts: pa.Array, width: int) -> NDArray[np.uint64]:
    """The numbers that `keys` gave, from ids or hexadecimal digests of so many characters."""
    digits = VALUES[_digits(texts, width)[:, :8]]
    raw = np.ascontiguousarray(digits[:, ::2] << 4 | digits[:, 1::2])
    parts: NDArray[np.uint32] = raw.view(np.uint32)[:, 0]
    return parts.astype(np.uint64)


def _digits(texts: pa.Array, width: int) -> NDArray[np.uint8]:
    """The characters of texts that are all of one width, one row each."""
    if not len(texts):
        return np.zeros((0, width), np.uint8)
    whole = pa.concat_arrays([texts.cast(pa.string())])
    return np.frombuffer(whole.buffers()[2], np.uint8)[: width * len(texts)].reshape(-1, width)
