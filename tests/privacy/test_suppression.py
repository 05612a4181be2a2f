"""Whose processing was stopped has no events and no row among customers."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl

from pipeline.privacy import suppression
from tests.conftest import RunModel
from tests.tables import table

NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
ADA = [("email", "ada@home.example"), ("user_id", "AD10001")]
IDENTIFIERS = """
    namespace | value            | customer_id | status
    email     | ada@home.example | ada         | active
    user_id   | AD10001          | ada         | active
    user_id   | BO10002          | bob         | active
"""


def known() -> pl.DataFrame:
    """The identifiers of two customers."""
    return table(IDENTIFIERS).with_columns(
        identifier=pl.concat_str("namespace", pl.lit(":"), "value")
    )


def suppressed(con: duckdb.DuckDBPyConnection, lake: Path) -> list[str]:
    """The suppressed ones among the identifiers."""
    con.register("identifiers", known())
    return suppression.suppressed(con, lake)["identifier"].to_list()


def test_a_suppression_is_known_again_by_its_hash(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """The lake holds no name, and finds both of Ada's identifiers; once lifted, none."""
    assert suppressed(con, tmp_path) == []
    assert suppression.add(tmp_path, ADA, NOW) == 2
    assert suppression.add(tmp_path, ADA, NOW) == 0

    assert suppressed(con, tmp_path) == ["email:ada@home.example", "user_id:AD10001"]
    kept = (tmp_path / suppression.FILE).read_bytes()
    assert b"ada@" not in kept
    assert b"AD10001" not in kept
    assert suppression.lift(tmp_path, ADA) == 2
    assert suppressed(con, tmp_path) == []


def test_one_suppressed_identifier_stops_a_customer(run_model: RunModel) -> None:
    """Where two customers merge, what one of them asked for holds for both."""
    asked = table("identifier\nuser_id:AD10001")

    found = run_model("suppressed_customers", identifiers=known(), suppressed_identifiers=asked)

    assert found["customer_id"].to_list() == ["ada"]


def test_who_is_suppressed_has_no_events(run_model: RunModel) -> None:
    """Ada's event lands and is nobody's; Bob's stays his."""
    owners = table("""
        event_id | customer_id
        e1       | ada
        e2       | bob
    """)

    found = run_model(
        "event_customers", event_owners=owners, suppressed_customers=table("customer_id\nada")
    )

    assert found.select("event_id", "customer_id").rows() == [("e2", "bob")]


def test_who_is_suppressed_is_no_customer(run_model: RunModel) -> None:
    """Both have active identifiers, and one of them is shown."""
    found = run_model(
        "customers", identifiers=known(), suppressed_customers=table("customer_id\nada")
    )

    assert found["customer_id"].to_list() == ["bob"]


def test_a_snapshot_keeps_what_it_does_not_publish(tmp_path: Path) -> None:
    """An erasure finds there whose the events were; older snapshots have none."""
    kept = pl.DataFrame({"event_id": ["e1"], "customer_id": ["ada"]})
    (tmp_path / "new" / "identity").mkdir(parents=True)
    kept.write_parquet(tmp_path / "new" / "identity" / suppression.EVENTS)

    assert suppression.kept_events(tmp_path / "new").equals(kept)
    assert suppression.kept_events(tmp_path / "old").is_empty()
