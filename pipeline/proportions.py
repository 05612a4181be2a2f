"""Shares and differences of shares: intervals, tests, and what many tests at once may claim.

Rule: every function takes whole arrays of counts and gives arrays; where a number does not exist
(no visit in an arm) it is nan.
Sources: Wilson, Probable inference (JASA 22, 1927); Newcombe, Interval estimation for the
difference between independent proportions (Statistics in Medicine 17, 1998), method 10; Benjamini
and Hochberg, Controlling the false discovery rate (JRSS B 57, 1995).
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

Numbers: TypeAlias = NDArray[np.float64]
Counts: TypeAlias = NDArray[np.int64] | NDArray[np.float64] | Sequence[int] | Sequence[float]
Z95 = 1.959963984540054
FEW = 30  # visits in an arm below which nothing is tested
SURE = 0.05  # the share of false claims that we accept among all claims of one table


class Interval(NamedTuple):
    """The two ends of 95 % intervals."""

    low: Numbers
    high: Numbers


class Difference(NamedTuple):
    """First share less second, with its 95 % interval and two-sided p."""

    value: Numbers
    low: Numbers
    high: Numbers
    p: Numbers


def wilson(part: Counts, whole: Counts) -> Interval:
    """Wilson's 95 % interval of `part` of `whole`."""
    k, n = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = k + Z95**2 / 2
        reach = Z95 * np.sqrt(k * (n - k) / n + Z95**2 / 4)
        return Interval(
            np.maximum(middle - reach, 0) / (n + Z95**2),
            np.minimum((middle + reach) / (n + Z95**2), 1),
        )


def difference(part: Counts, whole: Counts, other_part: Counts, other_whole: Counts) -> Difference:
    """How far two independent shares lie apart: Newcombe's interval, the pooled test's p.

    The test is exact to the eye only where five or more are to be expected in each of the four
    cells (Cochran 1954): see `is_supported`.
    """
    k, n = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    ok, on = np.asarray(other_part, dtype=np.float64), np.asarray(other_whole, dtype=np.float64)
    one, other = wilson(k, n), wilson(ok, on)
    with np.errstate(divide="ignore", invalid="ignore"):
        share, other_share = k / n, ok / on
        value = share - other_share
        pooled = (k + ok) / (n + on)
        z = value / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / on))
        low = value - np.sqrt((share - one.low) ** 2 + (other.high - other_share) ** 2)
        high = value + np.sqrt((one.high - share) ** 2 + (other_share - other.low) ** 2)
    # Nobody or everybody in both arms: no difference, and no doubt of it.
    p = np.where((pooled == 0) | (pooled == 1), 1.0, two_sided(z))
    return Difference(value, low, high, p)


def is_supported(
    part: Counts, whole: Counts, other_part: Counts, other_whole: Counts
) -> NDArray[np.bool_]:
    """Whether arms carry a test: FEW visits each, and five to be expected in each cell."""
    k, n = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    ok, on = np.asarray(other_part, dtype=np.float64), np.asarray(other_whole, dtype=np.float64)
    smaller = np.minimum(n, on)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (k + ok) / (n + on)
    expected = smaller * np.minimum(pooled, 1 - pooled)
    enough: NDArray[np.bool_] = (smaller >= FEW) & (expected >= 5)
    return enough


def false_discovery(p: Numbers) -> Numbers:
    """The q of each p: the share of false claims among all whose q is as small.

    Benjamini and Hochberg's. nan where p is: it was not tested and takes no part.
    """
    q = np.full(p.shape, np.nan)
    tested = ~np.isnan(p)
    if tested.any():
        ascending = np.sort(p[tested])
        share = ascending * len(ascending) / np.arange(1, len(ascending) + 1)
        least = np.minimum.accumulate(share[::-1])[::-1]
        q[tested] = np.minimum(least[np.searchsorted(ascending, p[tested])], 1)
    return q


def two_sided(z: Counts | float) -> Numbers:
    """How often a standard normal number is as far from zero as `z`, or further."""
    # scipy.stats has it too, and takes a second to load.
    chance: Numbers = 2 * special.ndtr(-np.abs(np.asarray(z, dtype=np.float64)))
    return chance
