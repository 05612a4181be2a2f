"""What if: the chance to complete, were some shares of the transitions others.

Rule: a change sets the share of settled visits to one name that go on to another; the other shares
of the same name are scaled in proportion, and so are those in every draw of customers. From each
name the next is drawn whatever came before (a chain of order 1), and nothing else changes: neither
who begins, nor how long a step takes, nor what a completed journey is worth. How common the
transition is today is itself known by a sample only, and the interval of the change holds that.
"""

import difflib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import BadWhatIf
from pipeline.graph import absorption, bootstrap
from pipeline.graph.counts import Counts, Numbers, counted, groups
from pipeline.graph.edges import COMPLETED, ENDED, START
from pipeline.graph.orders import chosen
from pipeline.graph.tables import GRAINS, seed

READS = ("graph_counts", "parameters", "chain_orders", "stages", "touchpoints")
PLAIN = {"start": START, "completed": COMPLETED, "ended": ENDED}


class Change(BaseModel):
    """One share set anew.

    Attributes:
        from_name: The stage or touchpoint left; `start` for where journeys begin.
        to_name: The one gone on to; `completed` and `ended` for the ends.
        share: Of the settled visits to `from_name`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    from_name: str = Field(alias="from")
    to_name: str = Field(alias="to")
    share: float = Field(ge=0, le=1)


class _File(BaseModel):
    """A file of changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    change: tuple[Change, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Range:
    """A number with its 95 % interval; null where it does not exist."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure as it is, as it would be, and the difference."""

    measure: str
    now: Range
    then: Range
    change: Range


@dataclass(frozen=True, slots=True)
class Answer:
    """What would change.

    Attributes:
        grain: stage or touchpoint.
        as_of: The instant the published numbers speak about.
        currency: Of the value.
        changes: What was asked, with the share as it is and what the others are scaled by.
        measures: The chance to complete, completions and value of all journeys begun so far, and
            steps and days of those that complete.
        journey_count: How many journeys have begun.
        better_order: The order of chain that foretells better, where it is not 1.
    """

    grain: str
    as_of: str
    currency: str
    changes: Sequence[tuple[Change, float, float]]
    measures: Sequence[Compared]
    journey_count: int
    better_order: int | None


def read(path: Path) -> list[Change]:
    """The changes of a TOML file: `[[change]]` sections with from, to and share.

    Raises:
        BadWhatIf: No such file, not TOML, or not of that form.
    """
    if not path.is_file():
        raise BadWhatIf(f"{path}: no such file; write [[change]] sections with from, to and share")
    try:
        return list(_File.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).change)
    except tomllib.TOMLDecodeError as error:
        raise BadWhatIf(f"{path}: not valid TOML: {error}") from error
    except ValidationError as error:
        raise BadWhatIf(f"{path}: {_sentence(error)}") from error


def change(from_name: str, to_name: str, share: float) -> Change:
    """One change.

    Raises:
        BadWhatIf: A share that is none.
    """
    try:
        return Change.model_validate({"from": from_name, "to": to_name, "share": share})
    except ValidationError as error:
        raise BadWhatIf(_sentence(error)) from error


def _sentence(error: ValidationError) -> str:
    """The first fault of a form, as a sentence."""
    fault = error.errors()[0]
    where = ".".join(str(part) for part in fault["loc"])
    return f"{where}: {fault['msg']}, found {fault.get('input')!r}; a share lies from 0 to 1"


def published(con: duckdb.DuckDBPyConnection) -> dict[str, pl.DataFrame]:
    """The tables of READS in a published file.

    Raises:
        BadWhatIf: An older snapshot without them.
    """
    try:
        return {name: con.table(name).pl() for name in READS}
    except duckdb.CatalogException as error:
        raise BadWhatIf(
            "the published file is of an older version and has no graph_counts; run `wend run`"
        ) from error


def answer(
    frames: dict[str, pl.DataFrame], changes: Sequence[Change], grain: str | None = None
) -> Answer:
    """What the changes would change, over the tables of READS.

    Raises:
        BadWhatIf: A name nobody visited, names of both grains, two shares for one transition,
            shares of more than 1, or nothing to take a share from or to give it to.
    """
    asked, grain = _named(frames, changes, grain)
    steps = frames["graph_counts"].with_columns(
        before_1=pl.lit(None, dtype=pl.String), before_2=pl.lit(None, dtype=pl.String)
    )
    counts = counted(steps, grain, 1)
    place = {state[-1]: number for number, state in enumerate(counts.states)}
    place |= {COMPLETED: len(counts.states), ENDED: len(counts.states) + 1}
    weights = bootstrap.weights(len(groups(steps)), seed(frames["parameters"]))
    once = absorption.shares(absorption.tables(counts, absorption.totals(counts, weights[:1])[0]))[
        0
    ]
    said = _checked(asked, once, place)
    pairs = [(place[one.from_name], place[one.to_name], one.share) for one in asked]
    mine = steps.filter(pl.col("grain") == grain)
    started = mine.filter(pl.col("from_name") == START)
    journeys = int(started["transition_count"].sum())
    worth = _worth(mine, groups(steps), weights)
    found = _measured(counts, weights, pairs, journeys, worth)
    parameters = frames["parameters"].row(0, named=True)
    order = chosen(frames["chain_orders"], grain)
    return Answer(
        grain,
        f"{parameters['as_of']:%Y-%m-%d %H:%M} UTC",
        parameters["currency"],
        said,
        found,
        journeys,
        order if order > 1 else None,
    )


