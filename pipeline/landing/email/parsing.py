"""A mail's bytes to its headers and its message, at the speed of whole archives.

The standard library's parser looks at every line of a mail for what only a mail of several parts
can hold. Most of its time is saved where the headers say that there is but one part.
"""

import re
from email import message_from_bytes
from email.message import Message
from typing import NamedTuple

from pipeline.errors import BadRecord

# A header's name and value with the lines it goes on in (RFC 5322); a name holds no blank.
HEADER = re.compile(r"([!-9;-~]+):[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)")
BLANK = re.compile(rb"\n\r?\n")
OF_THE_PART = ("content-type", "content-transfer-encoding", "content-disposition")


class Parsed(NamedTuple):
    """A mail.

    Attributes:
        message: Its parts; of a mail of one part only the headers that tell how to read it.
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
    # What else ends the headers, and line ends of old, are left to the library.
    if not headers or kind.startswith(("multipart/", "message/")):
        return _by_library(content)
    message = Message()
    for name, value in headers:
        if name in OF_THE_PART:
            message.set_raw(name, value)
    body = content[blank.end() :] if blank else b""
    message.set_payload(body.decode("ascii", "surrogateescape"))
    return Parsed(message, headers, kind)


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
    declared = next((value for name, value in headers if name == "content-type"), "")
    kind = declared.partition(";")[0].strip().lower()
    return kind if kind.count("/") == 1 else "text/plain"


def _by_library(content: bytes) -> Parsed:
    """The mail as the standard library reads it."""
    try:
        message = message_from_bytes(content)
    except RecursionError as error:
        raise BadRecord("parts nested too deeply to be a mail") from error
    headers = [(name.lower(), str(value)) for name, value in message.raw_items()]
    return Parsed(message, headers, message.get_content_type())
