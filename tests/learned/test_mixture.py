"""The mixture of Markov chains, on customers a reader can count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from pipeline.learned import mixture

# Cells of places a and b: a to b, a to c, b to a, b to c.
TAILS = np.array([0, 0, 1, 1])
ROWS = st.lists(st.lists(st.integers(0, 5), min_size=4, max_size=4), min_size=2, max_size=8)


def steps_of(rows: list[list[int]], weights: list[float] | None = None) -> mixture.Steps:
    """Steps of customers, each there once if nothing else is said."""
    return mixture.Steps(
        sparse.csr_array(np.array(rows, dtype=float)),
        TAILS,
        np.array(weights or [1.0] * len(rows)),
    )


def test_who_belongs_where_is_bayes_rule() -> None:
    """Sizes 0.25 and 0.75; two steps of chances 0.8, 0.9 against 0.2, 0.5."""
    chains = np.array([[0.8, 0.2], [0.2, 0.8], [0.9, 0.5], [0.1, 0.5]])
    found = mixture.Mixture(np.array([[0.25, 0.75]]), chains)

    chances, whole = mixture.belonging(found, steps_of([[1, 0, 1, 0]]))

    likely = np.array([0.25 * 0.8 * 0.9, 0.75 * 0.2 * 0.5])
    assert chances[0, 0] == pytest.approx(likely / likely.sum())
    assert whole[0, 0] == pytest.approx(np.log(likely.sum()))


def test_chains_are_shares_of_each_place() -> None:
    """With all customers in one chain: three of four from a go to b, half of those from b to a.

    And one step from each place beforehand, spread as all steps are (3.5 to 1.5, 1.5 to 1.5).
    """
    steps = steps_of([[2, 1, 1, 0], [1, 0, 0, 1]])

    found = mixture.maximised(np.ones((2, 1, 1)), steps)

    assert steps.common == pytest.approx([0.7, 0.3, 0.5, 0.5])
    assert found.chains[:, 0] == pytest.approx([3.7 / 5, 1.3 / 5, 0.5, 0.5])


@given(rows=ROWS, count=st.integers(1, 3), seed=st.integers(0, 10_000))
def test_no_step_of_a_fit_loses(rows: list[list[int]], count: int, seed: int) -> None:
    """Log-likelihood and prior rise or stay, from whatever beginning."""
    steps = steps_of(rows)
    drawn = np.random.default_rng(seed)
    found = mixture.maximised(drawn.dirichlet(np.ones(count), size=(len(rows), 1)), steps)
    reached = []
    for _ in range(6):
        chances, whole = mixture.belonging(found, steps)
        reached.append(mixture.objective(found, whole, steps)[0])
        found = mixture.maximised(chances, steps)

    assert np.diff(reached).min() > -1e-9


@given(rows=ROWS, seed=st.integers(0, 10_000))
def test_a_customer_who_is_there_twice_counts_twice(rows: list[list[int]], seed: int) -> None:
    """A weight of two says what the same steps twice say."""
    drawn = np.random.default_rng(seed)
    chances = drawn.dirichlet(np.ones(2), size=(len(rows), 1))

    twice = mixture.maximised(np.concatenate([chances, chances[:1]]), steps_of([*rows, rows[0]]))
    weighted = mixture.maximised(chances, steps_of(rows, [2.0, *[1.0] * (len(rows) - 1)]))

    assert weighted.chains == pytest.approx(twice.chains)
    assert weighted.sizes == pytest.approx(twice.sizes)


def test_two_kinds_are_told_apart() -> None:
    """Forty who go round by b and forty who go to c at once: two chains, no doubt."""
    steps = steps_of([[6, 0, 5, 1]] * 40 + [[0, 6, 0, 0]] * 40)

    fit = mixture.fitted(steps, 2, restarts=3, seed=1)

    chances, _ = mixture.belonging(fit.mixture, steps)
    label = chances[:, 0].argmax(axis=1)
    assert len(set(label[:40])) == 1
    assert set(label[40:]) == {1 - label[0]}
    assert fit.entropy < 0.1
    assert fit.parameter_count == 1 + 2 * 2
