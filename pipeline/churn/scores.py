"""value_history to churn_scores: the chance that each eligible customer stays silent.

Rule: a customer without a probability has a reason in words, and too little data gives nobody one.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from pipeline.churn import baseline
from pipeline.landing.schema import INSTANT

CHURN_SCORES = pl.Schema(
    {
        "as_of": INSTANT,
        "model_id": pl.String,
        "customer_id": pl.String,
        "horizon_days": pl.Float64,
        "churn_risk": pl.Float64,  # 0-1: no value event within the horizon
        "expected_events": pl.Float64,  # value events (days of use) within the horizon
        "is_scored": pl.Boolean,
        "reason_not_scored": pl.String,
        "rank": pl.Int64,  # 1 is the customer most at risk
    }
)
CHURN_MODELS = pl.Schema(
    {
        "as_of": INSTANT,
        "model_id": pl.String,
        "model": pl.String,
        "horizon_days": pl.Float64,
        "eligible_count": pl.Int64,
        "fitted_count": pl.Int64,
        "r": pl.Float64,
        "alpha": pl.Float64,
        "a": pl.Float64,
        "b": pl.Float64,
        "log_likelihood": pl.Float64,
        "expected_leaver_count": pl.Float64,
        "grade": pl.String,  # what the scores may be trusted for
    }
)
NO_MODEL = "none"


@dataclass(frozen=True, slots=True)
class Assessment:
    """One night's scores.

    Attributes:
        scores: The columns of CHURN_SCORES, one row per customer, the most at risk first.
        models: The columns of CHURN_MODELS, one row.
    """

    scores: pl.DataFrame
    models: pl.DataFrame


def score(history: pl.DataFrame, parameters: pl.DataFrame) -> pl.DataFrame:
    """The scores of `assess` alone."""
    return assess(history, parameters).scores


def assess(history: pl.DataFrame, parameters: pl.DataFrame) -> Assessment:
    """Every customer's chance of no value event within the horizon, or why there is none.

    Args:
        history: `value_history`, one row per customer.
        parameters: The one row of a run: `as_of`, `horizon_days`.
    """
    as_of: datetime = parameters["as_of"].item()
    horizon_days = float(parameters["horizon_days"].item())
    eligible = history.filter("is_eligible").sort("customer_id")
    excluded = history.filter(~pl.col("is_eligible"))
    learned_from = history.filter("is_learned_from").sort("customer_id")
    refused = baseline.too_little(learned_from)
    if refused:
        reasons = pl.coalesce("reason_not_scored", pl.lit(f"too little data: {refused}"))
        return Assessment(
            _shaped(history.with_columns(reason_not_scored=reasons), as_of, horizon_days, NO_MODEL),
            _card(as_of, horizon_days, eligible.height, f"no probabilities: {refused}"),
        )
    model = baseline.fit(learned_from)
    model_id = _model_id(model, horizon_days)
    x, t_x, age = (
        eligible[name].cast(pl.Float64).to_numpy()
        for name in ("value_event_count", "recency_days", "age_days")
    )
    risk = baseline.no_event_chance(model, x, t_x, age, horizon_days)
    scored = eligible.with_columns(
        churn_risk=pl.Series(risk),
        expected_events=pl.Series(baseline.expected_events(model, x, t_x, age, horizon_days)),
    )
    everyone = pl.concat([scored, excluded], how="diagonal")
    return Assessment(
        _shaped(everyone, as_of, horizon_days, model_id),
        _card(
            as_of,
            horizon_days,
            eligible.height,
            "baseline, not validated",
            model=model,
            model_id=model_id,
        ).with_columns(expected_leaver_count=pl.lit(float(np.sum(np.sort(risk))))),
    )


def _model_id(model: baseline.Baseline, horizon_days: float) -> str:
    """A name that two models share only if they give the same scores."""
    told = ",".join(f"{value:.12g}" for value in (*model.parameters, horizon_days))
    return f"mbg_nbd-{hashlib.sha256(told.encode()).hexdigest()[:8]}"


def _shaped(
    customers: pl.DataFrame, as_of: datetime, horizon_days: float, model_id: str
) -> pl.DataFrame:
    """Customers as CHURN_SCORES, ranked by risk, then by how little is expected of them."""
    absent = [
        pl.lit(None, dtype=pl.Float64).alias(name)
        for name in ("churn_risk", "expected_events")
        if name not in customers.columns
    ]
    ranked = customers.with_columns(
        *absent,
        as_of=pl.lit(as_of),
        model_id=pl.lit(model_id),
        horizon_days=pl.lit(horizon_days),
    ).sort(
        "churn_risk",
        "expected_events",
        "customer_id",
        descending=[True, False, False],
        nulls_last=True,
    )
    is_scored = pl.col("churn_risk").is_not_null()
    return (
        ranked.with_columns(
            is_scored=is_scored,
            rank=pl.when(is_scored).then(pl.int_range(1, pl.len() + 1)),
        )
        .select(CHURN_SCORES.names())
        .cast(CHURN_SCORES)
    )


def _card(  # noqa: PLR0913 - the row of a table
    as_of: datetime,
    horizon_days: float,
    eligible_count: int,
    grade: str,
    *,
    model: baseline.Baseline | None = None,
    model_id: str = NO_MODEL,
) -> pl.DataFrame:
    """The one row of CHURN_MODELS."""
    row = {
        "as_of": as_of,
        "model_id": model_id,
        "model": "MBG/NBD" if model else None,
        "horizon_days": horizon_days,
        "eligible_count": eligible_count,
        "grade": grade,
    }
    if model:
        row |= {
            name: getattr(model, name)
            for name in ("fitted_count", "r", "alpha", "a", "b", "log_likelihood")
        }
    return pl.DataFrame([row], schema=CHURN_MODELS)
