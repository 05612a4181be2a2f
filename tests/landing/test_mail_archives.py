import gzip
import io
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from pipeline.errors import SourceRefused
from pipeline.landing.containers.unpacked import CHUNK
from pipeline.landing.email import mailbox
from pipeline.landing.email.mail import read
from pipeline.landing.email.mailbox import messages
from pipeline.landing.record import RawFile
from tests.landing.feeds import at, events, feed, outcomes_of, people, refused

NOBODY = feed("mail")
LISTS = Path(__file__).parents[3] / "shared/data/chat_and_list_fixtures"
REPLIES = Path(__file__).parents[3] / "shared/data/email_replies"
PIPERMAIL = b"""From ada at example.org  Mon Jan  5 09:20:00 2026
From: ada at example.org (Ada Lovelace)
Date: Mon, 05 Jan 2026 09:20:00 +0100
Subject: [Users] No internet
Message-ID: <a1@example.org>

Write to bob at example.org about it.

From bob at mail.example.org  Mon Jan  5 10:20:00 2026
From: bob at mail.example.org (=?utf-8?q?Bob?=)
Date: Mon, 05 Jan 2026 10:20:00 +0100
Subject: [Users] No internet
In-Reply-To: <a1@example.org>
References: <a1@example.org>
Message-ID: <b1@example.org>

From: carol at example.org is what I would try.
"""


@pytest.mark.parametrize("name", ["2026-January.txt", "2026-January.txt.gz", "list.mbox.gz"])
def test_an_archive_s_mails_have_their_senders_and_are_a_list_s(tmp_path: Path, name: str) -> None:
    """`ada at example.org` is her address in From; what she wrote stays as it is."""
    content = gzip.compress(PIPERMAIL) if name.endswith(".gz") else PIPERMAIL

    found = events(outcomes_of(read, content, tmp_path, NOBODY, name=name))

    assert [people(event) for event in found] == [
        {"actor email": "ada@example.org"},
        {"actor email": "bob@mail.example.org"},
    ]
    assert [event.machine_reason for event in found] == ["list", "list"]
    assert [event.object_id for event in found] == ["a1@example.org"] * 2
    assert [event.text for event in found] == [
        "Write to bob at example.org about it.",
        "From: carol at example.org is what I would try.",
    ]
    assert at(found[0]) == "2026-01-05 08:20:00"


def test_only_an_archive_hides_addresses(tmp_path: Path) -> None:
    """In any other mailbox `ada at example.org` is no address, and the mail is no list's."""
    plain = PIPERMAIL.replace(b"From ada at example.org", b"From ada@example.org")

    found = outcomes_of(read, plain, tmp_path, NOBODY)

    assert refused(found) == [(1, "no sender: From holds no address")]
    assert [event.own_id for event in events(found)] == ["b1@example.org"]


def test_a_refused_mail_of_an_archive_keeps_its_own_text(tmp_path: Path) -> None:
    """Quarantine holds what the file held."""
    dateless = PIPERMAIL.replace(b"Date: Mon, 05 Jan 2026 09:20:00 +0100\n", b"")
    path = tmp_path / "archive.txt"
    path.write_bytes(dateless)

    first = next(iter(messages(RawFile(path, "archive.txt", "x"))))

    assert first.text.startswith("From: ada at example.org (Ada Lovelace)\nSubject")


