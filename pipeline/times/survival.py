"""Waiting times of which some are cut off: Kaplan-Meier, and its split by how the wait ended.

Rule: whoever is still waiting counts as waiting until they were last looked at, and no longer; of
two things at one time, the end of a wait comes before the last look.
Sources: Kaplan and Meier (JASA 53, 1958); Aalen and Johansen, An empirical transition matrix
(Scandinavian Journal of Statistics 5, 1978); the variance of an incidence: Marubini and Valsecchi,
Analysing Survival Data (1995), section 10.2.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.proportions import Z95, Interval, Numbers

Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Waits:
    """Waits counted by how long they were.

    Attributes:
        times: The lengths, ascending, each once.
        ends: How many waits ended at that length, a row for each way to end.
        at_risk: How many had lasted as long.
        cut: How many were last looked at then, still waiting.
    """

    times: Times
    ends: Numbers
    at_risk: Numbers
    cut: Numbers


def waits(lengths: Times, ways: Times, counts: Times, way_count: int) -> Waits:
    """Waits of the given lengths, so many of each; way -1 is still waiting."""
    times, places = np.unique(lengths, return_inverse=True)
    ends = np.zeros((way_count, len(times)))
    cut = np.zeros(len(times))
    np.add.at(cut, places[ways < 0], counts[ways < 0])
    np.add.at(ends, (ways[ways >= 0], places[ways >= 0]), counts[ways >= 0])
    leaving = ends.sum(axis=0) + cut
    at_risk = leaving[::-1].cumsum()[::-1]
    return Waits(times, ends, at_risk, cut)


def still_waiting(found: Waits) -> Numbers:
    """The share of waits that last longer than each of the times (Kaplan-Meier)."""
    share: Numbers = np.cumprod(1 - found.ends.sum(axis=0) / found.at_risk)
    return share


def incidence(found: Waits, way: int) -> tuple[Numbers, Numbers]:
    """The share of waits that have ended in `way` by each of the times, and its standard error."""
    n, d = found.at_risk, found.ends.sum(axis=0)
    mine = found.ends[way]
    before = np.concatenate([[1.0], still_waiting(found)[:-1]])
    share = np.cumsum(before * mine / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Nobody is left after the last one, and there is nothing more to be unsure of.
        spread = np.where(n > d, d / (n * (n - d)), 0.0)
    whole, once, twice = (np.cumsum(spread * share**power) for power in (0, 1, 2))
    own = np.cumsum(before**2 * (n - mine) / n * mine / n**2)
    cross = np.cumsum(before * mine / n**2)
    cross_once = np.cumsum(share * before * mine / n**2)
    variance = share**2 * whole - 2 * share * once + twice + own - 2 * (share * cross - cross_once)
    return share, np.sqrt(np.maximum(variance, 0.0))


def bounds(share: Numbers, error: Numbers) -> Interval:
    """95 % intervals of shares on the scale of log(-log): they stay between 0 and 1.

    None (nan) around nobody and around all: the scale has no such places.
    """
    inner = np.where((share > 0) & (share < 1 - 1e-12), share, np.nan)
    reach = Z95 * error / (inner * np.abs(np.log(inner)))
    return Interval(inner ** np.exp(reach), inner ** np.exp(-reach))


def at(times: Times, values: Numbers, marks: Times, *, before: float) -> Numbers:
    """The values as of each mark: those of the last time at or before it."""
    places = np.searchsorted(times, marks, side="right")
    known: Numbers = np.concatenate([[before], values])[places]
    return known


def reached(times: Times, share: Numbers, wanted: float) -> int | None:
    """The first time at which a growing share is `wanted` or more; None: it never is."""
    place = int(np.searchsorted(share, wanted - 1e-12, side="left"))
    return int(times[place]) if place < len(times) else None
