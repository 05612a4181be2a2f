"""Mail files to raw messages: .eml, a Maildir's files, mbox, packed or not."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from pipeline.landing.containers.unpacked import CHUNK, KEPT_OF_LONG, RECORD_LIMIT, members
from pipeline.landing.record import Raw, RawFile

# Mail with its attachments is longer than any log record.
LIMIT = 4 * RECORD_LIMIT

# Nobody's address makes a `From ` line longer than that.
MARK_LENGTH = 2048
BLANK_LINES = (b"\n\n", b"\n\r\n")
POSTMARK = re.compile(rb"From \S.* \d\d:\d\d(?::\d\d)? .*\d{4}\s*$|From \S.* \d{4} \d\d:\d\d:\d\d")
INNER = re.compile(rb"\n\r?\n(From [^\n]*)\n")
HEADER = re.compile(rb"[!-9;-~]+:[ \t\r\n]")
ARCHIVED = re.compile(rb"From \S+ at \S")
OBSCURED = re.compile(rb"(?m)^From: *(\S+) at ([\w-]+(?:\.[\w-]+)+)(?=[ \r\n])")
QUOTED_FROM = re.compile(rb"(?m)^>(>*From )")


def messages(file: RawFile) -> Iterator[Raw]:
    """One record per message: a file that begins with `From ` is an mbox, any other one mail.

    The web archives of mailing lists (Mailman's pipermail, HyperKitty) are an mbox that writes
    `ada at example.org` in its `From ` lines and From headers, and leaves out the headers that
    tell of the list: `value` is such a mail with its address as it was, and as one of a list.
    """
    number = 0
    for _, stream in members(file):
        first = stream.readline(LIMIT)
        is_mbox = first.startswith(b"From ")
        for opening, content, length in _mbox(stream, first) if is_mbox else _single(stream, first):
            number += 1
            if not is_mbox and _is_headless(content):
                problem = "several mails, but no `From ` line before the first: a damaged mbox"
                text = content.decode("utf-8", "backslashreplace")
                yield Raw(number, text[:RECORD_LIMIT], None, problem)
                continue
            text = content.decode("utf-8", "backslashreplace")
            if length > LIMIT:
                problem = f"{length} bytes long, over the limit of {LIMIT}"
                yield Raw(number, text[:KEPT_OF_LONG], None, problem)
            else:
                yield Raw(
                    number, text, _unarchived(content) if ARCHIVED.match(opening) else content
                )


def _is_headless(content: bytes) -> bool:
    """Whether this begins with no header, and other mails of an mbox follow."""
    return not HEADER.match(content) and any(
        POSTMARK.match(line) for line in INNER.findall(content)
    )


def _single(stream: BinaryIO, first: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """The only message of a stream, and its length as far as it was read; none of blanks alone."""
    content = first + stream.read(LIMIT + 1 - len(first))
    if content.strip():
        yield b"", content, len(content)


def _mbox(stream: BinaryIO, opening: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Each message of an mbox, unquoted: the `From ` line before it, its text and its length.

    A `From ` line opens a message only after a blank line and with a date, because some programs
    do not quote the word where it begins a line of text.
    """
    # The text read so far, where in it the message began, and how much of that was let go.
    held, start, gone, is_ended = b"\n", 1, 0, False
    while not is_ended:
        more = stream.read(CHUNK)
        is_ended = not more
        # What may be the beginning of a mark is looked at again.
        at = max(start - 1, len(held) - MARK_LENGTH)
        held += more
        while (place := held.find(b"\nFrom ", at)) >= 0:
            at = place + 1
            end = held.find(b"\n", at, at + MARK_LENGTH)
            line = held[at:end] if end >= 0 and held.endswith(BLANK_LINES, 0, at) else b""
            if POSTMARK.match(line):
                yield opening, _unquoted(held[start:at]), gone + at - start
                opening, start, gone, at = line, end + 1, 0, end
        if len(held) - start > LIMIT + CHUNK:
            kept = held[start : start + KEPT_OF_LONG] + held[-MARK_LENGTH:]
            held, start, gone = kept, 0, gone + len(held) - start - len(kept)
        elif start > 1:
            held, start = held[start - 1 :], 1
    yield opening, _unquoted(held[start:]), gone + len(held) - start


def _unquoted(content: bytes) -> bytes:
    """A message of an mbox with its `>From ` lines as they were written."""
    return QUOTED_FROM.sub(rb"\1", content) if b"From " in content else content


def _unarchived(content: bytes) -> bytes:
    """A mail of a list's archive with its sender's address, and marked as the list marked it."""
    return b"Precedence: list\n" + OBSCURED.sub(rb"From: \1@\2", content, count=1)
