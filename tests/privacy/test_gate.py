"""What comes back of somebody erased is left out before anything is written."""

import hashlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipeline.landing import gate, ledger
from pipeline.landing.ledger import Night
from pipeline.landing.staging import STAGED_IDENTIFIERS, STAGED_IGNORED, STAGED_REFUSED
from pipeline.privacy.gate import forget
from pipeline.settings import Settings
from tests.privacy.visits import erase, land, landed, project, visit, where, write
from tests.tables import table

NOBODY = pl.DataFrame(schema=STAGED_REFUSED)


def batch(con: duckdb.DuckDBPyConnection, events: str, identifiers: str) -> None:
    """The staged tables of a batch of one file."""
    texts = ("content_hash", "kind_raw", "label", "object_id", "text", "link", "properties")
    hashed = table(events).with_columns(
        pl.lit("f").alias("file_id"), *(pl.lit(None, dtype=pl.String).alias(one) for one in texts)
    )
    named = (
        table(identifiers)
        .with_columns(file_id=pl.lit("f"), is_authenticated=False, is_merge=False)
        .select(STAGED_IDENTIFIERS.names())
        .cast(dict(STAGED_IDENTIFIERS))
    )
    for name, frame in (
        ("hashed_events", hashed),
        ("staged_identifiers", named),
        ("staged_ignored", pl.DataFrame(schema=STAGED_IGNORED)),
        ("staged_refused", NOBODY),
    ):
        con.register("given", frame)
        con.execute(f"create table {name} as from given")
        con.unregister("given")


