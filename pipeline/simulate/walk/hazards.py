"""The planted chances to leave a stage, and to leave for good.

Rule: each cause makes leaving likelier by its factor, up to a limit.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.simulate import way
from pipeline.simulate.walk.state import State


def leaving(state: State) -> NDArray[np.float64]:
    """The chance of each person to leave the stage at the touchpoint just met."""
    touchpoint = state["touchpoint"]
    in_use = way.STAGE_OF[touchpoint] == way.USE
    chances: NDArray[np.float64] = np.where(
        in_use, leaving_use(state).sum(axis=1), way.LEAVE[touchpoint]
    )
    return chances


def leaving_use(state: State) -> NDArray[np.float64]:
    """Per value event: the chances to leave Use, by exit."""
    found = np.zeros((len(state["at"]), len(way.EXITS)))
    trouble = 1 + 0.4 * state["has_moved"] + (state["shock"] > 0)
    found[:, way.HELP] = way.HAZARD[way.HELP] * trouble
    found[:, way.RENEW] = way.HAZARD[way.RENEW]
    found[:, way.ENDED] = way.HAZARD[way.ENDED] * multiplier(state)
    return found


def multiplier(state: State) -> NDArray[np.float64]:
    """How much likelier than at first each person is to leave for good."""
    causes = way.CAUSES
    together = (
        np.where(state["shock"] > 0, causes["bill shock"], 1.0)
        * np.where(state["has_complained"], causes["complaint"], 1.0)
        * np.where(state["has_moved"], causes["install moved"], 1.0)
    )
    limited: NDArray[np.float64] = np.minimum(together, way.HIGHEST_MULTIPLIER)
    return limited
