import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SourceRefused
from pipeline.landing.chat.whatsapp_export import read
from pipeline.landing.record import RawFile
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused

SOURCE = feed("whatsapp_export", zone="Europe/London", agents=("Robin",))


def found_in(folder: Path, *lines: str, source: Any = SOURCE, name: str = "chat.txt") -> Any:
    """What the reader makes of an export with these lines."""
    return outcomes_of(read, "\n".join(lines), folder, source, name=name)


STAMPS = {
    "iPhone": ("[31/12/25, 21:05:07] Ada: Hi", "2025-12-31 21:05:07", "second"),
    "iPhone, 12 hours": ("[12/31/25, 9:05:07\u202fPM] Ada: Hi", "2025-12-31 21:05:07", "second"),
    "iPhone, marked": ("\u200e[31/12/25, 21:05:07] Ada: Hi", "2025-12-31 21:05:07", "second"),
    "Android": ("31/12/2025, 21:05 - Ada: Hi", "2025-12-31 21:05:00", "minute"),
    "Android, 12 hours": ("12/31/25, 12:05 am - Ada: Hi", "2025-12-31 00:05:00", "minute"),
    "German": ("31.12.25, 21:05 - Ada: Hi", "2025-12-31 21:05:00", "minute"),
    "Swedish": ("2025-12-31 21:05 - Ada: Hi", "2025-12-31 21:05:00", "minute"),
    "summer": ("31/07/2025, 21:05 - Ada: Hi", "2025-07-31 20:05:00", "minute"),
}


@pytest.mark.parametrize(("line", "moment", "precision"), STAMPS.values(), ids=STAMPS.keys())
def test_every_region_s_stamp_is_read(
    tmp_path: Path, line: str, moment: str, precision: str
) -> None:
    """In the zone of the source."""
    (found,) = events(found_in(tmp_path, line))

    assert (at(found), found.occurred.precision, found.text) == (moment, precision, "Hi")


def test_one_impossible_date_decides_for_the_file(tmp_path: Path) -> None:
    """The thirteenth is no month."""
    found = events(found_in(tmp_path, "01/02/25, 09:00 - Ada: a", "13/02/25, 09:00 - Ada: b"))

    assert [at(e)[:10] for e in found] == ["2025-02-01", "2025-02-13"]


@pytest.mark.parametrize(
    ("layout", "day"),
    [
        ("%d/%m/%y", "2025-02-01"),
        ("%m/%d/%y", "2025-01-02"),
        ("day-first", "2025-02-01"),
        ("month-first", "2025-01-02"),
    ],
)
def test_configuration_decides_where_no_date_does(tmp_path: Path, layout: str, day: str) -> None:
    """The layout's order counts, not its letters."""
    source = feed("whatsapp_export", zone="UTC", time_format=layout)

    (found,) = events(found_in(tmp_path, "01/02/25, 09:00 - Ada: a", source=source))

    assert at(found)[:10] == day


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["01/02/25, 09:00 - Ada: a"], "cannot be told"),
        (
            ["13/02/25, 09:00 - Ada: a", "02/13/25, 09:00 - Ada: b"],
            "cannot both have",
        ),
        (["Dear Ada,"], "no line begins as a WhatsApp message does"),
    ],
)
def test_dates_that_cannot_be_decided_stop_the_file(
    tmp_path: Path, lines: list[str], reason: str
) -> None:
    """With what to do."""
    with pytest.raises(SourceRefused, match=reason):
        found_in(tmp_path, *lines)


def test_a_date_that_reads_the_same_both_ways_needs_no_decision(tmp_path: Path) -> None:
    """The second of February."""
    (found,) = events(found_in(tmp_path, "02/02/25, 09:00 - Ada: a"))

    assert at(found)[:10] == "2025-02-02"


def test_a_message_goes_on_until_the_next_stamp(tmp_path: Path) -> None:
    """Blank lines within belong to it."""
    found = events(
        found_in(
            tmp_path, "31/12/25, 09:00 - Ada: one", "two", "", "three", "31/12/25, 09:01 - Ada: x"
        )
    )

    assert [(e.record_number, e.text) for e in found] == [(1, "one\ntwo\n\nthree"), (2, "x")]


def test_staff_write_to_the_one_customer_of_a_chat(tmp_path: Path) -> None:
    """A number is a telephone, a name only a name."""
    found = events(
        found_in(
            tmp_path,
            "31/12/25, 09:00 - +44 20 7183 8750: Hi",
            "31/12/25, 09:01 - Robin: Hello",
        )
    )

    assert [(e.actor, people(e)) for e in found] == [
        ("customer", {"actor phone": "+442071838750"}),
        ("agent", {"recipient phone": "+442071838750", "agent whatsapp_name": "Robin"}),
    ]


