# ruff: noqa: E501 - a table as text is as wide as it is
"""The nightly claims about paths, retention, lifecycle and attribution see what breaks them."""

import duckdb
import polars as pl
import pytest

from pipeline.resources import sql_folder
from tests.tables import table

JOURNEYS = table("""
    customer_id | journey_number | outcome_touchpoint | status    | value_cents
    ada         | 1              | Order              | completed | 1001
    bob         | 1              |                    | open      | 0
""")
PATHS = table("""
    grain      | journey_count
    stage      | 2
    touchpoint | 1
    touchpoint | 1
""")
CREDITS = table("""
    outcome_touchpoint | status    | grain   | model | credit_millionths | value_cents
    Order              | completed | channel | last  | 400000            | 400
    Order              | completed | channel | last  | 600000            | 601
""")
FLOWS = table("""
    activity | period | period_on  | from_state | to_state | customer_count
    any      | week   | 2026-01-05 | (none)     | new      | 2
    any      | week   | 2026-01-12 | new        | current  | 1
    any      | week   | 2026-01-12 | new        | at risk  | 1
    any      | week   | 2026-01-12 | (none)     | new      | 1
""")
RETENTION = table("""
    clock    | entry | period | activity | cohort_on  | from_number | possible_count | retained_count
    calendar | first | day    | any      | 2026-01-05 | 0           | 2              | 2
    calendar | first | day    | any      | 2026-01-05 | 1           | 2              | 1
""")
DAYS = table("""
    touchpoint | touch_count
    Visit      | 2
    Order      | 1
""")
EVENTS = table("""
    customer_id | position
    ada         | 1
    ada         | 2
    bob         | 1
""")


def fails(claim: str, **frames: pl.DataFrame) -> bool:
    """Whether the claim is contradicted by the tables."""
    sql = (sql_folder() / "checks" / f"{claim}.sql").read_text()
    with duckdb.connect(config={"python_enable_replacements": False}) as con:
        for name, frame in frames.items():
            con.register(name, frame)
        return bool(con.sql(sql).fetchall())


@pytest.mark.parametrize(
    ("claim", "sound", "name", "column"),
    [
        (
            "paths_add_up_to_journeys",
            {"paths": PATHS, "journeys": JOURNEYS},
            "paths",
            "journey_count",
        ),
        (
            "credits_add_up_to_outcomes",
            {"attribution": CREDITS, "journeys": JOURNEYS},
            "attribution",
            "credit_millionths",
        ),
        (
            "credits_add_up_to_outcomes",
            {"attribution": CREDITS, "journeys": JOURNEYS},
            "attribution",
            "value_cents",
        ),
        (
            "lifecycle_flows_add_up_to_states",
            {"lifecycle_flows": FLOWS},
            "lifecycle_flows",
            "customer_count",
        ),
        (
            "everybody_is_back_in_the_period_they_came",
            {"retention": RETENTION},
            "retention",
            "retained_count",
        ),
        (
            "every_touchpoint_falls_on_a_day",
            {"touchpoint_days": DAYS, "journey_events": EVENTS},
            "touchpoint_days",
            "touch_count",
        ),
    ],
)
def test_a_claim_fails_where_one_count_is_off_by_one(
    claim: str, sound: dict[str, pl.DataFrame], name: str, column: str
) -> None:
    """It holds for tables that agree, and not once the first row has one less."""
    first = pl.int_range(pl.len()) == 0
    off = sound[name].with_columns(pl.col(column) - first.cast(pl.Int64))

    assert not fails(claim, **sound)
    assert fails(claim, **{**sound, name: off})


def test_an_outcome_without_credit_fails() -> None:
    """A rule that leaves one out is no rule."""
    assert fails("credits_add_up_to_outcomes", attribution=CREDITS.clear(), journeys=JOURNEYS)
