"""The gate: nothing is lost, nothing is landed twice, and a batch counts whole or not at all."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import BadSettings
from pipeline.landing import gate, ledger
from pipeline.landing.gate import Landing
from pipeline.landing.ledger import Night
from pipeline.landing.schema import LANDED_EVENTS, LANDED_IDENTIFIERS
from pipeline.settings import Settings

NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
UNREADABLE = Path("/proc/self/mem")  # its first byte is nobody's, not even root's
MORNING = 1_772_100_000  # 2026-02-26 10:00 UTC


def project(folder: Path) -> Settings:
    """A project whose one source is SendGrid's webhook, a file a night."""
    return Settings.model_validate(
        {
            "folder": folder,
            "company": {"name": "Larkspur", "email_domains": ["larkspur.example"]},
            "sources": {"campaigns": {"format": "sendgrid", "path": "raw/*.json"}},
        }
    )


def mail(number: int, **changed: object) -> dict[str, Any]:
    """One webhook event."""
    return {
        "email": f"ada{number}@example.org",
        "timestamp": MORNING + number,
        "event": "delivered",
        "sg_event_id": f"event-{number}",
        "sg_message_id": f"message-{number}",
        "category": "welcome",
        **changed,
    }


def write(folder: Path, name: str, lines: Iterable[Mapping[str, Any] | str]) -> None:
    """A raw file of JSON lines; a string goes in as it is."""
    (folder / "raw").mkdir(exist_ok=True)
    (folder / "raw" / name).write_text(
        "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    )


def land(settings: Settings, *, night: int = 1, seen: frozenset[str] = frozenset()) -> Landing:
    """Land what is new at a fixed instant."""
    return gate.land(settings, settings.lake, Night(night, seen, NOW), tell=lambda *_: None)


def counts(landing: Landing) -> dict[str, int]:
    """The accounting equation over all files landed."""
    names = ("record", "landed", "duplicate", "revised", "quarantined", "ignored")
    return {name: landing.files[f"{name}_count"].sum() for name in names}


def landed(settings: Settings, table: str) -> pl.DataFrame:
    """A landed table."""
    return ledger.landed_table(settings.lake, table).collect()


def test_every_record_is_landed_duplicate_or_quarantined(tmp_path: Path) -> None:
    """A file's records are accounted for, each once."""
    company = project(tmp_path)
    write(tmp_path, "1.json", [mail(1), mail(2), mail(1), '{"email": "ada', mail(3, timestamp="x")])

    landing = land(company)

    assert counts(landing) == {
        "record": 5,
        "landed": 2,
        "duplicate": 1,
        "revised": 0,
        "quarantined": 2,
        "ignored": 0,
    }


def test_a_refused_record_keeps_its_text_place_and_reason(tmp_path: Path) -> None:
    """What is refused can be found again and mended."""
    company = project(tmp_path)
    write(tmp_path, "1.json", [mail(1), '{"email": "ada'])

    land(company)

    refused = landed(company, "quarantine").row(0, named=True)
    assert refused["record_number"] == 2
    assert refused["raw"].strip() == '{"email": "ada'
    assert refused["reasons"]


def test_landing_the_same_files_again_does_nothing(tmp_path: Path) -> None:
    """A file is known by its content."""
    company = project(tmp_path)
    write(tmp_path, "1.json", [mail(1)])
    land(company)

    again = land(company, night=2, seen=frozenset({"campaigns"}))

    assert again.files.height == 0
    assert landed(company, "events").height == 1


def test_a_copy_under_another_name_is_the_same_file(tmp_path: Path) -> None:
    """Content, not the name, tells files apart."""
    company = project(tmp_path)
    write(tmp_path, "1.json", [mail(1)])
    write(tmp_path, "copy.json", [mail(1)])

    landing = land(company)

    assert landing.files["path"].to_list() == ["raw/1.json"]


def test_a_grown_file_lands_its_new_records_only(tmp_path: Path) -> None:
    """Records that an earlier version of a file held are duplicates."""
    company = project(tmp_path)
    write(tmp_path, "1.json", [mail(1)])
    land(company)
    write(tmp_path, "1.json", [mail(1), mail(2)])

    landing = land(company, night=2, seen=frozenset({"campaigns"}))

    assert counts(landing)["landed"] == 1
    assert counts(landing)["duplicate"] == 1
    assert landed(company, "events").height == 2


def test_a_later_delivery_with_other_content_is_kept_aside(tmp_path: Path) -> None:
    """A revision counts as a duplicate, and is not lost."""
    company = project(tmp_path)
    write(tmp_path, "1.json", [mail(1)])
    land(company)
    write(tmp_path, "2.json", [mail(1, category="renewal")])

    landing = land(company, night=2, seen=frozenset({"campaigns"}))

    assert counts(landing)["revised"] == counts(landing)["duplicate"] == 1
    assert landed(company, "events")["label"].to_list() == ["welcome"]
    assert landed(company, "revisions")["label"].to_list() == ["renewal"]


def test_a_file_that_is_not_of_its_format_stops_alone(tmp_path: Path) -> None:
    """The other files of the source land, and the refusal is said."""
    company = project(tmp_path)
    write(tmp_path, "1.json", [mail(1)])
    (tmp_path / "raw" / "2.json").write_bytes(b"\x1f\x8b not gzip at all")

    landing = land(company)

    assert counts(landing)["landed"] == 1
    assert [problem.path for problem in landing.problems] == ["raw/2.json"]
    assert landing.problems[0].reason


def test_a_source_without_files_is_said(tmp_path: Path) -> None:
    """A path that names nothing is never silent."""
    landing = land(project(tmp_path))

    assert [problem.reason for problem in landing.problems] == ["no file matches this path"]


def test_a_stamp_after_the_landing_is_refused(tmp_path: Path) -> None:
    """A clock in 2099 does not decide what the newest record is."""
    company = project(tmp_path)
    write(tmp_path, "1.json", [mail(1, timestamp=4_080_000_000)])

    land(company)

    assert "future" in landed(company, "quarantine")["reasons"][0]


def test_an_address_in_a_text_column_is_taken_out(tmp_path: Path) -> None:
    """Labels and properties hold no e-mail address."""
    company = project(tmp_path)
    write(tmp_path, "1.json", [mail(1, category="for ada1@example.org", note="ada1@example.org")])

    land(company)

    event = landed(company, "events").row(0, named=True)
    assert "ada1@" not in " ".join(str(value) for value in event.values())


def test_many_texts_are_reworded_some_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each label and each property is kept as if it were alone; what is in no doubt stays."""
    monkeypatch.setattr(gate, "REWORDED_ROWS", 2)
    company = project(tmp_path)
    mails = [
        mail(n, category=f"for ada{n}@example.org", note=f"tell bo{n}@x.org") for n in range(9)
    ]
    write(tmp_path, "1.json", [*mails, mail(9, category="offer", note="none")])

    land(company)

    events = landed(company, "events")
    assert events["label"].value_counts().sort("label").rows() == [("for [email]", 9), ("offer", 1)]
    assert sum("tell [email]" in said for said in events["properties"]) == 9


def test_a_backfill_was_known_when_it_happened(tmp_path: Path) -> None:
    """In a source's first night a record was known as it occurred, later when it was landed."""
    company = project(tmp_path)
    write(tmp_path, "1.json", [mail(1)])
    land(company)
    write(tmp_path, "2.json", [mail(2)])
    land(company, night=2, seen=frozenset({"campaigns"}))

    events = landed(company, "events").sort("occurred_at")

    assert events["known_at"].to_list() == [events["occurred_at"][0], NOW.replace(tzinfo=None)]


def test_a_batch_that_was_not_committed_never_happened(tmp_path: Path) -> None:
    """What a killed landing left behind is no part of the lake."""
    company = project(tmp_path)
    write(tmp_path, "1.json", [mail(1)])
    leftover = company.lake / ".staging-killed"
    leftover.mkdir(parents=True)
    (leftover / "events.parquet").write_bytes(b"PAR1 and no more")

    land(company)

    assert landed(company, "events").height == 1
    assert ledger.files(company.lake).height == 1


def test_what_is_landed_has_the_promised_columns(tmp_path: Path) -> None:
    """The lake's files have the canonical schema, in its order."""
    company = project(tmp_path)
    write(tmp_path, "1.json", [mail(1)])

    land(company)

    assert landed(company, "events").schema == LANDED_EVENTS
    assert landed(company, "identifiers").schema == LANDED_IDENTIFIERS


def test_an_event_told_twice_is_seen_at_both_instants(tmp_path: Path) -> None:
    """Whether its two versions come in one night or in two, whom they name was seen at each."""
    told = [[mail(1)], [mail(1, timestamp=MORNING + 60)]]
    seen = []
    for name, nights in {"two": [[told[0]], [told[1]]], "one": [told]}.items():
        (tmp_path / name).mkdir()
        company = project(tmp_path / name)
        for night, files in enumerate(nights, start=1):
            for number, lines in enumerate(files):
                write(company.folder, f"{night}-{number}.json", lines)
            land(company, night=night)
        known = landed(company, "identifiers").select("event_id", "value", "occurred_at")
        seen.append(sorted(known.rows()))

    assert seen[0] == seen[1]
    assert len(seen[0]) == 2


def test_an_event_id_is_the_same_wherever_it_is_landed(tmp_path: Path) -> None:
    """The id is a UUIDv5 of the source and its own id."""
    ids = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        company = project(folder)
        write(folder, "1.json", [mail(1, category=name)])
        land(company)
        ids.append(landed(company, "events")["event_id"][0])

    assert ids[0] == ids[1]
    assert ids[0][14] == "5"


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deliveries=st.lists(
        st.lists(st.tuples(st.integers(1, 6), st.sampled_from(["welcome", "renewal"])), max_size=6),
        min_size=1,
        max_size=4,
    )
)
def test_no_order_of_arrival_loses_or_adds_anything(
    tmp_path_factory: pytest.TempPathFactory, deliveries: list[list[tuple[int, str]]]
) -> None:
    """However deliveries are batched, the versions known of each event are the same."""
    found = []
    for nights in (deliveries, deliveries[::-1], [list(chain.from_iterable(deliveries))]):
        folder = tmp_path_factory.mktemp("company")
        company = project(folder)
        read = 0
        for night, delivery in enumerate(nights, start=1):
            write(folder, f"{night}.json", [mail(n, category=label) for n, label in delivery])
            landing = land(company, night=night)
            total = counts(landing)
            assert total["record"] == total["landed"] + total["duplicate"]
            read += total["record"]
        versions = [landed(company, table) for table in ("events", "revisions")]
        names = pl.concat(versions).select("event_id", "label").sort("event_id", "label")
        found.append(names.rows())

    assert found[0] == found[1] == found[2]


