"""Where customers leave, what rose, and how stages follow each other.

Every number is the one in the published tables; nothing is counted again here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.graph.findings import clear_z
from pipeline.pages import numbers


@dataclass(frozen=True)
class Leak:
    """One touchpoint in the ranked list of where customers leave."""

    name: str
    stage: str
    ended: int
    settled: int
    share: float
    low: float
    high: float
    cost: str
    is_must_pass: bool
    bar: float


def leaks(points: pl.DataFrame) -> list[Leak]:
    """The eight touchpoints most journeys ended at, as `drop_off_points` ranks them.

    Where no journey ever completed, nobody knows how many would have.
    """
    is_known = bool(points["completions_lost"].sum())
    rows = points.filter(pl.col("grain") == "touchpoint").sort("rank").head(8).rows(named=True)
    return [
        Leak(
            name=row["name"],
            stage=row["stage"] or "",
            ended=row["settled_ended_count"],
            settled=row["settled_count"],
            share=row["drop_off_share"],
            low=row["share_low"],
            high=row["share_high"],
            cost=numbers.count(row["completions_lost"] if is_known else None),
            is_must_pass=bool(row["is_must_pass"]),
            bar=round(100 * row["settled_ended_count"] / rows[0]["settled_ended_count"], 1),
        )
        for row in rows
    ]


@dataclass(frozen=True)
class Rise:
    """A touchpoint that lost more than usual, from its first day to its last."""

    touchpoint: str
    where: str
    days: str
    share: float
    ended: int
    settled: int
    baseline: float
    week: str
    week_share: float
    low: float
    high: float


def rises(changes: pl.DataFrame, spans: pl.DataFrame) -> list[Rise]:
    """The cells whose weekly drop-off rose beyond chance, the clearest first."""
    high = (
        changes.filter(pl.col("rank").is_not_null(), pl.col("z") >= clear_z(changes))
        .join(
            spans.select(
                "rank",
                "from_on",
                "to_on",
                pl.col("settled_count").alias("span_settled_count"),
                pl.col("ended_count").alias("span_ended_count"),
                pl.col("share").alias("span_share"),
            ),
            on="rank",
        )
        .sort("rank")
        .unique(["touchpoint", "channel", "device_kind"], keep="first", maintain_order=True)
    )
    return [
        Rise(
            touchpoint=row["touchpoint"],
            where=", ".join(word for word in (row["channel"], row["device_kind"]) if word),
            days=numbers.days(row["from_on"], row["to_on"]),
            share=row["span_share"],
            ended=row["span_ended_count"],
            settled=row["span_settled_count"],
            baseline=row["baseline_share"],
            week=numbers.day(row["week_on"]),
            week_share=row["share"],
            low=row["share_low"],
            high=row["share_high"],
        )
        for row in high.head(6).iter_rows(named=True)
    ]


def likeliest(ways: pl.DataFrame) -> str:
    """The likeliest way through the stages to the goal, and how unlikely even that is."""
    way = ways.filter(pl.col("grain") == "stage").sort("step")
    if way.is_empty():
        return "No settled journey has completed yet: no way to the goal is known."
    names = [name for name in way["name"] if not name.startswith("(")]
    return (
        f"Likeliest way to the goal: {', '.join(names)}. By the shares of its steps "
        f"{numbers.fine_share(way['path_share'][-1])} of journeys go exactly that way."
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
