"""Which of their cookies persons use, and when they get another.

Rule: whoever has ordered is known by more than a cookie and keeps the one they have.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.simulate import chance, way
from pipeline.simulate.devices import LOST_SLOT
from pipeline.simulate.plan import Plan
from pipeline.simulate.walk.state import State


def owner(state: State) -> NDArray[np.int64]:
    """Whose cookie is in use: another person's only where a first cookie changed hands."""
    return np.where(state["slot"] == 0, state["owner"], state["person_id"])


def renew(state: State, keys: chance.Numbers, fresh: NDArray[np.bool_], plan: Plan) -> None:
    """Give returning prospects a new cookie now and then, and lose one between two stages."""
    stage = way.STAGE_OF[state["touchpoint"]]
    anonymous = state["order_number"] == 0
    renewed = fresh & anonymous & (chance.shares(keys, "cookie") < plan.new_cookie_share)
    renewed &= state["slot"] < 2
    lost = (
        ~fresh
        & anonymous
        & (stage == way.EVALUATE)
        & (state["entered_at"] == state["at"])
        & (state["slot"] < LOST_SLOT)
        & (chance.shares(keys, "lost") < plan.lost_cookie_share)
    )
    state["slot"] = np.where(lost, LOST_SLOT, state["slot"] + renewed).astype(np.int8)
    state["is_known"] &= ~(renewed | lost)
