"""The hidden Markov model against every path of states, one by one."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.learned import hidden
from pipeline.learned.runs import Runs, laid_out

SYMBOLS = 3
RUNS = st.lists(
    st.lists(st.integers(0, SYMBOLS - 1), min_size=1, max_size=5), min_size=1, max_size=4
)


def chain(count: int, seed: int, restarts: int = 1) -> hidden.Chain:
    """A random chain."""
    drawn = np.random.default_rng(seed)

    def shares(*shape: int) -> Any:
        counts = drawn.gamma(1.0, size=shape) + 0.05
        return counts / counts.sum(axis=-1, keepdims=True)

    return hidden.Chain(
        shares(restarts, count), shares(restarts, count, count), shares(restarts, count, SYMBOLS)
    )


def runs_of(symbols: list[list[int]], weights: list[float] | None = None) -> Runs:
    """Runs, each there once if nothing else is said."""
    return laid_out(
        np.array([symbol for run in symbols for symbol in run]),
        np.array([len(run) for run in symbols]),
        np.array(weights or [1.0] * len(symbols)),
    )


def brute(one: hidden.Chain, run: list[int]) -> tuple[float, Any, Any, float]:
    """Likelihood, states by symbol, steps and entropy of the path, by enumeration."""
    count = one.start.shape[1]
    paths = list(itertools.product(range(count), repeat=len(run)))
    chances = np.array(
        [
            one.start[0, path[0]]
            * np.prod([one.move[0, a, b] for a, b in itertools.pairwise(path)])
            * np.prod([one.show[0, state, symbol] for state, symbol in zip(path, run, strict=True)])
            for path in paths
        ]
    )
    whole = chances.sum()
    shares = chances / whole
    states, moves = np.zeros((len(run), count)), np.zeros((count, count))
    for path, share in zip(paths, shares, strict=True):
        for place, state in enumerate(path):
            states[place, state] += share
        for a, b in itertools.pairwise(path):
            moves[a, b] += share
    return np.log(whole), states, moves, float(-(shares * np.log(shares)).sum())


@given(symbols=RUNS, count=st.integers(1, 3), seed=st.integers(0, 10_000))
def test_forward_and_backward_equal_all_paths(
    symbols: list[list[int]], count: int, seed: int
) -> None:
    """Likelihood, states, starts, steps and what stays open of the path."""
    one, runs = chain(count, seed), runs_of(symbols)

    found = hidden.posterior(one, runs)

    told = [brute(one, run) for run in symbols]
    states = np.empty((len(runs.symbols), count))
    states[runs.own] = found.states[0].T
    assert found.log_likelihood[0] == pytest.approx(sum(part[0] for part in told))
    assert states == pytest.approx(np.concatenate([part[1] for part in told]))
    assert found.moves[0] == pytest.approx(sum(part[2] for part in told))
    assert found.start[0] == pytest.approx(sum(part[1][0] for part in told))
    entropy = hidden.path_entropy(one, found, runs)
    assert entropy == pytest.approx(sum(part[3] for part in told), abs=1e-9)


@given(symbols=RUNS, seed=st.integers(0, 10_000))
def test_a_run_that_is_there_twice_counts_twice(symbols: list[list[int]], seed: int) -> None:
    """A weight of two says what the run said twice says."""
    one = chain(2, seed)
    twice = runs_of([*symbols, symbols[0]])
    weighted = runs_of(symbols, [2.0, *[1.0] * (len(symbols) - 1)])

    found, same = hidden.posterior(one, twice), hidden.posterior(one, weighted)

    assert same.log_likelihood == pytest.approx(found.log_likelihood)
    assert same.moves == pytest.approx(found.moves)
    assert hidden.path_entropy(one, same, weighted) == pytest.approx(
        hidden.path_entropy(one, found, twice), abs=1e-9
    )


@given(symbols=RUNS, seed=st.integers(0, 10_000))
def test_restarts_do_not_touch_each_other(symbols: list[list[int]], seed: int) -> None:
    """Three chains at once give what each gives alone."""
    three, runs = chain(2, seed, restarts=3), runs_of(symbols)

    together = hidden.posterior(three, runs)

    for number in range(3):
        own = slice(number, number + 1)
        alone = hidden.posterior(
            hidden.Chain(three.start[own], three.move[own], three.show[own]), runs
        )
        assert together.log_likelihood[number] == pytest.approx(alone.log_likelihood[0])
        assert together.moves[number] == pytest.approx(alone.moves[0])


@given(symbols=RUNS, count=st.integers(1, 3), seed=st.integers(0, 10_000))
def test_no_step_of_a_fit_loses(symbols: list[list[int]], count: int, seed: int) -> None:
    """Log-likelihood and prior rise or stay, from whatever beginning."""
    runs, common = runs_of(symbols), np.array([0.5, 0.3, 0.2])
    one = chain(count, seed)
    reached = []
    for _ in range(6):
        found = hidden.posterior(one, runs)
        reached.append(hidden.objective(one, found, common)[0])
        one = hidden.maximised(found, runs, common)

    assert np.diff(reached).min() > -1e-9


def test_a_long_run_does_not_vanish() -> None:
    """Five thousand symbols have a likelihood too small for a number, and a logarithm."""
    drawn = np.random.default_rng(1)
    runs = runs_of([drawn.integers(0, SYMBOLS, 5_000).tolist()])

    found = hidden.posterior(chain(3, 1), runs)

    assert np.isfinite(found.log_likelihood).all()
    assert found.states.sum(axis=1) == pytest.approx(np.ones((1, 5_000)))


def test_fits_repeat() -> None:
    """The same seed finds the same chain, to the last bit."""
    drawn = np.random.default_rng(2)
    runs = runs_of([drawn.integers(0, SYMBOLS, 20).tolist() for _ in range(40)])
    common = np.full(SYMBOLS, 1 / SYMBOLS)

    first, again = (hidden.fitted(runs, 2, common, restarts=3, seed=5) for _ in range(2))

    assert (first.chain.move == again.chain.move).all()
    assert first.objective == again.objective
    assert np.diff(first.objective).min() > -1e-9
