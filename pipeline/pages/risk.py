"""Churn risk: how it is spread, what a call list reaches, and whom to call first.

A score is a probability with a horizon; until one has come due, the page says that it is unproven.
"""

from dataclasses import dataclass
from datetime import timedelta
from math import sqrt

import polars as pl

from pipeline.counted import counted
from pipeline.pages import numbers
from pipeline.proportions import Z95

WIDTH, HEIGHT = 330, 210
"""Of a chart, in pixels; its plot leaves room for the words at its axes."""
LEFT, TOP, RIGHT, BOTTOM = 44, 10, 318, 168
ROWS = 25
HIGH = 0.5


@dataclass(frozen=True)
class Figure:
    """One number of the ruled row, and what it counts."""

    value: str
    words: str


@dataclass(frozen=True)
class Gains:
    """The share of expected leavers that a list of the most at risk holds."""

    path: str
    dot_x: float
    dot_y: float
    words: str


@dataclass(frozen=True)
class Bin:
    """One tenth of the scale of risk, and how many customers lie in it."""

    x: float
    y: float
    width: float
    height: float
    words: str


@dataclass(frozen=True)
class Reason:
    """One reason of the listed, and how many have it."""

    words: str
    customers: int
    bar: float


@dataclass(frozen=True)
class Person:
    """One customer of the list."""

    rank: int
    customer_id: str
    contact: str
    risk: str
    bar: float
    silence: str
    reason: str
    stage: str
    last: str
    value: str


def expected(risks: pl.Series) -> tuple[float, float]:
    """How many of the scored will stay silent, and the reach of the 95% interval around it.

    Customers are taken to decide alone: a shared cause, such as an outage, makes it wider.
    """
    spread = (risks * (1 - risks)).sum()
    return float(risks.sum()), Z95 * sqrt(float(spread))


def headline(scores: pl.DataFrame, horizon_days: float) -> str:
    """How many are likely to stay silent, and how many are expected to."""
    risks = scores.filter("is_scored")["churn_risk"]
    if risks.is_empty():
        return "No customer has a churn risk yet"
    high = int((risks >= HIGH).sum())
    total, reach = expected(risks)
    return (
        f"{numbers.count(high)} of {counted(risks.len(), 'scored customer')} "
        f"{'is' if high == 1 else 'are'} more likely than not to stay silent for "
        f"{horizon_days:,.0f} days; {numbers.count(total)} ± {numbers.count(reach)} are expected to"
    )


def figures(scores: pl.DataFrame, listed: pl.DataFrame, currency: str | None) -> list[Figure]:
    """The five numbers that open the page."""
    risks = scores.filter("is_scored")["churn_risk"]
    total, reach = expected(risks)
    refused = scores.filter(~pl.col("is_scored"))
    return [
        Figure(numbers.count(risks.len()), "customers scored"),
        Figure(numbers.count(int((risks >= HIGH).sum())), "at 50% or more"),
        Figure(f"{numbers.count(total)} ± {numbers.count(reach)}", "expected to stay silent"),
        Figure(
            numbers.money(int((listed["churn_risk"] * listed["value_cents"]).sum()), currency),
            f"spent so far by the {numbers.count(listed.height)} listed, times their risk",
        ),
        Figure(numbers.count(refused.height), _not_scored(refused)),
    ]


def _not_scored(refused: pl.DataFrame) -> str:
    """Why customers have no score, the most frequent reasons first."""
    counted = (
        refused.group_by("reason_not_scored")
        .len()
        .sort("len", "reason_not_scored", descending=[True, False])
    )
    reasons = [f"{numbers.count(number)} {reason}" for reason, number in counted.iter_rows()]
    return f"not scored: {', '.join(reasons[:3])}" if reasons else "not scored"


