"""Whose processing was stopped is in no list of persons, and in all sums."""

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


def test_who_is_suppressed_gets_no_score(run_model: RunModel) -> None:
    """Of two customers with value events one has a history."""
    events = table("""
        customer_id | position | occurred_at         | is_value
        ada         | 1        | 2026-01-05 09:00:00 | true
        bob         | 1        | 2026-01-05 09:00:00 | true
    """)

    history = run_model(
        "value_history", ordered_events=events, suppressed_customers=table("customer_id\nada")
    )

    assert history["customer_id"].to_list() == ["bob"]


def test_who_is_suppressed_is_no_evidence(run_model: RunModel) -> None:
    """Both were sent back a stage; one of them may be shown."""
    visits = table("""
        customer_id | position | stage | touchpoint | exit
        ada         | 1        | Buy   | Basket     | diverted
        bob         | 1        | Buy   | Basket     | diverted
    """)

    evidence = run_model(
        "pain_evidence", touchpoint_visits=visits, suppressed_customers=table("customer_id\nada")
    )

    assert evidence.filter(pain="sent back a stage")["customer_id"].to_list() == ["bob"]


def test_who_is_suppressed_is_not_quoted(run_model: RunModel) -> None:
    """Ada's message is the unhappiest, and Bob's is shown."""
    said = table("""
        event_id | customer_id | position | stage | measure   | score | occurred_at
        e1       | ada         | 1        | Buy   | sentiment | -0.9  | 2026-01-05 09:00:00
        e2       | bob         | 1        | Buy   | sentiment | -0.5  | 2026-01-05 09:00:00
    """)
    events = table("""
        event_id | text
        e1       | This is the worst shop of all shops
        e2       | I was not happy with this shop today
    """)
    measures = table("""
        grain | name | measure   | value
        stage | Buy  | sentiment | -0.7
    """)

    quotes = run_model(
        "quotable_messages",
        voices=said,
        known_events=events,
        voice_measures=measures,
        stages=table("stage | position\nBuy | 1"),
        suppressed_customers=table("customer_id\nada"),
    )

    assert quotes["text"].to_list() == ["I was not happy with this shop today"]
