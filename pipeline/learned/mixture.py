"""A mixture of Markov chains over customers' steps: who moves alike.

Rule: what a chain sees of a customer is how often they stepped from where to where; rows of steps
from one place are next to each other. All restarts take a step at once, as columns beside columns.
Sources: Harbich, Bernard, Berkes, Garbinato and Andritsos, Discovering customer journey maps using
a mixture of Markov models (SIMPDA 2017); starts that lie apart: Arthur and Vassilvitskii,
k-means++ (SODA 2007).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import logsumexp, xlogy

from pipeline.learned.runs import Numbers, Whole

PRIOR = 1.0  # steps from each place that each chain is given beforehand, spread as all are
TRUST = 10.0  # as many are mixed with the steps of a customer whom a fit begins with
SHORT = 8  # steps that each restart is tried for
LONG = 60  # steps that the best one is followed for, at most
ENOUGH = 1e-5  # relative gain of a step below which nothing more is to be gained


@dataclass(frozen=True, slots=True)
class Steps:
    """How often customers stepped from where to where.

    Attributes:
        counts: Customer by cell; a cell is a place and the next one.
        tails: Of each cell, the number of the place it leaves; 0, 0, 0, 1, 1 and so on.
        weights: How many customers each row stands for.
    """

    counts: sparse.csr_array
    tails: Whole
    weights: Numbers

    @property
    def common(self) -> Numbers:
        """The share of each cell in all steps from its place; never 0."""
        return _shares(((self.weights @ self.counts) + 0.5)[:, None], self.tails)[:, 0]

    @property
    def free_count(self) -> int:
        """Free parameters of one chain."""
        return len(self.tails) - (int(self.tails[-1]) + 1)


@dataclass(frozen=True, slots=True)
class Mixture:
    """Chains, and how many customers follow each.

    Attributes:
        sizes: Share of customers: restart, chain.
        chains: Chances of each cell: cell, restart and chain together.
    """

    sizes: Numbers
    chains: Numbers


@dataclass(frozen=True, slots=True)
class Fit:
    """The best mixture found.

    Attributes:
        mixture: With one restart left.
        objective: What each step reached: log-likelihood and prior; never falls.
        log_likelihood: Of the mixture.
        entropy: How much it leaves open of who follows which chain, in nats.
        parameter_count: Free ones.
    """

    mixture: Mixture
    objective: tuple[float, ...]
    log_likelihood: float
    entropy: float
    parameter_count: int


def belonging(mixture: Mixture, steps: Steps) -> tuple[Numbers, Numbers]:
    """The chance of each chain, by customer, restart and chain; and each customer's likelihood."""
    restarts, count = mixture.sizes.shape
    told = (steps.counts @ np.log(mixture.chains)).reshape(-1, restarts, count)
    told += np.log(mixture.sizes)
    whole = logsumexp(told, axis=2)
    chances: Numbers = np.exp(told - whole[:, :, None])
    return chances, whole


def maximised(chances: Numbers, steps: Steps) -> Mixture:
    """The mixture under which what was found is likeliest, with PRIOR spread as all steps are."""
    customers, restarts, count = chances.shape
    weighted = chances * steps.weights[:, None, None]
    sizes = weighted.sum(axis=0) + PRIOR / count
    counts = steps.counts.T @ weighted.reshape(customers, restarts * count)
    return Mixture(
        sizes=sizes / sizes.sum(axis=1, keepdims=True),
        chains=_shares(counts + PRIOR * steps.common[:, None], steps.tails),
    )


def objective(mixture: Mixture, whole: Numbers, steps: Steps) -> Numbers:
    """What a step of the fit never lowers, by restart: log-likelihood and log prior."""
    restarts, count = mixture.sizes.shape
    prior = (PRIOR * steps.common) @ np.log(mixture.chains)
    reached: Numbers = (
        steps.weights @ whole
        + PRIOR / count * np.log(mixture.sizes).sum(axis=1)
        + prior.reshape(restarts, count).sum(axis=1)
    )
    return reached


def fitted(steps: Steps, count: int, *, restarts: int, seed: int) -> Fit:
    """The best of some restarts, tried for SHORT steps and then followed to its end."""
    tried = _begun(steps, count, restarts if count > 1 else 1, seed)
    chances, whole = belonging(tried, steps)
    for _ in range(SHORT if count > 1 else 0):
        tried = maximised(chances, steps)
        chances, whole = belonging(tried, steps)
    best = int(np.argmax(objective(tried, whole, steps)))
    mixture = Mixture(
        tried.sizes[best : best + 1], tried.chains[:, best * count : (best + 1) * count]
    )
    reached: list[float] = []
    for _ in range(LONG):
        chances, whole = belonging(mixture, steps)
        reached.append(float(objective(mixture, whole, steps)[0]))
        if len(reached) > 1 and reached[-1] - reached[-2] < ENOUGH * abs(reached[-1]):
            break
        mixture = maximised(chances, steps)
    else:
        chances, whole = belonging(mixture, steps)
        reached.append(float(objective(mixture, whole, steps)[0]))
    return Fit(
        mixture=mixture,
        objective=tuple(reached),
        log_likelihood=float(steps.weights @ whole[:, 0]),
        entropy=abs(float(steps.weights @ xlogy(chances, chances).sum(axis=(1, 2)))),
        parameter_count=(count - 1) + count * steps.free_count,
    )


def _begun(steps: Steps, count: int, restarts: int, seed: int) -> Mixture:
    """Chains near customers who lie apart: each next one drawn by the distance to those before."""
    drawn = np.random.default_rng([seed, count])
    lengths = np.sqrt(np.asarray(steps.counts.multiply(steps.counts).sum(axis=1)).ravel())
    shaped = sparse.diags_array(1 / np.maximum(lengths, 1e-12)) @ steps.counts
    common = steps.common
    columns = []
    for _ in range(restarts):
        far = np.ones(len(steps.weights))
        for _ in range(count):
            chances = np.cumsum(far * steps.weights)
            place = int(np.searchsorted(chances, drawn.random() * chances[-1], side="right"))
            row = min(place, len(far) - 1)
            near = (shaped @ shaped[[row]].T).toarray().ravel()
            far = np.minimum(far, np.maximum(1 - near, 0.0))
            columns.append(steps.counts[[row]].toarray().ravel() + TRUST * common)
    return Mixture(
        sizes=np.full((restarts, count), 1 / count),
        chains=_shares(np.stack(columns, axis=1), steps.tails),
    )


def _shares(counts: NDArray[np.float64], tails: Whole) -> Numbers:
    """Counts of cells as shares of all from the same place, column by column."""
    begins = np.flatnonzero(np.diff(tails, prepend=-1))
    whole: Numbers = counts / np.add.reduceat(counts, begins, axis=0)[tails]
    return whole