LEFT_OUT = {
    "joined": ("31/12/25, 09:00 - Ada joined using this group's invite link", "system line"),
    "encrypted": (
        "[31/12/25, 09:00:00] Ada: \u200eMessages and calls are end-to-end encrypted.",
        "system line",
    ),
    "missed call": ("[31/12/25, 09:00:00] Ada: \u200eMissed voice call", "system line"),
    "deleted": ("31/12/25, 09:00 - Ada: This message was deleted", "deleted message"),
}


@pytest.mark.parametrize(("line", "rule"), LEFT_OUT.values(), ids=LEFT_OUT.keys())
def test_what_nobody_wrote_is_ignored_by_name(tmp_path: Path, line: str, rule: str) -> None:
    """WhatsApp itself wrote it."""
    assert ignored(found_in(tmp_path, line)) == [(1, rule)]


@pytest.mark.parametrize(
    "text", ["<Media omitted>", "\u200eimage omitted", "IMG-20251231-WA0001.jpg (file attached)"]
)
def test_media_is_a_message_without_words(tmp_path: Path, text: str) -> None:
    """Something was sent."""
    (found,) = events(found_in(tmp_path, f"31/12/25, 09:00 - Ada: {text}"))

    assert (found.text, found.properties) == (None, {"has_media": True})


def test_overlapping_exports_hold_the_same_messages(tmp_path: Path) -> None:
    """The same words in one minute of one file are two messages, in two files one."""
    twice = ["31/12/25, 09:00 - Ada: ok", "31/12/25, 09:00 - Ada: ok"]

    first = events(found_in(tmp_path, "31/12/25, 08:00 - Ada: Hi", *twice))
    second = events(found_in(tmp_path, *twice, "31/12/25, 10:00 - Ada: Bye"))

    assert len({e.own_id for e in first}) == 3
    assert [e.own_id for e in first[1:]] == [e.own_id for e in second[:2]]
    assert [e.source_sequence for e in first[1:]] == [1, 2]


def test_chats_of_different_names_share_no_message(tmp_path: Path) -> None:
    """The file's name says whose chat it is; a copy's number is no part of it."""
    line = "31/12/25, 09:00 - Ada: ok"
    names = [
        "WhatsApp Chat with Help.txt",
        "WhatsApp Chat with Help (1).txt",
        "WhatsApp Chat - Ada.txt",
    ]

    found = [events(found_in(tmp_path, line, name=name))[0] for name in names]

    assert [e.object_id for e in found] == ["Help", "Help", "Ada"]
    assert found[0].own_id == found[1].own_id != found[2].own_id


def test_the_zip_of_an_iphone_is_read_without_its_media(tmp_path: Path) -> None:
    """Pictures are no records."""
    path = tmp_path / "WhatsApp Chat - Ada.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("00000001-PHOTO.jpg", b"\xff\xd8\xff")
        archive.writestr("_chat.txt", "[31/12/25, 21:05:07] Ada: Hi")

    found = list(read(RawFile(path, path.name, "source-1"), SOURCE))

    assert [(e.text, e.object_id) for e in events(found)] == [("Hi", "Ada")]


def test_a_damaged_message_is_refused_and_its_neighbours_saved(tmp_path: Path) -> None:
    """A date that cannot be, bytes that are no text, a line before all messages."""
    content = (
        b"half a line\n31/12/25, 09:00 - Ada: a\n41/12/25, 09:00 - Ada: b\n"
        b"31/12/25, 09:00 - Ada: \xff\n31/12/25, 13:00 pm - Ada: c\n31/12/25, 09:02 - Ada: d\n"
    )

    found = outcomes_of(read, content, tmp_path, SOURCE)

    assert refused(found) == [
        (1, "a line before the first message"),
        (3, "impossible time: 41-12-25 9:0"),
        (4, "not UTF-8 at byte 23"),
        (5, "impossible time: 13:00 pm"),
    ]
    assert [e.text for e in events(found)] == ["a", "d"]


def test_without_a_zone_nothing_is_guessed(tmp_path: Path) -> None:
    """The telephone's clock says none."""
    found = found_in(tmp_path, "31/12/25, 09:00 - Ada: a", source=feed("whatsapp_export"))

    assert refused(found) == [(1, "time without a zone: set time_zone for this source")]