def _named(
    frames: dict[str, pl.DataFrame], changes: Sequence[Change], grain: str | None
) -> tuple[list[Change], str]:
    """The changes with names as the tables spell them, and the grain they are of."""
    known = {
        one: {START, COMPLETED, ENDED}
        | set(
            frames["graph_counts"]
            .filter((pl.col("grain") == one) & (pl.col("settled_count") > 0))["from_name"]
            .to_list()
        )
        for one in GRAINS
    }
    asked = [
        Change.model_validate(
            {
                "from": PLAIN.get(one.from_name, one.from_name),
                "to": PLAIN.get(one.to_name, one.to_name),
                "share": one.share,
            }
        )
        for one in changes
    ]
    names = {name for one in asked for name in (one.from_name, one.to_name)}
    fitting = [one for one in GRAINS if names <= known[one] and grain in {None, one}]
    if not fitting:
        _refuse_names(names, known if grain is None else {grain: known[grain]}, frames)
    return asked, fitting[0]


def _refuse_names(
    names: set[str], known: dict[str, set[str]], frames: dict[str, pl.DataFrame]
) -> None:
    """Say what is wrong with the names."""
    everything = set().union(*known.values())
    for name in sorted(names - everything):
        catalogued = name in {*frames["stages"]["stage"], *frames["touchpoints"]["touchpoint"]}
        if catalogued:
            raise BadWhatIf(
                f"no visit to {name} has settled yet, so nothing is known of what follows"
            )
        close = difflib.get_close_matches(name, sorted(everything), n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else "see the table graph_nodes"
        raise BadWhatIf(f"no {' or '.join(known)} is named {name!r}; {hint}")
    raise BadWhatIf(
        f"{', '.join(sorted(names))}: some are stages, some are touchpoints; "
        "a change stays within stages or within touchpoints"
    )


def _checked(
    asked: Sequence[Change], once: Numbers, place: dict[str, int]
) -> list[tuple[Change, float, float]]:
    """Each change with the share as it is and what the others of its name are scaled by."""
    seen: set[tuple[str, str]] = set()
    for one in asked:
        pair = one.from_name, one.to_name
        if one.to_name == START or one.from_name in {COMPLETED, ENDED}:
            raise BadWhatIf(f"{one.from_name} to {one.to_name}: nobody can go that way")
        if pair in seen:
            raise BadWhatIf(f"{one.from_name} to {one.to_name}: named twice; keep one share")
        seen.add(pair)
    said = []
    for one in asked:
        row = once[place[one.from_name]]
        mine = [other for other in asked if other.from_name == one.from_name]
        total = sum(other.share for other in mine)
        left = 1 - sum(row[place[other.to_name]] for other in mine)
        if total > 1 + 1e-9:
            raise BadWhatIf(f"from {one.from_name}: the shares add up to {total:g}, more than 1")
        if total < 1 - 1e-9 and left < 1e-9:
            raise BadWhatIf(
                f"from {one.from_name}: all visits go where a share is asked for, so nobody is "
                f"there to take the rest of {1 - total:g}; name where it shall go"
            )
        said.append((one, float(row[place[one.to_name]]), (1 - total) / left if left > 0 else 0.0))
    return said


def _worth(mine: pl.DataFrame, names: list[str], weights: Numbers) -> Numbers:
    """The mean value of a completed journey, in each draw."""
    completed = mine.filter(pl.col("to_name") == COMPLETED)
    by_group = pl.DataFrame({"customer_group": names}).join(
        completed.group_by("customer_group").agg(
            pl.col("transition_count").sum(), pl.col("value_cents").sum()
        ),
        on="customer_group",
        how="left",
        maintain_order="left",
    )
    count, value = (
        weights @ by_group[name].fill_null(0).to_numpy().astype(float)
        for name in ("transition_count", "value_cents")
    )
    mean = np.full(len(weights), np.nan)
    np.divide(value / 100, count, out=mean, where=count > 0)
    return mean


def changed(
    chances: Numbers, mean_days: Numbers, pairs: Sequence[tuple[int, int, float]]
) -> tuple[Numbers, Numbers]:
    """Chains with shares set anew, and the mean days of steps.

    In a draw in which nobody is left to scale, the shares asked for are scaled to 1 instead. A way
    nobody went takes as long as other ways from there on average.
    """
    chances, mean_days = chances.copy(), mean_days.copy()
    for tail in sorted({tail for tail, _, _ in pairs}):
        heads = [head for one, head, _ in pairs if one == tail]
        wanted = np.array([share for one, _, share in pairs if one == tail])
        usual = (chances[:, tail] * mean_days[:, tail]).sum(axis=1)
        for head in heads:
            is_new = chances[:, tail, head] == 0
            mean_days[is_new, tail, head] = usual[is_new]
        others = chances[:, tail].copy()
        others[:, heads] = 0
        left = others.sum(axis=1, keepdims=True)
        scaled = absorption.divided(
            others * (1 - wanted.sum()), np.broadcast_to(left, others.shape)
        )
        scaled[:, heads] = wanted
        row = scaled.sum(axis=1, keepdims=True)
        chances[:, tail] = absorption.divided(scaled, np.broadcast_to(row, scaled.shape))
    return chances, mean_days


def _measured(
    counts: Counts,
    weights: Numbers,
    pairs: Sequence[tuple[int, int, float]],
    journeys: int,
    worth: Numbers,
) -> list[Compared]:
    """Each measure now and then, with intervals over the draws."""
    sides: dict[str, dict[str, list[Numbers]]] = {
        side: {name: [] for name in ("goal", "steps", "days")} for side in ("now", "then")
    }
    for some in absorption.batches(counts, weights):
        steps, days = (
            absorption.tables(counts, cells) for cells in absorption.totals(counts, some)
        )
        now = absorption.shares(steps), absorption.divided(days, steps)
        for side, chains in (("now", now), ("then", changed(*now, pairs))):
            solved = absorption.solve(*chains)
            sides[side]["goal"].append(solved.goal[:, 0])
            sides[side]["steps"].append(solved.steps[:, 0])
            sides[side]["days"].append(solved.days[:, 0])
    values = {
        side: {name: np.concatenate(parts) for name, parts in found.items()}
        for side, found in sides.items()
    }
    for found in values.values():
        found["completions"] = found["goal"] * journeys
        found["value"] = found["completions"] * worth
    return [
        Compared(
            name,
            _ranged(values["now"][name]),
            _ranged(values["then"][name]),
            _ranged(values["then"][name] - values["now"][name]),
        )
        for name in ("goal", "completions", "value", "steps", "days")
    ]


def _ranged(values: Numbers) -> Range:
    """The first value, with the interval of the others."""
    low, high = bootstrap.interval(values[:, None])
    one, *ends = bootstrap.column(np.array([values[0], low[0], high[0]]))
    return Range(one, *ends)


def as_json(found: Answer) -> dict[str, Any]:
    """The answer as plain values."""

    def ranged(one: Range) -> dict[str, float | None]:
        return {"value": one.value, "low": one.low, "high": one.high}

    return {
        "grain": found.grain,
        "as_of": found.as_of,
        "currency": found.currency,
        "journey_count": found.journey_count,
        "better_order": found.better_order,
        "changes": [
            {
                "from": one.from_name,
                "to": one.to_name,
                "share": one.share,
                "share_now": share,
                "others_scaled_by": factor,
            }
            for one, share, factor in found.changes
        ],
        "measures": {
            one.measure: {
                "now": ranged(one.now),
                "then": ranged(one.then),
                "change": ranged(one.change),
            }
            for one in found.measures
        },
    }


SAID = {
    "goal": "chance to complete",
    "completions": "completions",
    "value": "value",
    "steps": "steps until completed",
    "days": "days until completed",
}


def lines(found: Answer) -> list[str]:
    """The answer as lines to print."""
    return [
        *(
            f"{one.from_name} to {one.to_name}: {one.share:.1%} instead of {share:.1%} of settled "
            f"visits; its other shares times {factor:.3g}"
            for one, share, factor in found.changes
        ),
        f"of the {found.journey_count:,} journeys begun until {found.as_of}, by {found.grain}s:",
        *(_line(one, found.currency) for one in found.measures),
        *_base(found),
    ]


def _line(one: Compared, currency: str) -> str:
    """One measure, now and then."""
    if one.now.value is None or one.then.value is None:
        return f"  {SAID[one.measure]}: not known"
    unit = {"goal": " points", "value": f" {currency}"}.get(one.measure, "")
    scale = 100 if one.measure == "goal" else 1
    digits = 0 if one.measure == "value" else 1

    def number(value: float, sign: str = "") -> str:
        return f"{value * scale:{sign},.{digits}f}"

    def side(value: float) -> str:
        return f"{number(value)}{'%' if one.measure == 'goal' else ''}"

    span = ""
    if one.change.low is not None and one.change.high is not None:
        span = f" ({number(one.change.low, '+')} to {number(one.change.high, '+')})"
    return (
        f"  {SAID[one.measure]}: {side(one.then.value)} instead of {side(one.now.value)}, "
        f"{number(one.change.value or 0.0, '+')}{unit}{span}"
    )


def _base(found: Answer) -> list[str]:
    """What the answer rests on, and what speaks against it."""
    said = [
        (
            "In brackets: 95 % intervals over customers drawn anew. It is reckoned that the next "
            "step depends on the last alone, and that nothing else changes."
        )
    ]
    if any(one.change.low is None for one in found.measures if one.measure == "goal"):
        said.append(f"No interval: fewer than {bootstrap.FEW} customers, or hardly any completion.")
    if found.better_order is not None:
        said.append(
            f"By BIC a chain of order {found.better_order} foretells better (table chain_orders): "
            "take the numbers as a direction."
        )
    return said
