"""What has become of visits to a stage by each day after entry: stage_times, stage_paces.

Rule: an open visit counts until as_of and no longer, so recent entries deflate nothing.
"""

import numpy as np
import polars as pl

from pipeline.times.survival import (
    Waits,
    at,
    bounds,
    incidence,
    reached,
    still_waiting,
    waits,
)

MINUTES = 1440
EXITS = ("advanced", "diverted", "completed", "ended")
MARKS = (1, 2, 3, 7, 14, 30, 60, 90, 180, 365)
FEW = 10  # visits still looked at below which a share is not told
STAGE_TIMES = pl.Schema(
    {
        "stage": pl.String,
        "day": pl.Int64,
        "looked_at_count": pl.Int64,
        **{f"{way}_{part}": pl.Float64 for way in EXITS for part in ("share", "low", "high")},
        "inside_share": pl.Float64,
    }
)
STAGE_PACES = pl.Schema(
    {
        "stage": pl.String,
        "visit_count": pl.Int64,
        "open_count": pl.Int64,
        "next_stage_share": pl.Float64,
        **{f"next_stage_days_p{part}": pl.Float64 for part in (25, 50, 75, 90)},
        **{f"left_days_p{part}": pl.Float64 for part in (25, 50, 75, 90)},
    }
)


def stage_times(durations: pl.DataFrame) -> pl.DataFrame:
    """The shares of visits that have left, by exit, by each day mark: STAGE_TIMES.

    Aalen and Johansen's estimate over `stage_durations`. A mark is told while at least FEW visits
    have been looked at for so long.
    """
    rows = []
    for stage, found in _by_stage(durations):
        marks = np.array(MARKS, dtype=np.int64) * MINUTES
        # Who has left was looked at for as long as anybody asks.
        cut_before = at(found.times, np.cumsum(found.cut), marks - 1, before=0.0)
        looked_at = found.at_risk[0] - cut_before
        shares = [incidence(found, way) for way in range(len(EXITS))]
        inside = at(found.times, still_waiting(found), marks, before=1.0)
        told = [
            (at(found.times, share, marks, before=0.0), at(found.times, error, marks, before=0.0))
            for share, error in shares
        ]
        limits = [bounds(share, error) for share, error in told]
        waiting = found.at_risk[0] - at(
            found.times, np.cumsum(found.cut + found.ends.sum(axis=0)), marks - 1, before=0.0
        )
        for place, day in enumerate(MARKS):
            if waiting[place] < FEW and found.cut.any():
                break
            parts = [
                (share[place], limit.low[place], limit.high[place])
                for (share, _), limit in zip(told, limits, strict=True)
            ]
            flat = [None if np.isnan(number) else number for part in parts for number in part]
            rows.append((stage, day, int(looked_at[place]), *flat, inside[place]))
            if inside[place] <= 0:
                break
    return pl.DataFrame(rows, schema=STAGE_TIMES, orient="row")


def stage_paces(durations: pl.DataFrame) -> pl.DataFrame:
    """How soon visits go on to another stage, and how soon they are over at all: STAGE_PACES.

    `next_stage_days_p50` is the day by which half of all visits have gone on to another stage:
    null where as many never do, or have not been looked at for long enough.
    """
    rows = []
    for stage, found in _by_stage(durations):
        moved = incidence(found, 0)[0] + incidence(found, 1)[0]
        left = 1 - still_waiting(found)
        days = [
            None if when is None else when / MINUTES
            for share in (moved, left)
            for part in (0.25, 0.5, 0.75, 0.9)
            for when in [reached(found.times, share, part)]
        ]
        rows.append((stage, int(found.at_risk[0]), int(found.cut.sum()), float(moved[-1]), *days))
    return pl.DataFrame(rows, schema=STAGE_PACES, orient="row")


def _by_stage(durations: pl.DataFrame) -> list[tuple[str, Waits]]:
    """The waits of each stage, by name."""
    numbers = {name: way for way, name in enumerate(EXITS)} | {"open": -1}
    return [
        (
            str(stage),
            waits(
                part["stay_minutes"].to_numpy(),
                part["exit"].replace_strict(numbers, return_dtype=pl.Int64).to_numpy(),
                part["visit_count"].to_numpy(),
                len(EXITS),
            ),
        )
        for (stage,), part in durations.sort("stage").group_by("stage", maintain_order=True)
    ]
