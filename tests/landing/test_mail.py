import gzip
import io
import tarfile
import zipfile
from collections import Counter
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.landing.email.bodies import decoded, header_text
from pipeline.landing.email.mail import interpret, read
from pipeline.landing.email.parties import addresses
from pipeline.landing.record import Event, Feed, Outcome, Raw, outcomes
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused

LARKSPUR = feed("mail", domains=("larkspur.example",))
NOBODY = feed("mail")
SHARED = Path(__file__).parents[3] / "shared" / "data"
HEADERS = {
    "From": "Ada Lovelace <Ada@Example.org>",
    "To": "Complaints <complaints@larkspur.example>",
    "Date": "Mon, 05 Jan 2026 09:20:00 +0100",
    "Message-ID": "<a1@example.org>",
    "Subject": "No internet",
}


def mail(body: str = "Still down.", /, **changes: str | None) -> bytes:
    """A mail of Ada's; header names are given with `_` for `-`, None takes one out."""
    headers = HEADERS | {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return ("\n".join(lines) + "\n\n" + body + "\n").encode()


def one(content: bytes, folder: Path, source: Feed = LARKSPUR) -> Event:
    """The one event of a one-mail file."""
    (event,) = events(outcomes_of(read, content, folder, source))
    return event


def test_a_customer_s_mail_is_received(tmp_path: Path) -> None:
    """The sender is the customer, the label is the company's mailbox."""
    event = one(mail(), tmp_path)

    assert (event.kind, event.actor, event.direction) == ("email_received", "customer", "inbound")
    assert (event.label, event.own_id, at(event)) == (
        "complaints",
        "a1@example.org",
        "2026-01-05 08:20:00",
    )
    assert people(event) == {
        "actor email": "ada@example.org",
        "agent email": "complaints@larkspur.example",
    }
    assert (event.text, event.properties["subject"]) == ("Still down.", "No internet")


def test_the_company_s_mail_is_sent_to_each_customer(tmp_path: Path) -> None:
    """One event per customer in To, each with one customer; those in copy are mentioned."""
    content = mail(
        From="quotes@larkspur.example",
        To="ada@example.org, Bob <bob@example.org>, team@larkspur.example",
        Cc="eve@example.org",
    )

    found = events(outcomes_of(read, content, tmp_path, LARKSPUR))

    assert [(e.kind, e.actor, e.direction, e.label) for e in found] == [
        ("email_sent", "agent", "outbound", "quotes")
    ] * 2
    assert [people(e)["recipient email"] for e in found] == ["ada@example.org", "bob@example.org"]
    assert [people(e)["mentioned email"] for e in found] == ["eve@example.org"] * 2
    assert len({e.own_id for e in found}) == 2


def test_without_a_company_domain_the_sender_is_the_actor(tmp_path: Path) -> None:
    """Who of the two is the company cannot be known: the other is only mentioned."""
    event = one(mail(), tmp_path, NOBODY)

    assert (event.kind, event.label) == ("email_received", None)
    assert people(event) == {
        "actor email": "ada@example.org",
        "mentioned email": "complaints@larkspur.example",
    }


def test_a_form_on_the_company_s_site_was_filled_in_by_whom_to_answer(tmp_path: Path) -> None:
    """The site writes to itself; the customer stands in Reply-To."""
    event = one(mail(From="web@larkspur.example", Reply_To="ada@example.org"), tmp_path)

    assert (event.kind, event.direction) == ("email_received", "inbound")
    assert people(event)["actor email"] == "ada@example.org"


@pytest.mark.parametrize(
    ("to", "rule"),
    [("bob@larkspur.example", "internal"), ("undisclosed-recipients:;", "no_recipient")],
)
def test_mail_without_a_customer_is_left_out_by_rule(tmp_path: Path, to: str, rule: str) -> None:
    """Colleagues write to each other, and some mail hides whom it went to."""
    content = mail(From="ada@larkspur.example", To=to)

    assert ignored(outcomes_of(read, content, tmp_path, LARKSPUR)) == [(1, rule)]


def test_an_automatic_answer_of_the_company_is_still_the_company_s(tmp_path: Path) -> None:
    """The customer gets it; only that no person wrote it is said."""
    content = mail(
        From="help@larkspur.example", To="ada@example.org", Auto_Submitted="auto-replied"
    )

    event = one(content, tmp_path)

    assert (event.kind, event.actor, event.machine_reason) == ("email_sent", "system", None)


MACHINES: dict[str, tuple[dict[str, str | None], str | None]] = {
    "a person": ({}, None),
    "a person whose program says so": ({"Auto_Submitted": "no"}, None),
    "an automatic answer": ({"Auto_Submitted": "auto-replied; owner=x"}, "auto_reply"),
    "an answer from holidays": ({"Subject": "Out of office: No internet"}, "auto_reply"),
    "a program": ({"Auto_Submitted": "auto-generated"}, "auto_generated"),
    "a list": ({"List_Id": "<users.example.org>"}, "list"),
    "a list of Groups.io": ({"Cc": "users@groups.io"}, "list"),
    "a news group": ({"Newsgroups": "mozilla.dev"}, "list"),
    "a mailing": ({"Precedence": "bulk"}, "bulk"),
    "a newsletter": ({"List_Unsubscribe": "<mailto:x@example.org>"}, "bulk"),
    "spam": ({"X_Spam_Flag": "YES"}, "spam"),
    "a sender that takes no answer": ({"From": "no-reply@shop.example"}, "no_reply"),
    "a mail system": ({"From": "MAILER-DAEMON@example.org", "Subject": "Hi"}, "daemon"),
}


@pytest.mark.parametrize(("headers", "reason"), MACHINES.values(), ids=MACHINES.keys())
def test_mail_that_no_person_wrote_says_why(
    tmp_path: Path, headers: dict[str, str | None], reason: str | None
) -> None:
    """A machine's mail is landed with its reason, so that it is no sign of a customer's life."""
    assert one(mail(**headers), tmp_path).machine_reason == reason


BOUNCE = b"""From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: quotes@larkspur.example
Date: Mon, 05 Jan 2026 09:20:00 -0000
Message-ID: <b1@mx.example>
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x
Content-Type: text/plain

I am sorry to inform you.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; Ada@Example.org
Action: failed
Status: 5.1.1
--x
Content-Type: text/rfc822-headers

Message-ID: <q1@larkspur.example>
--x--
"""


def test_a_delivery_report_tells_of_the_mail_that_came_back(tmp_path: Path) -> None:
    """It is about the address that failed, in the thread of the mail it returns; no person's."""
    event = one(BOUNCE, tmp_path)

    assert (event.kind, event.actor, event.machine_reason) == ("email_bounced", "system", "bounce")
    assert people(event) == {"subject email": "ada@example.org"}
    assert (event.object_id, event.properties["status"]) == ("q1@larkspur.example", "5.1.1")
    assert event.text is None


def test_a_delayed_mail_is_deferred(tmp_path: Path) -> None:
    """A warning is no failure."""
    event = one(BOUNCE.replace(b"Action: failed", b"Action: delayed"), tmp_path)

    assert event.kind == "email_deferred"


def test_a_bounce_in_a_form_of_its_own_is_known_by_its_header(tmp_path: Path) -> None:
    """Google names the failed address without a report."""
    event = one(
        mail(From="mailer-daemon@mx.example", X_Failed_Recipients="bob@example.org"), tmp_path
    )

    assert (event.kind, people(event)) == ("email_bounced", {"subject email": "bob@example.org"})


THREADS = {
    "alone": ({}, "a1@example.org"),
    "answer": ({"In_Reply_To": "<r@x.example>"}, "r@x.example"),
    "long thread": (
        {"References": "<r@x.example>\n <m@x.example>", "In_Reply_To": "<m@x.example>"},
        "r@x.example",
    ),
    "an answer that names its writer": (
        {"In_Reply_To": 'Message from Bob <bob@x.example> of "Mon" <r@x.example>'},
        "r@x.example",
    ),
    "an empty answer": ({"In_Reply_To": ""}, "a1@example.org"),
}


@pytest.mark.parametrize(("headers", "root"), THREADS.values(), ids=THREADS.keys())
def test_a_thread_is_named_by_its_first_mail(
    tmp_path: Path, headers: dict[str, str | None], root: str
) -> None:
    """The oldest reference, else what is answered, else the mail itself."""
    event = one(mail(**headers), tmp_path)

    assert (event.object_kind, event.object_id) == ("thread", root)


RECEIVED = "from a by b; Mon, 05 Jan 2026 10:00:00 +0000"
TIMES: dict[str, tuple[dict[str, str | None], str, str | None]] = {
    "an offset": ({"Date": "Mon, 05 Jan 2026 09:20:00 +0100"}, "08:20", None),
    "an offset with a colon": ({"Date": "Mon, 05 Jan 2026 09:20:00 +01:00"}, "08:20", None),
    "no known zone": ({"Date": "Mon, 05 Jan 2026 09:20:00 -0000"}, "09:20", None),
    "an American zone": ({"Date": "Mon, 05 Jan 2026 04:20:00 EST"}, "09:20", None),
    "no date": ({"Date": None, "Received": RECEIVED}, "10:00", "received"),
    "an unreadable date": ({"Date": "not a date", "Received": RECEIVED}, "10:00", "received"),
    "a date without zone": (
        {"Date": "Mon, 05 Jan 2026 09:20:00", "Received": RECEIVED},
        "10:00",
        "received",
    ),
    "a date after its arrival": (
        {"Date": "Mon, 05 Jan 2026 12:00:00 +0000", "Received": RECEIVED},
        "10:00",
        "received",
    ),
    "a date in 2099": (
        {"Date": "Mon, 05 Jan 2099 12:00:00 +0000", "Received": RECEIVED},
        "10:00",
        "received",
    ),
}


@pytest.mark.parametrize(("headers", "time", "basis"), TIMES.values(), ids=TIMES.keys())
def test_the_newest_received_stands_in_for_a_date_that_cannot_be(
    tmp_path: Path, headers: dict[str, str | None], time: str, basis: str | None
) -> None:
    """The sender's clock is believed where it can be read and is possible; else it is said."""
    event = one(mail(**headers), tmp_path)

    assert at(event)[11:16] == time
    assert event.properties.get("time_from") == basis


def test_a_date_without_zone_is_read_in_the_source_s_zone(tmp_path: Path) -> None:
    """Where wend.toml names a zone and no server's stamp is there."""
    source = feed("mail", zone="Europe/Berlin", domains=("larkspur.example",))

    (event,) = events(outcomes_of(read, mail(Date="Mon, 05 Jan 2026 09:20:00"), tmp_path, source))

    assert (at(event), event.occurred.basis) == ("2026-01-05 08:20:00", "source_zone")


REFUSED: dict[str, tuple[bytes, str]] = {
    "no date": (mail(Date=None), "no Date, and no Received in its place"),
    "an unreadable date": (mail(Date="not a date"), "not a mail date: 'not a date'"),
    "a date in 2099": (
        mail(Date="Mon, 05 Jan 2099 09:20:00 +0000"),
        "time in the future: 2099-01-05 09:20",
    ),
    "no zone": (
        mail(Date="Mon, 05 Jan 2026 09:20:00"),
        "time without a zone: set time_zone for this source",
    ),
    "no sender": (mail(From=None), "no sender: From holds no address"),
    "a picture": (
        b"\x89PNG\r\n\x1a\n\x00\x00",
        "no mail: no From, To, Date, Subject or Message-ID",
    ),
}


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_whole_mail_is_refused_with_its_text(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    """Without a time or a sender there is no event."""
    assert refused(outcomes_of(read, content, tmp_path, LARKSPUR)) == [(1, reason)]


ADDRESSES = {
    "Ada <ada@example.org>": ["ada@example.org"],
    "ada@example.org (Ada L.)": ["ada@example.org"],
    '"Lovelace, Ada" <ada@example.org>, bob@example.org': ["ada@example.org", "bob@example.org"],
    '"bob@example.org" <ada@example.org>': ["ada@example.org"],
    "bob@example.org <ada@example.org>": ["ada@example.org"],
    "=?utf-8?q?Ada=2C_bob=40example=2Eorg?= <ada@example.org>": ["ada@example.org"],
    "=?utf-8?q?Ada_=3Cada=40example=2Eorg=3E?=": ["ada@example.org"],
    "Friends: ada@example.org; bob@example.org;": ["ada@example.org", "bob@example.org"],
    "ada at example.org (Ada)": [],
    "Meet me at cafe.example <ada@example.org>": ["ada@example.org"],
    "ADA@EXAMPLE.ORG, ada@example.org": ["ada@example.org"],
    "undisclosed-recipients:;": [],
    "": [],
}


@pytest.mark.parametrize(("line", "expected"), ADDRESSES.items())
def test_only_addresses_are_addresses(line: str, expected: list[str]) -> None:
    """A name that looks like one is none, however it is quoted or encoded."""
    assert addresses([line]) == expected


CHARSETS: dict[str, tuple[bytes, str | None, str, str | None]] = {
    "plain": (b"plain", "utf-8", "plain", None),
    "as declared": ("André".encode(), "utf-8", "André", None),
    "windows": (b"Andr\xe9 \x80", "iso-8859-1", "André €", None),
    "undeclared utf-8": ("André".encode(), None, "André", "none declared, read as utf-8"),
    "undeclared western": (b"Andr\xe9", None, "André", "none declared, read as cp1252"),
    "utf-8 called latin": (
        "André".encode(),
        "iso-8859-1",
        "André",
        "declared iso-8859-1, read as utf-8",
    ),
    "latin called utf-8": (
        b"Andr\xe9",
        "utf-8",
        "Andr\ufffd",
        "declared utf-8, read as utf-8, 1 marks unreadable",
    ),
    "ascii that is none": (
        b"Andr\xe9",
        "us-ascii",
        "André",
        "declared us-ascii, read as cp1252",
    ),
    "an unknown charset": (b"Andr\xe9", "x-klingon", "André", "declared x-klingon, read as cp1252"),
    "no charset of a mail": (
        b"\\x41\xe9",
        "unicode_escape",
        "\\x41é",
        "declared unicode_escape, read as cp1252",
    ),
    "japanese": ("日本".encode("iso2022_jp"), "iso-2022-jp", "日本", None),
    "japanese undeclared": (
        "日本".encode("iso2022_jp"),
        None,
        "日本",
        "none declared, read as iso2022_jp",
    ),
    "chinese": ("中文".encode("gbk"), "gb2312", "中文", None),
    "korean": ("한국어".encode("cp949"), "ks_c_5601-1987", "한국어", None),
}


@pytest.mark.parametrize(
    ("content", "declared", "text", "note"), CHARSETS.values(), ids=CHARSETS.keys()
)
def test_a_charset_that_does_not_hold_is_said(
    content: bytes, declared: str | None, text: str, note: str | None
) -> None:
    """The text is read as well as it can be; what was declared and what was read is noted."""
    assert decoded(content, declared) == (text, note)


@given(
    st.binary(max_size=40), st.none() | st.sampled_from(["utf-7", "utf-16", "hz", "x\0", "idna"])
)
def test_any_bytes_become_text_that_can_be_stored(content: bytes, declared: str | None) -> None:
    """Whatever is declared, nothing raises and the text is valid Unicode."""
    assert decoded(content, declared).text.encode() is not None


def test_an_encoded_subject_is_read_and_redacted(tmp_path: Path) -> None:
    """Two encoded words in two charsets become one line; an address in it does not stay."""
    subject = "=?iso-8859-1?q?Andr=E9_?= =?utf-8?b?4oKs?= of ada@example.org"

    assert header_text(subject).startswith("André €")
    assert one(mail(Subject=subject), tmp_path).properties["subject"] == "André € of [email]"


def parts_of(message: EmailMessage) -> bytes:
    """The message as bytes, from Ada to the company."""
    for name, value in HEADERS.items():
        message[name] = value
    return bytes(message)


def test_the_plain_part_is_read_before_the_html_part(tmp_path: Path) -> None:
    """Of two forms of one text the simpler is read; a file is counted, not read."""
    message = EmailMessage()
    message.set_content("Still down: André.")
    message.add_alternative("<p>Still down, in <b>HTML</b></p>", subtype="html")
    message.add_attachment("not my words", filename="log.txt")

    event = one(parts_of(message), tmp_path)

    assert event.text is not None
    assert event.text.strip() == "Still down: André."
    assert event.properties["attachment_count"] == 1


def test_a_mail_of_html_alone_gives_its_html(tmp_path: Path) -> None:
    """The gate turns it into text."""
    message = EmailMessage()
    message.set_content("<p>Still down</p>", subtype="html")

    assert "<p>Still down</p>" in (one(parts_of(message), tmp_path).text or "")


def test_a_mail_in_a_mail_is_not_the_sender_s_words(tmp_path: Path) -> None:
    """A forwarded mail is a file."""
    inner = EmailMessage()
    inner.set_content("Somebody else's words")
    message = EmailMessage()
    message.set_content("See below")
    message.add_attachment(inner)

    event = one(parts_of(message), tmp_path)

    assert (event.text or "").strip() == "See below"


MBOX = (
    b"From ada@example.org Mon Jan  5 09:20:00 2026\n"
    + mail("Hello.\nFrom here it is slow.\n\nFrom now on too.\n>From the start.")
    + b"\nFrom bob@example.org Mon Jan  5 09:30:00 2026\n"
    + mail("Second.", From="bob@example.org", Message_ID="<b@example.org>")
    + b"\nFrom eve@example.org Mon Jan  5 09:40:00 2026\n"
    + mail("Third.", From=None, Date="not a date")
)


def test_an_mbox_is_cut_at_its_from_lines_only(tmp_path: Path) -> None:
    """A sentence that begins with From opens no message; a quoted one loses its mark."""
    found = outcomes_of(read, MBOX, tmp_path, LARKSPUR)

    assert [outcome.record_number for outcome in found] == [1, 2, 3]
    assert [event.text for event in events(found)] == [
        "Hello.\nFrom here it is slow.\n\nFrom now on too.\nFrom the start.",
        "Second.",
    ]
    assert refused(found) == [(3, "not a mail date: 'not a date'")]


def test_a_mail_is_the_same_in_every_kind_of_mailbox(tmp_path: Path) -> None:
    """Windows line ends and the blank line between an mbox's mails make no other mail."""
    alone = events(outcomes_of(read, mail("Second."), tmp_path, LARKSPUR))
    boxed = b"From ada@example.org Mon Jan  5 09:20:00 2026\n" + mail("Second.") + b"\n"

    for content in (boxed, boxed.replace(b"\n", b"\r\n"), mail("Second.").replace(b"\n", b"\r\n")):
        assert events(outcomes_of(read, content, tmp_path, LARKSPUR)) == alone


def test_windows_line_ends_part_the_same_mails(tmp_path: Path) -> None:
    """An mbox with CRLF has the same mails."""
    found = outcomes_of(read, MBOX.replace(b"\n", b"\r\n"), tmp_path, LARKSPUR)

    assert [event.own_id for event in events(found)] == ["a1@example.org", "b@example.org"]


def zipped(content: bytes) -> bytes:
    """A .zip with the content twice."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("1.eml", content)
        archive.writestr("2.eml", content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [("a.eml.gz", gzip.compress(mail()), 1), ("a.zip", zipped(mail()), 2), ("a.eml", b"\n\n", 0)],
)
def test_packed_and_blank_files_are_read(
    tmp_path: Path, name: str, content: bytes, count: int
) -> None:
    """Numbers run on through an archive; a blank file has no records."""
    found = outcomes_of(read, content, tmp_path, LARKSPUR, name=name)

    assert [outcome.record_number for outcome in found] == list(range(1, count + 1))
    assert len(events(found)) == count


@given(
    st.lists(st.sampled_from([*HEADERS, "Content-Type", "References"])), st.binary(), st.binary()
)
def test_any_bytes_have_one_fate(names: list[str], value: bytes, body: bytes) -> None:
    """Whatever stands in headers and body, a mail is landed, refused or ignored."""
    content = b"".join(f"{name}: ".encode() + value + b"\n" for name in names) + b"\n" + body

    found: list[Outcome] = list(
        outcomes(
            [Raw(1, "", content)], lambda number, raw: interpret(number, raw, LARKSPUR, "email")
        )
    )

    assert {outcome.record_number for outcome in found} == {1}


@given(st.integers(0, len(BOUNCE)), st.binary(max_size=6))
def test_a_damaged_report_has_one_fate(place: int, noise: bytes) -> None:
    """Noise anywhere in a report breaks nothing."""
    content = BOUNCE[:place] + noise + BOUNCE[place:]

    found = list(
        outcomes(
            [Raw(1, "", content)], lambda number, raw: interpret(number, raw, LARKSPUR, "email")
        )
    )

    assert len(found) == 1


@pytest.mark.skipif(not SHARED.exists(), reason=f"no real data at {SHARED}")
def test_every_real_mail_is_accounted_for(tmp_path: Path) -> None:
    """Of 2,500 mails of a public list archive all are landed: most from lists, three bounces."""
    archive = SHARED / "email_spamassassin_easy" / "easy-ham-1.tar.gz"
    found: list[Outcome] = []
    with tarfile.open(archive) as packed:
        for member in packed:
            stream = packed.extractfile(member)
            if stream is not None:
                found += outcomes_of(read, stream.read(), tmp_path, NOBODY)

    landed = events(found)
    reasons = Counter(event.machine_reason for event in landed)

    assert (len(found), len(landed)) == (2500, 2500)
    assert (reasons["list"], reasons["bounce"]) == (1560, 3)
    assert sum("charset" in event.properties for event in landed) == 34


EDGES = ("email_edgecases_mikel", "email_edgecases_spamassassin")


@pytest.mark.skipif(not SHARED.exists(), reason=f"no real data at {SHARED}")
def test_the_strangest_real_mails_are_landed_or_refused_with_a_reason(tmp_path: Path) -> None:
    """Only those without a readable time, a sender, or any mail header are refused."""
    paths = [path for edge in EDGES for path in sorted((SHARED / edge).rglob("*"))]
    mails = [
        path
        for path in paths
        # An empty file is refused as a whole.
        if path.is_file() and path.stat().st_size and path.name not in {"LICENSE", ".gitattributes"}
    ]

    found = [
        outcome
        for path in mails
        for outcome in outcomes_of(read, path.read_bytes(), tmp_path, NOBODY)
    ]

    why = {reason.partition(":")[0] for _, reason in refused(found)}
    assert why <= {
        "no Date, and no Received in its place",
        "no sender",
        "no mail",
        "time before the company existed",
    }
    assert len(events(found)) > 0.85 * len(found)
