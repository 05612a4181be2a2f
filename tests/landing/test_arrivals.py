"""What lies at a source's path: wherever it is, and what is said where there is nothing."""

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import BadSettings, SourceRefused
from pipeline.landing import gate, ledger
from pipeline.landing.arrivals import discover
from pipeline.landing.ledger import Night
from pipeline.landing.staging import Problem
from pipeline.settings import Settings, Source

NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)


def project(folder: Path, *paths: str) -> Settings:
    """A project with a source of SendGrid's webhook for each path."""
    folder.mkdir(exist_ok=True)
    return Settings.model_validate(
        {
            "folder": folder,
            "company": {"name": "Larkspur"},
            "sources": {
                f"mails_{n}": {"format": "sendgrid", "path": path} for n, path in enumerate(paths)
            },
        }
    )


def write(path: Path, number: int) -> Path:
    """A raw file with one mail."""
    path.parent.mkdir(exist_ok=True)
    mail = {
        "email": f"ada{number}@example.org",
        "timestamp": 1_772_100_000,
        "event": "delivered",
        "sg_event_id": f"event-{number}",
        "sg_message_id": f"message-{number}",
    }
    path.write_text(f"{json.dumps(mail)}\n")
    return path


def land(settings: Settings) -> tuple[list[str], Sequence[Problem]]:
    """Land what is new; the paths in the ledger, and what was said."""
    landing = gate.land(settings, settings.lake, Night(1, frozenset(), NOW), tell=lambda *_: None)
    return sorted(landing.files["path"]), landing.problems


def test_an_absolute_path_lands_what_a_relative_one_does(tmp_path: Path) -> None:
    """Elsewhere files are called by their whole path; below the project as ever."""
    outside = write(tmp_path / "exports" / "1.json", 1)
    inside = write(tmp_path / "raw" / "2.json", 2)
    company = project(tmp_path, "raw/*.json", f"{tmp_path}/raw/*.json", f"{outside}")
    other = project(tmp_path / "project", f"{outside.parent}/*.json", f"{inside}")

    assert land(company)[0] == ["exports/1.json", "raw/2.json", "raw/2.json"]
    assert land(other) == ([outside.as_posix(), inside.as_posix()], ())
    assert land(other) == ([], ())
    ids = [set(ledger.files(one.lake)["file_id"].str.slice(-20)) for one in (company, other)]
    assert ids[0] == ids[1]


