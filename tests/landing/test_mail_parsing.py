"""Mail of several parts: read as the standard library reads it, only sooner."""

from email import message_from_bytes
from email.message import Message

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.landing.email import parsing
from pipeline.landing.email.bodies import body
from pipeline.landing.email.parsing import parsed

LETTER = b"""From: ada@example.org
Content-Type: multipart/mixed; boundary="b0"

For old mail programs.
--b0
Content-Type: multipart/alternative; boundary=b1

--b1

Hello,
-- b0 is no mark
--b1
Content-Type: text/html; charset="utf-8"

<p>Hello</p>

--b1--
--b0
Content-Type: image/png; name="a.png"
Content-Disposition: attachment; filename="a.png"
Content-Transfer-Encoding: base64

aGVsbG8=
--b0--
The end.
"""
# What a damaged mail may have, or have twice.
EDITS = [
    *(b"--b0\n", b"--b0--\n", b"--b1\n", b"--b1--\n", b"--b0 \t\n", b"--b0x\n", b"\n", b"\r\n"),
    *(
        b"--b0",
        b"\n\n",
        b"\r",
        b"b1",
        b";",
        b'"',
        b"Content-Type: message/rfc822\n\n",
        b"no header\n",
    ),
    *(b"Content-Type: multipart/digest; boundary=b1\n", b"multipart/report", b"\xff", b"--"),
]


def told(message: Message) -> list[tuple[object, ...]]:
    """What a reader can ask of each part."""
    return [
        (
            part.get_content_type(),
            part.get_content_charset(),
            part.get_content_disposition(),
            part.get_filename(),
            None if part.is_multipart() else part.get_payload(decode=True),
        )
        for part in message.walk()
    ]


@st.composite
def letters(draw: st.DrawFn) -> bytes:
    """A mail of several parts with some damage."""
    mail = LETTER.replace(b"\n", b"\r\n") if draw(st.booleans()) else LETTER
    for _ in range(draw(st.integers(0, 4))):
        place, cut = draw(st.integers(0, len(mail))), draw(st.integers(0, 8))
        mail = mail[:place] + draw(st.sampled_from([b"", *EDITS])) + mail[place + cut :]
    return mail


@given(letters())
@example(LETTER)
@example(LETTER.replace(b"--b0--", b"--b2--"))
@example(LETTER.replace(b"--b0\n", b"--b0\n--b0\n"))
def test_parts_are_those_of_the_library(mail: bytes) -> None:
    """However a mail is damaged, its parts, their charsets and their bytes are the library's."""
    found = parsed(mail)

    expected = message_from_bytes(mail)
    assert found.kind == expected.get_content_type()
    assert body(found.message, found.kind) == body(expected, found.kind)
    if found.kind.startswith("multipart/"):
        assert told(found.message) == told(expected)


@pytest.mark.parametrize("mail", [LETTER, LETTER.replace(b"\n", b"\r\n")])
def test_mail_in_best_order_needs_no_library(monkeypatch: pytest.MonkeyPatch, mail: bytes) -> None:
    """Parts within parts and attachments are found without looking at every line."""
    monkeypatch.delattr(parsing, "_by_library")

    assert body(*parsed(mail)[::2]).attachment_count == 1
