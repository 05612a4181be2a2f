"""How long a silence must last until hardly anybody comes back: the table dormancy.

Rule: what a company configures holds; the data speak where it says nothing, and are shown anyway.
The silences that still last count until as_of and no longer (Kaplan-Meier).
"""

from datetime import timedelta

import numpy as np
import polars as pl

from pipeline.times.survival import Waits, at, still_waiting, waits

USUAL_DAYS = 30.0  # where neither the configuration nor the data say more
RETURNING = 0.1  # of those silent for so long, fewer come back: they count as gone
LEAST_DAYS = 7  # a week has all its days: no limit is shorter
FEW = 100  # silences that last longer, below which nothing is read from them
MARKS = (1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365)
DORMANCY = pl.Schema(
    {
        "day": pl.Float64,
        "silence_count": pl.Int64,
        "returned_share": pl.Float64,
        "later_share": pl.Float64,
        "is_limit": pl.Boolean,
        "basis": pl.String,
    }
)


def dormancy(silences: pl.DataFrame, configured_days: float | None) -> pl.DataFrame:
    """The return curve by day marks, and the limit that journeys are held to: DORMANCY.

    `later_share` is the chance that who has been silent for so many days comes back at all, as far
    as the data reach: to the last day that FEW silences have lasted. The inferred limit is the
    first whole day, from LEAST_DAYS on and within the first half of what the data reach, at which
    it is below RETURNING; else it is USUAL_DAYS.

    Args:
        silences: `silent_hours`, `has_returned`, `silence_count`.
        configured_days: The company's own limit.
    """
    found = waits(
        silences["silent_hours"].to_numpy().astype(np.int64),
        np.where(silences["has_returned"].to_numpy(), 0, -1).astype(np.int64),
        silences["silence_count"].to_numpy().astype(np.int64),
        1,
    )
    enough = found.times[found.at_risk >= FEW]
    last_day = int(enough[-1]) // 24 if len(enough) else 0
    inferred = _inferred(found, last_day)
    limit, basis = (
        (configured_days, "configured")
        if configured_days is not None
        else (float(inferred), "inferred")
        if inferred is not None
        else (USUAL_DAYS, "usual")
    )
    days = sorted({*(float(day) for day in MARKS if day <= last_day), limit})
    return pl.DataFrame(
        [(day, *_at(found, day, last_day), day == limit, basis) for day in days],
        schema=DORMANCY,
        orient="row",
    )


def limit(table: pl.DataFrame) -> timedelta:
    """The limit of a table of `dormancy`."""
    return timedelta(days=table.filter("is_limit")["day"].item())


def _inferred(found: Waits, last_day: int) -> int | None:
    """The first day after which hardly anybody comes back; None: the data do not say."""
    for day in range(LEAST_DAYS, last_day // 2 + 1):
        _, _, later = _at(found, day, last_day)
        if later is not None and later < RETURNING:
            return day
    return None


def _at(found: Waits, day: float, last_day: int) -> tuple[int, float | None, float | None]:
    """Silences that last longer than `day`, who is back by then, and who comes back after it."""
    if not len(found.times) or day > last_day:
        return 0, None, None
    silent = still_waiting(found)
    marks = np.array([round(day * 24) - 1, last_day * 24], dtype=np.int64)
    now, end = at(found.times, silent, marks, before=1.0)
    gone = at(found.times, np.cumsum(found.ends[0] + found.cut), marks[:1], before=0.0)[0]
    later = None if now <= 0 else float(1 - end / now)
    return int(found.at_risk[0] - gone), float(1 - now), later
