from collections.abc import Callable
from datetime import datetime

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.change.transitions import PREVIOUS, nightly_changes, transition_changes
from tests.tables import table

# as_of is 2026-03-01 and dormancy 30 days: the last period ends with 2026-01-30.
VISITS = table("""
    customer_id | journey_number | visit_number | stage | last_touched_at            | next_stage | exit     | is_settled
    ada         | 1              | 1            | Buy   | 2026-01-30 00:00:00.000000 | Use        | advanced | true
    bob         | 1              | 1            | Buy   | 2026-01-29 23:59:59.999999 | Use        | advanced | true
    cleo        | 1              | 1            | Buy   | 2026-01-02 00:00:00.000000 | Use        | advanced | true
    dan         | 1              | 1            | Buy   | 2026-01-01 23:59:59.999999 |            | ended    | true
    eve         | 1              | 1            | Buy   | 2025-12-05 00:00:00.000000 |            | ended    | true
    fay         | 1              | 1            | Buy   | 2025-12-04 23:59:59.999999 |            | ended    | true
    gus         | 1              | 1            | Buy   | 2026-01-10 00:00:00.000000 |            | open     | false
""")  # noqa: E501


def test_both_periods_have_28_days_and_have_settled(run_model: Callable[..., pl.DataFrame]) -> None:
    """Ada is a moment too young, Cleo the oldest of the last period, Eve of the one before."""
    periods = run_model("transition_periods", stage_visits=VISITS).filter(from_name="Buy")

    expected = table("""
        to_name | before_count | after_count
        (ended) | 2            | 0
        Use     | 0            | 2
    """)
    assert_frame_equal(periods.select(expected.columns).sort("to_name"), expected)


def test_alike_transitions_of_one_customer_count_for_fewer(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Four customers of ten visits each, all alike: their forty tell as much as four.

    By hand: (4 / 3) * 4 * 5^2 over 40 / 4, that is 40 / 3. Forty customers of one visit each tell
    as much as forty.
    """
    rows = [
        (f"{name}{n}", n, "ended" if n % 2 else "completed", "2026-01-20 00:00:00")
        for n in range(4)
        for name in ["ada"] * 10
    ]
    visits = pl.DataFrame(
        rows, schema=["customer_id", "n", "exit", "last_touched_at"], orient="row"
    ).select(
        "customer_id",
        "exit",
        pl.col("last_touched_at").str.to_datetime(),
        journey_number=pl.int_range(pl.len()),
        visit_number=pl.lit(2),
        stage=pl.lit("Buy"),
    )
    alone = visits.with_columns(customer_id=pl.int_range(pl.len()).cast(pl.String))

    for frame, scatter in ((visits, 40 / 3), (alone, 40 / 39)):
        found = run_model("transition_periods", stage_visits=frame)
        assert found["scatter"].to_list() == pytest.approx([scatter] * 2)


def periods(*rows: tuple[str, int, int]) -> pl.DataFrame:
    """Counts before and after, of transitions from Buy."""
    return pl.DataFrame(
        [("stage", "Buy", *row, 1.0) for row in rows],
        schema=["grain", "from_name", "to_name", "before_count", "after_count", "scatter"],
        orient="row",
    )


def test_a_drop_off_that_rose_is_told_with_its_interval() -> None:
    """From 20 of 200 to 60 of 200: 20 points more, sure to lie above zero."""
    found = transition_changes(periods(("(ended)", 20, 60), ("Use", 180, 140)))

    (row,) = found.filter(to_name="(ended)").rows(named=True)
    assert row["difference"] == pytest.approx(0.2)
    assert 0 < row["difference_low"] < 0.2 < row["difference_high"]
    assert row["is_changed"]


def test_too_few_visits_are_shown_and_not_judged() -> None:
    """From 2 of 20 to 12 of 20 may be anything."""
    found = transition_changes(periods(("(ended)", 2, 12), ("Use", 18, 8)))

    assert found["difference"].to_list() == pytest.approx([0.5, -0.5])
    assert found["p_value"].to_list() == [None, None]
    assert not found["is_changed"].any()


def test_among_alike_periods_hardly_any_is_called_changed() -> None:
    """Of 200 rounds of twenty stages that do not change, one in ten at most claims a change."""
    chance = np.random.default_rng(5)
    claimed = 0
    for _ in range(200):
        ended = chance.binomial(200, 0.3, (20, 2))
        rows = pl.DataFrame(
            [
                ("stage", f"stage {n}", to, *counts, 1.0)
                for n, row in enumerate(ended.tolist())
                for to, counts in (("(ended)", row), ("next", [200 - one for one in row]))
            ],
            schema=["grain", "from_name", "to_name", "before_count", "after_count", "scatter"],
            orient="row",
        )
        claimed += bool(transition_changes(rows)["is_changed"].any())

    assert claimed / 200 <= 0.1


def settled(*rows: tuple[str, int]) -> pl.DataFrame:
    """Settled transitions from Buy."""
    return pl.DataFrame(
        [("stage", "Buy", *row) for row in rows],
        schema=["grain", "from_name", "to_name", "settled_count"],
        orient="row",
    )


BEFORE = settled(("(ended)", 100), ("Use", 900)).with_columns(
    previous_as_of=pl.lit(datetime(2026, 3, 1), dtype=pl.Datetime("us"))  # noqa: DTZ001
)


NO_SCATTER = pl.DataFrame(
    schema={"grain": pl.String, "from_name": pl.String, "to_name": pl.String, "scatter": pl.Float64}
)


def test_only_what_is_new_is_held_against_the_night_before() -> None:
    """Of 60 new visits 30 ended, of 1000 earlier ones 100 had: half against a tenth."""
    found = nightly_changes(BEFORE, settled(("(ended)", 130), ("Use", 930)), NO_SCATTER)

    (row,) = found.filter(to_name="(ended)").rows(named=True)
    assert (row["before_share"], row["after_share"]) == (0.1, 0.5)
    assert row["is_changed"]


def test_where_visits_are_gone_nothing_is_tested() -> None:
    """Fewer ended than the night before: customers were merged, and the rows say so."""
    found = nightly_changes(
        BEFORE, settled(("(ended)", 99), ("Use", 990), ("Renew", 5)), NO_SCATTER
    )

    assert found["is_restated"].to_list() == [True] * 3
    assert found["p_value"].null_count() == 3


def test_a_night_without_news_and_a_first_night_say_nothing() -> None:
    """No row where nothing settled since, nor where nothing was published before."""
    same = BEFORE.drop("previous_as_of")

    assert nightly_changes(BEFORE, same, NO_SCATTER).is_empty()
    assert nightly_changes(pl.DataFrame(schema=PREVIOUS), same, NO_SCATTER).is_empty()
