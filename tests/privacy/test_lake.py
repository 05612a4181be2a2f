"""After an erasure the lake holds others' records as if the person had never been there."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.landing import ledger
from pipeline.privacy import closure, lake
from pipeline.privacy.person import Person
from tests.privacy.visits import (
    ADA,
    ADA_ALONE,
    erase,
    is_accounted,
    land,
    landed,
    project,
    visit,
    where,
    write,
)


def test_events_and_identifiers_of_the_person_go(tmp_path: Path) -> None:
    """Bob's visit stays, Ada's two are counted as ignored, and no byte names her."""
    company = project(tmp_path)
    lines = [visit(1, email="ada@home.example"), visit(2, user="AD10001"), visit(3, user="BO10002")]
    write(company, "1.jsonl", lines)
    land(company)

    erase(company)

    assert landed(company, "events").height == 1
    assert landed(company, "identifiers")["value"].to_list() == ["BO10002"]
    (rules,) = ledger.files(company.lake)["ignored_rules"]
    assert json.loads(rules) == {"erased person": 2}
    assert is_accounted(company)
    assert where(company) == []


def test_a_refused_record_that_names_the_person_loses_its_text(tmp_path: Path) -> None:
    """It stays counted; another's refused record keeps its text."""
    company = project(tmp_path)
    broken = ['{"at": "never", "email": "ADA@home.example"', '{"at": "never", "user": "BO10002"']
    write(company, "1.jsonl", [*broken, visit(1, user="BO10002")])
    land(company)

    erase(company)

    raw = landed(company, "quarantine")["raw"].to_list()
    assert raw == ["", broken[1]]
    assert is_accounted(company)
    assert where(company) == []


def test_what_others_said_of_the_person_stays_without_the_name(tmp_path: Path) -> None:
    """Bob's visit keeps its id; the customer number in his words, note and object goes."""
    company = project(tmp_path)
    said = visit(1, user="BO10002", said="I told AD10001 so", about="AD10001", note="for AD10001")
    write(company, "1.jsonl", [said, visit(2, user="AD10001")])
    land(company)
    before = landed(company, "events").filter(pl.col("text").is_not_null())["event_id"].item()

    erase(company)

    row = landed(company, "events").row(0, named=True)
    assert row["event_id"] == before
    assert (row["text"], row["object_id"]) == ("I told [erased] so", "[erased]")
    assert json.loads(row["properties"])["note"] == "for [erased]"
    assert where(company) == []


def test_a_hash_of_the_person_goes_like_the_name(tmp_path: Path) -> None:
    """Bob's note loses the hash of her address; a visit under a hash of hers is hers."""
    company = project(tmp_path)
    digest = hashlib.sha256(b"ada@home.example").hexdigest()
    code = base64.b64encode(hashlib.md5(b"+447200673115", usedforsecurity=False).digest()).decode()
    lines = [
        visit(1, user="BO10002", note=f"audience {digest}", about=code),
        visit(2, user=digest.upper()),
    ]
    write(company, "1.jsonl", lines)
    land(company)

    erase(company, closure.completed(company, ADA_ALONE))

    row = landed(company, "events").row(0, named=True)
    assert json.loads(row["properties"])["note"] == "audience [erased]"
    assert row["object_id"].startswith("[erased]")
    assert landed(company, "identifiers")["value"].to_list() == ["BO10002"]
    assert where(company) == []


def test_a_killed_exchange_is_finished(tmp_path: Path) -> None:
    """Between the two renames a batch is in neither place; the next call brings it back."""
    company = project(tmp_path)
    write(company, "1.jsonl", [visit(1, user="BO10002")])
    land(company)
    (batch,) = ledger.landed(company.lake).iterdir()
    new = company.lake / lake.WORKSHOP / "new" / batch.name
    old = company.lake / lake.WORKSHOP / "old" / batch.name
    new.parent.mkdir(parents=True)
    old.parent.mkdir()
    batch.rename(old)
    new.mkdir()
    for path in old.iterdir():
        (new / path.name).write_bytes(path.read_bytes())

    lake.settle(company.lake)

    assert landed(company, "events").height == 1
    assert not (company.lake / lake.WORKSHOP).exists()


