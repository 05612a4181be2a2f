"""How each model came out: learned_models and learned_fits."""

from typing import Any, Protocol

import polars as pl

from pipeline.learned.criteria import bic, icl
from pipeline.settings import Learned

MODELS = pl.Schema(
    {
        "model": pl.String,  # stages or personas
        "status": pl.String,
        "component_count": pl.Int64,
        "customer_count": pl.Int64,
        "event_count": pl.Int64,
        "sample_customer_count": pl.Int64,
        "sample_event_count": pl.Int64,
        "log_likelihood": pl.Float64,
        "bic": pl.Float64,
        "icl": pl.Float64,
        "stability": pl.Float64,
        "rule_event_count": pl.Int64,
        "rule_agreement": pl.Float64,
        "least_customers": pl.Int64,
        "seed": pl.Int64,
    }
)
FITS = pl.Schema(
    {
        "model": pl.String,
        "component_count": pl.Int64,
        "log_likelihood": pl.Float64,
        "parameter_count": pl.Int64,
        "entropy": pl.Float64,
        "bic": pl.Float64,
        "icl": pl.Float64,
        "is_possible": pl.Boolean,
        "is_chosen": pl.Boolean,  # the smallest icl of those possible; of equals the fewest
    }
)
BEST = ("component_count", "log_likelihood", "bic", "icl")


class Fit(Protocol):
    """A fitted model."""

    @property
    def log_likelihood(self) -> float:
        """Of what was fitted on."""

    @property
    def entropy(self) -> float:
        """What the model leaves open of which part is whose, in nats."""

    @property
    def parameter_count(self) -> int:
        """Free ones."""


def with_fit(
    fits: pl.DataFrame, model: str, fit: Fit, *, size: float, is_possible: bool = True
) -> pl.DataFrame:
    """FITS with one more, and chosen anew.

    Args:
        fits: Of all smaller numbers of parts.
        model: stages or personas.
        fit: The model, of one part more.
        size: How many independent observations it was fitted on.
        is_possible: Whether it may be chosen.
    """
    row = {
        "model": model,
        "component_count": fits.height + 1,
        "log_likelihood": fit.log_likelihood,
        "parameter_count": fit.parameter_count,
        "entropy": fit.entropy,
        "bic": bic(fit.log_likelihood, fit.parameter_count, size),
        "icl": icl(fit.log_likelihood, fit.parameter_count, size, fit.entropy),
        "is_possible": is_possible,
        "is_chosen": False,
    }
    rows = pl.concat([fits, pl.DataFrame([row], schema=FITS)])
    best = rows.filter("is_possible").sort("icl", "component_count")["component_count"][0]
    return rows.with_columns(is_chosen=pl.col("component_count") == best)


def is_past_best(fits: pl.DataFrame) -> bool:
    """Whether the last two of FITS are both worse than one before: more would only split it."""
    (best,) = fits.filter("is_chosen")["component_count"]
    return bool(fits["component_count"][-1] >= best + 2)


def account(
    model: str,
    status: str,
    settings: Learned,
    *,
    best: dict[str, Any] | None = None,
    **known: float | None,
) -> pl.DataFrame:
    """One row of MODELS.

    Args:
        model: stages or personas.
        status: How it came out.
        settings: What it was asked for.
        best: The chosen row of FITS.
        known: Further columns.
    """
    row = {
        **dict.fromkeys(MODELS),
        **{name: (best or {}).get(name) for name in BEST},
        **known,
        "model": model,
        "status": status,
        "least_customers": settings.least_customers,
        "seed": settings.seed,
    }
    return pl.DataFrame([row], schema=MODELS)
