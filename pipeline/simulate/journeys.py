"""Persons walk the planted way: every touchpoint they meet, every stage they leave, all at once.

All persons of a chunk take their next step together. A step's draws are keyed by person and
step, so who walks with whom changes nothing. What would happen after the last day is not written,
and whoever is still on the way then stays open.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.simulate import chance, stamps, way
from pipeline.simulate.plan import Plan

State = dict[str, NDArray[Any]]

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
SECOND_DEVICE_SLOT = 3
LOST_SLOT = 4
# No silence between a customer's own touchpoints comes near the dormancy limit of 30 days.
LONGEST_SILENCE = 28 * stamps.DAY
(ASK_SALES, QUOTE, ORDER, MOVED, LOGIN, BILL, OPENED, RESOLVED, COMPLAINT) = (
    way.NUMBER[name]
    for name in (
        "Ask sales",
        "Quote sent",
        "Order placed",
        "Install moved",
        "First login",
        "View bill",
        "Ticket opened",
        "Ticket resolved",
        "Complaint",
    )
)
RENEWED, CANCEL_PAGE, CANCELLED = (
    way.NUMBER[name] for name in ("Renewed", "Cancel page", "Cancelled")
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


def device_is_mobile(owner: NDArray[Any], slot: NDArray[Any], seed: int) -> NDArray[np.bool_]:
    """Whether the browser behind a cookie is a phone's; a second device is of the other kind."""
    main = np.where(slot == SECOND_DEVICE_SLOT, 0, slot)
    keys = chance.keyed(chance.root(seed, "device"), owner, main)
    mobile: NDArray[np.bool_] = chance.shares(keys, "is mobile") < 0.55
    other: NDArray[np.bool_] = mobile ^ (slot == SECOND_DEVICE_SLOT)
    return other


def _start(persons: pl.DataFrame, seed: int) -> State:
    """Every person before the first step."""
    person = persons["person_id"].to_numpy()
    key = chance.keyed(chance.root(seed, "walk"), person)
    count = len(person)
    prospects = np.zeros(count, dtype=np.int8)
    first = way.drawn(way.STARTS, prospects, chance.shares(key, "first"))
    arrives = persons["arrives_at"].to_numpy()
    state: State = {
        name: np.zeros(count, dtype=dtype)
        for name, dtype in (
            ("step", np.int32),
            ("journey", np.int16),
            ("visit", np.int16),
            ("slot", np.int8),
            ("mood", np.int8),
            ("order_number", np.int8),
            ("case_number", np.int16),
            ("form", np.int8),
            ("shock", np.int8),
            ("opened_at", np.int64),
            ("is_known", np.bool_),
            ("has_moved", np.bool_),
            ("has_complained", np.bool_),
            ("is_subscriber", np.bool_),
        )
    }
    return state | {
        "person_id": person,
        "key": key,
        "touchpoint": first,
        "entry": first.copy(),
        "at": arrives.copy(),
        "entered_at": arrives.copy(),
        "last_sign": arrives.copy(),
        "rate": persons["sessions_per_day"].to_numpy(),
        "temper": persons["temper"].to_numpy(),
        "has_second": persons["has_second_device"].to_numpy(),
        "owner": persons["cookie_owner"].to_numpy(),
    }


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


def _meet(state: State, keys: chance.Numbers, plan: Plan) -> None:
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


def _multiplier(state: State) -> NDArray[np.float64]:
    """How much likelier than at first each person is to leave for good."""
    causes = way.CAUSES
    together = (
        np.where(state["shock"] > 0, causes["bill shock"], 1.0)
        * np.where(state["has_complained"], causes["complaint"], 1.0)
        * np.where(state["has_moved"], causes["install moved"], 1.0)
    )
    limited: NDArray[np.float64] = np.minimum(together, way.HIGHEST_MULTIPLIER)
    return limited


def _hazards(state: State) -> NDArray[np.float64]:
    """Per value event: the chances to leave Use, by exit."""
    hazards = np.zeros((len(state["at"]), len(way.EXITS)))
    trouble = 1 + 0.4 * state["has_moved"] + (state["shock"] > 0)
    hazards[:, way.HELP] = way.HAZARD[way.HELP] * trouble
    hazards[:, way.RENEW] = way.HAZARD[way.RENEW]
    hazards[:, way.ENDED] = way.HAZARD[way.ENDED] * _multiplier(state)
    return hazards


