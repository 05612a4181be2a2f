"""A hidden Markov model of runs of symbols: what is seen hangs on a state that nobody sees.

Rule: every array of a chain has the restart first, so that all restarts take a step at once; the
posterior is exact, by scaled forward and backward passes, and one maximisation never lowers the
objective.
Sources: Rabiner, A tutorial on hidden Markov models (Proceedings of the IEEE 77, 1989), with its
scaling; the entropy of a path: Hernando, Crespi and Cybenko (IEEE Transactions on Information
Theory 51, 2005), summed here over the posterior of each step.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from pipeline.learned.runs import Numbers, Runs

PRIOR = 1.0  # observations that each distribution is given beforehand, spread as all are
STICKY = 0.8  # the chance to stay that a fit begins with
SHORT = 6  # steps that each restart is tried for
LONG = 60  # steps that the best one is followed for, at most
ENOUGH = 1e-5  # relative gain of a step below which nothing more is to be gained


@dataclass(frozen=True, slots=True)
class Chain:
    """States and what they show, for every restart.

    Attributes:
        start: Chances of the first state: restart, state.
        move: Chances of the next one: restart, from, to.
        show: Chances of each symbol: restart, state, symbol.
    """

    start: Numbers
    move: Numbers
    show: Numbers


@dataclass(frozen=True, slots=True)
class Posterior:
    """What runs say of the states behind them.

    Attributes:
        log_likelihood: Of all runs, each as often as it is there: by restart.
        states: Chance of each state at each symbol: restart, state, symbol.
        start: Expected number of runs that begin in each state: restart, state.
        moves: Expected number of steps: restart, from, to.
    """

    log_likelihood: Numbers
    states: Numbers
    start: Numbers
    moves: Numbers


@dataclass(frozen=True, slots=True)
class Fit:
    """The best chain found.

    Attributes:
        chain: With one restart left.
        objective: What each step reached: log-likelihood and prior; never falls.
        log_likelihood: Of the chain.
        entropy: How much the runs leave open of the path of states, in nats.
        parameter_count: Free ones.
    """

    chain: Chain
    objective: tuple[float, ...]
    log_likelihood: float
    entropy: float
    parameter_count: int


def posterior(chain: Chain, runs: Runs) -> Posterior:
    """The chance of every state at every symbol, given its whole run."""
    restarts, count = chain.start.shape
    starts = [int(start) for start in runs.starts]
    instants = range(len(starts) - 1)
    likely = chain.show[:, :, runs.symbols]
    forward = np.empty_like(likely)
    scale = np.empty((restarts, len(runs.symbols)))
    turned = np.ascontiguousarray(chain.move.transpose(0, 2, 1))
    for t in instants:
        here = forward[:, :, starts[t] : starts[t + 1]]
        if t:
            width = starts[t + 1] - starts[t]
            np.matmul(turned, forward[:, :, starts[t - 1] : starts[t - 1] + width], out=here)
        else:
            here[:] = chain.start[:, :, None]
        here *= likely[:, :, starts[t] : starts[t + 1]]
        whole = scale[:, starts[t] : starts[t + 1]]
        np.sum(here, axis=1, out=whole)
        here /= whole[:, None]
    # From here on: what is seen, and what follows it, by state.
    likely /= scale[:, None]
    backward = np.ones_like(likely)
    for t in reversed(instants[1:]):
        here = likely[:, :, starts[t] : starts[t + 1]]
        here *= backward[:, :, starts[t] : starts[t + 1]]
        width = starts[t + 1] - starts[t]
        np.matmul(chain.move, here, out=backward[:, :, starts[t - 1] : starts[t - 1] + width])
    states = forward * backward
    moves = np.zeros((restarts, count, count))
    if len(instants) > 1:
        past = forward[:, :, runs.before] * runs.weights[starts[1] :]
        moves = (past @ likely[:, :, starts[1] :].transpose(0, 2, 1)) * chain.move
    return Posterior(
        log_likelihood=np.log(scale) @ runs.weights,
        states=states,
        start=states[:, :, : starts[1]] @ runs.weights[: starts[1]],
        moves=moves,
    )


def maximised(found: Posterior, runs: Runs, common: Numbers) -> Chain:
    """The chain under which what was found is likeliest, with PRIOR spread as `common` is."""
    restarts, count, _ = found.states.shape
    weighted = found.states * runs.weights
    shown = np.stack(
        [
            np.bincount(runs.symbols, weighted[restart, state], minlength=len(common))
            for restart in range(restarts)
            for state in range(count)
        ]
    ).reshape(restarts, count, len(common))
    return Chain(
        start=_shares(found.start + PRIOR / count),
        move=_shares(found.moves + PRIOR / count),
        show=_shares(shown + PRIOR * common),
    )


def objective(chain: Chain, found: Posterior, common: Numbers) -> Numbers:
    """What a step of the fit never lowers, by restart: log-likelihood and log prior."""
    count = chain.start.shape[1]
    even = PRIOR / count
    reached: Numbers = (
        found.log_likelihood
        + even * np.log(chain.start).sum(axis=1)
        + even * np.log(chain.move).sum(axis=(1, 2))
        + PRIOR * (common * np.log(chain.show)).sum(axis=(1, 2))
    )
    return reached


def fitted(runs: Runs, count: int, common: Numbers, *, restarts: int, seed: int) -> Fit:
    """The best of some restarts, tried for SHORT steps and then followed to its end.

    Args:
        runs: What is seen.
        count: Of states.
        common: The share of each symbol in all runs; none of them 0.
        restarts: The first begins with states as parts of the way, the others at random.
        seed: Of the random ones.
    """
    tried = _begun(runs, count, common, restarts=restarts if count > 1 else 1, seed=seed)
    found = posterior(tried, runs)
    for _ in range(SHORT if count > 1 else 0):
        tried = maximised(found, runs, common)
        found = posterior(tried, runs)
    best = int(np.argmax(objective(tried, found, common)))
    chain = Chain(*(array[best : best + 1] for array in (tried.start, tried.move, tried.show)))
    reached: list[float] = []
    for _ in range(LONG):
        found = posterior(chain, runs)
        reached.append(float(objective(chain, found, common)[0]))
        if len(reached) > 1 and reached[-1] - reached[-2] < ENOUGH * abs(reached[-1]):
            break
        chain = maximised(found, runs, common)
    else:
        found = posterior(chain, runs)
        reached.append(float(objective(chain, found, common)[0]))
    return Fit(
        chain=chain,
        objective=tuple(reached),
        log_likelihood=float(found.log_likelihood[0]),
        entropy=path_entropy(chain, found, runs),
        parameter_count=(count - 1) + count * (count - 1) + count * (len(common) - 1),
    )


def path_entropy(chain: Chain, found: Posterior, runs: Runs) -> float:
    """How much is left open of the paths of states, given the runs, in nats; of one restart.

    Entropy of the first state, and of each next one given the one before it.
    """
    states = found.states[0].T
    first = runs.starts[1]
    open_first = -(xlogy(states[:first], states[:first]).sum(axis=1) * runs.weights[:first]).sum()
    if len(states) == first:
        return max(float(open_first), 0.0)
    # The chance of a step, given the run: that of where it ends, times that of having come so.
    ahead = states[first:]
    back = np.empty((len(ahead), *chain.move.shape[1:]))
    forward = _filtered(chain, runs)[runs.before]
    back[:] = forward[:, :, None] * chain.move[0][None]
    arrived = back.sum(axis=1, keepdims=True)
    back *= np.divide(ahead[:, None, :], arrived, out=np.zeros_like(arrived), where=arrived > 0)
    left = xlogy(back, back).sum(axis=(1, 2)) - xlogy(states[runs.before], states[runs.before]).sum(
        axis=1
    )
    # Of one state nothing is open, and rounding must not say less.
    return max(float(open_first - (left * runs.weights[first:]).sum()), 0.0)


def _filtered(chain: Chain, runs: Runs) -> Numbers:
    """The chance of each state at each symbol, given the run up to it; of one restart."""
    likely = chain.show[0][:, runs.symbols].T
    forward: Numbers = np.empty_like(likely)
    for t in range(len(runs.starts) - 1):
        here = slice(runs.starts[t], runs.starts[t + 1])
        width = runs.starts[t + 1] - runs.starts[t]
        start = runs.starts[t - 1] if t else 0
        past = forward[start : start + width] @ chain.move[0] if t else chain.start[0][None]
        reached = past * likely[here]
        forward[here] = reached / reached.sum(axis=1, keepdims=True)
    return forward


def _begun(runs: Runs, count: int, common: Numbers, *, restarts: int, seed: int) -> Chain:
    """Where fits begin."""
    drawn = np.random.default_rng([seed, count])
    noise = drawn.gamma(1.0, size=(restarts, count, len(common)))
    show = _shares(common * (noise + 0.05))
    length = np.bincount(runs.run)[runs.run]
    instant = np.repeat(np.arange(len(runs.starts) - 1), np.diff(runs.starts))
    part = instant * count // length
    shown = np.stack(
        [
            np.bincount(
                runs.symbols[part == state],
                runs.weights[part == state],
                minlength=len(common),
            )
            for state in range(count)
        ]
    )
    show[0] = _shares(shown + PRIOR * common)
    stay = np.full((count, count), (1 - STICKY) / max(count - 1, 1))
    np.fill_diagonal(stay, STICKY if count > 1 else 1.0)
    return Chain(
        start=np.full((restarts, count), 1 / count),
        move=np.repeat(stay[None], restarts, axis=0),
        show=show,
    )


def _shares(counts: NDArray[np.float64]) -> Numbers:
    """Counts as shares of their last axis."""
    whole: Numbers = counts / counts.sum(axis=-1, keepdims=True)
    return whole
