"""The dirt: copies, late and cut records. A bad record is always one more, never instead of one.

So the truth about the good records stays exact, and every bad one can be listed.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from pipeline.simulate import chance, stamps
from pipeline.simulate.plan import Plan

if TYPE_CHECKING:
    from numpy.typing import NDArray

ORIGINAL, DUPLICATE, REDELIVERED, CUT, FUTURE, IMPOSSIBLE, WRONG_VALUE, NO_SENDER = range(8)
BAD_REASONS = {
    CUT: "cut short",
    FUTURE: "time in the future",
    IMPOSSIBLE: "impossible time",
    WRONG_VALUE: "not a number",
    NO_SENDER: "neither sender nor time",
}


def heavier(plan: Plan) -> Plan:
    """The same plan with more dirt, for sources of which there are few records."""
    times = plan.small_source_dirt
    return replace(
        plan,
        duplicate_share=plan.duplicate_share * times,
        redelivered_share=plan.redelivered_share * times,
        bad_share=plan.bad_share * times,
    )


def with_copies(
    rows: pl.DataFrame, keys: chance.Numbers, plan: Plan, bad: tuple[int, ...]
) -> pl.DataFrame:
    """The rows and their copies, told apart by a column `copy`.

    Args:
        rows: Has `file_day`: a redelivery comes one to three days later, in the logs' days.
        keys: One per row.
        plan: The shares of rows that are copied.
        bad: The ways in which a further copy may be bad.
    """
    twice = chance.shares(keys, "duplicate") < plan.duplicate_share
    again = chance.shares(keys, "redelivered") < plan.redelivered_share
    broken = chance.shares(keys, "bad") < plan.bad_share
    how = np.array(bad)[chance.picks(keys, "how bad", len(bad))]
    later = pl.Series(1 + chance.picks(keys, "days later", 3), dtype=pl.Int32)
    last = stamps.day_number(plan.ends_on)
    frames = (
        rows.with_columns(copy=pl.lit(ORIGINAL, pl.Int8)),
        rows.filter(twice).with_columns(copy=pl.lit(DUPLICATE, pl.Int8)),
        rows.with_columns(
            file_day=(pl.col("file_day") + later).clip(upper_bound=last),
            copy=pl.lit(REDELIVERED, pl.Int8),
        ).filter(again),
        rows.with_columns(copy=pl.Series(how, dtype=pl.Int8)).filter(broken),
    )
    return pl.concat(frames)


def cut(lines: pl.Series, keys: chance.Numbers, low: float, high: float) -> pl.Series:
    """Each line broken off somewhere between these shares of its length."""
    share = low + (high - low) * chance.shares(keys, "cut at")
    length: NDArray[Any] = lines.str.len_chars().to_numpy()
    return pl.DataFrame({"line": lines, "length": (length * share).astype(np.int64)}).select(
        pl.col("line").str.slice(0, pl.col("length"))
    )["line"]


def counted(source: str, copies: pl.Series) -> list[tuple[str, str, int]]:
    """How many duplicates and redeliveries a source's rows hold: source, kind, count."""
    return [
        (source, "duplicate", int((copies == DUPLICATE).sum())),
        (source, "redelivered", int((copies == REDELIVERED).sum())),
    ]
