"""The settled steps of journeys, counted by what a journey remembers: what a chain is made of.

Rule: a chain of order k remembers the last k names, with the start among them; a step that has
not settled yet counts nowhere, so an open journey is neither completed nor ended.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from pipeline.graph.edges import COMPLETED, DAY_US, ENDED, START

State = tuple[str, ...]
Numbers = NDArray[np.float64]
HISTORY = ("before_2", "before_1", "from_name", "to_name")


@dataclass(frozen=True, slots=True)
class Counts:
    """The settled steps of one grain, for a chain of one order.

    Attributes:
        states: What is remembered, (START,) first; the last name of a state is where it is.
        tails: Of each cell, the state that its steps leave.
        heads: Of each cell, the state that they lead to: `len(states)` is completed, and one more
            is ended.
        steps: How many there are, by group of customers and cell.
        days: How many days they took together, likewise.
    """

    states: tuple[State, ...]
    tails: NDArray[np.int64]
    heads: NDArray[np.int64]
    steps: sparse.csr_array
    days: sparse.csr_array

    @property
    def names(self) -> list[str]:
        """The names that the states end in, sorted, without the start."""
        return sorted({state[-1] for state in self.states} - {START})

    def ending_in(self, name: str) -> NDArray[np.int64]:
        """The states in which a journey is at `name`."""
        return np.array([i for i, state in enumerate(self.states) if state[-1] == name], dtype=int)


def groups(chain_steps: pl.DataFrame) -> list[str]:
    """The random groups of customers, sorted: what a bootstrap draws from."""
    return sorted(chain_steps["customer_group"].unique().to_list())


def counted(chain_steps: pl.DataFrame, grain: str, order: int) -> Counts:
    """The counts of one grain, of the table chain_steps.

    From two names on, a step into where nothing has settled yet has not settled either: it says
    nothing of what follows, and would else pass for lost.
    """
    settled = chain_steps.filter((pl.col("grain") == grain) & (pl.col("settled_count") > 0))
    known = settled.select(HISTORY).unique().sort(HISTORY, nulls_last=False)
    ways = [_remembered(row, order) for row in known.iter_rows()]
    ends = {(COMPLETED,), (ENDED,)}
    standing = set(ways)
    while order > 1:
        left = {tail for tail, _ in standing}
        kept = {way for way in standing if way[1] in left or way[1] in ends}
        if kept == standing:
            break
        standing = kept
    found = {state for way in standing for state in way} - ends - {(START,)}
    states = ((START,), *sorted(found))
    place = {state: number for number, state in enumerate(states)}
    place |= {(COMPLETED,): len(states), (ENDED,): len(states) + 1}
    cells = sorted({(place[tail], place[head]) for tail, head in standing})
    cell_of = {cell: number for number, cell in enumerate(cells)}
    numbered = known.with_columns(
        cell=pl.Series(
            [cell_of[place[way[0]], place[way[1]]] if way in standing else None for way in ways],
            dtype=pl.Int64,
        )
    )
    place_of_group = {group: number for number, group in enumerate(groups(chain_steps))}
    rows = (
        settled.join(numbered, on=HISTORY, nulls_equal=True)
        .filter(pl.col("cell").is_not_null())
        .with_columns(
            group=pl.col("customer_group").replace_strict(place_of_group, return_dtype=pl.Int64)
        )
        .group_by("group", "cell")
        .agg(pl.col("settled_count").sum(), pl.col("spent_us").sum())
        .sort("group", "cell")
    )
    shape = (len(place_of_group), len(cells))
    at = (rows["group"].to_numpy(), rows["cell"].to_numpy())
    return Counts(
        states,
        np.array([tail for tail, _ in cells], dtype=np.int64),
        np.array([head for _, head in cells], dtype=np.int64),
        sparse.csr_array((rows["settled_count"].to_numpy().astype(float), at), shape=shape),
        sparse.csr_array((rows["spent_us"].to_numpy() / DAY_US, at), shape=shape),
    )


def _remembered(row: tuple[str | None, ...], order: int) -> tuple[State, State]:
    """What a chain of an order remembers before and after a step, given by its history."""
    *history, to = (name for name in row if name is not None)
    if to in {COMPLETED, ENDED}:
        return tuple(history[-order:]), (to,)
    return tuple(history[-order:]), (*history, to)[-order:]
