from datetime import date

import numpy as np
import polars as pl
import pytest

from pipeline.causes.periods import FEW, periods, standing_out


def test_a_planted_run_of_days_is_found() -> None:
    """Ten days of 40 % among 180 of 20 %, thirty visits a day: the days, within one or two."""
    chance = np.random.default_rng(1)
    share = np.full(180, 0.2)
    share[90:100] = 0.4
    found = standing_out(np.full(180, 30), chance.binomial(30, share))

    assert found is not None
    assert abs(found.first - 90) <= 2
    assert abs(found.last - 99) <= 2
    assert found.p < 1e-4


def test_chance_alone_seldom_stands_out() -> None:
    """Of 300 quiet series at most one in ten has a p of 0.05 or less, and none of 0.0001."""
    chance = np.random.default_rng(2)
    visits = np.full(120, 12)
    found = [standing_out(visits, chance.binomial(visits, 0.2)) for _ in range(300)]

    p = np.array([one.p for one in found if one is not None])
    assert len(p) == 300
    assert (p <= 0.05).mean() <= 0.1
    assert p.min() > 1e-4


def test_days_that_scatter_anyway_need_more() -> None:
    """Where whole days are good or bad, one run of bad days is no news."""
    chance = np.random.default_rng(3)
    share = chance.beta(1, 4, 150)
    lost = chance.binomial(40, share)

    found = standing_out(np.full(150, 40), lost)

    assert found is not None
    assert found.p > 0.01


@pytest.mark.parametrize(("visits", "is_looked_at"), [(FEW, True), (FEW - 1, False)])
def test_too_few_visits_are_not_looked_at(visits: int, is_looked_at: bool) -> None:  # noqa: FBT001
    """Thirty visits on one of two days are enough; one fewer on every day is not."""
    found = standing_out(np.array([visits, visits]), np.array([visits // 2, 0]), most_days=1)

    assert (found is not None) == is_looked_at


def test_days_without_a_visit_are_days() -> None:
    """A gap in the series moves no day: the bad third week is told by its dates."""
    rows = [
        (date(2026, 1, day), 30, 20 if 15 <= day <= 21 else 3) for day in range(1, 31) if day != 9
    ]
    cells = pl.DataFrame(
        [("touchpoint", "Order", "(all)", *row) for row in rows],
        schema=["grain", "name", "cell", "day_on", "visit_count", "lost_count"],
        orient="row",
    )

    (found,) = periods(cells).rows(named=True)

    assert (found["from_on"], found["to_on"]) == (date(2026, 1, 15), date(2026, 1, 21))
    assert (found["settled_count"], found["lost_count"]) == (210, 140)
