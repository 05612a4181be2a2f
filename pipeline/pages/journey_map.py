"""The journey map: one column a stage, one row a question a reader asks of it.

What people wrote is marked as written; everything else is computed, or said not to be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.pages import numbers
from pipeline.pages.emotion import Emotion, Felt, StageMood, draw

Row = Mapping[str, Any]

LEFT_LIMIT = 0.25
"""A drop-off share above this is worth a red number (our choice)."""
SHOWN = 5
"""Touchpoints named in a cell; the others are counted."""
QUOTE_LENGTH = 120


@dataclass(frozen=True)
class Touch:
    """One touchpoint in a cell: its number on the whole map, and who met it."""

    number: int
    name: str
    channel: str
    customers: str
    bar: float


@dataclass(frozen=True)
class Touches:
    """The largest touchpoints of a cell, and how many are left out."""

    shown: Sequence[Touch]
    smaller: int


@dataclass(frozen=True)
class Left:
    """How many leave at a stage; `share` is empty where nothing is settled yet."""

    share: str
    counts: str
    interval: str
    is_high: bool


@dataclass(frozen=True)
class Evidence:
    """How much data stands behind a column."""

    events: str
    with_sentiment: str
    channels: str


@dataclass(frozen=True)
class Pain:
    """One pain point, with the customers it touched and their share of the stage."""

    name: str
    customers: str
    share: str


@dataclass(frozen=True)
class Kpi:
    """One survey score of a stage; `refused` says why it is not shown."""

    name: str
    value: str
    answers: str
    refused: str


@dataclass(frozen=True)
class Quote:
    """What one customer wrote, and where."""

    text: str
    source: str


@dataclass(frozen=True)
class Column:
    """One stage, from top to bottom."""

    name: str
    customers: str
    reach: float
    reach_share: str
    stay: str
    left: Left
    goal: str
    onstage: Touches
    backstage: Touches
    quote: Quote | None
    pains: Sequence[Pain]
    is_worst: bool
    kpis: Sequence[Kpi]
    owners: Sequence[str]
    opportunities: Sequence[str]
    evidence: Evidence


@dataclass(frozen=True)
class Sheets:
    """The published tables the map is drawn from.

    Attributes:
        stages: `journey_map`, one row per stage.
        touchpoints: The catalogue with the measures of each touchpoint.
        owners: One row per stage and owner, placed by customers.
        pain_points: One row per stage and pain, ranked within its stage.
        quotes: At most one message per stage.
        notes: What people wrote about stages and touchpoints.
    """

    stages: pl.DataFrame
    touchpoints: pl.DataFrame
    owners: pl.DataFrame
    pain_points: pl.DataFrame
    quotes: pl.DataFrame
    notes: pl.DataFrame


def columns(sheets: Sheets) -> list[Column]:
    """The columns of the map, in the order of the stages."""
    rows = sheets.stages.sort("position").rows(named=True)
    last = rows[-1]["stage"] if rows else None
    worst = _worst(sheets.pain_points)
    return [_column(row, sheets, last=last, worst=worst) for row in rows]


def _column(row: Row, sheets: Sheets, *, last: str | None, worst: str | None) -> Column:
    """One stage, from top to bottom."""
    most = max(sheets.touchpoints["customer_count"].to_list(), default=0)
    owners, pains, quotes = (
        frame.filter(pl.col("stage") == row["stage"])
        for frame in (sheets.owners, sheets.pain_points, sheets.quotes)
    )
    return Column(
        name=row["stage"],
        customers=numbers.customers(row["customer_count"]),
        reach=round(100 * (row["reach_share"] or 0), 1),
        reach_share=numbers.share(row["reach_share"]),
        stay=numbers.stay(row["median_days"]),
        # Whoever leaves at the last stage has come to the end of the way.
        left=_left(row, limit=1.0 if row["stage"] == last else LEFT_LIMIT),
        goal=row["goal"] or "",
        onstage=_touches(_in(sheets.touchpoints, row, "onstage"), most),
        backstage=_touches(_in(sheets.touchpoints, row, "offstage"), most),
        quote=_quote(quotes, sheets.touchpoints),
        pains=_pains(pains),
        is_worst=row["stage"] == worst,
        kpis=_kpis(row),
        owners=owners.sort("place")["owner"].to_list(),
        opportunities=_written(sheets.notes, row["stage"]),
        evidence=_evidence(row),
    )


def _worst(pain_points: pl.DataFrame) -> str | None:
    """The stage of the pain that touched the largest share of its stage: the one red cell."""
    first = (
        pain_points.filter(pl.col("customer_count") >= numbers.ENOUGH_ANSWERS)
        .sort("share", "pain", descending=[True, False])
        .head(1)
    )
    return None if first.is_empty() else str(first["stage"].item())


def _in(touchpoints: pl.DataFrame, stage: Row, visibility: str) -> pl.DataFrame:
    """The touchpoints of a stage that somebody met, on one side of the line of visibility."""
    return touchpoints.filter(
        pl.col("stage") == stage["stage"],
        pl.col("visibility") == visibility,
        pl.col("customer_count") > 0,
    )


def _left(row: Row, *, limit: float) -> Left:
    """The stage's drop-off: share of settled visits, their counts, and the interval."""
    if not row["left_base_count"]:
        words = "every visit is still open" if row["customer_count"] else "not reached"
        return Left("", words, "", is_high=False)
    return Left(
        numbers.share(row["left_share"]),
        f"{numbers.count(row['left_count'])} of {numbers.count(row['left_base_count'])}",
        numbers.interval(row["left_low"], row["left_high"]),
        is_high=row["left_share"] > limit,
    )


