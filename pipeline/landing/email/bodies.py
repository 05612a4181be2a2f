"""A mail's bytes to text: which part was written, and in which charset.

Nothing here raises and nothing guesses in silence: where the declared charset does not hold, the
note says what was declared and what was read instead.
"""

import codecs
import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from functools import lru_cache
from typing import NamedTuple

from pipeline.landing.quoting import LONGEST

# What mail programs mean by these names, as browsers read them (WHATWG Encoding Standard).
MEANT = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-8-i": "iso-8859-8",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "unicode-1-1-utf-7": "utf-7",
}
# Python text codecs that are no charset of a mail; some of them run a program of their own.
NO_CHARSET = {"unicode-escape", "raw-unicode-escape", "idna", "punycode", "undefined", "mbcs"}
NOT_ASCII_BYTES = ("utf-7", "utf-16", "utf-32", "iso2022", "hz")
# Almost no text in another charset is by accident valid UTF-8 with marks beyond ASCII.
MULTIBYTE = ("utf", "iso2022", "cp932", "cp949", "gb18030", "big5", "euc", "shift", "hz", "johab")
ENCODED_WORD = re.compile(r"=\?[^?\s]{1,80}\?[bBqQ]\?")
CHARSET = re.compile(
    r";\s*charset=(?:\"([\w.:+-]+)\"|([\w.:+-]+))\s*(?:;|$)", re.IGNORECASE | re.ASCII
)
FOLD = re.compile(r"[ \t]*[\r\n]+[ \t]*")


class Decoded(NamedTuple):
    """Text from bytes.

    Attributes:
        note: None when the declared charset held; else what was read instead.
    """

    text: str
    note: str | None


class Body(NamedTuple):
    """What a mail says.

    Attributes:
        text: Plain text, or HTML where there is no plain part; None without either.
        note: As in Decoded.
        attachment_count: Other parts that carry a file.
    """

    text: str | None
    note: str | None
    attachment_count: int


@lru_cache(maxsize=500)
def _codec(declared: str) -> str | None:
    """Python's name of a declared charset; None when there is no such charset."""
    name = declared.strip().strip("\"'").lower()
    try:
        found = codecs.lookup(MEANT.get(name, name)).name
    except (LookupError, ValueError):
        return None
    return None if found.replace("_", "-") in NO_CHARSET else found


def _strictly(content: bytes, codec: str) -> str | None:
    """The text, if every byte is valid in the codec and every mark is a whole one."""
    try:
        text = content.decode(codec)
        text.encode("utf-8")
    except (UnicodeError, LookupError):
        return None
    return text


def decoded(content: bytes, declared: str | None) -> Decoded:
    """The text of bytes declared to be in some charset, or in none."""
    codec = _codec(declared) if declared else None
    said = f"declared {_printable(declared)}" if declared else "none declared"
    if content.isascii() and not (codec or "").startswith(NOT_ASCII_BYTES):
        if b"\x1b$" in content and (text := _strictly(content, "iso2022_jp")) is not None:
            return Decoded(text, f"{said}, read as iso2022_jp")
        return Decoded(content.decode("ascii"), None)
    is_single_byte = codec is None or not codec.startswith(MULTIBYTE)
    if is_single_byte and (text := _strictly(content, "utf-8")) is not None:
        return Decoded(text, f"{said}, read as utf-8")
    if codec is not None and (text := _strictly(content, codec)) is not None:
        return Decoded(text, None)
    for other in ("cp1252",) if is_single_byte else ("utf-8",):
        if (text := _strictly(content, other)) is not None:
            return Decoded(text, f"{said}, read as {other}")
    last = "cp1252" if codec is None or is_single_byte else codec
    text = content.decode(last, "replace").encode("utf-8", "replace").decode()
    return Decoded(text, f"{said}, read as {last}, {text.count(chr(0xFFFD))} marks unreadable")


def _printable(name: str) -> str:
    """A declared name, fit for a note."""
    return name[:40].encode("ascii", "replace").decode()


def unfolded(raw: str) -> str:
    """A header as one line, with bare 8-bit bytes read as text; encoded words stay encoded."""
    if not raw.isascii():
        raw = decoded(raw.encode("utf-8", "surrogateescape"), None).text
    return FOLD.sub(" ", raw).strip() if "\n" in raw or "\r" in raw else raw.strip()


def header_text(line: str) -> str:
    """An unfolded header with its encoded words (RFC 2047) decoded."""
    if not ENCODED_WORD.search(line):
        return line
    try:
        parts = decode_header(line)
    except (HeaderParseError, ValueError):
        return line
    return "".join(
        part if isinstance(part, str) else decoded(part, charset).text for part, charset in parts
    ).strip()


def body(message: Message, kind: str) -> Body:
    """The first part that was written to be read: plain text before HTML.

    Args:
        message: A whole mail.
        kind: Its content type; finding it out anew for every question takes half of the time.
    """
    plain: Message | None = None
    markup: Message | None = None
    attachment_count = 0
    for part, part_kind in _leaves(message, kind):
        is_file = ("content-disposition" in part or "name" in str(part["content-type"])) and (
            part.get_content_disposition() == "attachment" or part.get_filename() is not None
        )
        if part_kind == "text/plain" and not is_file:
            plain = part if plain is None else plain
        elif part_kind == "text/html" and not is_file:
            markup = part if markup is None else markup
        elif part_kind not in {"application/pgp-signature", "application/pkcs7-signature"}:
            attachment_count += is_file or not part_kind.startswith("text/")
    # A message without headers is false.
    written = markup if plain is None else plain
    if written is None:
        return Body(None, None, attachment_count)
    content = written.get_payload(decode=True)
    if not isinstance(content, bytes):
        return Body(None, None, attachment_count)
    text, note = decoded(content, _charset(written))
    # The same mail has other line ends, and more of them, in another kind of mailbox.
    text = text.replace("\r\n", "\n").strip("\n")
    # The gate would cut it at the same place.
    return Body(text[:LONGEST], note, attachment_count)


def _charset(part: Message) -> str | None:
    """The charset that a part declares, in lower case; None when it declares none."""
    declared = part["content-type"]
    if declared is None:
        return None
    told = str(declared)
    # The library reads what is quoted, encoded or written twice, but takes its time.
    match = CHARSET.search(told) if told.isascii() and told.lower().count("charset") == 1 else None
    return (match[1] or match[2]).lower() if match else part.get_content_charset()


def _leaves(message: Message, kind: str) -> Iterator[tuple[Message, str]]:
    """The parts without parts, in order; a forwarded mail is one leaf, not opened."""
    waiting = [(message, kind)]
    while waiting:
        part, part_kind = waiting.pop()
        payload = part.get_payload() if part_kind.startswith("multipart/") else None
        if not isinstance(payload, list):
            yield part, part_kind
            continue
        waiting.extend(
            (inner, inner.get_content_type())
            for inner in reversed(payload)
            if isinstance(inner, Message)
        )