def test_the_home_folder_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is where the shell says it is."""
    monkeypatch.setenv("HOME", str(tmp_path))
    found = write(tmp_path / "exports" / "1.json", 1)

    source = Source(format="sendgrid", path="~/exports/*.json")

    assert discover(tmp_path / "elsewhere", source) == [found]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/no-such-disk/exports/*.json", "no file matches this path"),
        ("~nobody-here/*.json", "no file matches this path"),
        ("raw", "is a folder; write raw/* for the files in it"),
        ("raw/", "is a folder; write raw/* for the files in it"),
        (".", "is a folder; write ./* for the files in it"),
        ("raw/**.json", "cannot be a path|no file"),
        ("raw/\0", "cannot be a path|no file"),
    ],
)
def test_a_path_without_files_stops_its_source_alone(path: str, said: str, tmp_path: Path) -> None:
    """What is wrong is said of the source, and the others land."""
    write(tmp_path / "raw" / "1.json", 1)
    source = Source(format="sendgrid", path=path)

    with pytest.raises(SourceRefused, match=said.replace("*", r"\*")):
        discover(tmp_path, source)
    if "\0" not in path and "**" not in path:
        landed, problems = land(project(tmp_path, path, "raw/*.json"))
        assert landed == ["raw/1.json"]
        assert [(problem.path, problem.reason) for problem in problems] == [(path, said)]


def test_a_copy_is_said_once_and_a_renamed_log_is_none(tmp_path: Path) -> None:
    """What is left out is told; a rotated log was landed before and is no copy."""
    company = project(tmp_path, "raw/*")
    first = write(tmp_path / "raw" / "log", 1)
    copies = [write(tmp_path / "raw" / name, 1) for name in ("log.copy", "log.again")]

    landed, problems = land(company)

    assert landed == ["raw/log"]
    assert [(each.path, each.reason, each.is_taken) for each in problems] == [
        (
            "raw/log.again",
            "the same as raw/log, byte for byte, and landed once; 1 more file likewise",
            True,
        )
    ]
    assert land(company) == ([], ())
    for path in copies:
        path.unlink()
    first.rename(tmp_path / "raw" / "log.1")
    write(first, 2)
    assert land(company) == (["raw/log"], ())


def test_without_a_source_there_is_nothing_to_land(tmp_path: Path) -> None:
    """It says how a source is added."""
    with pytest.raises(BadSettings, match="wend sniff"):
        land(project(tmp_path))


def notes(folder: Path, name: str, content: bytes, *, age_seconds: float) -> Settings:
    """A project with one file of notes, written to so long ago."""
    path = folder / "raw" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    written = NOW.timestamp() - age_seconds
    os.utime(path, (written, written))
    columns = {
        "occurred_at": "at",
        "kind": "what",
        "amount": "sum",
        "identifiers": {"email": "who"},
    }
    return Settings.model_validate(
        {
            "folder": folder,
            "company": {"name": "Larkspur"},
            "sources": {
                "desk": {
                    "format": "generic",
                    "path": "raw/*",
                    "channel": "crm",
                    "columns": columns,
                }
            },
        }
    )


WHOLE = (
    b"at,what,who,sum\n"
    b"2026-02-01T10:00:00Z,paid,ada@example.org,12.00\n"
    b"2026-02-02T10:00:00Z,paid,ada@example.org,1234.00\n"
)
# What is left of the last sum is a sum as well.
CUT = WHOLE[: WHOLE.rindex(b"34.00")]


def test_a_table_that_may_go_on_is_left_to_the_next_run(tmp_path: Path) -> None:
    """A sum that was cut off lands never, though what is left of it is one."""
    paths, problems = land(notes(tmp_path, "1.csv", CUT, age_seconds=5))

    assert paths == []
    assert [(one.path, one.is_taken) for one in problems] == [("raw/1.csv", False)]
    assert "its last line has no end" in problems[0].reason

    company = notes(tmp_path, "1.csv", WHOLE, age_seconds=5)

    assert land(company) == (["raw/1.csv"], ())
    sums = ledger.landed_table(company.lake, "events").collect()["amount_cents"]
    assert sorted(sums) == [1200, 123400]


@pytest.mark.parametrize(
    ("name", "content", "age_seconds"),
    [
        ("old.csv", CUT, 61),
        ("whole.csv", WHOLE, 5),
        ("wide.csv", WHOLE.decode().encode("utf-16"), 5),
        ("mac.csv", WHOLE.replace(b"\n", b"\r\n"), 5),
        # A clock that is behind says nothing of when that was.
        ("later.csv", CUT, -5),
        (
            "lines.jsonl",
            b'{"at":"2026-02-01T10:00:00Z","what":"paid","who":"ada@a.org","sum":1}',
            5,
        ),
    ],
)
def test_what_is_old_or_has_its_end_lands_at_once(
    tmp_path: Path, name: str, content: bytes, age_seconds: float
) -> None:
    """Only a table without the end of its last line, and of this minute, waits."""
    assert land(notes(tmp_path, name, content, age_seconds=age_seconds)) == ([f"raw/{name}"], ())


def test_a_table_without_a_last_line_end_lands_a_minute_later(tmp_path: Path) -> None:
    """Many programs end no last line: the file waits, and is not refused for it."""
    assert land(notes(tmp_path, "1.csv", CUT, age_seconds=59))[0] == []
    assert land(notes(tmp_path, "1.csv", CUT, age_seconds=60)) == (["raw/1.csv"], ())
