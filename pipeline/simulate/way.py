"""The planted way: stages, their touchpoints, and the chances and waits between them.

Over stages it is a first-order Markov chain; inside a stage its touchpoints are another one.
Names are those of the telecom template.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STAGES = ("Discover", "Evaluate", "Buy", "Onboard", "Use", "Get help", "Renew")
DISCOVER, EVALUATE, BUY, ONBOARD, USE, HELP, RENEW = range(7)
ENDED, COMPLETED = 7, 8
EXITS = (*STAGES, "(ended)", "(completed)")


@dataclass(frozen=True, slots=True)
class Wait:
    """How long before a touchpoint follows: soon within the session, or some days later.

    Attributes:
        near_share: How often it comes soon.
        near_minutes: The bounds of soon; even on a logarithmic scale.
        far_hours: The least wait otherwise, the mean of what comes on top, and its limit.
    """

    near_share: float
    near_minutes: tuple[float, float]
    far_hours: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """One touchpoint of the telecom template, and the raw source that tells of it."""

    name: str
    stage: int
    source: str
    is_customers: bool
    wait: Wait


BROWSING = Wait(0.75, (0.2, 8.0), (6.0, 40.0, 200.0))
# The mean wait of the two value touchpoints is each person's own; this one is never used.
USING = Wait(0.55, (0.2, 12.0), (3.0, 60.0, 460.0))


def _theirs(name: str, stage: int, source: str, wait: Wait) -> Touchpoint:
    """A touchpoint that a customer begins."""
    return Touchpoint(name, stage, source, is_customers=True, wait=wait)


def _ours(name: str, stage: int, source: str, wait: Wait) -> Touchpoint:
    """A touchpoint that the company begins."""
    return Touchpoint(name, stage, source, is_customers=False, wait=wait)


TOUCHPOINTS = (
    _theirs("Visit site", DISCOVER, "web", BROWSING),
    _theirs("Read pricing", DISCOVER, "web", BROWSING),
    _theirs("Compare plans", EVALUATE, "web", BROWSING),
    _theirs("Ask sales", EVALUATE, "chat", Wait(0.8, (1.0, 15.0), (6.0, 30.0, 150.0))),
    _ours("Quote sent", EVALUATE, "mailbox", Wait(0.5, (30.0, 240.0), (4, 12, 44))),
    _theirs("Order placed", BUY, "web", Wait(0.6, (1.0, 20.0), (6.0, 36.0, 160.0))),
    _ours("Credit check", BUY, "salesforce", Wait(0.7, (5, 90), (2, 6, 24))),
    _ours("Welcome email", BUY, "campaigns", Wait(0.8, (5, 60), (2, 4, 12))),
    _ours("Install booked", ONBOARD, "hubspot", Wait(0.3, (90, 400), (6, 14, 46))),
    _ours("Install moved", ONBOARD, "hubspot", Wait(0.0, (60, 90), (8, 20, 48))),
    _ours("Install done", ONBOARD, "hubspot", Wait(0.0, (60, 90), (24, 60, 168))),
    _theirs("First login", ONBOARD, "web", Wait(0.5, (60, 400), (8, 20, 72))),
    _theirs("Use service", USE, "portal", USING),
    _theirs("View bill", USE, "portal", USING),
    _theirs("Support chat", HELP, "messenger", Wait(0.4, (10, 120), (3, 20, 72))),
    _theirs("Phone call", HELP, "calls", Wait(0.4, (10, 120), (3, 20, 72))),
    _ours("Ticket opened", HELP, "salesforce", Wait(0.8, (3, 60), (2, 2, 6))),
    _ours("Ticket resolved", HELP, "salesforce", Wait(0.2, (120, 400), (6, 36, 144))),
    _theirs("Complaint", HELP, "mailbox", Wait(0.2, (60, 240), (4, 24, 72))),
    _ours("Renewal offer", RENEW, "campaigns", Wait(0.0, (60, 90), (6, 24, 96))),
    _theirs("Renewed", RENEW, "salesforce", Wait(0.4, (60, 300), (6, 36, 140))),
    _theirs("Cancel page", RENEW, "web", Wait(0.2, (5, 60), (6, 30, 120))),
    _theirs("Cancelled", RENEW, "salesforce", Wait(0.7, (3, 30), (2, 12, 48))),
)
NUMBER = {touchpoint.name: number for number, touchpoint in enumerate(TOUCHPOINTS)}
STAGE_OF = np.array([touchpoint.stage for touchpoint in TOUCHPOINTS], dtype=np.int8)
IS_CUSTOMERS = np.array([touchpoint.is_customers for touchpoint in TOUCHPOINTS])
NEAR_SHARE = np.array([touchpoint.wait.near_share for touchpoint in TOUCHPOINTS])
NEAR_MINUTES = np.array([touchpoint.wait.near_minutes for touchpoint in TOUCHPOINTS])
FAR_HOURS = np.array([touchpoint.wait.far_hours for touchpoint in TOUCHPOINTS])

# After each touchpoint: the chance to leave the stage, and where to go if not.
WITHIN: dict[str, tuple[float, dict[str, float]]] = {
    "Visit site": (0.35, {"Visit site": 0.5, "Read pricing": 0.5}),
    "Read pricing": (0.65, {"Visit site": 0.5, "Read pricing": 0.5}),
    "Compare plans": (0.55, {"Compare plans": 0.65, "Ask sales": 0.35}),
    "Ask sales": (0.35, {"Quote sent": 0.75, "Compare plans": 0.25}),
    "Quote sent": (0.75, {"Compare plans": 1.0}),
    "Order placed": (0.03, {"Credit check": 1.0}),
    "Credit check": (0.06, {"Welcome email": 1.0}),
    "Welcome email": (1.0, {}),
    "Install booked": (0.02, {"Install moved": 0.2, "Install done": 0.8}),
    "Install moved": (0.05, {"Install moved": 0.06, "Install done": 0.94}),
    "Install done": (0.12, {"First login": 1.0}),
    "First login": (1.0, {}),
    # The chance to leave Use is each person's own: HAZARD below.
    "Use service": (0.0, {"Use service": 0.88, "View bill": 0.12}),
    "View bill": (0.0, {"Use service": 0.88, "View bill": 0.12}),
    "Support chat": (0.55, {"Ticket opened": 0.8, "Phone call": 0.2}),
    "Phone call": (0.6, {"Ticket opened": 1.0}),
    "Ticket opened": (0.0, {"Ticket resolved": 0.87, "Phone call": 0.08, "Complaint": 0.05}),
    "Ticket resolved": (0.8, {"Complaint": 0.4, "Support chat": 0.6}),
    "Complaint": (0.4, {"Ticket opened": 1.0}),
    "Renewal offer": (0.35, {"Renewed": 0.7, "Cancel page": 0.3}),
    "Renewed": (1.0, {}),
    "Cancel page": (0.35, {"Cancelled": 0.62, "Renewed": 0.38}),
    "Cancelled": (1.0, {}),
}

# The first touchpoint of a stage, reached from another stage.
ENTRY: dict[int, dict[str, float]] = {
    DISCOVER: {"Visit site": 0.8, "Read pricing": 0.2},
    EVALUATE: {"Compare plans": 0.85, "Ask sales": 0.15},
    BUY: {"Order placed": 1.0},
    ONBOARD: {"Install booked": 0.9, "First login": 0.1},
    USE: {"Use service": 0.85, "View bill": 0.15},
    HELP: {"Support chat": 0.5, "Phone call": 0.25, "Ticket opened": 0.15, "Complaint": 0.1},
    RENEW: {"Renewal offer": 0.8, "Cancel page": 0.2},
}
# The first touchpoint of a journey: always one of the customer's own.
START_PROSPECT = {
    "Visit site": 0.68,
    "Read pricing": 0.17,
    "Compare plans": 0.13,
    "Ask sales": 0.02,
}
START_SUBSCRIBER = {
    "Use service": 0.6,
    "View bill": 0.15,
    "Support chat": 0.12,
    "Phone call": 0.05,
    "Complaint": 0.03,
    "Cancel page": 0.05,
}

# Where a visit leads, by stage. Use follows HAZARD; Renewed and Cancelled close the journey.
LEADS: dict[int, dict[int, float]] = {
    DISCOVER: {EVALUATE: 0.58, BUY: 0.04, ENDED: 0.38},
    EVALUATE: {DISCOVER: 0.05, BUY: 0.52, ENDED: 0.43},
    BUY: {ONBOARD: 0.92, HELP: 0.03, ENDED: 0.05},
    ONBOARD: {USE: 0.88, HELP: 0.07, ENDED: 0.05},
    USE: {HELP: 0.5, RENEW: 0.3, ENDED: 0.2},
    HELP: {USE: 0.82, RENEW: 0.06, ENDED: 0.12},
    RENEW: {USE: 0.80, HELP: 0.05, ENDED: 0.15},
}
# The chance per value event to leave Use for help, for renewal, and for good.
HAZARD = {HELP: 0.009, RENEW: 0.0055, ENDED: 0.0035}
# What multiplies the chance to leave for good: the planted causes of churn.
CAUSES = {"bill shock": 4.0, "complaint": 2.0, "install moved": 1.8}
HIGHEST_MULTIPLIER = 8.0
BILL_SHOCK_SHARE = 0.06  # of looks at a bill
BILL_SHOCK_EVENTS = 8  # value events under its effect


def _cumulative(chances: list[dict[str, float]]) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Per row its targets and their cumulative chances, as wide as the longest row."""
    width = max(1, *(len(row) for row in chances))
    ends: NDArray[np.float64] = np.ones((len(chances), width))
    targets = np.zeros((len(chances), width), dtype=np.int8)
    for number, row in enumerate(chances):
        ends[number, : len(row)] = np.cumsum(list(row.values()))
        targets[number, : len(row)] = [NUMBER[name] for name in row]
        ends[number, max(0, len(row) - 1) :] = 1.0
    return ends, targets


