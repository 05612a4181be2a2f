"""The adjusted Rand index."""

import numpy as np
import pytest

from pipeline.learned.agreement import adjusted_rand


@pytest.mark.parametrize(
    ("left", "right", "index"),
    [
        ([0, 0, 1, 1], [5, 5, 3, 3], 1.0),
        ([0, 0, 1, 1], [0, 0, 1, 2], 4 / 7),
        ([0, 0, 1, 1], [0, 1, 0, 1], -0.5),
        ([0, 0, 0], [1, 1, 1], 1.0),
        ([0, 1, 2], [2, 0, 1], 1.0),
        ([0, 0, 0, 0], [0, 0, 1, 1], 0.0),
    ],
)
def test_known_values(left: list[int], right: list[int], index: float) -> None:
    """By hand from pairs: 1 under other names, less than nothing for the opposite."""
    assert adjusted_rand(np.array(left), np.array(right)) == pytest.approx(index)


def test_chance_agrees_with_nothing() -> None:
    """Two random groupings of many things lie near 0, however unequal their groups."""
    drawn = np.random.default_rng(1)
    left, right = drawn.choice(3, 20_000, p=[0.8, 0.1, 0.1]), drawn.choice(5, 20_000)

    assert abs(adjusted_rand(left, right)) < 0.01


def test_one_thing_cannot_agree() -> None:
    """Without a pair there is no index."""
    assert np.isnan(adjusted_rand(np.array([1]), np.array([1])))
