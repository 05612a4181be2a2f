"""Journeys of a published snapshot that fit a pattern: how many, whose, and how they end."""

from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from pipeline.counted import counted
from pipeline.paths.patterns import Names, Pattern, read, segments
from pipeline.resources import sql_folder


@dataclass(frozen=True, slots=True)
class Matches:
    """What a pattern finds.

    Attributes:
        outcomes: Counts and shares of journeys that fit (`is_match`) and of those that do not.
        examples: A few that fit, the newest first.
    """

    outcomes: pl.DataFrame
    examples: pl.DataFrame


def matches(con: duckdb.DuckDBPyConnection, text: str, *, example_count: int) -> Matches:
    """The journeys that fit the pattern `text`.

    Args:
        con: Open on a published file.
        text: In the language of `patterns`.
        example_count: How many examples to give.

    Raises:
        BadPattern: The text means no pattern.
    """
    found = matched(con, read(text, names(con)))
    con.register("matched_journeys", found)
    try:
        outcomes = con.sql(_sql("match_outcomes")).pl()
        examples = con.sql(_sql("match_examples"), params={"example_count": example_count}).pl()
    finally:
        con.unregister("matched_journeys")
    return Matches(outcomes, examples)


def lines(found: Matches) -> list[str]:
    """What was found, in sentences."""
    counts = {row["is_match"]: row for row in found.outcomes.rows(named=True)}
    if True not in counts:
        total = counts[False]["journey_count"] if counts else 0
        return [f"none of {total:,} journeys fits"]
    fit, other = counts[True], counts.get(False)
    whole = f"{fit['journey_share']:.1%} of all"
    journeys, customers = fit["journey_count"], fit["customer_count"]
    fits = "fits" if journeys == 1 else "fit"
    return [
        f"{counted(journeys, 'journey')} of {counted(customers, 'customer')} {fits}, {whole}",
        f"they end: {fit['completed']:,} completed, {fit['ended']:,} ended, {fit['open']:,} open",
        f"completed, of those settled: {_share(fit)}"
        + (f"; of journeys that do not fit {_share(other)}" if other else ""),
        f"median from first to last touchpoint: {fit['duration_days_p50']:.1f} days",
    ]


def _share(row: dict[str, Any]) -> str:
    """A share with its interval and count."""
    if row["completed_share"] is None:
        return "not known yet"
    return (
        f"{row['completed_share']:.1%} ({row['share_low']:.1%} to {row['share_high']:.1%}) "
        f"of {row['settled_count']:,}"
    )


def matched(con: duckdb.DuckDBPyConnection, pattern: Pattern) -> pl.DataFrame:
    """The journeys that fit: one row per customer_id, journey_number."""
    name, parameters = question(pattern)
    found: pl.DataFrame = con.sql(_sql(name), params=parameters).pl()
    return found


def question(pattern: Pattern) -> tuple[str, dict[str, Any]]:
    """The file of sql/paths/ that finds what fits a pattern, and its parameters."""
    parameters: dict[str, Any] = {"regex": pattern.regex, "end_status": pattern.end}
    if not pattern.is_timed:
        return "matched", parameters
    cut = segments(pattern)
    return "matched_in_time", {
        **parameters,
        "is_from_start": pattern.is_from_start,
        "is_to_end": pattern.is_to_end,
        "regexes": [one.regex for one in cut],
        "first_codes": [one.first_codes for one in cut],
        "are_first_others": [one.is_first_other for one in cut],
        "least_counts": [one.least for one in cut],
        "most_counts": [one.most for one in cut],
        "least_gaps": [one.least_gap for one in cut],
        "most_gaps": [one.most_gap for one in cut],
        "after_us": [one.after_us for one in cut],
        "within_us": [one.within_us for one in cut],
    }


def statement(pattern: Pattern) -> str:
    """The same question as SQL that an analyst can paste: parameters written out."""
    name, parameters = question(pattern)
    sql = _sql(name)
    # Longer names first: $regex begins $regexes.
    for parameter in sorted(parameters, key=len, reverse=True):
        sql = sql.replace(f"${parameter}", _literal(parameters[parameter]))
    return sql


def names(con: duckdb.DuckDBPyConnection) -> Names:
    """What stages and touchpoints there are, each with its codes."""
    rows = con.execute(
        "select name, stage, code from path_codes where grain = 'touchpoint' order by code"
    ).fetchall()
    stages = con.execute("select name from path_codes where grain = 'stage'").fetchall()
    return Names(
        stages={stage: "".join(code for _, of, code in rows if of == stage) for (stage,) in stages},
        touchpoints={name: code for name, _, code in rows},
    )


def _literal(value: Any) -> str:
    """A parameter's value as DuckDB writes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(_literal(one) for one in value)}]"
    return f"'{value}'" if isinstance(value, str) else str(value)


def _sql(name: str) -> str:
    """A question of sql/paths/."""
    return (sql_folder() / "paths" / f"{name}.sql").read_text(encoding="utf-8")
