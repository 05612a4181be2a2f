"""What a touchpoint does to the person who meets it: what is known of them, and their mood.

Rule: what the company did to a person is remembered; mood and hazards follow from the same memory.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.simulate import chance, stamps, way
from pipeline.simulate.plan import Plan
from pipeline.simulate.walk.state import State

ASK_SALES, QUOTE, ORDER, MOVED, BILL, OPENED, RESOLVED, COMPLAINT = (
    way.NUMBER[name]
    for name in (
        "Ask sales",
        "Quote sent",
        "Order placed",
        "Install moved",
        "View bill",
        "Ticket opened",
        "Ticket resolved",
        "Complaint",
    )
)


def meet(state: State, keys: chance.Numbers, plan: Plan) -> None:
    """Let the touchpoint do to each person what it does."""
    touchpoint = state["touchpoint"]
    stage = way.STAGE_OF[touchpoint]
    is_form = ((touchpoint == ASK_SALES) | (touchpoint == QUOTE)) & ~state["is_known"]
    made_up = (touchpoint == ASK_SALES) & (
        chance.shares(keys, "made up") < plan.placeholder_email_share
    )
    blocked = chance.shares(keys, "blocked") < plan.unlinked_form_share
    state["form"] = np.where(made_up, 2, is_form & ~blocked).astype(np.int8)
    is_order = touchpoint == ORDER
    state["is_known"] |= (state["form"] == 1) | is_order
    state["order_number"] = (state["order_number"] + is_order).astype(np.int8)
    state["case_number"] = (state["case_number"] + (touchpoint == OPENED)).astype(np.int16)
    state["opened_at"] = np.where(touchpoint == OPENED, state["at"], state["opened_at"])
    state["has_moved"] = (state["has_moved"] & ~is_order) | (touchpoint == MOVED)
    state["has_complained"] = (state["has_complained"] & ~is_order) | (touchpoint == COMPLAINT)
    in_use = stage == way.USE
    state["is_subscriber"] |= in_use
    shocked = (touchpoint == BILL) & (chance.shares(keys, "bill") < way.BILL_SHOCK_SHARE)
    calmer = np.maximum(state["shock"] - in_use, 0)
    state["shock"] = np.where(shocked, way.BILL_SHOCK_EVENTS, calmer).astype(np.int8)
    is_own = way.IS_CUSTOMERS[touchpoint]
    state["last_sign"] = np.where(is_own, state["at"], state["last_sign"])
    state["mood"] = _mood(state, keys, stage)


def _mood(state: State, keys: chance.Numbers, stage: NDArray[np.int8]) -> NDArray[np.int8]:
    """How the person feels here: temper, chance, and what the company did to them."""
    touchpoint = state["touchpoint"]
    slow = state["at"] - state["opened_at"] > 60 * stamps.HOUR
    feeling = (
        0.15
        + 0.35 * state["temper"]
        + (chance.shares(keys, "feeling") - 0.5)
        - 0.7 * (state["has_moved"] & (stage == way.ONBOARD))
        - 0.35 * state["has_complained"]
        - 0.5 * (state["shock"] > 0)
        - 0.35 * (stage == way.HELP)
        + np.where(touchpoint == RESOLVED, np.where(slow, -0.6, 0.6), 0.0)
    )
    mood = np.where(feeling > 0.2, 1, np.where(feeling < -0.25, -1, 0))
    return np.where(touchpoint == COMPLAINT, -1, mood).astype(np.int8)
