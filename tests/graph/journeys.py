"""Journeys written down or walked at random, as the table chain_steps."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from pipeline.graph.edges import COMPLETED, ENDED, OPEN, START

SCHEMA = pl.Schema(
    {
        "grain": pl.String,
        "customer_group": pl.String,
        "before_2": pl.String,
        "before_1": pl.String,
        "from_name": pl.String,
        "to_name": pl.String,
        "transition_count": pl.Int64,
        "settled_count": pl.Int64,
        "spent_us": pl.Int64,
        "value_cents": pl.Int64,
    }
)
DAY_US = 86_400_000_000


class Journey(NamedTuple):
    """One journey: whose group, the names in order, how it ended, and its value."""

    group: str
    names: Sequence[str]
    end: str
    value_cents: int = 0


def chain_steps(journeys: Iterable[Journey], grain: str = "stage") -> pl.DataFrame:
    """Each step with what came before it; all are settled but those into (open). A day each."""
    counted: Counter[tuple[str | None, ...]] = Counter()
    worth: Counter[tuple[str | None, ...]] = Counter()
    for one in journeys:
        way = [None, None, START, *one.names, one.end]
        for before_2, before_1, name, to in zip(way, way[1:], way[2:], way[3:], strict=False):
            cell = (one.group, before_2, before_1, name, to)
            counted[cell] += 1
            worth[cell] += one.value_cents if to == COMPLETED else 0
    rows = [
        (
            grain,
            *cell,
            count,
            0 if cell[-1] == OPEN else count,
            0 if OPEN in cell or START in cell[-2:] else count * DAY_US,
            worth[cell],
        )
        for cell, count in sorted(counted.items(), key=str)
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


Law = Mapping[tuple[str, ...], Mapping[str, float]]


def law(names: Sequence[str], order: int, rng: np.random.Generator) -> Law:
    """Random chances of what comes next after every past of up to `order` names."""
    nexts = [*names, COMPLETED, ENDED]
    pasts: list[tuple[str, ...]] = [(START,)]
    reached: dict[tuple[str, ...], Mapping[str, float]] = {}
    while pasts:
        past = pasts.pop()
        if past in reached:
            continue
        weights = rng.gamma(0.6, size=len(nexts))
        if past == (START,):
            weights[-2:] = 0  # nobody ends before the first name
        else:
            weights[-2:] += 0.8, 0.3
        reached[past] = dict(zip(nexts, weights / weights.sum(), strict=True))
        pasts += [(*past, name)[-order:] for name in names]
    return reached


def walked(
    chances: Law, order: int, count: int, rng: np.random.Generator, *, without: str | None = None
) -> float:
    """The share of `count` random walks by a law that complete; at `without` they end."""
    pasts = list(chances)
    place = {past: number for number, past in enumerate(pasts)}
    nexts = list(next(iter(chances.values())))
    bounds = np.array([[chances[past].get(name, 0.0) for name in nexts] for past in pasts])
    bounds = bounds.cumsum(axis=1)
    bounds[:, -1] = 1.0
    leads = np.array(
        [
            [
                -1
                if name == COMPLETED
                else -2
                if name in {ENDED, without}
                else place.get((*past, name)[-order:], -2)
                for name in nexts
            ]
            for past in pasts
        ]
    )
    at = np.full(count, place[(START,)])
    completed = 0
    while len(at):
        drawn = (rng.random(len(at))[:, None] >= bounds[at]).sum(axis=1)
        at = leads[at, drawn]
        completed += int((at == -1).sum())
        at = at[at >= 0]
    return completed / count


def journeys_of(chances: Law, order: int, count: int, rng: np.random.Generator) -> list[Journey]:
    """Random journeys of as many customers by a law, one each, in groups of their own."""
    found = []
    for number in range(count):
        names: list[str] = []
        while True:
            past = (START, *names)[-order:]
            nexts = list(chances[past])
            drawn = str(rng.choice(nexts, p=list(chances[past].values())))
            if drawn in {COMPLETED, ENDED}:
                found.append(Journey(f"{number:05}", names, drawn))
                break
            names.append(drawn)
    return found
