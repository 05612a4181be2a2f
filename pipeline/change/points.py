"""Days on which the drop-off after a touchpoint changed.

Rule: circular binary segmentation: the run of days that stands out most splits the series at its
ends, and its parts are looked at in the same way, as long as chance alone would make such a run
less often than once in a hundred series. A run at an end of the series is a step, one inside it
comes and goes. Source: Olshen et al. (Biostatistics 5, 2004); the test is that of
`pipeline.causes.periods`.
"""

import itertools
from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.causes.periods import series, standing_out
from pipeline.proportions import SURE, difference, false_discovery

CHANCE = 0.01
MOST_STEPS = 400  # a longer series is looked at by the week
CHANGE_POINTS = pl.Schema(
    {
        "touchpoint": pl.String,
        "stage": pl.String,
        "channel": pl.String,  # null: in all
        "device_kind": pl.String,
        "changed_on": pl.Date,
        "from_on": pl.Date,  # of the level before
        "to_on": pl.Date,  # of the level after
        "before_settled_count": pl.Int64,
        "before_share": pl.Float64,
        "after_settled_count": pl.Int64,
        "after_share": pl.Float64,
        "difference": pl.Float64,
        "difference_low": pl.Float64,
        "difference_high": pl.Float64,
        "p_value": pl.Float64,
        "q_value": pl.Float64,
    }
)


def change_points(days: pl.DataFrame) -> pl.DataFrame:
    """The days at which a level of drop-off begins, by touchpoint, channel and device.

    Args:
        days: drop_off_days.
    """
    counted = days.rename({"settled_count": "visit_count", "ended_count": "lost_count"})
    whole = counted.with_columns(
        channel=pl.lit(None, dtype=pl.String), device_kind=pl.lit(None, dtype=pl.String)
    )
    keys = ["touchpoint", "stage", "channel", "device_kind"]
    # A touchpoint of one channel and kind of device is told once, with their names.
    several = counted.group_by("touchpoint").agg(
        is_split=pl.struct("channel", "device_kind").n_unique() > 1
    )
    split = whole.join(several.filter("is_split"), on="touchpoint", how="semi")
    cells = (
        pl.concat([split, counted])
        .group_by(*keys, "day_on")
        .agg(pl.col("visit_count", "lost_count").sum())
        .sort(*keys, "day_on", nulls_last=False)
    )
    rows = []
    for key, part in cells.group_by(keys, maintain_order=True):
        rows += [(*key, *row) for row in _cell(part)]
    found = (
        pl.DataFrame(rows, schema=[*CHANGE_POINTS.names()[:-1]], orient="row")
        if rows
        else pl.DataFrame(schema=CHANGE_POINTS).drop("q_value")
    )
    q = false_discovery(found["p_value"].cast(pl.Float64).to_numpy())
    return (
        found.with_columns(q_value=pl.Series(q, dtype=pl.Float64))
        .filter(pl.col("q_value") <= SURE)
        .sort("changed_on", *keys, descending=[True, *[False] * 4], nulls_last=False)
        .select(CHANGE_POINTS.names())
        .cast(CHANGE_POINTS)
    )


def _cell(part: pl.DataFrame) -> list[tuple[object, ...]]:
    """The change points of one series of days."""
    first, visits, lost = series(part)
    width = 7 if len(visits) > MOST_STEPS else 1
    if width > 1:
        visits, lost = (_summed(one, width) for one in (visits, lost))
    starts = segments(visits, lost)
    edges = [0, *(place for place, _ in starts), len(visits)]
    rows: list[tuple[object, ...]] = []
    for number, (place, p) in enumerate(starts, start=1):
        before, after = (slice(*edges[n - 1 : n + 1]) for n in (number, number + 1))
        n, k = int(visits[after].sum()), int(lost[after].sum())
        m, j = int(visits[before].sum()), int(lost[before].sum())
        apart = difference([k], [n], [j], [m])
        rows.append(
            (
                first + timedelta(days=place * width),
                first + timedelta(days=before.start * width),
                first + timedelta(days=after.stop * width - 1),
                *(m, j / m if m else None, n, k / n if n else None),
                *(float(apart.value[0]), float(apart.low[0]), float(apart.high[0]), p),
            )
        )
    return rows


def segments(visits: NDArray[np.int64], lost: NDArray[np.int64]) -> list[tuple[int, float]]:
    """Where a new level begins, and how likely chance alone would make it, in order."""
    found: dict[int, float] = {}
    waiting = [(0, len(visits))]
    while waiting:
        start, stop = waiting.pop()
        run = standing_out(visits[start:stop], lost[start:stop], most_days=stop - start - 1)
        if run is None or run.p > CHANCE:
            continue
        edges = [start, start + run.first, start + run.last + 1, stop]
        for edge in edges[1:-1]:
            if start < edge < stop:
                found[edge] = run.p
        waiting += [(low, high) for low, high in itertools.pairwise(edges) if high - low > 1]
    return sorted(found.items())


def _summed(days: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """Sums of `width` days each; the last may be of fewer."""
    padded = np.zeros(-(-len(days) // width) * width, dtype=np.int64)
    padded[: len(days)] = days
    summed: NDArray[np.int64] = padded.reshape(-1, width).sum(axis=1)
    return summed
