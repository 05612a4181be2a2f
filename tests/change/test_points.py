from datetime import date, timedelta

import numpy as np
import polars as pl

from pipeline.change.points import change_points, segments


def series(shares: list[float], count: int, seed: int) -> pl.DataFrame:
    """drop_off_days of one touchpoint on the mobile web, `count` visits a day."""
    lost = np.random.default_rng(seed).binomial(count, shares)
    return pl.DataFrame(
        [
            ("Order", "Buy", "web", "mobile", date(2026, 1, 1) + timedelta(days=n), count, one)
            for n, one in enumerate(lost.tolist())
        ],
        schema=[
            "touchpoint",
            "stage",
            "channel",
            "device_kind",
            "day_on",
            "settled_count",
            "ended_count",
        ],
        orient="row",
    )


def test_a_step_is_found_on_its_day() -> None:
    """From 20 % to 35 % on day 60 of 120, forty visits a day: one change, within two days."""
    found = change_points(series([0.2] * 60 + [0.35] * 60, 40, 1))

    (row,) = found.rows(named=True)
    assert abs((row["changed_on"] - date(2026, 3, 2)).days) <= 2
    assert (row["from_on"], row["to_on"]) == (date(2026, 1, 1), date(2026, 4, 30))
    assert row["difference_low"] > 0.08


def test_what_comes_and_goes_changes_twice() -> None:
    """Ten bad days within 120: the day they begin, and the day after them."""
    found = change_points(series([0.2] * 60 + [0.5] * 10 + [0.2] * 50, 40, 2)).sort("changed_on")

    assert found["changed_on"].to_list() == [date(2026, 3, 2), date(2026, 3, 12)]
    assert [value > 0 for value in found["difference"]] == [True, False]


def test_quiet_series_hardly_ever_change() -> None:
    """Of 100 series of the same chance every day four or fewer are said to change."""
    chance = np.random.default_rng(3)
    visits = np.full(60, 20)

    changed = [bool(segments(visits, chance.binomial(visits, 0.25))) for _ in range(100)]

    assert sum(changed) <= 4


def test_a_long_series_is_looked_at_by_the_week() -> None:
    """Two years of five visits a day: the change is told by the first day of its week."""
    found = change_points(series([0.2] * 350 + [0.4] * 350, 5, 6))

    (row,) = found.rows(named=True)
    apart = (row["changed_on"] - date(2026, 1, 1)).days
    assert apart % 7 == 0
    assert abs(apart - 350) <= 14