def test_a_new_field_stops_the_file_until_someone_takes_it(tmp_path: Path) -> None:
    """Nothing of the file lands; with `warn` all of it does, and it is said."""
    company = project(tmp_path)
    write(tmp_path, "day-1.json", [mail(1)])
    land(company)
    write(tmp_path, "day-2.json", [mail(2), mail(3, coupon="SPRING")])

    stopped = land(company, night=2, seen=frozenset({"campaigns"}))
    source = company.sources["campaigns"].model_copy(update={"on_new_field": "warn"})
    warned = company.model_copy(update={"sources": {"campaigns": source}})
    taken = land(warned, night=2, seen=frozenset({"campaigns"}))

    assert stopped.files.height == 0
    (problem,) = stopped.problems
    assert problem.reason == (
        "new field coupon (text); if that is right, take it with "
        'on_new_field = "warn" in [sources.campaigns]'
    )
    assert counts(taken)["landed"] == 2
    assert [(problem.reason, problem.is_taken) for problem in taken.problems] == [
        ("new field coupon (text)", True)
    ]


def test_a_field_taken_once_is_known(tmp_path: Path) -> None:
    """What landed with a warning stops no later file."""
    company = project(tmp_path)
    source = company.sources["campaigns"].model_copy(update={"on_new_field": "warn"})
    warned = company.model_copy(update={"sources": {"campaigns": source}})
    write(tmp_path, "day-1.json", [mail(1)])
    land(company)
    write(tmp_path, "day-2.json", [mail(2, coupon="SPRING")])
    land(warned, night=2, seen=frozenset({"campaigns"}))
    write(tmp_path, "day-3.json", [mail(3, coupon="SUMMER")])

    assert land(company, night=3, seen=frozenset({"campaigns"})).problems == ()


