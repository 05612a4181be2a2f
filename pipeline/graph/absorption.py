"""Absorbing chains in closed form, many at once: one as counted, others as redrawn.

Rule: P = (I - Q)^-1 R. Arrays have one row per chain; the first is the chain as counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.graph.counts import Counts, Numbers

# Every step is lost this often: without it, a redrawn chain that only leads round in circles has
# no solution. A chance is off by no more than this times the steps of a journey.
LEAK = 1e-9
NEVER = 1e-6  # a chance to complete below this is none: what is left of it is rounding
NUMBERS_AT_ONCE = 4_000_000  # 32 MB of doubles
CONVERGED = 1e-10
ROUNDS = 20_000


@dataclass(frozen=True, slots=True)
class Solved:
    """Chains of the same states, solved.

    Attributes:
        visits: Expected visits to each state, having started at each: (I - Q)^-1.
        goal: The chance to complete from each state.
        steps: Further visits until completed, from each state, of journeys that complete.
        days: Days until completed, likewise.
    """

    visits: Numbers
    goal: Numbers
    steps: Numbers
    days: Numbers


def totals(counts: Counts, weights: Numbers) -> tuple[Numbers, Numbers]:
    """How many steps each cell has and how many days they took, for each row of weights."""
    return (
        np.asarray(weights @ counts.steps, dtype=np.float64),
        np.asarray(weights @ counts.days, dtype=np.float64),
    )


def tables(counts: Counts, cells: Numbers) -> Numbers:
    """One square a chain, of numbers given by cell: from each state to each, and to both ends."""
    size = len(counts.states)
    square = np.zeros((len(cells), size, size + 2))
    square[:, counts.tails, counts.heads] = cells
    return square


def divided(parts: Numbers, wholes: Numbers) -> Numbers:
    """Parts of wholes; none where the whole is nothing."""
    return np.divide(parts, wholes, out=np.zeros_like(parts), where=wholes > 0)


def shares(steps: Numbers) -> Numbers:
    """The chance of each step, of `tables` of counts."""
    return divided(steps, np.broadcast_to(steps.sum(axis=2, keepdims=True), steps.shape))


def solve(chances: Numbers, mean_days: Numbers) -> Solved:
    """Solve chains given by the chance of each step and the days it takes on average.

    Steps and days are those of journeys that complete: each step reweighted by the chance to
    complete after it (Doob's transform; Kemeny and Snell, Finite Markov Chains, 1960, 3.5).
    """
    size = chances.shape[1]
    among, done = chances[:, :, :size], chances[:, :, size]
    visits = np.linalg.inv(np.eye(size) - (1 - LEAK) * among).astype(np.float64, copy=False)
    goal = np.einsum("bij,bj->bi", visits, done)
    can = goal > NEVER
    chance = np.where(can, goal, 0.0)
    spent = (among * mean_days[:, :, :size] * chance[:, None, :]).sum(axis=2)
    spent += done * mean_days[:, :, size]
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.einsum("bij,bj->bi", visits, chance) / goal - 1
        days = np.einsum("bij,bj->bi", visits, np.where(can, spent, 0.0)) / goal
    return Solved(
        visits,
        chance,
        np.where(can, np.maximum(steps, 0.0), np.nan),
        np.where(can, days, np.nan),
    )


def removed(solved: Solved, places: NDArray[np.int64]) -> Numbers:
    """The share of completions lost if whoever comes to one of the places ends there.

    Source: removal effect as in Anderl, Becker, von Wangenheim and Schumann (IJRM 33(3), 2016),
    in closed form: of all ways to completed, those whose first visit to the places is there.
    """
    among = solved.visits[:, places[:, None], places]
    comes = solved.visits[:, :1, places]
    first = np.linalg.solve(np.swapaxes(among, 1, 2), np.swapaxes(comes, 1, 2))[:, :, 0]
    lost = (first * solved.goal[:, places]).sum(axis=1)
    whole = solved.goal[:, 0]
    effect = np.divide(lost, whole, out=np.full_like(lost, np.nan), where=whole > 0)
    return np.asarray(np.clip(effect, 0.0, 1.0), dtype=np.float64)


def batches(counts: Counts, weights: Numbers) -> Iterator[Numbers]:
    """The rows of weights, as many at once as memory should bear."""
    at_once = max(1, NUMBERS_AT_ONCE // (len(counts.states) + 2) ** 2)
    for start in range(0, len(weights), at_once):
        yield weights[start : start + at_once]


def solved(counts: Counts, weights: Numbers) -> Iterator[Solved]:
    """The chains of each batch of weights, solved."""
    for some in batches(counts, weights):
        steps, days = totals(counts, some)
        yield solve(
            shares(tables(counts, steps)), divided(tables(counts, days), tables(counts, steps))
        )


def removed_far(counts: Counts) -> dict[str, float]:
    """The removal effect of each name, in a chain of too many states to be held as a square.

    By walking on until nothing changes: all names side by side.
    """
    size, names = len(counts.states), counts.names
    steps = np.asarray(counts.steps.sum(axis=0), dtype=np.float64)
    chances = steps / np.bincount(counts.tails, weights=steps, minlength=size)[counts.tails]
    inner = counts.heads < size
    among = sparse.csr_array(
        (chances[inner], (counts.tails[inner], counts.heads[inner])), shape=(size, size)
    )
    done = np.zeros((size, 1))
    ending = counts.heads == size
    done[counts.tails[ending], 0] = chances[ending]
    # The last column is the chain with nobody removed.
    stays = np.ones((size, len(names) + 1))
    for column, name in enumerate(names):
        stays[counts.ending_in(name), column] = 0
    goal = np.zeros_like(stays)
    for _ in range(ROUNDS):
        further = stays * (done + among @ goal)
        is_still = np.abs(further - goal).max() < CONVERGED
        goal = further
        if is_still:
            break
    whole = goal[0, -1]
    return {
        name: float(np.clip(1 - goal[0, column] / whole, 0, 1)) if whole > NEVER else np.nan
        for column, name in enumerate(names)
    }
