"""Where customers leave, what rose, and how stages follow each other.

Every number is the one in the published tables; nothing is counted again here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from pipeline.pages import numbers

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Leak:
    """One touchpoint in the ranked list of where customers leave."""

    rank: int
    name: str
    stage: str
    ended: int
    settled: int
    share: float
    low: float
    high: float
    value: str
    bar: float


def leaks(drop_offs: pl.DataFrame, touchpoints: pl.DataFrame, currency: str | None) -> list[Leak]:
    """The eight touchpoints most journeys ended at, outcomes left out."""
    outcomes = touchpoints.filter(pl.col("outcome").is_not_null())["touchpoint"].to_list()
    rows = (
        drop_offs.filter(
            pl.col("grain") == "touchpoint",
            ~pl.col("name").is_in(outcomes),
            pl.col("settled_ended_count") > 0,
        )
        .sort("rank", "name")
        .head(8)
        .rows(named=True)
    )
    most = max((row["settled_ended_count"] for row in rows), default=1)
    return [
        Leak(
            rank=n,
            name=row["name"],
            stage=row["stage"] or "",
            ended=row["settled_ended_count"],
            settled=row["settled_count"],
            share=row["drop_off_share"],
            low=row["share_low"],
            high=row["share_high"],
            value=numbers.money(row["value_lost_cents"], currency)
            if row["value_lost_cents"]
            else "",
            bar=round(100 * row["settled_ended_count"] / most, 1),
        )
        for n, row in enumerate(rows, start=1)
    ]


@dataclass(frozen=True)
class Rise:
    """A touchpoint that lost more than usual in one week, from its first day to its last."""

    touchpoint: str
    where: str
    days: str
    week: str
    share: float
    low: float
    high: float
    baseline: float
    ended: int
    settled: int
    excess: float


def rises(changes: pl.DataFrame, spans: pl.DataFrame) -> list[Rise]:
    """The cells whose weekly drop-off rose clearly above their usual share, the largest first.

    Clearly: three standard errors, and at least five journeys more than usual. Both are our
    choice; many cells are looked at every week, and two standard errors would cry wolf.
    """
    high = (
        changes.filter(pl.col("rank").is_not_null(), pl.col("z") >= 3, pl.col("excess_ended") >= 5)
        .join(spans.select("rank", "from_on", "to_on"), on="rank", how="left")
        .sort("rank")
        .unique(["touchpoint", "channel", "device_kind"], keep="first", maintain_order=True)
    )
    return [_rise(row) for row in high.head(6).iter_rows(named=True)]


def _rise(row: Row) -> Rise:
    start = row["from_on"] or row["week_on"]
    end = row["to_on"] or row["week_on"] + timedelta(days=6)
    return Rise(
        touchpoint=row["touchpoint"],
        where=", ".join(word for word in (row["channel"], row["device_kind"]) if word),
        days=numbers.day(start)
        if start == end
        else f"{numbers.short_day(start)} to {numbers.day(end)}",
        week=numbers.short_day(row["week_on"]),
        share=row["share"],
        low=row["share_low"],
        high=row["share_high"],
        baseline=row["baseline_share"],
        ended=row["ended_count"],
        settled=row["settled_count"],
        excess=row["excess_ended"],
    )


@dataclass(frozen=True)
class Cell:
    """One transition between stages."""

    share: str
    visits: str


@dataclass(frozen=True)
class MatrixRow:
    """The transitions from one stage; None where there was none."""

    name: str
    cells: Sequence[Cell | None]


@dataclass(frozen=True)
class Matrix:
    """All transitions between stages, starts and ends among them."""

    heads: Sequence[str]
    rows: Sequence[MatrixRow]


def matrix(transitions: pl.DataFrame, stages: Sequence[str]) -> Matrix | None:
    """The stage transitions as a table, or None where there is no visit."""
    found = {
        (row["from_stage"], row["to_stage"]): Cell(
            "" if row["share"] is None else numbers.share(row["share"]),
            numbers.count(row["transition_count"]),
        )
        for row in transitions.iter_rows(named=True)
    }
    if not found:
        return None
    # The ends are in brackets, so that no stage can be called like one.
    ends = ("(completed)", "(ended)", "(open)")
    return Matrix(
        heads=[*stages, *(end.strip("()").capitalize() for end in ends)],
        rows=[
            MatrixRow(
                start if start in stages else "Start",
                [found.get((start, end)) for end in (*stages, *ends)],
            )
            for start in ("(start)", *stages)
        ],
    )
