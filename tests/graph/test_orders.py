import math

import numpy as np
import pytest

from pipeline.graph.edges import COMPLETED, ENDED
from pipeline.graph.orders import chain_orders, chosen
from tests.graph.journeys import Journey, chain_steps, journeys_of, law


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_planted_order_is_chosen(order: int, seed: int) -> None:
    """1,500 journeys whose next step depends on one name, or on two."""
    rng = np.random.default_rng(seed)
    planted = law(["a", "b", "c"], order, rng)

    found = chain_orders(chain_steps(journeys_of(planted, order, 1_500, rng)), "stage")

    assert chosen(found, "stage") == order


def test_a_memory_of_three_is_seen() -> None:
    """What follows c depends on the name two before it alone."""
    rng = np.random.default_rng(1)
    journeys = [
        Journey("00", [str(first), "b", "c"], COMPLETED if (first == "a") ^ (luck < 0.1) else ENDED)
        for first, luck in zip(rng.choice(["a", "d"], 500), rng.random(500), strict=True)
    ]

    assert chosen(chain_orders(chain_steps(journeys), "stage"), "stage") == 3


def test_criteria_are_those_of_the_counts() -> None:
    """Six complete and two end after a; what never followed is no parameter."""
    journeys = [*[Journey("00", ["a"], COMPLETED)] * 6, *[Journey("00", ["a"], ENDED)] * 2]

    found = chain_orders(chain_steps(journeys), "stage")

    likelihood = 6 * math.log(6 / 8) + 2 * math.log(2 / 8)
    assert found["log_likelihood"].to_list() == pytest.approx([likelihood] * 3)
    assert found["parameter_count"].to_list() == [1, 1, 1]
    assert found["settled_count"].to_list() == [16, 16, 16]
    assert found["bic"].to_list() == pytest.approx([math.log(16) - 2 * likelihood] * 3)
    assert found["aic"].to_list() == pytest.approx([2 - 2 * likelihood] * 3)
    # All alike: the shortest memory.
    assert found["is_chosen"].to_list() == [True, False, False]


def test_all_orders_foretell_the_same_steps() -> None:
    """A longer memory is never less likely, and counts no step more or less."""
    rng = np.random.default_rng(4)
    steps = chain_steps(journeys_of(law(["a", "b"], 2, rng), 2, 200, rng))

    found = chain_orders(steps, "stage")

    assert found["settled_count"].n_unique() == 1
    assert found["log_likelihood"].is_sorted()
    assert found["parameter_count"].is_sorted()


def test_without_steps_nothing_is_chosen() -> None:
    """No row, and order 1 where somebody must know."""
    nothing = chain_steps([])

    assert chain_orders(nothing, "stage").is_empty()
    assert chosen(chain_orders(nothing, "stage"), "stage") == 1
