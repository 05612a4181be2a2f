from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SourceRefused
from pipeline.landing.chat.transcript import read
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused

SOURCE = feed("transcript", zone="UTC", agents=("robin",))
DAY = "help-2025-12-31.log"


def found_in(folder: Path, *lines: str, source: Any = SOURCE, name: str = DAY) -> Any:
    """What the reader makes of a transcript with these lines."""
    return outcomes_of(read, "\n".join(lines), folder, source, name=name)


LINES = {
    "irc": ("[16:59] <ada> No internet", "2025-12-31 16:59:00", "minute", "No internet"),
    "operator": ("16:59 <@ada> Hi", "2025-12-31 16:59:00", "minute", "Hi"),
    "seconds": ("[16:59:07] <ada> Hi", "2025-12-31 16:59:07", "second", "Hi"),
    "plain": ("[16:59] ada: Hi: there", "2025-12-31 16:59:00", "minute", "Hi: there"),
    "action": ("[16:59]  * ada waits", "2025-12-31 16:59:00", "minute", "waits"),
    "supybot": (
        "2012-10-17T09:16:21+0200  <ada> Hi",
        "2012-10-17 07:16:21",
        "second",
        "Hi",
    ),
}


@pytest.mark.parametrize(("line", "moment", "precision", "text"), LINES.values(), ids=LINES.keys())
def test_every_form_of_line_is_a_message(
    tmp_path: Path, line: str, moment: str, precision: str, text: str
) -> None:
    """A bare clock is of the day in the file's name."""
    (found,) = events(found_in(tmp_path, line))

    assert (at(found), found.occurred.precision, found.text) == (moment, precision, text)
    assert (found.kind, people(found)) == ("chat_message_sent", {"actor chat_nick": "ada"})


def test_a_clock_that_steps_back_has_passed_midnight(tmp_path: Path) -> None:
    """By an hour or less it was put back."""
    clocks = ("22:00", "21:30", "23:59", "00:01", "00:01")

    found = events(found_in(tmp_path, *(f"[{each}] <ada> x" for each in clocks)))

    assert [at(e)[5:16] for e in found] == [
        "12-31 22:00",
        "12-31 21:30",
        "12-31 23:59",
        "01-01 00:01",
        "01-01 00:01",
    ]
    assert [e.source_sequence for e in found] == [1, 1, 1, 1, 2]


def test_a_log_that_says_the_day_needs_no_name(tmp_path: Path) -> None:
    """Irssi writes when the day changed."""
    found = found_in(
        tmp_path,
        "--- Log opened Wed Dec 31 23:50:00 2025",
        "23:59 <ada> a",
        "--- Day changed Thu Jan 01 2026",
        "00:01 <ada> b",
        name="help.log",
    )

    assert [at(e) for e in events(found)] == ["2025-12-31 23:59:00", "2026-01-01 00:01:00"]
    assert ignored(found) == [(1, "new day"), (3, "new day")]


def test_without_any_day_the_file_is_refused(tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(SourceRefused, match="name it by its day"):
        found_in(tmp_path, "[16:59] <ada> Hi", name="help.log")


def test_staff_write_to_the_one_other(tmp_path: Path) -> None:
    """With several others nobody can tell to whom."""
    two = ["[16:59] <ada> Hi", "[17:00] <Robin> Hello"]

    pair = events(found_in(tmp_path, *two))[1]
    crowd = events(found_in(tmp_path, *two, "[17:01] <bob> Hi"))[1]

    assert people(pair) == {"recipient chat_nick": "ada", "agent chat_nick": "Robin"}
    assert people(crowd) == {"agent chat_nick": "Robin"}


LEFT_OUT = {
    "joined": ("=== sam [~sam@host] has joined #help", "member joined"),
    "quit": ("[16:59] *** sam has quit IRC", "member left"),
    "renamed": ("=== sam is now known as sam_away", "nick changed"),
    "topic": ("=== Topic for #help is: rules", "server line"),
    "nothing": ("[16:59] <ada>", "empty"),
}


@pytest.mark.parametrize(("line", "rule"), LEFT_OUT.values(), ids=LEFT_OUT.keys())
def test_what_nobody_said_is_ignored_by_name(tmp_path: Path, line: str, rule: str) -> None:
    """The server wrote it, or it is empty."""
    assert ignored(found_in(tmp_path, line)) == [(1, rule)]


def test_a_notice_is_a_program_s(tmp_path: Path) -> None:
    """That is what notices are for."""
    (found,) = events(found_in(tmp_path, "[16:59] -bot- Welcome"))

    assert (found.actor, found.machine_reason) == ("bot", "notice")


def test_a_damaged_line_is_refused_and_its_neighbours_saved(tmp_path: Path) -> None:
    """An hour that is none, nobody who speaks, no time, no zone."""
    found = found_in(
        tmp_path,
        "[25:00] <ada> a",
        "[16:59] what?",
        "Hello",
        "[16:59] <ada> b",
    )

    assert refused(found) == [
        (1, "impossible time: 25:00"),
        (2, "no line of a transcript: nobody is said to have written it"),
        (3, "no line of a transcript: it begins with no time"),
    ]
    assert [e.text for e in events(found)] == ["b"]
    assert refused(found_in(tmp_path, "[16:59] <ada> b", source=feed("transcript"))) == [
        (1, "time without a zone: set time_zone for this source")
    ]
