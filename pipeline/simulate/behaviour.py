"""Customers who move by a planted persona, or stand in planted stages that no touchpoint tells.

Beside the invented company and apart from it: these customers are events and truth alone, without
raw files, so that what is learned of behaviour can be held to what was planted. All take their
next step together; a step's draws are keyed by person and step, so who is with whom changes
nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars._typing import PolarsDataType

from pipeline.simulate import chance

END = "(end)"
START = "(start)"
INSTANT: PolarsDataType = pl.Datetime("us")
BEGINS = datetime(2026, 1, 5)  # noqa: DTZ001 - instants of tables are naive UTC
LONGEST = 200  # steps after which a person stops whatever was planted
RETURN_SHARE = 0.6  # of persons at the end of a journey, how many go on another one
PAUSE_DAYS = 40  # between journeys
EVENTS = pl.Schema(
    {
        "person_id": pl.Int64,
        "position": pl.Int64,
        "journey": pl.Int64,
        "occurred_at": INSTANT,
        "touchpoint": pl.String,
    }
)


@dataclass(frozen=True, slots=True)
class Persona:
    """Customers who move alike.

    Attributes:
        share: Of all customers.
        ways: Chances of the next touchpoint by the one before it: START to the first, END after
            the last.
    """

    name: str
    share: float
    ways: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class HiddenStage:
    """Where customers stand, told by no touchpoint alone.

    Attributes:
        shows: Chances of each touchpoint while there.
        leads: Chances of the next stage, this one among them, or END; the first stage given is
            where all begin.
    """

    name: str
    shows: Mapping[str, float]
    leads: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Behaved:
    """What customers did, and what was planted.

    Attributes:
        events: EVENTS, one row per touchpoint met.
        personas: `person_id` and `persona`: who moves by which.
        stages: `person_id`, `position` and `stage`: where each stood at each touchpoint.
    """

    events: pl.DataFrame
    personas: pl.DataFrame
    stages: pl.DataFrame


def movers(personas: Sequence[Persona], count: int, seed: int) -> Behaved:
    """So many customers, each of one persona, on one journey or several."""
    names = sorted({name for one in personas for name in one.ways} | {END})
    start, end = names.index(START), names.index(END)
    moves = np.stack([_matrix(one.ways, names) for one in personas])
    person = np.arange(1, count + 1)
    key = chance.keyed(chance.root(seed, "personas"), person)
    shares = np.cumsum([one.share for one in personas])
    kind = _drawn(np.broadcast_to(shares, (count, len(shares))), key, "persona")
    state, journey = np.full(count, start), np.ones(count, dtype=np.int64)
    met = []
    for step in range(1, LONGEST + 1):
        keys = chance.keyed(key, np.full(len(key), step))
        state = _drawn(moves[kind, state], keys, "next")
        is_over = state == end
        returns = is_over & (chance.shares(keys, "return") < RETURN_SHARE)
        # Who comes back takes the first step of the next journey at once.
        first = _drawn(moves[kind, np.full(len(kind), start)], keys, "first")
        state = np.where(returns, first, state)
        journey = journey + returns
        stays = ~is_over | returns
        person, key, kind = person[stays], key[stays], kind[stays]
        state, journey = state[stays], journey[stays]
        met.append((person, np.full(len(person), step), journey, state, kind))
    events, kinds = _events(met, names)
    told = np.array([one.name for one in personas])
    planted = events.select("person_id", persona=pl.Series(told[kinds])).unique().sort("person_id")
    return Behaved(events, planted, _stages(events, [None] * events.height))


def travellers(stages: Sequence[HiddenStage], count: int, seed: int) -> Behaved:
    """So many customers, each on the way through hidden stages."""
    places = [one.name for one in stages] + [END]
    names = sorted({name for one in stages for name in one.shows})
    leads = np.cumsum([[one.leads.get(to, 0.0) for to in places] for one in stages], axis=1)
    shows = np.cumsum([[one.shows.get(name, 0.0) for name in names] for one in stages], axis=1)
    person = np.arange(1, count + 1)
    key = chance.keyed(chance.root(seed, "hidden stages"), person)
    state = np.zeros(count, dtype=np.int64)
    met = []
    for step in range(1, LONGEST + 1):
        keys = chance.keyed(key, np.full(len(key), step))
        shown = _drawn(shows[state], keys, "show")
        met.append((person, np.full(len(person), step), np.ones_like(person), shown, state))
        state = _drawn(leads[state], keys, "lead")
        stays = state != len(stages)
        person, key, state = person[stays], key[stays], state[stays]
    events, states = _events(met, names)
    nobody = events.select("person_id", persona=pl.lit(None, dtype=pl.String)).unique()
    return Behaved(
        events, nobody.sort("person_id"), _stages(events, [places[state] for state in states])
    )


def _matrix(ways: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> NDArray[np.float64]:
    """Cumulative chances of the next name, by name; from where no way leads, END."""
    rows = [[ways.get(name, {END: 1.0}).get(to, 0.0) for to in names] for name in names]
    return np.cumsum(rows, axis=1)


def _drawn(ends: NDArray[np.float64], keys: chance.Numbers, purpose: str) -> NDArray[np.int64]:
    """The column that each row's draw falls on; chances that add up to a hair less count as 1."""
    drawn = chance.shares(keys, purpose) * ends[:, -1]
    found: NDArray[np.int64] = (drawn[:, None] >= ends).sum(axis=1)
    return found


