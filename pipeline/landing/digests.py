"""The ids and content hashes of events, computed many at once.

The same as sql/landing/hashed_events.sql gives: SHA-1 of source and own id as a UUIDv5 of
RFC 9562, and MD5 of what the record said.
"""

from collections.abc import Iterable, Sequence
from hashlib import md5, sha1

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import NDArray

from pipeline.landing.record import Attribute

# The name space of event ids.
NAME_SPACE = bytes.fromhex("2f6f54e06d3a5a539a6577656e64000a")
# Between the parts of what is hashed; between the handles or the attributes of one event.
UNIT = "\x1f"
NEXT = "\x1e"
# Both hexadecimal digits of a byte as one number, so that they are looked up at once.
DIGITS = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint16)
VALUES = np.zeros(256, np.uint8)
VALUES[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16)
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
    raw = _raw(digests, 20)[:, :16].copy()
    raw[:, 6] = raw[:, 6] & 0x0F | 0x50
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    digits = _hexadecimal(raw)
    text = np.full((len(raw), 36), ord("-"), np.uint8)
    for start, end, place in PARTS:
        text[:, place : place + end - start] = digits[:, start:end]
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


def text_keys(ids: pa.Array) -> NDArray[np.uint64]:
    """The numbers that `keys` gave for these ids, each the text of a UUID."""
    if not len(ids):
        return np.zeros(0, np.uint64)
    texts = pa.concat_arrays([ids.cast(pa.string())])
    text = np.frombuffer(texts.buffers()[2], np.uint8)[: 36 * len(ids)].reshape(-1, 36)
    digits = VALUES[text[:, :8]]
    raw = np.ascontiguousarray(digits[:, ::2] << 4 | digits[:, 1::2])
    parts: NDArray[np.uint32] = raw.view(np.uint32)[:, 0]
    return parts.astype(np.uint64)
