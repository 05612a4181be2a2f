"""Runs of days whose drop-off stands out from all other days of the same cell.

Rule: of all runs of up to MOST_DAYS days the one with the highest likelihood ratio is told. Since
it was picked from so many, its p is what a series without any such run gives: the highest ratios
of DRAWS drawn series (the same seed each night) follow a Gumbel law, whose tail is read off. Days
that scatter more than a binomial law would have them (Pearson's chi-squared over its degrees of
freedom, at least 1) shrink the ratio.
Sources: Kulldorff, A spatial scan statistic (Communications in Statistics 26, 1997); Abrams et
al., Gumbel based p-value approximations for spatial scan statistics (International Journal of
Health Geographics 9, 2010); the dispersion: McCullagh and Nelder, Generalized Linear Models (1989),
section 4.5.
"""

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import special

from pipeline.proportions import Numbers

MOST_DAYS = 35
FEW = 30  # visits inside or outside below which a run is not looked at
DRAWS = 199
SEED = 20260101
HOPELESS = 0.001


class Run(NamedTuple):
    """A run of days: places in the series, counts inside, and how likely chance alone is."""

    first: int
    last: int
    visit_count: int
    lost_count: int
    p: float


def standing_out(
    visits: NDArray[np.int64], lost: NDArray[np.int64], *, most_days: int = MOST_DAYS
) -> Run | None:
    """The run of days that stands out most, higher or lower; None where none can be looked at.

    Args:
        visits: Settled visits of each day, without gaps.
        lost: How many of them ended there.
        most_days: No longer run is looked at, nor all of the days.
    """
    most = min(most_days, len(visits) - 1)
    (ratio,), (first,), (last,) = _highest(visits, lost[None, :], most)
    if ratio < 0:
        return None
    shrunk = ratio / _scatter(visits, lost, first, last)
    inside = slice(first, last + 1)
    p = _chance(visits, lost, most, shrunk)
    return Run(int(first), int(last), int(visits[inside].sum()), int(lost[inside].sum()), p)


def _highest(
    visits: NDArray[np.int64], lost: NDArray[np.int64], most_days: int
) -> tuple[Numbers, NDArray[np.int64], NDArray[np.int64]]:
    """Of each row of `lost` the highest ratio (-1: no run may be looked at) and where it is."""
    rows = np.arange(len(lost))
    so_far = np.concatenate([[0], np.cumsum(visits)])
    lost_so_far = np.concatenate([np.zeros((len(lost), 1)), np.cumsum(lost, axis=1)], axis=1)
    total, total_lost = so_far[-1], lost_so_far[:, -1:]
    one = _log_likelihood(total_lost, np.full_like(total_lost, total))
    best = np.full(len(lost), -1.0)
    first = np.zeros(len(lost), dtype=np.int64)
    last = np.zeros(len(lost), dtype=np.int64)
    for length in range(1, most_days + 1):
        inside = so_far[length:] - so_far[:-length]
        enough = np.flatnonzero((inside >= FEW) & (total - inside >= FEW))
        if not len(enough):
            continue
        inside = inside[enough]
        found = lost_so_far[:, enough + length] - lost_so_far[:, enough]
        ratio = _log_likelihood(found, inside) + _log_likelihood(total_lost - found, total - inside)
        ratio -= one
        place = ratio.argmax(axis=1)
        better = ratio[rows, place] > best
        best = np.where(better, ratio[rows, place], best)
        first = np.where(better, enough[place], first)
        last = np.where(better, enough[place] + length - 1, last)
    return best, first, last


def _chance(
    visits: NDArray[np.int64], lost: NDArray[np.int64], most_days: int, ratio: float
) -> float:
    """How often a series without any such run has a highest ratio like this one or a higher."""
    # Hopeless even as the only run looked at.
    if special.chdtrc(1, 2 * ratio) > HOPELESS:
        return 1.0
    draws = np.random.default_rng(SEED).binomial(
        visits, lost.sum() / visits.sum(), size=(DRAWS, len(visits))
    )
    highest, _, _ = _highest(visits, draws, most_days)
    scale = highest.std(ddof=1) * np.sqrt(6) / np.pi
    middle = highest.mean() - np.euler_gamma * scale
    # Gumbel's law of a highest value.
    return float(-np.expm1(-np.exp((middle - ratio) / scale)))


def _log_likelihood(part: Numbers, whole: Numbers | NDArray[np.int64]) -> Numbers:
    """The highest log likelihood of `part` of `whole`."""
    found: Numbers = special.xlogy(part, part / whole) + special.xlogy(
        whole - part, 1 - part / whole
    )
    return found


def _scatter(visits: NDArray[np.int64], lost: NDArray[np.int64], first: int, last: int) -> float:
    """How much more days scatter than by chance, each part around its own share; 1 or more."""
    squares, freedom = 0.0, 0
    inside = np.zeros(len(visits), dtype=np.bool_)
    inside[first : last + 1] = True
    for part in (inside, ~inside):
        n, k = visits[part & (visits > 0)], lost[part & (visits > 0)]
        share = k.sum() / n.sum()
        if 0 < share < 1:
            squares += float(((k - n * share) ** 2 / (n * share * (1 - share))).sum())
            freedom += len(n) - 1
    return max(1.0, squares / freedom) if freedom > 0 else 1.0


def series(rows: pl.DataFrame) -> tuple[date, NDArray[np.int64], NDArray[np.int64]]:
    """Daily counts of one cell without gaps: the first day, `visit_count` and `lost_count`."""
    first, last = rows["day_on"].min(), rows["day_on"].max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    visits, lost = (np.zeros((last - first).days + 1, dtype=np.int64) for _ in range(2))
    places = (rows["day_on"] - first).dt.total_days().to_numpy()
    visits[places] = rows["visit_count"].to_numpy()
    lost[places] = rows["lost_count"].to_numpy()
    return first, visits, lost


PERIODS = pl.Schema(
    {
        "grain": pl.String,
        "name": pl.String,
        "value": pl.String,
        "from_on": pl.Date,
        "to_on": pl.Date,
        "settled_count": pl.Int64,
        "lost_count": pl.Int64,
        "other_settled_count": pl.Int64,
        "other_lost_count": pl.Int64,
        "p_value": pl.Float64,
    }
)


def periods(cells: pl.DataFrame) -> pl.DataFrame:
    """The run of days that stands out most in each cell of `cause_cells`: PERIODS."""
    rows = []
    for (grain, name, cell), part in cells.group_by("grain", "name", "cell", maintain_order=True):
        first, visits, lost = series(part)
        found = standing_out(visits, lost)
        if found is not None:
            total, total_lost = int(visits.sum()), int(lost.sum())
            rows.append(
                (
                    *(grain, name, cell),
                    first + timedelta(days=found.first),
                    first + timedelta(days=found.last),
                    *(found.visit_count, found.lost_count),
                    *(total - found.visit_count, total_lost - found.lost_count),
                    found.p,
                )
            )
    return pl.DataFrame(rows, schema=PERIODS, orient="row")
