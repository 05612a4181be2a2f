"""Where every person of a chunk stands: one array a fact, one place a person.

Rule: an array that rows are made of is replaced, never changed in place.
"""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.simulate import chance, way

State = dict[str, NDArray[Any]]


def begin(persons: pl.DataFrame, seed: int) -> State:
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


def taken(state: State, rows: NDArray[Any]) -> State:
    """The persons of these rows alone."""
    return {name: column[rows] for name, column in state.items()}


def advance(
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
