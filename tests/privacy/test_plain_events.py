"""Events that go straight to Parquet files of their own are erased, and kept out, like others."""

import json
from pathlib import Path

from pipeline.landing import ledger
from pipeline.landing.staging import FAST_BYTES
from pipeline.privacy.person import Person
from pipeline.settings import Settings
from tests.privacy.visits import erase, is_accounted, land, landed, where

COOKIE = "6e943e13-b978-5465-058c-c0faec4626ff"
ADA = Person((("anonymous_id", COOKIE),), (), ())
VISITS = 4_000


def company(folder: Path) -> Settings:
    """A project whose one source is a web tracker."""
    return Settings.model_validate(
        {
            "folder": folder,
            "company": {"name": "Larkspur"},
            "sources": {"web": {"format": "segment", "path": "raw/*.jsonl"}},
        }
    )


def write(project: Settings, name: str, *, first: int = 0) -> None:
    """A long file of page views, each tenth of them Ada's."""
    lines = [
        json.dumps(
            {
                "type": "page",
                "messageId": f"message-{number:06}",
                "anonymousId": COOKIE if number % 10 == 0 else f"cookie-{number % 97:08}",
                "timestamp": f"2026-02-{number % 27 + 1:02}T10:00:00.000Z",
                "originalTimestamp": f"2026-02-{number % 27 + 1:02}T10:00:00.000Z",
                "context": {"page": {"path": "/pricing"}, "userAgent": "Mozilla/5.0 " + "x" * 90},
                "properties": {"path": "/pricing", "title": "Prices"},
            }
        )
        for number in range(first, first + VISITS)
    ]
    path = project.folder / "raw" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))
    assert path.stat().st_size > FAST_BYTES


def test_plain_events_of_the_person_go_and_stay_away(tmp_path: Path) -> None:
    """Sent again with later ones, only others' later ones land."""
    project = company(tmp_path)
    write(project, "1.jsonl")
    land(project)
    assert len(ledger.parquet(project.lake, "events")) > 1

    erase(project, ADA)

    assert landed(project, "events").height == VISITS * 9 // 10
    assert is_accounted(project)
    assert where(project, ADA) == []
    write(project, "2.jsonl", first=VISITS // 2)
    land(project)
    assert landed(project, "events").height == VISITS * 9 // 10 * 3 // 2
    assert is_accounted(project)
    assert where(project, ADA) == []


def test_plain_events_erased_by_their_id_stay_away(tmp_path: Path) -> None:
    """What the last publish gave to a person is known again though it names another's cookie."""
    project = company(tmp_path)
    write(project, "1.jsonl")
    land(project)
    theirs = landed(project, "identifiers").filter(value="cookie-00000001")["event_id"].to_list()

    erase(project, Person(ADA.identifiers, (), tuple(theirs)))
    left = landed(project, "events").height
    (project.lake / "landed").rename(tmp_path / "gone")
    land(project)

    assert landed(project, "events").height == left == VISITS * 9 // 10 - len(theirs)
    assert is_accounted(project)


def test_a_mention_in_plain_events_is_masked(tmp_path: Path) -> None:
    """Others' page views keep all but her number; the rest of the file is as it was."""
    project = company(tmp_path)
    erase(project, Person((("user_id", "AD10001"),), (), ()))
    write(project, "1.jsonl")
    path = tmp_path / "raw" / "1.jsonl"
    path.write_text(path.read_text().replace('"title": "Prices"', '"title": "for AD10001"', 3))

    land(project)

    assert len(ledger.parquet(project.lake, "events")) > 1
    assert landed(project, "events").height == VISITS
    assert where(project, Person((("user_id", "AD10001"),), (), ())) == []