def _wait(
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


def _leads(state: State, keys: chance.Numbers, plan: Plan, seed: int) -> NDArray[np.float64]:
    """The chance of each exit, for persons who leave their stage here."""
    touchpoint = state["touchpoint"]
    stage = way.STAGE_OF[touchpoint]
    chances = way.LEAD[stage]
    hazards = _hazards(state)
    in_use = stage == way.USE
    chances[in_use] = hazards[in_use] / hazards[in_use].sum(axis=1, keepdims=True)
    weak = (stage == way.HELP) | (stage == way.ONBOARD)
    ended = np.minimum(chances[:, way.ENDED] * _multiplier(state), 0.6)
    scale = (1 - ended) / (1 - chances[:, way.ENDED])
    chances[weak] *= scale[weak, None]
    chances[weak, way.ENDED] = ended[weak]
    chances[touchpoint == RENEWED] = np.eye(len(way.EXITS))[way.COMPLETED]
    chances[touchpoint == CANCELLED] = np.eye(len(way.EXITS))[way.ENDED]
    stopped = _stopped(state, keys, plan, seed)
    chances[stopped, way.ENDED] += chances[stopped, way.BUY]
    chances[stopped, way.BUY] = 0
    return chances


def _stopped(state: State, keys: chance.Numbers, plan: Plan, seed: int) -> NDArray[np.bool_]:
    """Whose order, if they are to place one, would fall into the incident."""
    if plan.incident is None:
        return np.zeros(len(keys), dtype=np.bool_)
    order = np.full(len(keys), ORDER, dtype=np.int8)
    would_order_at = _wait(state, keys, order, plan)
    begins = stamps.midnight(plan.incident.starts_on)
    ends = begins + plan.incident.days * stamps.DAY
    mobile = device_is_mobile(_owner(state), state["slot"], seed)
    return mobile & (would_order_at >= begins) & (would_order_at < ends)


def _owner(state: State) -> NDArray[np.int64]:
    """Whose cookie is in use: another person's only where a first cookie changed hands."""
    return np.where(state["slot"] == 0, state["owner"], state["person_id"])


def _drawn_exit(chances: NDArray[np.float64], draw: NDArray[np.float64]) -> NDArray[np.int8]:
    """The exit that each row's draw falls on."""
    ends = np.cumsum(chances, axis=1)
    place = (draw[:, None] * ends[:, -1:] >= ends).sum(axis=1)
    drawn: NDArray[np.int8] = np.minimum(place, len(way.EXITS) - 1).astype(np.int8)
    return drawn


def _comes_back(
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
    back = chance.shares(keys, "back") < share
    at = state["at"] + (days * stamps.DAY).astype(np.int64) // 1000 * 1000
    return np.where(back, at, np.iinfo(np.int64).max), subscriber.astype(np.int8)


def _churned(state: State, leads: NDArray[np.int8], chances: NDArray[np.float64]) -> pl.DataFrame:
    """The churn rows of persons who leave for good here."""
    touchpoint = state["touchpoint"]
    in_use = way.STAGE_OF[touchpoint] == way.USE
    leave = np.where(in_use, _hazards(state).sum(axis=1), way.LEAVE[touchpoint])
    hazard = np.where(leads == way.COMPLETED, 0.03, leave * chances[:, way.ENDED])
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


def _visit(state: State, leads: NDArray[np.int8], exits: NDArray[np.str_] | str) -> pl.DataFrame:
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
            "exit": np.broadcast_to(np.asarray(exits), leads.shape).astype(object),
        },
        schema=VISITS,
    )


