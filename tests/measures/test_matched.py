"""Stratified differences of shares."""

import numpy as np
import polars as pl
import pytest

from pipeline.measures.matched import GROUPS, matched
from pipeline.proportions import difference


def spread(stratum: str, arm: str, visits: int, completed: int) -> pl.DataFrame:
    """Visits of one arm, each of another group of customers, completed ones evenly among them."""
    chosen = np.linspace(0, visits - 1, completed).round().astype(int) if completed else []
    done = np.isin(np.arange(visits), chosen)
    return pl.DataFrame(
        {
            "stratum": [stratum] * visits,
            "arm": [arm] * visits,
            "customer_group": [f"{number % GROUPS:02x}" for number in range(visits)],
            "visit_count": [1] * visits,
            "completed_count": done.astype(int),
        },
        schema={
            "stratum": pl.String,
            "arm": pl.String,
            "customer_group": pl.String,
            "visit_count": pl.Int64,
            "completed_count": pl.Int64,
        },
    )


def counts(*parts: tuple[str, str, int, int]) -> pl.DataFrame:
    """Cells of several strata and arms."""
    return pl.concat([spread(*part) for part in parts])


def test_strata_are_compared_within_and_weighted_as_mantel_and_haenszels() -> None:
    """Of 40 and 60 a half more, of 20 and 20 none: weights of 24 and 10."""
    found = matched(
        counts(
            ("early", "met", 40, 32), ("early", "other", 60, 18),
            ("late", "met", 20, 10), ("late", "other", 20, 10),
        ),
        "met",
        "other",
    )  # fmt: skip

    assert found.value == pytest.approx(24 / 34 * 0.5)
    assert found.share == pytest.approx((24 * 0.8 + 10 * 0.5) / 34)
    assert (found.count, found.other_count) == (60, 80)


def test_what_the_mix_alone_makes_is_no_difference() -> None:
    """Simpson's: later visits complete more often and meet it more often; within, all is alike."""
    found = matched(
        counts(
            ("early", "met", 40, 8), ("early", "other", 160, 32),
            ("late", "met", 160, 128), ("late", "other", 40, 32),
        ),
        "met",
        "other",
    )  # fmt: skip

    assert found.value == pytest.approx(0, abs=1e-12)
    assert found.p > 0.9


def test_a_stratum_with_one_arm_tells_nothing() -> None:
    """It is neither counted nor compared."""
    both = [("early", "met", 50, 25), ("early", "other", 50, 10)]

    found = matched(counts(*both), "met", "other")
    with_one = matched(counts(*both, ("late", "met", 90, 90)), "met", "other")

    assert (with_one.value, with_one.count) == (found.value, 50)


def test_the_interval_of_independent_visits_is_the_binomial_one() -> None:
    """Drawn a hundred times over, 95 % intervals hold the true difference 88 times or more."""
    chance = np.random.default_rng(5)
    inside = 0
    for _ in range(100):
        parts = []
        for stratum, base in (("early", 0.3), ("late", 0.6)):
            for arm, more, size in (("met", 0.1, 120), ("other", 0.0, 200)):
                rows = spread(stratum, arm, size, 0)
                drawn = chance.random(size) < base + more
                groups = [f"{one:02x}" for one in chance.integers(0, GROUPS, size)]
                parts.append(
                    rows.with_columns(
                        completed_count=pl.Series(drawn.astype(int)),
                        customer_group=pl.Series(groups),
                    )
                )
        found = matched(pl.concat(parts), "met", "other")
        inside += found.low <= 0.1 <= found.high

    assert 88 <= inside <= 100


def test_visits_of_the_same_customers_widen_the_interval() -> None:
    """Ten visits of each of thirty-two customers say as much as one, not as ten."""
    one = counts(("early", "met", 32, 16), ("early", "other", 32, 8))
    # The first half of the customers completes, the others do not.
    alike = one.with_columns(
        completed_count=(
            pl.col("customer_group").str.to_integer(base=16)
            < pl.when(pl.col("arm") == "met").then(16).otherwise(8)
        ).cast(pl.Int64)
    )
    tenfold = alike.with_columns(
        visit_count=pl.col("visit_count") * 10, completed_count=pl.col("completed_count") * 10
    )

    found = matched(tenfold, "met", "other")
    naive = difference([160], [320], [80], [320])

    assert found.high - found.low > 2 * (naive.high - naive.low).item()


def test_agreement_of_all_is_not_certainty() -> None:
    """Where every visit of one arm completes and none of the other's, there is still an error."""
    found = matched(counts(("early", "met", 64, 64), ("early", "other", 64, 0)), "met", "other")

    assert found.value == 1.0
    assert 0.01 < found.error < 0.05


@pytest.mark.parametrize(
    "cells",
    [
        [("early", "met", 29, 15), ("early", "other", 200, 100)],
        [("early", "met", 200, 2), ("early", "other", 200, 2)],
        [("early", "met", 200, 100)],
        [],
    ],
    ids=["29 visits", "four completions", "one arm", "nothing"],
)
def test_arms_that_carry_no_test_have_no_difference(cells: list[tuple[str, str, int, int]]) -> None:
    """Thirty visits in each, and five to be expected in every cell."""
    empty = spread("early", "met", 1, 0).clear()

    found = matched(pl.concat([empty, *(spread(*cell) for cell in cells)]), "met", "other")

    assert np.isnan(found.value)
    assert np.isnan(found.p)
