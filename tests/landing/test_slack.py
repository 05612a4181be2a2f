import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipeline.landing.chat.slack import plain, read
from pipeline.landing.record import Outcome, RawFile
from tests.landing.chat_samples import SLACK_MESSAGE, SLACK_USERS
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused

SOURCE = feed("slack", domains=("larkspur.example",))
CHANNELS = [{"id": "C1", "name": "help", "members": ["U01ROB", "U02ADA", "USLACKBOT"]}]
DAY = "help/2026-01-05.json"


def exported(folder: Path, *messages: Any, source: Any = SOURCE, **more: str) -> list[Outcome]:
    """What the reader makes of an export with these messages on one day."""
    path = folder / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(DAY, json.dumps(list(messages)))
        archive.writestr("channels.json", json.dumps(CHANNELS))
        archive.writestr("users.json", json.dumps(SLACK_USERS))
        for name, text in more.items():
            archive.writestr(f"{name}.json", text)
    return list(read(RawFile(path, path.name, "source-1"), source))


def test_a_customer_s_message_bears_all_that_the_export_says_of_them(tmp_path: Path) -> None:
    """The day's file comes before users.json, whose addresses are known all the same."""
    sent = events(exported(tmp_path, SLACK_MESSAGE))[0]

    assert (sent.kind, sent.actor, sent.direction, sent.label) == (
        "message_sent",
        "customer",
        "inbound",
        "help",
    )
    assert people(sent) == {"actor slack_user": "U02ADA", "actor email": "ada@example.org"}
    assert sent.own_id == "C1:1767603600.000136"
    assert (at(sent), sent.occurred.us % 1_000_000) == ("2026-01-05 09:00:00", 136)
    assert sent.text == "The router blinks & @robin knows, see this"


@pytest.mark.parametrize("author", ["U01ROB", "U03SAM"])
def test_staff_write_to_the_one_customer_of_their_channel(tmp_path: Path, author: str) -> None:
    """Staff have the company's address, or no address and the workspace of those who have."""
    sent = events(exported(tmp_path, {**SLACK_MESSAGE, "user": author}))[0]

    assert (sent.actor, sent.direction) == ("agent", "outbound")
    assert people(sent) == {"recipient slack_user": "U02ADA", "agent slack_user": author}


def test_configured_agents_are_staff_without_a_list_of_users(tmp_path: Path) -> None:
    """A day's file by itself tells of nobody who they are."""
    source = feed("slack", agents=("U02ADA",))
    (tmp_path / "help").mkdir()

    found = outcomes_of(read, json.dumps([SLACK_MESSAGE]), tmp_path, source, name=DAY)

    assert [(e.actor, e.object_id) for e in events(found)] == [("agent", "help")]


def test_users_become_contacts_and_staff_and_bots_do_not(tmp_path: Path) -> None:
    """The stitcher joins a member's id and address."""
    found = exported(tmp_path)

    (contact,) = events(found)
    assert (contact.kind, people(contact)) == (
        "contact_updated",
        {"subject slack_user": "U02ADA", "subject email": "ada@example.org"},
    )
    assert [rule for _, rule in ignored(found)] == ["channel", "staff", "staff", "bot"]


MESSAGES = {
    "bot": (
        {"subtype": "bot_message", "bot_id": "B1", "user": None},
        ("bot", "outbound", "bot"),
    ),
    "old comment": (
        {"subtype": "file_comment", "user": None, "comment": {"user": "U02ADA", "comment": "Ok"}},
        ("customer", "inbound", None),
    ),
    "shared file": (
        {"subtype": "file_share", "files": [{"id": "F1"}]},
        ("customer", "inbound", None),
    ),
    "W id": ({"user": "W02BOB"}, ("customer", "inbound", None)),
    "new subtype": ({"subtype": "hologram"}, ("customer", "inbound", None)),
}


@pytest.mark.parametrize(("change", "expected"), MESSAGES.values(), ids=MESSAGES.keys())
def test_every_form_of_message_has_its_author(
    tmp_path: Path, change: dict[str, Any], expected: tuple[str, str, str | None]
) -> None:
    """A bot bears no user, an old comment its author inside."""
    sent = events(exported(tmp_path, {**SLACK_MESSAGE, **change}))[0]

    assert (sent.actor, sent.direction, sent.machine_reason) == expected


def test_an_edited_message_is_a_later_version_of_itself(tmp_path: Path) -> None:
    """The id stays, and it was received when it was edited."""
    edited = {**SLACK_MESSAGE, "edited": {"user": "U02ADA", "ts": "1767603700.000000"}}

    before, after = (events(exported(tmp_path, each))[0] for each in (SLACK_MESSAGE, edited))

    assert before.own_id == after.own_id
    assert (after.received_us or 0) - (before.received_us or 0) == 99_999_864


def test_joins_and_topics_are_ignored_by_name(tmp_path: Path) -> None:
    """They tell of the channel."""
    found = exported(tmp_path, {**SLACK_MESSAGE, "subtype": "channel_join"})

    assert ignored(found)[0] == (1, "channel_join")


REFUSED = {
    "a number for an id": (
        {**SLACK_MESSAGE, "ts": 1767603600.000136},
        "ts is no text, so its last digits may be lost: '1767603600.000136'",
    ),
    "nobody": ({**SLACK_MESSAGE, "user": None}, "nobody wrote it: neither user nor bot_id"),
    "a silent new subtype": (
        {**SLACK_MESSAGE, "subtype": "hologram", "text": ""},
        "unknown subtype: 'hologram'",
    ),
}


@pytest.mark.parametrize(("bad", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_read_is_refused_and_its_neighbour_saved(
    tmp_path: Path, bad: Any, reason: str
) -> None:
    """The message goes to quarantine with the reason."""
    found = exported(tmp_path, bad, {**SLACK_MESSAGE, "ts": "1767603601.000000"})

    assert refused(found) == [(1, reason)]
    assert events(found)[0].own_id == "C1:1767603601.000000"


def test_a_day_cut_short_loses_its_last_message_only(tmp_path: Path) -> None:
    """A list that breaks off is said."""
    text = json.dumps([SLACK_MESSAGE, {**SLACK_MESSAGE, "ts": "1767603601.000000"}])

    found = outcomes_of(read, text[:-40], tmp_path, SOURCE, name="2026-01-05.json")

    assert len(events(found)) == 1
    assert [number for number, _ in refused(found)] == [2]


@pytest.mark.parametrize(
    ("marked", "shown"),
    [
        ("<@U1|ada> and <#C1|help>", "@ada and #help"),
        ("<!here> read <https://a.example|this>", "@here read this"),
        ("<mailto:a@b.example|a@b.example> &lt;3", "a@b.example <3"),
        ("<https://a.example/x>", "https://a.example/x"),
        ("", None),
    ],
)
def test_slack_s_marks_become_what_was_shown(marked: str, shown: str | None) -> None:
    """Mentions, links and entities."""
    assert plain(marked) == shown
