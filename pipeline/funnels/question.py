"""What is asked of a funnel; sql/macros/funnel_reached.sql says what each word means."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import duckdb

from pipeline.errors import BadFunnel

UNITS = {"m": 1 / 1_440, "h": 1 / 24, "d": 1.0, "w": 7.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The parameters of the macro `funnel`, by their names."""

    steps: Sequence[str]
    window_days: float | None = 14.0
    ordering: str = "ordered"
    anchored: Sequence[int] = ()
    optional_steps: Sequence[int] = ()
    step_days: Sequence[float | None] = ()
    excluded: Sequence[str] = ()
    excluded_between: Sequence[int] | None = None
    exclusion: str = "keep"
    hold: str | None = None
    counting: str = "customers"
    reentry: str | None = None
    ties: str = "position"
    named: str = "any"
    breakdown: str | None = None
    entered_from: datetime | None = None
    entered_until: datetime | None = None

    def values(self) -> dict[str, Any]:
        """What to bind to each parameter."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in given.items()
        }


def days(text: str) -> float | None:
    """A length of time such as 90m, 36h, 14d or 2w, in days; `none` has no end.

    Raises:
        BadFunnel: It is written otherwise.
    """
    if text == "none":
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([mhdw])", text)
    if found is None:
        raise BadFunnel(f"{text!r} is no length of time: write 90m, 36h, 14d, 2w or none")
    return float(found[1]) * UNITS[found[2]]


def hold_names(con: duckdb.DuckDBPyConnection, asked: Question) -> None:
    """Hold the names in a question to what the published file knows.

    Raises:
        BadFunnel: A step or exclusion is neither a touchpoint, a stage nor a kind, nobody has the
            attribute of the breakdown, or no event has the property that is held or broken down by.
    """
    _hold_steps(con, {name for step in (*asked.steps, *asked.excluded) for name in step.split("|")})
    breakdown, hold = asked.breakdown or "", asked.hold or ""
    if breakdown.startswith("attribute:"):
        _hold_attribute(con, breakdown.removeprefix("attribute:"))
    for told in (breakdown, hold):
        if told.startswith("property:"):
            _hold_property(con, told.removeprefix("property:"))


def _hold_steps(con: duckdb.DuckDBPyConnection, given: set[str]) -> None:
    known = {
        name
        for (name,) in con.sql(
            "select touchpoint from touchpoints union select stage from stages"
        ).fetchall()
    }
    if given <= known:
        return
    # Looks through all events: only where a name is no touchpoint's and no stage's.
    known |= {name for (name,) in con.sql("select distinct kind from events").fetchall()}
    for name in sorted(given - known):
        hint = _nearest(name, known) or "; see the table touchpoints"
        raise BadFunnel(f"{name!r} is no touchpoint, stage or kind{hint}")


def _hold_attribute(con: duckdb.DuckDBPyConnection, name: str) -> None:
    known = {
        one for (one,) in con.sql("select distinct attribute from attribute_values").fetchall()
    }
    if name not in known:
        hint = _nearest(name, known) or "; see the table attribute_values"
        raise BadFunnel(f"no customer has an attribute {name!r}{hint}")


def _hold_property(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Looks no further than the first event that has it."""
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    told = "select 1 from events where json_exists(properties, $pointer) limit 1"
    if con.execute(told, {"pointer": pointer}).fetchall():
        return
    keys = con.sql("select distinct unnest(json_keys(properties)) from events").fetchall()
    hint = _nearest(name, {key for (key,) in keys}) or "; see the column properties of events"
    raise BadFunnel(f"no event has a property {name!r}{hint}")


def _nearest(name: str, known: set[str]) -> str:
    """A known name that may have been meant, as the end of a sentence; or nothing."""
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""