def _touches(touchpoints: pl.DataFrame, most: int) -> Touches:
    """The touchpoints most customers met, in the order of the map; bars on one scale."""
    largest = (
        touchpoints.sort("customer_count", "position", descending=[True, False])
        .head(SHOWN)
        .sort("position")
    )
    return Touches(
        [
            Touch(
                number=row["position"],
                name=row["touchpoint"],
                channel=numbers.channel(row["channel"]),
                customers=numbers.customers(row["customer_count"]),
                bar=round(100 * row["customer_count"] / most, 1),
            )
            for row in largest.iter_rows(named=True)
        ],
        smaller=touchpoints.height - largest.height,
    )


def _pains(pain_points: pl.DataFrame) -> list[Pain]:
    """Up to three pain points, by customers."""
    return [
        Pain(
            f"{row['touchpoint']}: {row['trouble']}",
            numbers.customers(row["customer_count"]),
            numbers.share(row["share"]),
        )
        for row in pain_points.sort("rank").head(3).iter_rows(named=True)
    ]


def _evidence(row: Row) -> Evidence:
    """How much data stands behind a column."""
    return Evidence(
        numbers.count(row["event_count"]),
        numbers.share(row["sentiment_share"] or 0),
        f"{row['channel_count']} of {numbers.plural(row['channel_total'], 'channel')}",
    )


def _quote(quotes: pl.DataFrame, touchpoints: pl.DataFrame) -> Quote | None:
    """The stage's message, cut at a word where it is long, and where it was written."""
    if quotes.is_empty():
        return None
    row = quotes.row(0, named=True)
    text = " ".join(row["text"].split())
    if len(text) > QUOTE_LENGTH:
        text = text[: QUOTE_LENGTH - 1].rsplit(" ", 1)[0].rstrip(",.;: ") + "…"
    number = touchpoints.filter(pl.col("touchpoint") == row["touchpoint"])["position"]
    where = (*map(str, number), numbers.channel(row["channel"]), numbers.day(row["occurred_at"]))
    return Quote(text, ", ".join(where))


def _kpis(row: Row) -> list[Kpi]:
    """The survey scores of a stage; too few answers give words in place of a mean."""
    kpis = []
    for name, decimals in (("nps", 0), ("csat", 1), ("ces", 1)):
        answers = row[f"{name}_count"] or 0
        if not answers:
            continue
        enough = numbers.ENOUGH_ANSWERS
        few = f"{numbers.plural(answers, 'answer')}, too few to show ({enough} needed)"
        kpis.append(
            Kpi(
                name.upper(),
                numbers.decimal(row[name], decimals),
                numbers.count(answers),
                few if answers < enough else "",
            )
        )
    return kpis


def _written(notes: pl.DataFrame, about: str) -> list[str]:
    """The opportunities people wrote for one stage."""
    return notes.filter(pl.col("about") == about, pl.col("kind") == "opportunity")["note"].to_list()


def mood(stages: pl.DataFrame, touchpoints: pl.DataFrame) -> Emotion:
    """The emotion row over the same columns."""
    met = touchpoints.filter(pl.col("customer_count") > 0)
    return draw([_mood(row, met) for row in stages.sort("position").iter_rows(named=True)])


def _mood(row: Row, met: pl.DataFrame) -> StageMood:
    largest = (
        met.filter(pl.col("stage") == row["stage"])
        .sort("customer_count", "position", descending=[True, False])
        .head(2 * SHOWN)
        .sort("position")
        .rows(named=True)
    )
    felt = [
        (
            slot,
            Felt(
                number=one["position"],
                name=one["touchpoint"],
                mean=one["sentiment_mean"],
                low=one["sentiment_low"]
                if one["sentiment_low"] is not None
                else one["sentiment_mean"],
                high=one["sentiment_high"]
                if one["sentiment_high"] is not None
                else one["sentiment_mean"],
                message_count=one["message_count"],
            ),
        )
        for slot, one in enumerate(largest)
        if one["message_count"] and one["sentiment_mean"] is not None
    ]
    return StageMood(row["sentiment_mean"], row["message_count"], max(len(largest), 1), felt)
