"""Mail of a real Dovecot: each message lands exactly once, whatever became of its folder."""

import imaplib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline.landing import ledger
from pipeline.landing.live import mailbox
from pipeline.landing.live.mailbox import mailbox_name
from pipeline.settings import Settings
from tests.live.projects import counts, fetched, land, land_killed, project, said
from tests.live.servers import PASSWORD, Dovecot, free_port


@pytest.fixture
def user(dovecot: Dovecot, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A user with an empty mailbox of this test's own, known to the environment."""
    name = f"user{abs(hash(request.node.name))}"
    monkeypatch.setenv("MAIL_USER", name)
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    return name


def box(folder: Path, dovecot: Dovecot, **mailbox: Any) -> Settings:
    """A project whose shop is the mailbox of MAIL_USER."""
    section = {
        "host": "localhost",
        "port": dovecot.tls_port,
        "user_env": "MAIL_USER",
        "password_env": "MAIL_PASSWORD",
        **mailbox,
    }
    return project(folder, {"format": "mail", "mailbox": section})


def message(number: int, text: str = "Where is my order?") -> bytes:
    """A mail of a customer."""
    return (
        "From: Ada <ada@example.org>\r\nTo: help@larkspur.example\r\n"
        f"Date: Sun, 01 Feb 2026 10:{number:02}:00 +0000\r\nSubject: {number}\r\n"
        f"Message-ID: <{number}@example.org>\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()


@contextmanager
def logged_in(dovecot: Dovecot, user: str) -> Iterator[imaplib.IMAP4]:
    """A connection of the user's own mail program."""
    with dovecot.login(user) as server:
        yield server


def put(dovecot: Dovecot, user: str, *messages: bytes, folder: str = "INBOX") -> None:
    """Deliver messages into a folder, which is made where it is missing."""
    with logged_in(dovecot, user) as server:
        server.create(mailbox_name(folder))
        for content in messages:
            said_of, data = server.append(mailbox_name(folder), "", "", content)
            assert said_of == "OK", data


def landed(settings: Settings) -> list[str]:
    """The subjects of the mail in the lake, in order."""
    found = ledger.landed_table(settings.lake, "events").collect()["properties"]
    return sorted(text.partition('"subject":"')[2].partition('"')[0] for text in found)


def test_new_mail_lands_and_a_second_fetch_takes_nothing(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """Only messages above the highest UID are fetched, and none is marked as seen."""
    settings = box(tmp_path, dovecot)
    put(dovecot, user, message(1), message(2))

    assert counts(land(settings)) == {"landed": 2, "duplicate": 0}
    again = land(settings, night=2)
    assert (again.problems, again.files.height) == ((), 0)
    put(dovecot, user, message(3))
    assert counts(land(settings, night=3)) == {"landed": 1, "duplicate": 0}

    assert landed(settings) == ["1", "2", "3"]
    with logged_in(dovecot, user) as server:
        server.select(readonly=True)
        assert server.search(None, "UNSEEN") == ("OK", [b"1 2 3"])


def test_mail_is_kept_byte_for_byte(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    """Lines that begin with `From `, bytes that are no text and missing ends come through."""
    settings = box(tmp_path, dovecot)
    told = "Grüße\r\n\r\nFrom here Sun Feb 1 10:00:00 2026\r\n>From there\r\n.\r\n"
    put(dovecot, user, message(1, told), message(2).rstrip(), message(3) + b"\xff\xfe")

    landing = land(settings)

    assert counts(landing) == {"landed": 3, "duplicate": 0}
    texts = ledger.landed_table(settings.lake, "events").collect().sort("occurred_at")["text"]
    assert "Grüße" in texts[0]
    assert "From here Sun Feb 1" in texts[0]


def test_a_folder_numbered_anew_is_fetched_whole(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """After a new UIDVALIDITY an old UID names another message; those known are duplicates."""
    settings = box(tmp_path, dovecot, folders=["Help"])
    put(dovecot, user, message(1), message(2), folder="Help")
    land(settings)
    with logged_in(dovecot, user) as server:
        server.delete("Help")
    put(dovecot, user, message(3), message(1), folder="Help")

    landing = land(settings, night=2)

    assert counts(landing) == {"landed": 1, "duplicate": 1}
    assert landed(settings) == ["1", "2", "3"]


def test_the_same_mail_in_two_folders_lands_once(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """A message that was moved between fetches is a duplicate by its Message-ID."""
    settings = box(tmp_path, dovecot, folders=["INBOX", "Done"])
    put(dovecot, user, message(1), message(2))
    put(dovecot, user, message(3), folder="Done")
    land(settings)
    put(dovecot, user, message(1), folder="Done")

    landing = land(settings, night=2)

    assert counts(landing) == {"landed": 0, "duplicate": 1}
    assert landed(settings) == ["1", "2", "3"]


@pytest.mark.parametrize(
    "name", ["Rückfragen & mehr", 'a "quoted" folder', "日本語", "Tom & Jerry"]
)
def test_folders_are_named_as_people_see_them(
    dovecot: Dovecot, user: str, tmp_path: Path, name: str
) -> None:
    """Accents, quotes and ampersands are spelled as IMAP wants them."""
    put(dovecot, user, message(1), folder=name)

    landing = land(box(tmp_path, dovecot, folders=[name]))

    assert said(landing) == ""
    assert counts(landing)["landed"] == 1


def test_a_deleted_message_leaves_the_others_alone(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """What is gone before it was fetched is no error, and UIDs above it are still new."""
    settings = box(tmp_path, dovecot)
    put(dovecot, user, message(1), message(2))
    with logged_in(dovecot, user) as server:
        server.select()
        server.store("1", "+FLAGS", r"(\Deleted)")
        server.expunge()
    land(settings)
    put(dovecot, user, message(3))

    land(settings, night=2)

    assert landed(settings) == ["2", "3"]


def test_a_long_mailbox_is_committed_in_parts(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first fetch that is broken off keeps what it has."""
    monkeypatch.setattr(mailbox, "PART_MESSAGES", 2)
    settings = box(tmp_path, dovecot)
    put(dovecot, user, *(message(number) for number in range(5)))

    landing = land(settings)

    assert len(fetched(settings)) == 3
    assert counts(landing) == {"landed": 5, "duplicate": 0}


@pytest.mark.parametrize("commit", [1, 2])
def test_a_killed_fetch_loses_and_repeats_nothing(
    dovecot: Dovecot, user: str, tmp_path: Path, commit: int
) -> None:
    """Killed before the fetch is committed, or between it and its landing."""
    settings = box(tmp_path, dovecot)
    put(dovecot, user, message(1), message(2))

    land_killed(settings, commit)
    assert landed(settings) == []
    put(dovecot, user, message(3))
    land(settings)

    assert landed(settings) == ["1", "2", "3"]


@pytest.mark.parametrize("security", ["starttls", "plain"])
def test_other_ways_to_connect_are_asked_for_by_name(
    dovecot: Dovecot, user: str, tmp_path: Path, security: str
) -> None:
    """STARTTLS, and a plain connection for a server on this machine."""
    settings = box(tmp_path, dovecot, security=security, port=dovecot.port)
    put(dovecot, user, message(1))

    assert counts(land(settings)) == {"landed": 1, "duplicate": 0}


def test_a_changed_password_is_said_without_it(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says that the server refused, and nothing of the password."""
    monkeypatch.setenv("MAIL_PASSWORD", "hunter2")

    told = said(land(box(tmp_path, dovecot)))

    assert user
    assert "AUTHENTICATIONFAILED" in told
    assert "hunter2" not in told


def test_a_certificate_nobody_vouches_for_is_refused(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No password is sent to a server that cannot prove its name."""
    monkeypatch.delenv("SSL_CERT_FILE")

    told = said(land(box(tmp_path, dovecot)))

    assert user
    assert "CERTIFICATE_VERIFY_FAILED" in told
    assert "SSL_CERT_FILE" in told


@pytest.mark.parametrize(
    ("section", "message_part"),
    [
        ({"folders": ["Gone"]}, "no folder Gone; there are INBOX"),
        ({"port": free_port()}, "Connection refused"),
        ({"user_env": "MAIL_NOBODY"}, "MAIL_NOBODY is not set"),
        ({"host": "mail.invalid"}, "mail.invalid: "),
    ],
)
def test_what_cannot_be_reached_is_a_problem_of_its_source(
    dovecot: Dovecot, user: str, tmp_path: Path, section: dict[str, Any], message_part: str
) -> None:
    """Wrong folder, port, host or variable: said, and nothing lands."""
    assert user
    assert message_part in said(land(box(tmp_path, dovecot, **section)))