def test_a_download_of_groups_io_is_a_zip_with_an_mbox(tmp_path: Path) -> None:
    """Its members are read one after another, numbered on."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("messages.mbox", PIPERMAIL)
        archive.writestr("more.mbox", PIPERMAIL)

    found = outcomes_of(read, packed.getvalue(), tmp_path, NOBODY, name="messages.zip")

    assert [event.record_number for event in events(found)] == [1, 2, 3, 4]


@pytest.mark.parametrize("filler", [0, 1, 17, CHUNK - 5, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_mails_are_parted_wherever_a_chunk_ends(tmp_path: Path, filler: int, end: bytes) -> None:
    """A `From ` line that two reads cut in two still opens a mail."""
    head = b"From: ada@example.org\nDate: Mon, 05 Jan 2026 09:20:00 +0100\n\n"
    opening = b"From ada@example.org Mon Jan  5 09:20:00 2026\n"
    for shift in range(0, 80, 7):
        body = b"x" * max(0, filler - shift) + b"\n"
        content = (opening + head + body + b"\n" + opening + head + b"Second.\n").replace(
            b"\n", end
        )
        path = tmp_path / "a.mbox"
        path.write_bytes(content)

        found = [raw.value for raw in messages(RawFile(path, "a.mbox", "x"))]

        assert found == [
            (head + body + b"\n").replace(b"\n", end),
            (head + b"Second.\n").replace(b"\n", end),
        ]


def test_a_mail_over_the_limit_is_refused_and_its_neighbours_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its beginning is kept, and how long it was is said."""
    monkeypatch.setattr(mailbox, "LIMIT", 3 * CHUNK)
    head = b"From: ada@example.org\nDate: Mon, 05 Jan 2026 09:20:00 +0100\n\n"
    opening = b"From ada@example.org Mon Jan  5 09:20:00 2026\n"
    long = head + b"x" * (9 * CHUNK) + b"\n\n"
    content = opening + head + b"First.\n\n" + opening + long + opening + head + b"Third.\n"

    found = outcomes_of(read, content, tmp_path, NOBODY)

    assert refused(found) == [(2, f"{len(long)} bytes long, over the limit of {3 * CHUNK}")]
    assert [event.text for event in events(found)] == ["First.", "Third."]


# Folder -> mails, and the refused among them by reason.
ARCHIVES: dict[str, tuple[int, dict[str, int]]] = {
    "pipermail": (8, {}),
    "hyperkitty": (4, {}),
    "groupsio": (49, {}),
    "nntp": (3, {}),
    "mbox": (14, {"no Date, and no Received in its place": 2}),
}


@pytest.mark.parametrize(("name", "expected"), ARCHIVES.items())
def test_every_real_archive_is_accounted_for(
    tmp_path: Path, name: str, expected: tuple[int, dict[str, int]]
) -> None:
    """Every mail of the archives of lists lands, but those without a readable date."""
    if not LISTS.exists():
        pytest.skip(f"no real data at {LISTS}")
    paths = [
        path
        for path in sorted((LISTS / name).iterdir())
        if path.suffix in {".mbox", ".txt", ".zip"} and path.name != "empty.zip"
    ]

    found = [
        outcome
        for path in paths
        for outcome in outcomes_of(read, path.read_bytes(), tmp_path, NOBODY, name=path.name)
    ]

    assert len(found) == expected[0]
    reasons = Counter(reason.partition(":")[0] for _, reason in refused(found))
    assert reasons == expected[1]
    assert len(events(found)) == expected[0] - sum(expected[1].values())


def test_an_empty_download_is_refused_as_a_file(tmp_path: Path) -> None:
    """An archive with an empty file in it says so."""
    path = LISTS / "groupsio" / "empty.zip"
    if not path.exists():
        pytest.skip(f"no real data at {path}")

    with pytest.raises(SourceRefused, match="empty"):
        outcomes_of(read, path.read_bytes(), tmp_path, NOBODY, name="empty.zip")


def test_every_real_reply_that_is_a_mail_is_landed(tmp_path: Path) -> None:
    """Of the samples of replies those with a date land, whatever program wrote them."""
    if not REPLIES.exists():
        pytest.skip(f"no real data at {REPLIES}")
    paths = sorted(REPLIES.rglob("*.eml"))

    found = [
        (path.name, outcome)
        for path in paths
        for outcome in outcomes_of(read, path.read_bytes(), tmp_path, NOBODY)
    ]

    assert len(found) == len(paths)
    assert [(name, refused([outcome])) for name, outcome in found if refused([outcome])] == [
        ("outlook.eml", [(1, "no Date, and no Received in its place")])
    ]