def test_a_file_name_that_names_the_person_is_masked(tmp_path: Path) -> None:
    """The ledger tells of the file, not of the person it was named after."""
    company = project(tmp_path)
    write(company, "AD10001.jsonl", [visit(1, user="AD10001"), visit(2, user="BO10002")])
    land(company)

    erase(company)

    assert ledger.files(company.lake)["path"].to_list() == ["raw/[erased].jsonl"]


WHO: list[dict[str, Any]] = [
    {"email": "ada@home.example"},
    {"user": "AD10001"},
    {"email": "ada@home.example", "user": "AD10001"},
    {"phone": "07200 673115", "user": "AD10001"},
    {"email": "bob@home.example"},
    {"email": "bob@home.example", "user": "BO10002"},
    {"user": "CY10003"},
    {},
]
NAMES = {value for _, value in ADA} | {"07200 673115"}


def is_hers(line: dict[str, Any]) -> bool:
    """Whether a record names Ada."""
    return bool(NAMES & {line["email"], line["user"], line["phone"]})


@st.composite
def companies(draw: st.DrawFn) -> tuple[list[list[dict[str, Any]]], int]:
    """Some files of visits, a few told twice or otherwise, and after which one Ada is erased."""
    lines = [
        visit(
            draw(st.integers(0, 30)),
            id=draw(st.sampled_from([None, "e1", "e2", "e3"])),
            **draw(st.sampled_from(WHO)),
        )
        for _ in range(draw(st.integers(3, 12)))
    ]
    # One record never tells of two people under one id: which of them it was nobody could say.
    lines = [{**line, "id": line["id"] and f"{line['id']}{is_hers(line)}"} for line in lines]
    cut = draw(st.integers(1, len(lines) - 1))
    return [lines[:cut], lines[cut:]], draw(st.integers(0, 2))


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(companies())
def test_nothing_comes_back_and_others_lose_nothing(
    tmp_path_factory: Any, company: tuple[list[list[dict[str, Any]]], int]
) -> None:
    """Erased at any point among landings, then everything sent again.

    Others' events and identifiers are those of a landing without Ada's records, every record is
    accounted for, and no byte of the lake names her.
    """
    files, erased_after = company
    mine = project(tmp_path_factory.mktemp("mine"))
    other = project(tmp_path_factory.mktemp("other"))
    again = [list(reversed(lines)) for lines in files]

    for number, lines in enumerate([*files, *again]):
        if number == erased_after:
            erase(mine)
        write(mine, f"{number}.jsonl", [*lines, '{"email": "ada@home.example", "torn'])
        write(other, f"{number}.jsonl", [line for line in lines if not is_hers(line)])
        land(mine)
        land(other)

    for table, columns in (
        ("events", ["event_id", "content_hash", "kind", "occurred_at"]),
        ("revisions", ["event_id", "content_hash"]),
        ("identifiers", ["event_id", "namespace", "value", "role"]),
    ):
        left, right = (landed(one, table).select(columns).sort(columns) for one in (mine, other))
        assert left.equals(right), table
    assert is_accounted(mine)
    assert where(mine) == []


def test_events_that_name_nobody_are_known_again(tmp_path: Path) -> None:
    """What the last publish gave to the person, on a shared device, does not come back either."""
    company = project(tmp_path)
    write(company, "1.jsonl", [visit(1, said="on the kiosk"), visit(2, user="BO10002")])
    land(company)
    kiosk = landed(company, "events").filter(pl.col("text").is_not_null())["event_id"].item()

    erase(company, Person(ADA_ALONE.identifiers, (), (kiosk,)))
    write(company, "2.jsonl", [visit(1, said="on the kiosk"), visit(3, user="BO10002")])
    land(company)

    assert kiosk not in landed(company, "events")["event_id"]
    assert landed(company, "events").height == 2
    assert is_accounted(company)