def test_a_file_that_lost_most_of_its_content_waits_for_someone_to_look(tmp_path: Path) -> None:
    """A half-copied file begins as it did; a rotated log does not, and lands."""
    company = project(tmp_path)
    write(tmp_path, "events.json", [mail(number) for number in range(10)])
    land(company)
    write(tmp_path, "events.json", [mail(number) for number in range(3)])

    first = land(company, night=2)
    again = land(company, night=3)
    write(tmp_path, "events.json", [{**mail(90), "email": "z@example.org"}])
    rotated = land(company, night=4)

    assert [problem.path for problem in first.problems] == ["raw/events.json"]
    assert "half written" in first.problems[0].reason
    assert again.problems == first.problems
    assert counts(rotated)["landed"] == 1


@pytest.mark.skipif(not UNREADABLE.exists(), reason="the machine has no file that none may read")
def test_a_file_that_cannot_be_read_waits_for_another_night(tmp_path: Path) -> None:
    """The machine's refusal is said of the one file; the others land, and it lands once it can."""
    settings = project(tmp_path)
    write(tmp_path, "a.json", [mail(1)])
    blocked = tmp_path / "raw" / "b.json"
    blocked.symlink_to(UNREADABLE)

    first = land(settings)
    blocked.unlink()
    write(tmp_path, "b.json", [mail(2)])
    second = land(settings, night=2)

    (problem,) = first.problems
    assert (problem.path, problem.is_taken) == ("raw/b.json", False)
    assert "cannot be read" in problem.reason
    assert [one.files["path"].to_list() for one in (first, second)] == [
        ["raw/a.json"],
        ["raw/b.json"],
    ]