def test_a_mention_goes_alone_and_a_record_by_its_events(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Ada's own events go, with those of her records that name nobody; Bob's stay.

    Record 1 is Ada's, with an event that names nobody. Record 2 is Bob's, who mentions her.
    Record 3 tells of both, each in an event of their own.
    """
    erase(project(tmp_path))
    batch(
        con,
        """
        event_ordinal | record_number | event_id
        1             | 1             | e1
        2             | 1             | e2
        3             | 2             | e3
        4             | 3             | e4
        5             | 3             | e5
        """,
        """
        event_ordinal | namespace | value            | role
        1             | email     | ada@home.example | recipient
        3             | email     | bob@home.example | actor
        3             | email     | ada@home.example | mentioned
        4             | user_id   | AD10001          | subject
        5             | email     | bob@home.example | subject
        """,
    )

    forget(con, project(tmp_path).lake, tmp_path)

    left = con.sql("select event_id from hashed_events order by all").fetchall()
    assert left == [("e3",), ("e5",)]
    assert con.sql("select distinct value from staged_identifiers").fetchall() == [
        ("bob@home.example",)
    ]
    ignored = con.sql("select record_number, rule from staged_ignored order by all").fetchall()
    assert ignored == [(1, "erased person"), (3, "erased person")]


def test_without_tombstones_nothing_is_touched(tmp_path: Path) -> None:
    """A lake in which nobody was erased has no tombstones and no key to look for any."""
    company = project(tmp_path)
    write(company, "1.jsonl", [visit(1, user="AD10001")])

    land(company)

    assert landed(company, "events").height == 1
    assert not (company.lake / "erasure.key").exists()


def test_late_records_of_somebody_erased_are_counted_and_not_kept(tmp_path: Path) -> None:
    """A new file with a new address of hers names her by a known number: it is ignored."""
    company = project(tmp_path)
    erase(company)
    write(company, "1.jsonl", [visit(1, user="AD10001", email="new@ada.example"), visit(2)])

    landing = land(company)

    assert landing.files["ignored_count"].to_list() == [1]
    assert landing.files["ignored_rules"].to_list() == ['{"erased person": 1}']
    assert landed(company, "events").height == 1


def test_an_erased_event_stays_erased_when_its_source_tells_it_otherwise(tmp_path: Path) -> None:
    """Told again under its own id without her name, and all raw files anew: nothing comes back."""
    company = project(tmp_path)
    hers, his = visit(1, id="v1", user="AD10001"), visit(2, id="v2", user="BO10002")
    first = write(company, "1.jsonl", [hers, his])
    land(company)
    erase(company)

    write(company, "2.jsonl", [visit(1, id="v1", said="corrected"), visit(3, id="v3")])
    landing = land(company)

    assert landing.files["ignored_rules"].to_list() == ['{"erased person": 1}']
    assert landed(company, "events").height == 2
    for path in ledger.landed(company.lake).iterdir():
        shutil.rmtree(path)
    first.touch()
    (company.lake / "stamps.json").unlink()
    land(company)
    assert landed(company, "events").height == 2
    assert landed(company, "revisions").is_empty()
    assert where(company) == []


def test_a_late_hash_of_somebody_erased_names_them(tmp_path: Path) -> None:
    """An identifier that is the SHA-256 of her address brings her no more than the address."""
    company = project(tmp_path)
    erase(company)
    digest = hashlib.sha256(b"ada@home.example").hexdigest()
    write(company, "1.jsonl", [visit(1, user=digest.upper()), visit(2, user="BO10002")])

    land(company)

    assert landed(company, "identifiers")["value"].to_list() == ["BO10002"]


def test_a_late_mention_of_somebody_erased_is_masked(tmp_path: Path) -> None:
    """Bob's events land, and what he says in them of Ada goes; his ids are those of his words."""
    company, other = project(tmp_path / "mine"), project(tmp_path / "other")
    digest = hashlib.sha256(b"ada@home.example").hexdigest()
    lines = [
        visit(1, user="BO10002", said="I told AD10001 so", about="ad10001", note=f"for {digest}"),
        visit(2, user="BO10002", note="ring +44 7200 673-115\nor ask AD10001", said="to AD100012"),
        visit(3, user="BO10002", about="/mail?to=ada%40home.example", note=digest[:20] + "[x]"),
    ]
    for one in (company, other):
        one.folder.mkdir()
        write(one, "1.jsonl", lines)
    erase(company)

    land(company)
    land(other)

    rows = landed(company, "events").sort("occurred_at")
    assert rows["text"].to_list() == ["I told [erased] so", "to AD100012", None]
    assert rows["object_id"].to_list()[0] == "[erased]"
    notes = [json.loads(text).get("note") for text in rows["properties"]]
    assert notes[0] == "for [erased]"
    assert where(company) == []
    assert set(rows["event_id"]) == set(landed(other, "events")["event_id"])


def test_stamps_tell_of_no_file_named_after_somebody_erased(tmp_path: Path) -> None:
    """Nor how a file begins."""
    company = project(tmp_path)
    erase(company)
    write(company, "AD10001.jsonl", [visit(1, user="BO10002")])
    write(company, "2.jsonl", ['{"user": "AD10001"}'])

    land(company)

    assert list(ledger.read_stamps(company.lake)) == ["raw/2.jsonl"]
    assert b'{"us'.hex() not in (company.lake / "stamps.json").read_text()


def deals(folder: Path) -> Settings:
    """A project with a nightly export of deals."""
    snapshot: dict[str, Any] = {
        "object_kind": "deal",
        "key": ["id"],
        "label": "stage",
        "identifiers": {"email": "email"},
        "file_date": "deals_%Y-%m-%d.csv",
    }
    source = {"format": "snapshot", "path": "raw/*", "time_zone": "UTC", "snapshot": snapshot}
    return Settings.model_validate(
        {"folder": folder, "company": {"name": "Larkspur"}, "sources": {"deals": source}}
    )


def test_the_state_of_snapshots_forgets_the_person_and_stays_so(tmp_path: Path) -> None:
    """Her deal is in the next export again, and neither its events nor its state come back."""
    company = deals(tmp_path)
    (tmp_path / "raw").mkdir()
    rows = "id,stage,email\nd1,New,ada@home.example\nd2,New,bob@home.example\n"
    night = Night(1, frozenset(), datetime(2026, 3, 9, tzinfo=UTC))
    (tmp_path / "raw" / "deals_2026-01-01.csv").write_text(rows)
    gate.land(company, company.lake, night, tell=lambda *_: None)

    erase(company)
    (tmp_path / "raw" / "deals_2026-01-02.csv").write_text(rows.replace("New", "Won"))
    gate.land(company, company.lake, night, tell=lambda *_: None)

    states = pl.concat([pl.read_parquet(path) for path in ledger.parquet(company.lake, "state")])
    assert set(states["key"].drop_nulls()) == {"d2"}
    assert landed(company, "events")["object_id"].unique().to_list() == ["d2"]
