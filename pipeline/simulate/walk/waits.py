"""When persons meet their next touchpoint.

Rule: no silence between a customer's own touchpoints comes near the dormancy limit of 30 days.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.simulate import chance, stamps, way
from pipeline.simulate.plan import Plan
from pipeline.simulate.walk.state import State

LONGEST_SILENCE = 28 * stamps.DAY


def meets_at(
    state: State, keys: chance.Numbers, to: NDArray[np.int8], plan: Plan
) -> NDArray[np.int64]:
    """When each person would meet the touchpoint `to`: an instant, in whole milliseconds."""
    from_use = way.STAGE_OF[state["touchpoint"]] == way.USE
    to_use = way.STAGE_OF[to] == way.USE
    draw = chance.shares(keys, "wait")
    low, high = way.NEAR_MINUTES[to, 0], way.NEAR_MINUTES[to, 1]
    near = low * (high / low) ** draw * stamps.MINUTE
    least, mean, most = (way.FAR_HOURS[to, column] for column in range(3))
    mean = np.where(to_use, np.where(from_use, 24 / state["rate"], 36.0), mean)
    most = np.where(to_use & ~from_use, 140.0, most)
    far = (least - mean * np.log1p(-draw * -np.expm1(-most / mean))) * stamps.HOUR
    near_share = np.where(to_use & ~from_use, 0.0, way.NEAR_SHARE[to])
    is_near = chance.shares(keys, "near") < near_share
    is_tied = (
        is_near
        & to_use
        & (to == state["touchpoint"])
        & (chance.shares(keys, "tied") < plan.tied_share)
    )
    wait = np.where(is_tied, 0, np.where(is_near, near, far)).astype(np.int64)
    latest = np.maximum(state["last_sign"] + LONGEST_SILENCE, state["at"] + 2 * stamps.MINUTE)
    at: NDArray[np.int64] = np.minimum(state["at"] + wait, latest) // 1000 * 1000
    return at
