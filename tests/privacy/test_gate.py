"""What comes back of somebody erased is left out before anything is written."""

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
from tests.privacy.visits import erase, land, landed, project, visit, write
from tests.tables import table

NOBODY = pl.DataFrame(schema=STAGED_REFUSED)


def batch(con: duckdb.DuckDBPyConnection, events: str, identifiers: str) -> None:
    """The staged tables of a batch of one file."""
    hashed = table(events).with_columns(file_id=pl.lit("f"))
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
