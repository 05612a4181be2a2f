"""Personal data in words, labels, properties and links is gone from what is published."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import duckdb
import pytest

from pipeline.settings import Source
from tests.landing.landings import landed

Wend = Callable[..., CompletedProcess[str]]

ADDRESS, PHONE, CARD = "zoe.hidden@mail.example", "07911 123456", "4111 1111 1111 1111"
SECRETS = ("zoe.hidden", "07911", "7911123456", "4111 1111", "s3cret", "LB-TOKEN")
PROJECT = """
[company]
name = "Larkspur Broadband"
time_zone = "UTC"
email_domains = ["larkspur.example"]

[sources.calls]
format = "generic"
path = "raw/calls.csv"
channel = "phone"
[sources.calls.columns]
occurred_at = "started"
kind = "=call_answered"
label = "about"
text = "said"
link = "recording"
properties = ["note"]
identifiers = { email = "who" }

[sources.web]
format = "segment"
path = "raw/web.jsonl"

[sources.mail]
format = "mail"
path = "raw/box.mbox"
"""
HEADER = "started,who,about,said,recording,note"
ROWS = (
    (
        *("2026-01-05T09:00:00Z", ADDRESS, f"Call back {PHONE}", f"My card is {CARD} and I wait"),
        f"https://tel.example/r/1?mail={ADDRESS}#LB-TOKEN",
        f"Ring {PHONE} or {ADDRESS} today",
    ),
    (
        *("2026-01-05T10:00:00Z", ADDRESS, f"Wants {ADDRESS} on the bill", "write please"),
        *("https://ada:s3cret@tel.example/r/2?token=s3cret", "plain words"),
    ),
)
CALL = {
    "type": "page",
    "messageId": "m-1",
    "userId": "u1",
    "timestamp": "2026-01-05T11:00:00Z",
    "context": {"traits": {"email": ADDRESS, "name": "Zoe"}, "ip": "192.0.2.7"},
    "properties": {
        "path": "/pricing",
        "url": f"https://larkspur.example/pricing?mail={ADDRESS}&token=s3cret",
        "comment": f"mail me at {ADDRESS} or {PHONE}",
        "next": f"https://larkspur.example/pay?card=4111111111111111&mail={ADDRESS}",
        "telephone": "+447911123456",
    },
}
MAIL = f"""From zoe.hidden@mail.example Mon Jan  5 12:00:00 2026
From: Zoe <{ADDRESS}>
To: help@larkspur.example
Date: Mon, 05 Jan 2026 12:00:00 +0000
Message-ID: <1@x.example>
Subject: Call {PHONE} about {ADDRESS}

My number is {PHONE}, my card {CARD}.
See https://x.example/?mail={ADDRESS}&token=s3cret
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, wend: Wend) -> Path:
    """A project with personal data in every free place, run and published."""
    folder = tmp_path_factory.mktemp("redaction") / "project"
    assert wend("init", folder, "--template", "software").returncode == 0
    (folder / "raw").mkdir()
    (folder / "wend.toml").write_text(PROJECT)
    (folder / "raw" / "calls.csv").write_text(
        "".join(f"{line}\n" for line in [HEADER, *map(",".join, ROWS)])
    )
    (folder / "raw" / "web.jsonl").write_text(json.dumps(CALL) + "\n")
    (folder / "raw" / "box.mbox").write_text(MAIL)
    done = wend("run", "--project", folder)
    assert done.returncode in {0, 3}, done.stderr
    return folder / "data" / "published" / "current"


def texts(published: Path) -> dict[str, str]:
    """Every published table as one text."""
    with duckdb.connect(str((published / "wend.duckdb").resolve()), read_only=True) as con:
        names = con.sql("select table_name from information_schema.tables").fetchall()
        return {name: str(con.sql(f'select * from "{name}"').fetchall()) for (name,) in names}


def test_nothing_that_tells_who_somebody_is_is_published(ran: Path) -> None:
    """No address, number, login or query, in no column of no table and on no page."""
    found = texts(ran)
    reports = ran.parents[1] / "reports" / "current"
    pages = {path.name: path.read_text() for path in reports.resolve().iterdir()}
    leaks = [
        (name, secret)
        for name, text in {**found, **pages}.items()
        for secret in SECRETS
        if secret in text
    ]

    assert leaks == []
    assert "events" in found
    assert "churn.html" in pages


def test_what_stands_in_its_place_is_published(ran: Path) -> None:
    """The words around stay, so that a label and a property still mean something."""
    with duckdb.connect(str((ran / "wend.duckdb").resolve()), read_only=True) as con:
        rows = con.sql(
            "select source, label, link, text, properties from events order by occurred_at"
        ).fetchall()

    assert [row[0] for row in rows] == ["calls", "calls", "web", "mail"]
    first, second, page, mail = rows
    assert first[1:4] == (
        "Call back [phone]",
        "https://tel.example/r/1",
        "My card is [number] and I wait",
    )
    assert json.loads(first[4]) == {"note": "Ring [phone] or [email] today"}
    assert second[1:3] == ("Wants [email] on the bill", "https://tel.example/r/2")
    assert json.loads(page[4])["comment"] == "mail me at [email] or [phone]"
    assert json.loads(page[4])["telephone"] == "[phone]"
    assert json.loads(mail[4])["subject"] == "Call [phone] about [email]"


LINKS = {
    "https://ada:secret@shop.example/x": "https://shop.example/x",
    "https://zoe.hidden%40mail.example:s3@cret@shop.example/x?a=b@c": "https://shop.example/x",
    "ftp://ada@shop.example": "ftp://shop.example",
    "https://shop.example?mail=zoe.hidden@mail.example": "https://shop.example",
    "https://shop.example/u/zoe.hidden@mail.example/x": "https://shop.example/u/[email]/x",
    "https://shop.example/to/http://ada:s3cret@x.example/y": "https://shop.example/to/http://x.example/y",
    "mailto:zoe.hidden@mail.example": "mailto:[email]",
}


def test_a_link_is_kept_without_login_query_and_address() -> None:
    """The login before a host goes as a whole, and the host stays."""
    columns = {"occurred_at": "at", "kind": "=call_answered", "own_id": "id", "link": "link"}
    source = Source.model_validate(
        {
            "format": "generic",
            "channel": "phone",
            "path": "calls.csv",
            "columns": {**columns, "identifiers": {"user_id": "who"}},
        }
    )
    rows = [f"{at},2026-01-05T09:00:00Z,u1,{link}" for at, link in enumerate(LINKS)]
    content = "\n".join(["id,at,who,link", *rows]).encode()

    events = landed(source, content, is_plain=False, name="calls.csv").events

    assert events.sort("record_number")["link"].to_list() == list(LINKS.values())
