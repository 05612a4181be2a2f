"""The difference of two shares between visits that are alike: stratified, by groups of customers.

Rule: within each stratum the two arms are compared, and the strata's differences are weighted as
Mantel and Haenszel's: n1 n0 / (n1 + n0). A customer may be in both arms, and several times, so
the interval comes from leaving out one group of customers after the other (the delete-a-group
jackknife), never from the counts as if each visit were another customer's; where the groups
happen to agree, the binomial error of the pooled counts is the least that is allowed.
Sources: Mantel and Haenszel (Journal of the National Cancer Institute 22, 1959); Greenland and
Robins (Biometrics 41, 1985), for the weights of a risk difference; Kott, The delete-a-group
jackknife (Journal of Official Statistics 17, 2001); Agresti and Caffo (The American Statistician
54, 2000), for the least error.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import special

from pipeline.proportions import Numbers, is_supported

GROUPS = 32
LEAST_GROUPS = 10  # of customers in each arm, below which nothing is tested


@dataclass(frozen=True, slots=True)
class Matched:
    """One arm against the other, in the strata that both are in.

    Attributes:
        count: Visits of the first arm; `other_count` of the other.
        share: The first arm's share, over the strata as weighted; `other_share` the other's.
        value: The difference; nan where the arms carry no test.
        error: Its standard error.
        without: The difference without each group of customers.
    """

    count: int
    other_count: int
    share: float
    other_share: float
    value: float
    error: float
    without: Numbers

    @property
    def low(self) -> float:
        """The lower end of the 95 % interval."""
        return max(self.value - LAW * self.error, -1.0)

    @property
    def high(self) -> float:
        """The upper end of the 95 % interval."""
        return min(self.value + LAW * self.error, 1.0)

    @property
    def p(self) -> float:
        """How often chance alone would make such a difference, two-sided."""
        return chance(self.value, self.error)


LAW = float(special.stdtrit(GROUPS - 1, 0.975))


def chance(value: float, error: float) -> float:
    """The two-sided p of a difference with a jackknifed error; nan where there is none."""
    if np.isnan(value):
        return float("nan")
    return float(2 * special.stdtr(GROUPS - 1, -abs(value) / error))


def matched(counts: pl.DataFrame, arm: str, other: str) -> Matched:
    """The difference between two arms of one touchpoint.

    Args:
        counts: stratum, customer_group (two hexadecimal digits), arm, visit_count and
            completed_count.
        arm: The first arm.
        other: The one it is compared with.
    """
    n, k, on, ok = _cells(counts, arm, other)
    whole = n.sum(axis=1) * on.sum(axis=1) > 0
    n, k, on, ok = n[whole], k[whole], on[whole], ok[whole]
    sums = (int(k.sum()), int(n.sum()), int(ok.sum()), int(on.sum()))
    groups = min((n.sum(axis=0) > 0).sum(), (on.sum(axis=0) > 0).sum())
    if groups < LEAST_GROUPS or not is_supported(*([one] for one in sums)).item():
        return _nothing(sums[1], sums[3])
    share, other_share = _shares(n.sum(axis=1), k.sum(axis=1), on.sum(axis=1), ok.sum(axis=1))
    left = [part.sum(axis=1, keepdims=True) - part for part in (n, k, on, ok)]
    shares, other_shares = _shares(*left)
    without = shares - other_shares
    value = float((share - other_share).item())
    error = float(np.sqrt((GROUPS - 1) / GROUPS * ((without - without.mean()) ** 2).sum()))
    return Matched(
        count=sums[1],
        other_count=sums[3],
        share=float(share.item()),
        other_share=float(other_share.item()),
        value=value,
        error=max(error, _least_error(*sums)),
        without=without,
    )


def _nothing(count: int, other_count: int) -> Matched:
    """Arms that carry no test."""
    no = float("nan")
    return Matched(count, other_count, no, no, no, no, np.full(GROUPS, np.nan))


def _cells(counts: pl.DataFrame, arm: str, other: str) -> tuple[Numbers, ...]:
    """Visits and completions of both arms, by stratum and group."""
    rows = counts.filter(pl.col("arm").is_in([arm, other]))
    strata = rows["stratum"].rank("dense").to_numpy() - 1
    groups = np.array([int(one, 16) % GROUPS for one in rows["customer_group"]], dtype=np.int64)
    is_first = (rows["arm"] == arm).to_numpy()
    made: list[Numbers] = []
    for mask in (is_first, ~is_first):
        for column in ("visit_count", "completed_count"):
            cells = np.zeros((int(strata.max()) + 1 if len(strata) else 0, GROUPS))
            np.add.at(
                cells, (strata[mask].astype(np.int64), groups[mask]), rows[column].to_numpy()[mask]
            )
            made.append(cells)
    return tuple(made)


def _shares(n: Numbers, k: Numbers, on: Numbers, ok: Numbers) -> tuple[Numbers, Numbers]:
    """The weighted shares of both arms over the strata (rows), for each column."""
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.nan_to_num(n * on / (n + on))
        share = (weights * np.nan_to_num(k / n)).sum(axis=0) / weights.sum(axis=0)
        other = (weights * np.nan_to_num(ok / on)).sum(axis=0) / weights.sum(axis=0)
    return share, other


def _least_error(k: int, n: int, ok: int, on: int) -> float:
    """The binomial error of the pooled counts, one success and one failure added to each arm."""
    share, other = (k + 1) / (n + 2), (ok + 1) / (on + 2)
    return float(np.sqrt(share * (1 - share) / (n + 2) + other * (1 - other) / (on + 2)))
