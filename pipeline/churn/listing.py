"""The customers to call first: the highest risks, each with the fact behind it in words.

Rule: a list leaves the company in spreadsheets, so it holds masked contacts only and no cell
that a spreadsheet would run as a formula.
"""

from pathlib import Path

import duckdb
import polars as pl

CHURN_LIST = pl.Schema(
    {
        "rank": pl.Int64,
        "customer_id": pl.String,
        "contact": pl.String,  # masked
        "churn_risk": pl.Float64,
        "silence": pl.String,
        "stage": pl.String,
        "last_touchpoint": pl.String,
        "last_touched_on": pl.Date,
        "value_cents": pl.Int64,  # spent so far
        "currency": pl.String,
        "reason": pl.String,
    }
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
LONG = 2.0  # a silence of so many usual gaps is called long (our choice)


def listing(con: duckdb.DuckDBPyConnection, *, limit: int) -> pl.DataFrame:
    """The `limit` customers most at risk, from the tables of a run: the columns of CHURN_LIST."""
    scores = con.table("churn_scores").pl().filter(pl.col("rank") <= limit)
    con.register("listed", scores.select("customer_id"))
    try:
        history, customers, touched = (
            con.table(name).join(con.table("listed"), "customer_id", how="semi").pl()
            for name in ("value_history", "customers", "journey_events")
        )
    finally:
        con.unregister("listed")
    currency = con.table("parameters").pl()["currency"].item()
    return churn_list(scores, history, customers, touched, currency=currency)


def churn_list(
    scores: pl.DataFrame,
    history: pl.DataFrame,
    customers: pl.DataFrame,
    touched: pl.DataFrame,
    *,
    currency: str,
) -> pl.DataFrame:
    """One row per scored customer of `scores`, by rank: the columns of CHURN_LIST.

    Args:
        scores: Rows of `churn_scores`.
        history: `value_history` of these customers.
        customers: `customers`, with masked contacts.
        touched: `journey_events` of these customers.
        currency: What `value_cents` is in.
    """
    last = (
        touched.sort("customer_id", "position")
        .group_by("customer_id", maintain_order=True)
        .agg(
            last_touchpoint=pl.col("touchpoint").last(),
            last_touched_on=pl.col("occurred_at").last().dt.date(),
        )
    )
    return (
        scores.filter("is_scored")
        .join(history.drop("reason_not_scored"), on="customer_id", how="left")
        .join(customers, on="customer_id", how="left")
        .join(last, on="customer_id", how="left")
        .with_columns(
            contact=pl.coalesce("email_masked", "phone_masked"),
            silence=_silence(),
            stage=pl.col("current_stage"),
            currency=pl.lit(currency),
            reason=_reason(),
        )
        .sort("rank")
        .select(CHURN_LIST.names())
        .cast(CHURN_LIST)
    )


def _quiet_days() -> pl.Expr:
    return pl.col("age_days") - pl.col("recency_days")


def _usual_gap() -> pl.Expr:
    return pl.col("recency_days") / pl.col("value_event_count")


def _days(days: pl.Expr) -> pl.Expr:
    """Whole days in words."""
    whole = days.floor().cast(pl.Int64)
    return (
        pl.when(whole == 0)
        .then(pl.lit("less than a day"))
        .when(whole == 1)
        .then(pl.lit("1 day"))
        .otherwise(whole.cast(pl.String) + " days")
    )


def _silence() -> pl.Expr:
    """How long since a customer's last day of use, beside their usual gap between two."""
    quiet = pl.lit("no use for ") + _days(_quiet_days())
    # A gap between days of use is a day at least.
    gap = _days(_usual_gap().round().clip(lower_bound=1))
    return (
        pl.when(pl.col("value_event_count") == 0)
        .then(quiet + " after the only day of it")
        .otherwise(quiet + "; usual gap " + gap)
    )


def _reason() -> pl.Expr:
    """What in the history goes with the risk; a description, never a cause."""
    times = (_quiet_days() / _usual_gap()).floor().cast(pl.Int64).cast(pl.String)
    return (
        pl.when(pl.col("value_event_count") == 0)
        .then(pl.lit("never came back after the first day"))
        .when(_quiet_days() >= LONG * _usual_gap())
        .then("no use for " + times + " times the usual gap")
        .when(pl.col("value_event_count") <= 2)
        .then(pl.lit("too few days of use to count on the next"))
        .otherwise(pl.lit("comes seldom"))
    )


def write_csv(listed: pl.DataFrame, path: Path) -> None:
    """Write a list as UTF-8 CSV in which no text cell is a formula.

    Source: OWASP, CSV Injection: a leading apostrophe makes a spreadsheet show the cell as text.
    """
    starts = pl.selectors.string()
    guarded = listed.with_columns(
        pl.when(starts.str.strip_chars(" \u00a0\ufeff").str.slice(0, 1).is_in(FORMULA_STARTS))
        .then("'" + starts)
        .otherwise(starts)
        .name.keep()
    )
    guarded.write_csv(path, include_bom=True, float_precision=4)