NEXT = _cumulative([WITHIN[touchpoint.name][1] for touchpoint in TOUCHPOINTS])
LEAVE = np.array([WITHIN[touchpoint.name][0] for touchpoint in TOUCHPOINTS])
ENTRIES = _cumulative([ENTRY[stage] for stage in range(7)])
STARTS = _cumulative([START_PROSPECT, START_SUBSCRIBER])


def _lead_matrix() -> NDArray[np.float64]:
    """Chances of each exit, by stage."""
    matrix = np.zeros((len(STAGES), len(EXITS)))
    for stage, row in LEADS.items():
        matrix[stage, list(row)] = list(row.values())
    return matrix


LEAD = _lead_matrix()


def drawn(
    table: tuple[NDArray[np.float64], NDArray[np.int8]],
    rows: NDArray[np.int8],
    chance: NDArray[np.float64],
) -> NDArray[np.int8]:
    """The target that each row's `chance` falls on."""
    ends, targets = table
    place = (chance[:, None] >= ends[rows]).sum(axis=1)
    found: NDArray[np.int8] = targets[rows, place]
    return found


def _renewal_exits() -> NDArray[np.float64]:
    """Chances of each exit from Renew by the touchpoint it began with, over all paths inside.

    Solves the absorbing chain: exits = own exit + way inside * exits.
    """
    size = len(TOUCHPOINTS)
    inside = np.zeros((size, size))
    out = np.zeros((size, len(EXITS)))
    for number, touchpoint in enumerate(TOUCHPOINTS):
        leave, ways = WITHIN[touchpoint.name]
        for name, chance in ways.items():
            inside[number, NUMBER[name]] = (1 - leave) * chance
        out[number] = leave * LEAD[RENEW]
    out[NUMBER["Renewed"]] = np.eye(len(EXITS))[COMPLETED]
    out[NUMBER["Cancelled"]] = np.eye(len(EXITS))[ENDED]
    # Use never leaves by itself, which would make the system singular; it is no part of Renew.
    inside[STAGE_OF != RENEW] = 0
    exits = np.linalg.solve(np.eye(size) - inside, out)
    return exits.astype(np.float64)


RENEWAL_EXITS = _renewal_exits()
