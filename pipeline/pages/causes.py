"""Why journeys stop and what could be won: what was known on entry, in words.

Every number is the one in the published tables; nothing is counted again here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.pages import numbers

Row = Mapping[str, Any]
SHOWN = 8
FINE = 0.1  # a difference of shares below which a decimal of points matters
LEAST_WON = 1.0  # journeys for sure, below which nothing is called an opportunity (our choice)


@dataclass(frozen=True)
class Cause:
    """Something known on entry after which journeys stop more."""

    name: str
    known: str
    share: str
    other_share: str
    difference: str
    interval: str
    visits: str
    lost: str


@dataclass(frozen=True)
class Opportunity:
    """What could be won in one stage: where, how much, and by whom it is said."""

    text: str
    range: str
    is_written: bool


def causes(found: pl.DataFrame) -> list[Cause]:
    """The first SHOWN of `drop_off_causes` at touchpoints, as it ranks them."""
    ranked = found.filter(pl.col("grain") == "touchpoint", pl.col("rank").is_not_null())
    return [
        Cause(
            name=row["name"],
            known=known(row),
            share=numbers.fine_share(row["lost_share"]),
            other_share=numbers.fine_share(row["other_lost_share"]),
            difference=f"{_points(row, 'effect')} points",
            interval=f"{_points(row, 'effect_low')} to {_points(row, 'effect_high')}",
            visits=numbers.count(row["settled_count"]),
            lost=_between(
                *(row[f"excess_lost_{end}"] / row["sampled_share"] for end in ("low", "high"))
            ),
        )
        for row in ranked.sort("rank").head(SHOWN).iter_rows(named=True)
    ]


def opportunities(
    won: pl.DataFrame, notes: pl.DataFrame, stage: str, currency: str | None
) -> Sequence[Opportunity]:
    """What the data and what people say could be won in one stage, the data first."""
    counted = won.filter(
        pl.col("grain") == "stage", pl.col("name") == stage, pl.col("journeys_low") >= LEAST_WON
    )
    written = notes.filter(pl.col("about") == stage, pl.col("kind") == "opportunity")
    return [
        *(_opportunity(row, currency) for row in counted.iter_rows(named=True)),
        *(Opportunity(note, "", is_written=True) for note in written["note"]),
    ]


def known(row: Row) -> str:
    """What was known on entry, in words."""
    factor, value = row["factor"], row["value"]
    what, _, which = factor.partition(" ")
    days = numbers.days(row["from_on"], row["to_on"]) if row["from_on"] else ""
    if factor == "period":
        return days if value == "(all)" else f"{value}, {days}"
    if factor == "channel":
        return numbers.channel(value)
    if factor == "met before":
        return f"{value} met before"
    if what == "previous":
        return f"straight after {value}"
    if what in {"attribute", "property", "persona"}:
        return f"{(which or what).replace('_', ' ')}: {value}"
    return str(value)


def _opportunity(row: Row, currency: str | None) -> Opportunity:
    """A row of `opportunities` in words."""
    shares = f"{numbers.share(row['lost_share'])} left, {numbers.share(row['other_lost_share'])}"
    said = f"{_between(row['journeys_low'], row['journeys_high'])} journeys"
    if row["value_cents_low"] is not None:
        low, high = (numbers.money(row[f"value_cents_{end}"], currency) for end in ("low", "high"))
        said += f", worth {low} to {high}"
    return Opportunity(f"{known(row)}: {shares} otherwise", said, is_written=False)


def _points(row: Row, end: str) -> str:
    """One end of a difference in points, with a decimal where the difference is small."""
    return numbers.signed(100 * row[end], 1 if abs(row["effect"]) < FINE else 0)


def _between(low: float, high: float) -> str:
    """A range of journeys in whole ones: +12 to +40."""
    return f"{numbers.signed(low, 0)} to {numbers.signed(high, 0)}"
