"""A funnel's answer: its steps, its trend, and the same as a person reads them."""

from pathlib import Path

import duckdb
import polars as pl

from pipeline.errors import BadFunnel
from pipeline.funnels.question import Question, hold_names
from pipeline.funnels.segments import differences


def steps(con: duckdb.DuckDBPyConnection, asked: Question) -> pl.DataFrame:
    """One row per segment and step, as the macro `funnel` gives them.

    Raises:
        BadFunnel: The question cannot be meant, or names what is not there.
    """
    return _ask(con, "funnel", asked)


def trend(con: duckdb.DuckDBPyConnection, asked: Question, period: str) -> pl.DataFrame:
    """One row per segment and period of entry, as the macro `funnel_trend` gives them.

    Raises:
        BadFunnel: The question cannot be meant, or names what is not there.
    """
    return _ask(con, "funnel_trend", asked, period=period)


def _ask(con: duckdb.DuckDBPyConnection, macro: str, asked: Question, **more: str) -> pl.DataFrame:
    """The rows of a macro."""
    hold_names(con, asked)
    # Only what is said: a value that is bound hides from the planner what could be left out.
    usual = Question(steps=asked.steps).values()
    values = {
        name: value
        for name, value in (asked.values() | more).items()
        if name == "steps" or name not in usual or value != usual[name]
    }
    given = ", ".join(["$steps", *(f"{name} := ${name}" for name in values if name != "steps")])
    try:
        found: pl.DataFrame = con.sql(f"from {macro}({given})", params=values).pl()
    except duckdb.Error as error:
        raise BadFunnel(str(error).splitlines()[0].split("funnel: ")[-1]) from error
    return found


def shown_steps(found: pl.DataFrame) -> pl.DataFrame:
    """The steps with shares and their intervals in percent, and times in days or hours."""
    segmented = found["segment"].n_unique() > 1 or "(all)" not in found["segment"]
    shown = found.select(
        "segment",
        "step",
        pl.concat_str(
            "name", pl.when(pl.col("is_optional")).then(pl.lit(" (optional)")).otherwise(pl.lit(""))
        ).alias("name"),
        pl.col("reached_count").alias("reached"),
        pl.col("open_count").alias("open"),
        pl.col("settled_count").alias("settled"),
        _share("share").alias("of all"),
        _share("step_share").alias("of the step before"),
        pl.col("lost_count").alias("lost"),
        _time("step_hours_p50").alias("median time"),
        _time("step_hours_p90").alias("p90 time"),
        _time("hours_p50").alias("median since entry"),
    )
    return shown if segmented else shown.drop("segment")


def shown_trend(found: pl.DataFrame) -> pl.DataFrame:
    """The trend with shares in percent; periods not over yet are marked."""
    segmented = found["segment"].n_unique() > 1 or "(all)" not in found["segment"]
    shown = found.select(
        "segment",
        pl.col("entered_on").alias("entered"),
        pl.col("entered_count").alias("entries"),
        pl.col("converted_count").alias("converted"),
        pl.col("settled_count").alias("settled"),
        _share("share").alias("share of settled"),
        pl.when(~pl.col("is_finished")).then(pl.lit("not over")).alias("note"),
    )
    return shown if segmented else shown.drop("segment")


def shown_segments(found: pl.DataFrame) -> pl.DataFrame:
    """How each segment converts against all others; empty for fewer than two segments."""
    compared = differences(found)
    return compared.select(
        "segment",
        pl.col("settled_count").alias("settled"),
        pl.format("{}%", (pl.col("share") * 100).round(1)).alias("share"),
        pl.format("{}%", (pl.col("rest_share") * 100).round(1)).alias("others"),
        pl.format(
            "{} ({} to {})",
            *((pl.col(f"difference{end}") * 100).round(1) for end in ("", "_low", "_high")),
        ).alias("difference in points"),
        pl.col("p_value").round(4),
        pl.col("q_value").round(4),
    )


def write(found: pl.DataFrame, file: Path) -> None:
    """Keep an answer as CSV or as JSON, one object a row, by the file's ending.

    Raises:
        BadFunnel: The ending is another.
    """
    if file.suffix == ".csv":
        found.write_csv(file)
    elif file.suffix == ".json":
        found.write_json(file)
    else:
        raise BadFunnel(f"{file}: name a file that ends in .csv or .json")


def _share(name: str) -> pl.Expr:
    """A share with its interval; empty where there is none."""
    return pl.when(pl.col(name).is_not_null()).then(
        pl.format(
            "{}% ({} to {})",
            *((pl.col(f"{name}{end}") * 100).round(1) for end in ("", "_low", "_high")),
        )
    )


def _time(name: str) -> pl.Expr:
    """Hours as hours, or as days from two of them on."""
    hours = pl.col(name)
    return (
        pl.when(hours >= 48)
        .then(pl.format("{} d", (hours / 24).round(1)))
        .when(hours.is_not_null())
        .then(pl.format("{} h", hours.round(2)))
    )
