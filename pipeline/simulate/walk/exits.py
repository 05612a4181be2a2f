"""Where persons who leave a stage go: to another stage, to the goal, or away, and when back.

Rule: the planted chances are kept beside what was drawn from them, so that a run can be graded.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.simulate import chance, stamps, way
from pipeline.simulate.devices import device_is_mobile
from pipeline.simulate.plan import Plan
from pipeline.simulate.walk import hazards
from pipeline.simulate.walk.cookies import owner
from pipeline.simulate.walk.state import State
from pipeline.simulate.walk.waits import meets_at

ORDER, RENEWED, CANCELLED = (way.NUMBER[name] for name in ("Order placed", "Renewed", "Cancelled"))


def chances(state: State, keys: chance.Numbers, plan: Plan, seed: int) -> NDArray[np.float64]:
    """The chance of each exit, for persons who leave their stage here."""
    touchpoint = state["touchpoint"]
    stage = way.STAGE_OF[touchpoint]
    found = way.LEAD[stage]
    leaving = hazards.leaving_use(state)
    in_use = stage == way.USE
    found[in_use] = leaving[in_use] / leaving[in_use].sum(axis=1, keepdims=True)
    weak = (stage == way.HELP) | (stage == way.ONBOARD)
    ended = np.minimum(found[:, way.ENDED] * hazards.multiplier(state), 0.6)
    scale = (1 - ended) / (1 - found[:, way.ENDED])
    found[weak] *= scale[weak, None]
    found[weak, way.ENDED] = ended[weak]
    found[touchpoint == RENEWED] = np.eye(len(way.EXITS))[way.COMPLETED]
    found[touchpoint == CANCELLED] = np.eye(len(way.EXITS))[way.ENDED]
    stopped = _stopped(state, keys, plan, seed)
    found[stopped, way.ENDED] += found[stopped, way.BUY]
    found[stopped, way.BUY] = 0
    return found


def _stopped(state: State, keys: chance.Numbers, plan: Plan, seed: int) -> NDArray[np.bool_]:
    """Whose order, if they are to place one, would fall into the incident."""
    if plan.incident is None:
        return np.zeros(len(keys), dtype=np.bool_)
    order = np.full(len(keys), ORDER, dtype=np.int8)
    would_order_at = meets_at(state, keys, order, plan)
    begins = stamps.midnight(plan.incident.starts_on)
    ends = begins + plan.incident.days * stamps.DAY
    mobile = device_is_mobile(owner(state), state["slot"], seed)
    return mobile & (would_order_at >= begins) & (would_order_at < ends)


def drawn(chances: NDArray[np.float64], draw: NDArray[np.float64]) -> NDArray[np.int8]:
    """The exit that each row's draw falls on."""
    ends = np.cumsum(chances, axis=1)
    place = (draw[:, None] * ends[:, -1:] >= ends).sum(axis=1)
    found: NDArray[np.int8] = np.minimum(place, len(way.EXITS) - 1).astype(np.int8)
    return found


def comes_back(
    state: State, keys: chance.Numbers, leads: NDArray[np.int8], plan: Plan
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """When each person's next journey begins (beyond all days: never) and as what.

    Returns:
        The instants, and 0 for a prospect or 1 for a subscriber.
    """
    cancelled = state["touchpoint"] == CANCELLED
    completed = leads == way.COMPLETED
    subscriber = (state["is_subscriber"] & ~cancelled) | completed
    share = np.where(subscriber, plan.pause_share, plan.return_share)
    share = np.where(completed, 0.97, np.where(cancelled, 0.12, share))
    draw = -np.log1p(-chance.shares(keys, "gap") * 0.98)
    silent_days = plan.dormancy_days + 2 + draw * np.where(subscriber, 15, 30)
    days = np.where(completed, 0.5 + 2 * draw, silent_days)
    returns = chance.shares(keys, "back") < share
    at = state["at"] + (days * stamps.DAY).astype(np.int64) // 1000 * 1000
    return np.where(returns, at, np.iinfo(np.int64).max), subscriber.astype(np.int8)


def words(
    state: State, leads: NDArray[np.int8], goes_at: NDArray[np.int64], plan: Plan
) -> NDArray[np.str_]:
    """Each leaving person's exit as the last day shows it."""
    last = stamps.midnight(plan.ends_on)
    stage = way.STAGE_OF[state["touchpoint"]]
    silent = last - state["last_sign"] > plan.dormancy_days * stamps.DAY
    over = silent | (state["touchpoint"] == CANCELLED)
    moved_on = np.where(leads > stage, "advanced", "diverted")
    word = np.where(goes_at < last, moved_on, "open")
    word = np.where(leads == way.ENDED, np.where(over, "ended", "open"), word)
    return np.where(leads == way.COMPLETED, "completed", word)


def settled_chances(state: State, chances: NDArray[np.float64], plan: Plan) -> NDArray[np.int64]:
    """Billionths of planted chance of the visits that end here and are settled, by stage."""
    limit = stamps.midnight(plan.ends_on) - plan.dormancy_days * stamps.DAY
    stage = way.STAGE_OF[state["touchpoint"]]
    planted = np.where((stage == way.RENEW)[:, None], way.RENEWAL_EXITS[state["entry"]], chances)
    is_settled = state["at"] <= limit
    billionths = np.round(planted[is_settled] * 1e9).astype(np.int64)
    sums = np.zeros((len(way.STAGES), len(way.EXITS)), dtype=np.int64)
    np.add.at(sums, stage[is_settled], billionths)
    return sums
