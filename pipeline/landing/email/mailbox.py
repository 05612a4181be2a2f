"""Mail files to raw messages: .eml, a Maildir's files, mbox, packed or not."""

import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from pipeline.landing.containers.unpacked import KEPT_OF_LONG, RECORD_LIMIT, members
from pipeline.landing.record import Raw, RawFile

# Mail with its attachments is longer than any log record.
LIMIT = 4 * RECORD_LIMIT

POSTMARK = re.compile(rb"From \S.* \d\d:\d\d(?::\d\d)? .*\d{4}\s*$|From \S.* \d{4} \d\d:\d\d:\d\d")
QUOTED_FROM = re.compile(rb"(?m)^>(>*From )")


def messages(file: RawFile) -> Iterator[Raw]:
    """One record per message: a file that begins with `From ` is an mbox, any other one mail."""
    number = 0
    for _, stream in members(file):
        first = stream.readline(LIMIT)
        is_mbox = first.startswith(b"From ")
        for content, length in _mbox(stream) if is_mbox else [_single(stream, first)]:
            if not content.strip() and not is_mbox:
                continue
            number += 1
            text = content.decode("utf-8", "backslashreplace")
            if length > LIMIT:
                problem = f"{length} bytes long, over the limit of {LIMIT}"
                yield Raw(number, text[:KEPT_OF_LONG], None, problem)
            else:
                yield Raw(number, text, content)


def _single(stream: BinaryIO, first: bytes) -> tuple[bytes, int]:
    """The only message of a stream, and its length as far as it was read."""
    content = first + stream.read(LIMIT + 1 - len(first))
    return content, len(content)


def _mbox(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Each message of an mbox after its first `From ` line, unquoted, and its length.

    A `From ` line opens a message only after a blank line and with a date, because some programs
    do not quote the word where it begins a line of text.
    """
    kept: list[bytes] = []
    length = 0
    was_blank = False
    while line := stream.readline(RECORD_LIMIT):
        if was_blank and line.startswith(b"From ") and POSTMARK.match(line):
            yield _unquoted(kept), length
            kept, length, was_blank = [], 0, False
            continue
        length += len(line)
        if length <= LIMIT:
            kept.append(line)
        was_blank = line in {b"\n", b"\r\n"}
    yield _unquoted(kept), length


def _unquoted(lines: Sequence[bytes]) -> bytes:
    """A message of an mbox with its `>From ` lines as they were written."""
    content = b"".join(lines)
    return QUOTED_FROM.sub(rb"\1", content) if b"From " in content else content
