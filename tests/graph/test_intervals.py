import numpy as np
import polars as pl
import pytest

from pipeline.graph import absorption, bootstrap
from pipeline.graph.counts import counted, groups
from pipeline.graph.edges import COMPLETED, ENDED, START
from pipeline.graph.nodes import intervals
from tests.graph.journeys import Journey, chain_steps, journeys_of

LAW = {
    (START,): {"a": 0.7, "b": 0.3},
    ("a",): {"b": 0.5, "a": 0.1, COMPLETED: 0.1, ENDED: 0.3},
    ("b",): {"a": 0.2, COMPLETED: 0.5, ENDED: 0.3},
}


def truth() -> dict[str, float]:
    """From a: x = 0.1 x + 0.5 y + 0.1, from b: y = 0.2 x + 0.5; and without b."""
    from_a, from_b = np.linalg.solve([[0.9, -0.5], [-0.2, 1.0]], [0.1, 0.5])
    start = 0.7 * from_a + 0.3 * from_b
    return {"goal": start, "removal": 1 - 0.7 * (0.1 / 0.9) / start}


@pytest.mark.parametrize("count", [pytest.param(1_000, marks=pytest.mark.long), 150])
def test_intervals_hold_the_truth_as_often_as_they_say(count: int) -> None:
    """Of companies drawn by a known law, 91 to 99 in a hundred hold chance and effect."""
    rng = np.random.default_rng(3)
    held = {"goal": 0, "removal": 0}
    companies = 200 if count > 500 else 60
    for company in range(companies):
        steps = chain_steps(journeys_of(LAW, 1, count, rng))
        counts = counted(steps, "stage", 1)
        bounds = intervals(counts, bootstrap.weights(len(groups(steps)), company))
        rows = bounds.rows_by_key("name", named=True, unique=True)
        held["goal"] += (
            rows[START]["absorption_low"] <= truth()["goal"] <= rows[START]["absorption_high"]
        )
        held["removal"] += (
            rows["b"]["removal_low"] <= truth()["removal"] <= rows["b"]["removal_high"]
        )
    # Three binomial standard deviations around 95 %.
    slack = 3 * np.sqrt(0.95 * 0.05 / companies)
    assert all(abs(count / companies - 0.95) <= slack for count in held.values()), held


def test_customers_are_drawn_and_not_journeys() -> None:
    """Ten journeys alike of each customer say no more than one: the interval stays as wide."""
    rng = np.random.default_rng(5)
    journeys = journeys_of(LAW, 1, 200, rng)

    one, ten = (
        intervals(counted(chain_steps(given), "stage", 1), bootstrap.weights(200, 1))
        for given in (journeys, journeys * 10)
    )

    assert one["absorption_low"].to_list() == pytest.approx(ten["absorption_low"].to_list())
    assert one["removal_high"].to_list() == pytest.approx(ten["removal_high"].to_list())


def test_an_instant_draws_the_same_again() -> None:
    """The same seed gives the same draws to the last bit; another one others."""
    assert np.array_equal(bootstrap.weights(50, 1), bootstrap.weights(50, 1))
    assert not np.array_equal(bootstrap.weights(50, 1), bootstrap.weights(50, 2))


@pytest.mark.parametrize(("groups_", "is_given"), [(29, False), (30, True)])
def test_few_customers_have_no_interval(groups_: int, is_given: bool) -> None:  # noqa: FBT001
    """Below 30 groups of customers an interval would say more than is known."""
    journeys = [
        Journey(f"{number:02}", ["a"], COMPLETED if number % 2 else ENDED)
        for number in range(groups_)
    ]

    bounds = intervals(counted(chain_steps(journeys), "stage", 1), bootstrap.weights(groups_, 1))

    assert (bounds["absorption_low"].null_count() == 0) is is_given


def test_a_number_that_often_does_not_exist_has_no_interval() -> None:
    """One completion of one customer: in a third of the draws there is none, and no way to it."""
    journeys = [
        Journey("00", ["a"], COMPLETED),
        *(Journey(f"{number:02}", ["a"], ENDED) for number in range(1, 40)),
    ]
    steps = chain_steps(journeys)

    bounds = intervals(counted(steps, "stage", 1), bootstrap.weights(40, 1))

    row = bounds.filter(pl.col("name") == "a").row(0, named=True)
    assert row["expected_steps_low"] is None
    assert row["absorption_low"] == 0
    assert row["absorption_high"] > 1 / 40


def test_memory_is_bounded() -> None:
    """Large chains are solved a few at a time."""
    journeys = [Journey("00", [f"n{number:03}"], COMPLETED) for number in range(300)]
    counts = counted(chain_steps(journeys), "stage", 1)
    weights = np.ones((400, 1))

    sizes = [len(some) for some in absorption.batches(counts, weights)]

    assert sum(sizes) == 400
    assert max(sizes) * 303**2 <= absorption.NUMBERS_AT_ONCE