def _events(
    met: Sequence[tuple[NDArray[np.int64], ...]], names: Sequence[str]
) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """EVENTS by person and position, and the last number of each.

    An hour lies between touchpoints, and PAUSE_DAYS between journeys.
    """
    columns = (np.concatenate(column) for column in zip(*met, strict=True))
    person, position, journey, touchpoint, hidden = columns
    order = np.lexsort((position, person))
    rows = pl.DataFrame(
        {
            "person_id": person[order],
            "position": position[order],
            "journey": journey[order],
            "touchpoint": np.array(names)[touchpoint[order]],
        }
    )
    pauses = PAUSE_DAYS * (pl.col("journey") - 1)
    events = rows.with_columns(
        occurred_at=pl.lit(BEGINS) + pl.duration(days=pauses, hours="position")
    )
    return events.select(EVENTS.names()).cast(EVENTS), hidden[order]


def _stages(events: pl.DataFrame, stages: Sequence[str | None]) -> pl.DataFrame:
    """Where each stood at each touchpoint."""
    planted = pl.Series(stages, dtype=pl.String)
    return events.select("person_id", "position", stage=planted)


PERSONAS = (
    Persona(
        "readers",
        0.4,
        {
            START: {"Visit site": 0.8, "Read pricing": 0.2},
            "Visit site": {"Read pricing": 0.5, "Compare plans": 0.4, END: 0.1},
            "Read pricing": {"Compare plans": 0.6, "Visit site": 0.3, END: 0.1},
            "Compare plans": {
                "Read pricing": 0.4,
                "Order placed": 0.3,
                "Visit site": 0.2,
                END: 0.1,
            },
            "Order placed": {"Welcome email": 1.0},
            "Welcome email": {END: 1.0},
        },
    ),
    Persona(
        "talkers",
        0.35,
        {
            START: {"Visit site": 0.5, "Ask sales": 0.5},
            "Visit site": {"Ask sales": 0.8, "Compare plans": 0.1, END: 0.1},
            "Ask sales": {"Quote sent": 0.6, "Phone call": 0.3, END: 0.1},
            "Quote sent": {"Ask sales": 0.4, "Order placed": 0.5, END: 0.1},
            "Phone call": {"Ask sales": 0.4, "Order placed": 0.5, END: 0.1},
            "Order placed": {"Welcome email": 1.0},
            "Welcome email": {"Phone call": 0.3, END: 0.7},
        },
    ),
    Persona(
        "strugglers",
        0.25,
        {
            START: {"Support chat": 0.6, "Phone call": 0.4},
            "Support chat": {"Ticket opened": 0.8, "Complaint": 0.2},
            "Phone call": {"Ticket opened": 0.7, "Complaint": 0.3},
            "Ticket opened": {"Ticket resolved": 0.7, "Phone call": 0.3},
            "Ticket resolved": {"Support chat": 0.4, "Visit site": 0.2, END: 0.4},
            "Complaint": {"Ticket opened": 0.8, END: 0.2},
            "Visit site": {"Read pricing": 0.3, END: 0.7},
        },
    ),
)
HIDDEN_STAGES = (
    HiddenStage(
        "looking",
        {"search_used": 0.45, "article_read": 0.4, "video_played": 0.1, "message_sent": 0.05},
        {"looking": 0.85, "trying": 0.1, END: 0.05},
    ),
    HiddenStage(
        "trying",
        {"article_read": 0.1, "file_imported": 0.4, "video_played": 0.3, "message_sent": 0.2},
        {"trying": 0.8, "working": 0.12, "looking": 0.04, END: 0.04},
    ),
    HiddenStage(
        "working",
        {"report_made": 0.5, "report_shared": 0.35, "file_imported": 0.1, "message_sent": 0.05},
        {"working": 0.9, "trying": 0.02, END: 0.08},
    ),
)
