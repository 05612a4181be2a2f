"""The finding of each page in one sentence, made from the values the page shows.

A rule that does not fire says so in words; a headline never claims more than its interval.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.counted import counted
from pipeline.pages import numbers
from pipeline.pages.numbers import ENOUGH_ANSWERS
from pipeline.pages.paths import Leak, Rise

Row = Mapping[str, Any]


def of_journey(stages: pl.DataFrame, touchpoints: pl.DataFrame, transitions: pl.DataFrame) -> str:
    """The low point of the map, or the stage that loses most.

    The low point lies farthest below the mean of its stage, of the touchpoints that a tenth of
    their stage's customers meet and whose interval lies below that mean and below zero.
    """
    if stages.is_empty() or not stages["customer_count"].sum():
        return "No customer has a journey yet"
    means = stages.select("stage", pl.col("sentiment_mean").alias("stage_mean"))
    felt = (
        touchpoints.join(means, on="stage")
        .filter(
            pl.col("message_count") >= ENOUGH_ANSWERS,
            pl.col("sentiment_high") < pl.min_horizontal("stage_mean", 0.0),
            pl.col("share_of_stage") >= 0.1,
            # Who has left is unhappy: that is no finding.
            pl.col("outcome").is_null(),
        )
        .sort(pl.col("sentiment_mean") - pl.col("stage_mean"), "position")
    )
    if felt.is_empty():
        return _largest_loss(stages)
    low = felt.row(0, named=True)
    return (
        f"{low['touchpoint']} is the low point of {low['stage']} "
        f"({numbers.signed(low['sentiment_mean'])} against {numbers.signed(low['stage_mean'])}): "
        f"{numbers.share(low['share_of_stage'])} of the customers there meet it"
        + _next_step(low, touchpoints, transitions)
    )


def _next_step(touchpoint: Row, touchpoints: pl.DataFrame, transitions: pl.DataFrame) -> str:
    """Where most go who leave the stage from a touchpoint, if one in five does."""
    within = touchpoints.filter(pl.col("stage") == touchpoint["stage"])["touchpoint"]
    following = (
        transitions.filter(
            pl.col("from_touchpoint") == touchpoint["touchpoint"],
            ~pl.col("to_touchpoint").is_in([*within, "(open)"]),
            pl.col("share") >= 0.2,
        )
        .sort("share", "to_touchpoint", descending=[True, False])
        .head(1)
    )
    for row in following.iter_rows(named=True):
        share = numbers.share(row["share"])
        if row["to_touchpoint"] == "(ended)":
            return f", and {share} of visits to it are the last"
        return f", and {share} of visits to it lead to {row['to_touchpoint']}"
    return ""


def _largest_loss(stages: pl.DataFrame) -> str:
    """The stage that loses most, said to stand out only where its interval clears the others."""
    settled = stages.filter(pl.col("left_base_count") > 0).sort(
        "left_share", "position", descending=[True, False]
    )
    if settled.is_empty():
        return "Every visit is still open: nothing has ended yet"
    worst, *others = settled.rows(named=True)
    share = numbers.share(worst["left_share"])
    if all(worst["left_low"] > other["left_high"] for other in others):
        return f"{worst['stage']} loses most: {share} of its settled visits end there"
    return f"No stage stands out; the largest loss is in {worst['stage']} ({share})"


def of_paths(leaks: Sequence[Leak], rises: Sequence[Rise]) -> str:
    """The largest rise of drop-off, or where most journeys end."""
    if not leaks:
        return "No visit has ended yet"
    worst = leaks[0]
    first = (
        f"Most journeys that end stop after {worst.name}: {numbers.share(worst.share)} "
        "of visits to it are the last"
    )
    if not rises:
        return first
    rise = rises[0]
    return (
        f"{rise.touchpoint} ({rise.where}) lost {numbers.share(rise.share)} from "
        f"{rise.days}, usually {numbers.share(rise.baseline)}. {first}"
    )


def of_run(health: pl.DataFrame, checks: pl.DataFrame) -> str:
    """Whether a reader may trust the pages, and if not, why."""
    failed = checks.filter(~pl.col("is_met")).height
    found = [f"{counted(failed, 'check')} failed"] if failed else []
    bad = health.filter(pl.col("state") != "good").sort(
        # "failed" before "check".
        "state",
        "source",
        descending=[True, False],
    )
    if bad.height:
        named = [f"{row['source']} ({row['reason']})" for row in bad.iter_rows(named=True)]
        more = f" and {bad.height - 2} more" if bad.height > 2 else ""
        found.append(
            f"{bad.height} of {counted(health.height, 'source')} "
            f"{'needs' if bad.height == 1 else 'need'} a look: {', '.join(named[:2])}{more}"
        )
    return "; ".join(found) or "All sources are on time and every check holds"