def _exit_words(
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


def _settled_chances(state: State, chances: NDArray[np.float64], plan: Plan) -> NDArray[np.int64]:
    """Billionths of planted chance of the visits that end here and are settled, by stage."""
    limit = stamps.midnight(plan.ends_on) - plan.dormancy_days * stamps.DAY
    stage = way.STAGE_OF[state["touchpoint"]]
    planted = np.where((stage == way.RENEW)[:, None], way.RENEWAL_EXITS[state["entry"]], chances)
    settled = state["at"] <= limit
    billionths = np.round(planted[settled] * 1e9).astype(np.int64)
    sums = np.zeros((len(way.STAGES), len(way.EXITS)), dtype=np.int64)
    np.add.at(sums, stage[settled], billionths)
    return sums


def _taken(state: State, rows: NDArray[Any]) -> State:
    return {name: column[rows] for name, column in state.items()}


def _slots(state: State, keys: chance.Numbers, fresh: NDArray[np.bool_], plan: Plan) -> None:
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


def _rows(state: State) -> pl.DataFrame:
    """The touchpoints just met."""
    touchpoint = state["touchpoint"]
    on_second = state["has_second"] & ((touchpoint == LOGIN) | (touchpoint == CANCEL_PAGE))
    slot = np.where(on_second, SECOND_DEVICE_SLOT, state["slot"])
    columns = {name: state[name] for name in TOUCHES.names()} | {"slot": slot}
    return pl.DataFrame(columns).cast(TOUCHES)


def walk(persons: pl.DataFrame, plan: Plan, seed: int) -> Walked:
    """What these persons did within the plan's days; rows in no particular order."""
    last = stamps.midnight(plan.ends_on)
    state = _start(persons, seed)
    state = _taken(state, state["at"] < last)
    touches = [pl.DataFrame(schema=TOUCHES)]
    visits = [pl.DataFrame(schema=VISITS)]
    churn = [pl.DataFrame(schema=CHURN)]
    planted = np.zeros((len(way.STAGES), len(way.EXITS)), dtype=np.int64)
    while len(state["at"]):
        keys = chance.keyed(state["key"], state["step"])
        _meet(state, keys, plan)
        touches.append(_rows(state))
        touchpoint = state["touchpoint"]
        in_use = way.STAGE_OF[touchpoint] == way.USE
        leave = np.where(in_use, _hazards(state).sum(axis=1), way.LEAVE[touchpoint])
        leaves = np.flatnonzero(chance.shares(keys, "leave") < leave)
        to = way.drawn(way.NEXT, touchpoint, chance.shares(keys, "next"))

        gone, gone_keys = _taken(state, leaves), keys[leaves]
        chances = _leads(gone, gone_keys, plan, seed)
        leads = _drawn_exit(chances, chance.shares(gone_keys, "exit"))
        goes_on = leads < way.ENDED
        back_at, kind = _comes_back(gone, gone_keys, leads, plan)
        entry = way.drawn(way.ENTRIES, np.minimum(leads, 6), chance.shares(gone_keys, "entry"))
        start = way.drawn(way.STARTS, kind, chance.shares(gone_keys, "entry"))
        to[leaves] = np.where(goes_on, entry, start)
        at = _wait(state, keys, to, plan)
        at[leaves] = np.where(goes_on, at[leaves], back_at)

        planted += _settled_chances(gone, chances, plan)
        visits.append(_visit(gone, leads, _exit_words(gone, leads, at[leaves], plan)))
        for_good = ~goes_on & (back_at > last + 400 * stamps.DAY) & gone["is_subscriber"]
        churn.append(_churned(_taken(gone, for_good), leads[for_good], chances[for_good]))

        stays = np.ones(len(at), dtype=np.bool_)
        stays[leaves] = False
        cut = stays & (at >= last)
        undecided = np.full(int(cut.sum()), -1, dtype=np.int8)
        visits.append(_visit(_taken(state, cut), undecided, "open"))

        _advance(state, to, at, leaves)
        fresh = np.zeros(len(at), dtype=np.bool_)
        fresh[leaves] = ~goes_on
        state["journey"] = (state["journey"] + fresh).astype(np.int16)
        state["is_subscriber"] &= ~(fresh & (touchpoint == CANCELLED))
        _slots(state, keys, fresh, plan)
        state = _taken(state, at < last)
    return Walked(pl.concat(touches), pl.concat(visits), pl.concat(churn), planted)


def _advance(
    state: State, to: NDArray[np.int8], at: NDArray[np.int64], leaves: NDArray[np.int64]
) -> None:
    """Put every person before the next touchpoint."""
    # New arrays, never changes in place: the rows of this step still hold the old ones.
    left = np.zeros(len(at), dtype=np.bool_)
    left[leaves] = True
    state["step"] = state["step"] + 1
    state["visit"] = (state["visit"] + left).astype(np.int16)
    state["entry"] = np.where(left, to, state["entry"])
    state["entered_at"] = np.where(left, at, state["entered_at"])
    state["touchpoint"] = to
    state["at"] = at