@pytest.mark.parametrize(
    ("layout", "content", "ignored"),
    [
        ("segment", '{"type":"page","userId":"u","timestamp":"2026-01-05T09:00:00Z"}', 3),
        ("access_log", '1.2.3.4 - - [05/Jan/2026:09:00:00 +0000] "GET / HTTP/1.1" 200 5', 3),
        ("transcript", "2026-01-05T09:00:00+0000 <ada> hello", 3),
        ("whatsapp_export", "[25/01/26 09:00:00] Ada: hello", 0),
    ],
)
def test_blank_lines_are_accounted_for(
    layout: str, content: str, ignored: int, tmp_path: Path
) -> None:
    """They are left out by rule, or are part of what was written; nothing stops for them."""
    source = {"format": layout, "path": "raw/log.txt", "time_zone": "UTC"}
    company = Settings.model_validate(
        {"folder": tmp_path, "company": {"name": "Larkspur"}, "sources": {"logs": source}}
    )
    other = content.replace(":00:00", ":00:01", 1)
    write(tmp_path, "log.txt", ["", content, "", other, ""])

    found = counts(land(company))

    assert (found["landed"], found["ignored"]) == (2, ignored)


def test_one_encoding_for_all_mails_is_refused(tmp_path: Path) -> None:
    """Each part of a mail says its own; recoded as a whole it would say something else."""
    source = {"format": "mail", "path": "raw/*", "encoding": "cp1252"}
    company = Settings.model_validate(
        {"folder": tmp_path, "company": {"name": "Larkspur"}, "sources": {"inbox": source}}
    )

    with pytest.raises(BadSettings, match=r"sources\.inbox: take encoding out"):
        land(company)
