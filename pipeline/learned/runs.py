"""Runs of symbols, laid out so that a step is taken by all of them at once.

Rule: runs stand in order of falling length, and their symbols one instant after another: all first
ones, all second ones, and so on. So those that still go on at an instant are the first so many.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs of symbols by instant.

    Attributes:
        symbols: Of every instant, the symbols of the runs that reach it.
        starts: Where each instant begins in `symbols`, and where the last one ends.
        weights: Of every symbol, how often its run is there.
        run: Of every symbol, the number of its run as it was given.
        before: Of every symbol but the first ones, the place of the one before it.
        own: Of every symbol, its place in the runs as they were given, one after another.
        run_count: How many runs there are, each counted as often as it is there.
    """

    symbols: Whole
    starts: Whole
    weights: Numbers
    run: Whole
    before: Whole
    own: Whole
    run_count: float


def laid_out(symbols: Whole, lengths: Whole, weights: Numbers) -> Runs:
    """Runs given one after another, each of at least one symbol.

    Args:
        symbols: All symbols, run after run.
        lengths: Of each run.
        weights: Of each run, how often it is there.
    """
    order = np.argsort(-lengths, kind="stable")
    first = np.concatenate([[0], np.cumsum(lengths)[:-1]])[order]
    longest = int(lengths.max(initial=0))
    widths = np.array([np.searchsorted(-lengths[order], -t) for t in range(longest)], dtype=int)
    starts = np.concatenate([[0], np.cumsum(widths)])
    instant = np.repeat(np.arange(longest), widths)
    place = np.arange(starts[-1]) - starts[instant]
    own = first[place] + instant
    later = np.arange(widths[0] if longest else 0, starts[-1])
    return Runs(
        symbols=symbols[own],
        starts=starts,
        weights=weights[order][place],
        run=order[place],
        before=starts[instant[later] - 1] + place[later],
        own=own,
        run_count=float(weights.sum()),
    )
