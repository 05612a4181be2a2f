"""How far two groupings of the same things agree."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

MODERATE = 0.65
"""Below it agreement is poor: Steinley, Properties of the Hubert-Arabie adjusted Rand index
(Psychological Methods 9, 2004)."""


def adjusted_rand(left: NDArray[Any], right: NDArray[Any]) -> float:
    """1 for the same groups under any names, 0 for what chance gives; nan without a pair.

    Hubert and Arabie, Comparing partitions (Journal of Classification 2, 1985). Two groupings
    that are both one group, or both all singles, agree: 1.
    """
    if len(left) < 2:
        return float("nan")
    rows = np.unique(left, return_inverse=True)[1]
    columns = np.unique(right, return_inverse=True)[1]
    width = int(columns.max()) + 1
    cells = np.bincount(rows * width + columns)
    together = _pairs(cells)
    by_left, by_right = _pairs(np.bincount(rows)), _pairs(np.bincount(columns))
    expected = by_left * by_right / _pairs(np.array([len(left)]))
    most = (by_left + by_right) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)


def _pairs(counts: NDArray[np.int64]) -> float:
    """How many pairs lie within groups of these sizes."""
    sizes = counts.astype(np.float64)
    return float((sizes * (sizes - 1) / 2).sum())
