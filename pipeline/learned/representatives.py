"""Real journeys that stand for a persona's.

Rule: a journey stands for those within a third of its steps; the first is the one that stands for
most, each next one for most of those that none stands for yet: greedy covering, never below 63 %
of the best (Nemhauser, Wolsey and Fisher, Mathematical Programming 14, 1978). What it covers is
counted among more journeys than it was chosen from.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.learned.distance import distances
from pipeline.proportions import wilson

NEAR = 1 / 3
COMPARED = 2_000  # journeys of a persona that coverage is counted among
CANDIDATES = 60  # ways, of the commonest, that are asked whether they stand for others
CHOSEN_AMONG = 300  # journeys that they are chosen by
MOST = 3
LEAST = 0.05  # of journeys, that a further one has to add
JOURNEYS = pl.Schema(
    {
        "persona": pl.Int64,
        "rank": pl.Int64,
        "customer_id": pl.String,
        "journey_number": pl.Int64,
        "path": pl.String,
        "compared_count": pl.Int64,
        "near_count": pl.Int64,
        "near_share": pl.Float64,
        "near_low": pl.Float64,
        "near_high": pl.Float64,
        "covered_share": pl.Float64,
    }
)


def representatives(ways: pl.DataFrame, names: dict[str, str]) -> pl.DataFrame:
    """JOURNEYS of every persona.

    Args:
        ways: `persona`, `customer_id`, `journey_number`, `draw` and `codes` of journeys.
        names: What each code stands for.
    """
    found = [JOURNEYS.to_frame()]
    for (persona,), own in ways.sort("persona", "draw").group_by("persona", maintain_order=True):
        chosen = own.head(CHOSEN_AMONG)
        # Of journeys that went one way, the first by chance is shown.
        different = (
            chosen.group_by("codes", maintain_order=True)
            .agg(
                pl.len().alias("count"),
                pl.col("customer_id", "journey_number", "draw").first(),
            )
            .sort("count", "draw", descending=[True, False])
        )
        candidates = different.head(CANDIDATES)
        picked = _picked(
            distances(candidates["codes"].to_list(), different["codes"].to_list()) <= NEAR,
            different["count"].to_numpy().astype(np.float64),
        )
        shown = candidates[picked]
        every = own.group_by("codes", maintain_order=True).len()
        near = distances(shown["codes"].to_list(), every["codes"].to_list()) <= NEAR
        weights = every["len"].to_numpy()
        counts = near @ weights
        bounds = wilson(counts, np.full(len(counts), own.height))
        found.append(
            pl.DataFrame(
                {
                    "persona": [persona] * len(picked),
                    "rank": range(1, len(picked) + 1),
                    "customer_id": shown["customer_id"],
                    "journey_number": shown["journey_number"],
                    "path": [" > ".join(names[code] for code in way) for way in shown["codes"]],
                    "compared_count": [own.height] * len(picked),
                    "near_count": counts,
                    "near_share": counts / own.height,
                    "near_low": bounds.low,
                    "near_high": bounds.high,
                    "covered_share": np.logical_or.accumulate(near) @ weights / own.height,
                },
                schema=JOURNEYS,
            )
        )
    return pl.concat(found)


def _picked(near: NDArray[np.bool_], weights: NDArray[np.float64]) -> list[int]:
    """Which candidates, at most MOST, each for the most weight that none before it covers."""
    left = weights.copy()
    picked: list[int] = []
    for _ in range(MOST):
        gains = near @ left
        best = int(np.argmax(gains))
        if picked and gains[best] < LEAST * weights.sum():
            break
        picked.append(best)
        left = np.where(near[best], 0.0, left)
    return picked
