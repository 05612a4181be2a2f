"""Persons walk the planted way: every touchpoint they meet, every stage they leave, all at once.

All persons of a chunk take their next step together. A step's draws are keyed by person and
step, so who walks with whom changes nothing. What would happen after the last day is not written,
and whoever is still on the way then stays open.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.simulate import chance, stamps, way
from pipeline.simulate.devices import SECOND_DEVICE_SLOT
from pipeline.simulate.plan import Plan
from pipeline.simulate.walk import cookies, exits, hazards
from pipeline.simulate.walk.meetings import meet
from pipeline.simulate.walk.state import State, advance, begin, taken
from pipeline.simulate.walk.waits import meets_at

LOGIN, CANCEL_PAGE, CANCELLED = (
    way.NUMBER[name] for name in ("First login", "Cancel page", "Cancelled")
)
TOUCHES = pl.Schema(
    {
        "person_id": pl.Int64,
        "step": pl.Int32,
        "journey": pl.Int16,
        "visit": pl.Int16,
        "touchpoint": pl.Int8,
        "at": pl.Int64,
        "slot": pl.Int8,  # which of the person's cookies is in use
        "mood": pl.Int8,  # -1, 0, 1
        "order_number": pl.Int8,  # how many orders so far, this one with them
        "case_number": pl.Int16,
        "form": pl.Int8,  # 1: an e-mail is given and the cookie learns it; 2: a made-up e-mail
    }
)
VISITS = pl.Schema(
    {
        "person_id": pl.Int64,
        "journey": pl.Int16,
        "visit": pl.Int16,
        "stage": pl.Int8,
        "entered_at": pl.Int64,
        "left_at": pl.Int64,
        "leads_to": pl.Int8,  # planted; -1: not decided within the logs
        "exit": pl.String,  # advanced, diverted, completed, ended, open: as the last day shows it
    }
)
CHURN = pl.Schema(
    {
        "person_id": pl.Int64,
        "churned_at": pl.Int64,
        "hazard": pl.Float64,  # the planted chance of leaving for good at that touchpoint
        "cause": pl.String,
        "touchpoint": pl.String,
    }
)


@dataclass(frozen=True, slots=True)
class Walked:
    """What a chunk of persons did.

    Attributes:
        touches: `TOUCHES`, one row per touchpoint met.
        visits: `VISITS`, one row per stay in a stage.
        churn: `CHURN`, one row per subscriber who left for good.
        planted: Billionths of chance summed over the settled visits, stage by exit; whole
            numbers, so that no order of adding changes them.
    """

    touches: pl.DataFrame
    visits: pl.DataFrame
    churn: pl.DataFrame
    planted: NDArray[np.int64]


def walk(persons: pl.DataFrame, plan: Plan, seed: int) -> Walked:
    """What these persons did within the plan's days; rows in no particular order."""
    last = stamps.midnight(plan.ends_on)
    state = begin(persons, seed)
    state = taken(state, state["at"] < last)
    touches = [pl.DataFrame(schema=TOUCHES)]
    visits = [pl.DataFrame(schema=VISITS)]
    churn = [pl.DataFrame(schema=CHURN)]
    planted = np.zeros((len(way.STAGES), len(way.EXITS)), dtype=np.int64)
    while len(state["at"]):
        keys = chance.keyed(state["key"], state["step"])
        meet(state, keys, plan)
        touches.append(_rows(state))
        touchpoint = state["touchpoint"]
        leaves = np.flatnonzero(chance.shares(keys, "leave") < hazards.leaving(state))
        to = way.drawn(way.NEXT, touchpoint, chance.shares(keys, "next"))

        gone, gone_keys = taken(state, leaves), keys[leaves]
        chances = exits.chances(gone, gone_keys, plan, seed)
        leads = exits.drawn(chances, chance.shares(gone_keys, "exit"))
        goes_on = leads < way.ENDED
        back_at, kind = exits.comes_back(gone, gone_keys, leads, plan)
        entry = way.drawn(way.ENTRIES, np.minimum(leads, 6), chance.shares(gone_keys, "entry"))
        start = way.drawn(way.STARTS, kind, chance.shares(gone_keys, "entry"))
        to[leaves] = np.where(goes_on, entry, start)
        at = meets_at(state, keys, to, plan)
        at[leaves] = np.where(goes_on, at[leaves], back_at)

        planted += exits.settled_chances(gone, chances, plan)
        visits.append(_visit(gone, leads, exits.words(gone, leads, at[leaves], plan)))
        for_good = ~goes_on & (back_at > last + 400 * stamps.DAY) & gone["is_subscriber"]
        churn.append(_churned(taken(gone, for_good), leads[for_good], chances[for_good]))

        stays = np.ones(len(at), dtype=np.bool_)
        stays[leaves] = False
        cut = stays & (at >= last)
        undecided = np.full(int(cut.sum()), -1, dtype=np.int8)
        visits.append(_visit(taken(state, cut), undecided, "open"))

        advance(state, to, at, leaves)
        fresh = np.zeros(len(at), dtype=np.bool_)
        fresh[leaves] = ~goes_on
        state["journey"] = (state["journey"] + fresh).astype(np.int16)
        state["is_subscriber"] &= ~(fresh & (touchpoint == CANCELLED))
        cookies.renew(state, keys, fresh, plan)
        state = taken(state, at < last)
    return Walked(pl.concat(touches), pl.concat(visits), pl.concat(churn), planted)


def _rows(state: State) -> pl.DataFrame:
    """The touchpoints just met."""
    touchpoint = state["touchpoint"]
    on_second = state["has_second"] & ((touchpoint == LOGIN) | (touchpoint == CANCEL_PAGE))
    slot = np.where(on_second, SECOND_DEVICE_SLOT, state["slot"])
    columns = {name: state[name] for name in TOUCHES.names()} | {"slot": slot}
    return pl.DataFrame(columns).cast(TOUCHES)


def _visit(state: State, leads: NDArray[np.int8], words: NDArray[np.str_] | str) -> pl.DataFrame:
    """The visits that end with the touchpoint just met."""
    return pl.DataFrame(
        {
            "person_id": state["person_id"],
            "journey": state["journey"],
            "visit": state["visit"],
            "stage": way.STAGE_OF[state["touchpoint"]],
            "entered_at": state["entered_at"],
            "left_at": state["at"],
            "leads_to": leads,
            "exit": np.broadcast_to(np.asarray(words), leads.shape).astype(object),
        },
        schema=VISITS,
    )


def _churned(state: State, leads: NDArray[np.int8], chances: NDArray[np.float64]) -> pl.DataFrame:
    """The churn rows of persons who leave for good here."""
    touchpoint = state["touchpoint"]
    leaving = hazards.leaving(state) * chances[:, way.ENDED]
    hazard = np.where(leads == way.COMPLETED, 0.03, leaving)
    causes = [
        np.where(happened, way.CAUSES[name], 1.0)
        for name, happened in (
            ("bill shock", state["shock"] > 0),
            ("complaint", state["has_complained"]),
            ("install moved", state["has_moved"]),
        )
    ]
    strongest = np.stack([np.ones(len(hazard)), *causes], axis=1).argmax(axis=1)
    names = np.array(["none", "bill shock", "complaint", "install moved"])
    touchpoints = np.array([touchpoint.name for touchpoint in way.TOUCHPOINTS])
    return pl.DataFrame(
        {
            "person_id": state["person_id"],
            "churned_at": state["at"],
            "hazard": hazard,
            "cause": names[strongest],
            "touchpoint": touchpoints[touchpoint],
        },
        schema=CHURN,
    )
