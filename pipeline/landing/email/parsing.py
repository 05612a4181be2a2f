"""A mail's bytes to its headers and its message, at the speed of whole archives.

The standard library's parser looks at every line of a mail for what may end a part, and most lines
are those of attachments. Here the marks between parts are searched for as a whole. A mail that is
not in best order (parts that never end, mails within mails, line ends of old) is the library's.
"""

import re
from email import message_from_bytes
from email.message import Message
from typing import NamedTuple

from pipeline.errors import BadRecord

# A header's name and value with the lines it goes on in (RFC 5322); a name holds no blank.
HEADER = re.compile(r"([!-9;-~]+):[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)")
BLANK = re.compile(rb"\n\r?\n")
BOUNDARY = re.compile(
    r""";\s*boundary=(?:"([^"\\;\s]+)"|([^"\\;\s()<>@,]+))\s*(?:;|$)""", re.IGNORECASE
)
# The library tells these apart from others, and reads on in their parts.
NESTING = ("multipart/report", "multipart/digest", "message/")
DEEPEST = 20
OF_THE_PART = ("content-type", "content-transfer-encoding", "content-disposition")


class Parsed(NamedTuple):
    """A mail.

    Attributes:
        message: Its parts; of the headers of the whole only those that tell how to read it.
        headers: Name in lower case and value as written, in order.
        kind: Its content type.
    """

    message: Message
    headers: list[tuple[str, str]]
    kind: str


def parsed(content: bytes) -> Parsed:
    """The mail in these bytes.

    Raises:
        BadRecord: Parts within parts without end.
    """
    blank = BLANK.search(content)
    top = content[: blank.start() + 1] if blank else content
    headers = _headers(top.decode("ascii", "surrogateescape"))
    kind = _kind(headers)
    # What else ends the headers is left to the library.
    looked_at = content if kind.startswith("multipart/") else top
    if not headers or _has_old_line_ends(looked_at):
        return _by_library(content)
    message = _part(headers, kind, content[blank.end() :] if blank else b"", DEEPEST)
    return _by_library(content) if message is None else Parsed(message, headers, kind)


def _part(headers: list[tuple[str, str]], kind: str, body: bytes, depth: int) -> Message | None:
    """A part with the parts in it; None where they are not in best order."""
    declared = _declared(headers)
    if kind.startswith(NESTING) or not declared.isascii() or not depth:
        return None
    message = Message()
    for name, value in headers:
        if name in OF_THE_PART:
            message.set_raw(name, value)
    if not kind.startswith("multipart/"):
        message.set_payload(body.decode("ascii", "surrogateescape"))
        return message
    mark = BOUNDARY.search(declared) if declared.lower().count("boundary") == 1 else None
    boundary = (mark[1] or mark[2]).encode("ascii", "surrogateescape") if mark else b""
    sections = _sections(body, boundary) if boundary else None
    inner = [_inner(section, depth) for section in sections or ()]
    for part in inner:
        if part is None:
            return None
        message.attach(part)
    return message if inner else None


def _inner(section: bytes, depth: int) -> Message | None:
    """One part of several; None where it is not in best order."""
    if section.startswith((b"\n", b"\r\n")):
        return _part([], "text/plain", section[section.index(b"\n") + 1 :], depth - 1)
    blank = BLANK.search(section)
    if blank is None:
        return None
    headers = _headers(section[: blank.start() + 1].decode("ascii", "surrogateescape"))
    if not headers:
        return None
    return _part(headers, _kind(headers), section[blank.end() :], depth - 1)


def _sections(body: bytes, boundary: bytes) -> list[bytes] | None:
    """What stands between the marks of a mail of several parts; None where no mark ends it."""
    mark = b"--" + boundary
    found: list[bytes] = []
    # Where the section begins that the next mark ends; None before the first mark.
    start: int | None = None
    at = 0 if body.startswith(mark) else body.find(b"\n" + mark) + 1
    while at or body.startswith(mark):
        end = body.find(b"\n", at)
        rest = (
            body[at + len(mark) : end if end >= 0 else len(body)].removesuffix(b"\r").rstrip(b" \t")
        )
        if rest in {b"", b"--"}:
            if start is not None:
                if start >= at:
                    return None
                section = body[start : at - 1]
                found.append(section.removesuffix(b"\r"))
            if rest:
                return found
            if end < 0:
                return None
            start = end + 1
        following = body.find(b"\n" + mark, max(at, end))
        if following < 0:
            return None
        at = following + 1
    return None


def _has_old_line_ends(content: bytes) -> bool:
    """Whether some lines end with a carriage return alone."""
    return content.count(b"\r") != content.count(b"\r\n")


def _headers(top: str) -> list[tuple[str, str]]:
    """Each header's name in lower case, and its value; none when a line is no header."""
    found = []
    at = 0
    while match := HEADER.match(top, at):
        at = match.end()
        found.append((match[1].lower(), match[2].rstrip("\r\n")))
    return found if at == len(top) else []


def _kind(headers: list[tuple[str, str]]) -> str:
    """The content type that the headers declare; text/plain where they declare none."""
    kind = _declared(headers).partition(";")[0].strip().lower()
    return kind if kind.count("/") == 1 else "text/plain"


def _declared(headers: list[tuple[str, str]]) -> str:
    """The first Content-Type; empty without one."""
    return next((value for name, value in headers if name == "content-type"), "")


def _by_library(content: bytes) -> Parsed:
    """The mail as the standard library reads it."""
    try:
        message = message_from_bytes(content)
    except RecursionError as error:
        raise BadRecord("parts nested too deeply to be a mail") from error
    headers = [(name.lower(), str(value)) for name, value in message.raw_items()]
    return Parsed(message, headers, message.get_content_type())
