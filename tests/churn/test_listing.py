# ruff: noqa: E501 - the rows of a table stay whole

from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.churn import listing
from tests.tables import table

SCORES = table("""
    customer_id | churn_risk | is_scored | rank
    ada         | 0.91       | true      | 1
    bob         | 0.55       | true      | 2
    cyd         | 0.5        | true      | 3
    dee         |            | false     |
""")
HISTORY = table("""
    customer_id | value_event_count | recency_days | age_days | reason_not_scored
    ada         | 5                 | 60.0         | 101.9    |
    bob         | 0                 | 0.0          | 1.5      |
    cyd         | 1                 | 0.4          | 0.6      |
""")
CUSTOMERS = table("""
    customer_id | email_masked     | phone_masked | current_stage | value_cents
    ada         | a***@example.org | +44***12     | Use           | 12000
    bob         |                  | +44***99     | Onboard       | 0
    cyd         |                  |              |               | 0
""")
TOUCHED = table("""
    customer_id | position | touchpoint   | occurred_at
    ada         | 7        | Support chat | 2026-01-20 10:00:00
    ada         | 3        | Use service  | 2026-01-19 10:00:00
    bob         | 1        | First login  | 2026-02-27 10:00:00
""")


def test_the_list_names_who_where_and_why() -> None:
    """By rank, with a masked contact, the silence in words and the last touchpoint."""
    found = listing.churn_list(SCORES, HISTORY, CUSTOMERS, TOUCHED, currency="EUR")

    expected = table("""
        rank | customer_id | contact          | silence                                             | stage   | last_touchpoint | reason
        1    | ada         | a***@example.org | no use for 41 days; usual gap 12 days                | Use     | Support chat    | no use for 3 times the usual gap
        2    | bob         | +44***99         | no use for 1 day after the only day of it           | Onboard | First login     | never came back after the first day
        3    | cyd         |                  | no use for less than a day; usual gap 1 day         |         |                 | too few days of use to count on the next
    """)
    assert_frame_equal(found.select(expected.columns), expected)
    assert found.schema == listing.CHURN_LIST


def test_the_list_is_read_from_a_runs_tables() -> None:
    """The first `limit` by rank, whoever else there is."""
    with duckdb.connect() as con:
        for name, frame in {
            "churn_scores": SCORES,
            "value_history": HISTORY,
            "customers": CUSTOMERS,
            "journey_events": TOUCHED,
            "parameters": pl.DataFrame({"currency": ["GBP"]}),
        }.items():
            con.register("given", frame)
            con.execute(f"create table {name} as select * from given")
            con.unregister("given")

        found = listing.listing(con, limit=2)

    assert found.select("customer_id", "currency").rows() == [("ada", "GBP"), ("bob", "GBP")]


@pytest.mark.parametrize(
    "cell", ["=1+1", "+44***12", "-2+3", "@SUM(A1)", "\t=1", " =cmd|' /C calc'!A0", "\r=1"]
)
def test_no_cell_of_the_csv_is_a_formula(tmp_path: Path, cell: str) -> None:
    """What a spreadsheet would run begins with an apostrophe instead."""
    listing.write_csv(pl.DataFrame({"contact": [cell], "churn_risk": [0.5]}), tmp_path / "list.csv")

    read = pl.read_csv(tmp_path / "list.csv")
    assert read["contact"].item() == "'" + cell
    assert read["churn_risk"].item() == 0.5


def test_ordinary_text_and_numbers_are_left_alone(tmp_path: Path) -> None:
    """An address, an empty cell and a negative number are no formulas."""
    plain = pl.DataFrame({"contact": ["a***@example.org", None], "value_cents": [-5, 3]})

    listing.write_csv(plain, tmp_path / "list.csv")

    assert_frame_equal(pl.read_csv(tmp_path / "list.csv"), plain)