def gains(scores: pl.DataFrame, listed: int) -> Gains | None:
    """The curve of expected leavers found by calling down the list, or None without scores."""
    risks = scores.filter("is_scored")["churn_risk"].sort(descending=True)
    if risks.is_empty() or not risks.sum():
        return None
    found = (risks.cum_sum() / risks.sum()).to_list()
    count = len(found)
    points = [(0.0, 0.0), *((n / 40, found[round(n / 40 * count) - 1]) for n in range(1, 41))]
    # A list of everybody reaches everybody; a tenth says more.
    called = listed if 0 < listed < count else -(-count // 10)
    share, reached = called / count, found[called - 1]
    return Gains(
        path="M"
        + "L".join(f"{_x(x):.1f} {_y(y):.1f}" for x, y in points if x * count >= 1 or not x),
        dot_x=round(_x(share), 1),
        dot_y=round(_y(reached), 1),
        words=f"{numbers.count(called)} called ({numbers.share(share)}): "
        f"{numbers.share(reached)} of those expected to leave",
    )


def _x(share: float) -> float:
    return LEFT + (RIGHT - LEFT) * share


def _y(share: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * share


def spread(scores: pl.DataFrame) -> list[Bin]:
    """How many customers lie in each tenth of the scale."""
    risks = scores.filter("is_scored")["churn_risk"]
    tenths = [int(((risks * 10).floor().clip(0, 9) == n).sum()) for n in range(10)]
    most = max(tenths) or 1
    width = (RIGHT - LEFT) / 10
    return [
        Bin(
            round(LEFT + n * width + 1, 1),
            round(_y(0.92 * number / most), 1),
            round(width - 2, 1),
            round((BOTTOM - TOP) * 0.92 * number / most, 1),
            f"{n * 10}% to {n * 10 + 10}%: {counted(number, 'customer')}",
        )
        for n, number in enumerate(tenths)
    ]


def reasons(listed: pl.DataFrame) -> list[Reason]:
    """The reasons of the listed, without their numbers."""
    counted = (
        listed.select(pl.col("reason").str.replace(r"\d+", "several").alias("words"))
        .group_by("words")
        .len()
        .sort("len", "words", descending=[True, False])
        .rows()
    )
    return [
        Reason(words[:1].upper() + words[1:], number, round(100 * number / counted[0][1], 1))
        for words, number in counted[:6]
    ]


def people(listed: pl.DataFrame) -> list[Person]:
    """The first customers of the list."""
    return [
        Person(
            rank=row["rank"],
            customer_id=row["customer_id"],
            contact=row["contact"] or numbers.DASH,
            # A chance is never a certainty.
            risk=numbers.share(min(row["churn_risk"], 0.999)),
            bar=round(100 * row["churn_risk"], 1),
            silence=row["silence"],
            reason=row["reason"],
            stage=row["stage"] or numbers.DASH,
            last=f"{row['last_touchpoint']}, {numbers.day(row['last_touched_on'])}"
            if row["last_touchpoint"]
            else "",
            value=numbers.money(row["value_cents"], row["currency"]),
        )
        for row in listed.sort("rank").head(ROWS).iter_rows(named=True)
    ]


def content(
    scores: pl.DataFrame, listed: pl.DataFrame, parameters: pl.DataFrame
) -> dict[str, object]:
    """All that churn.html shows."""
    settings = parameters.row(0, named=True)
    horizon, as_of = settings["horizon_days"], settings["as_of"]
    due = as_of + timedelta(days=horizon)
    models = scores.filter("is_scored")["model_id"].unique().sort().to_list()
    return {
        "headline": headline(scores, horizon),
        "subline": f"Scores of {numbers.day(as_of)}, from events up to then. The score is the "
        f"chance, 0% to 100%, that a customer shows no value event in the {horizon:,.0f} days to "
        f"{numbers.day(due)}; higher is worse."
        + (f" Model {numbers.listed(models)}." if models else ""),
        "due": numbers.day(due),
        "figures": figures(scores, listed, settings["currency"]),
        "gains": gains(scores, listed.height),
        "spread": spread(scores),
        "reasons": reasons(listed),
        "people": people(listed),
        "listed": listed.height,
        "refused": _not_scored(scores.filter(~pl.col("is_scored"))),
    }
