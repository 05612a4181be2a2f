"""MBG/NBD: the chance that a customer shows no value event within a horizon.

Rule: the score is P(no event in the horizon), never P(alive): on CDNOW the latter ranks worse
than chance, because the model counts every customer of one event as alive.

The model (Batislam, Denizel, Filiztekin 2007): while active a customer has value events at a
rate of their own, Gamma(r, alpha) across customers; after every event, the first one included,
they leave with a chance of their own, Beta(a, b). With x repeats, the last of them at t_x, seen
for T, one customer of rate l and leaving chance p has the likelihood

    l^x [ p (1-p)^x exp(-l t_x) + (1-p)^(x+1) exp(-l T) ]

left after the last event, or still here and silent since. Staying silent for H more turns the
second term into exp(-l (T+H)); averaged over l and p, the ratio of the two is the score.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaincinv, betaln, expit, gammaln, hyp2f1, psi

Numbers = NDArray[np.float64]

MAX_FITTED = 100_000  # more customers move the parameters by less than their standard error
SCOUTS = 4_000  # how many customers choose among the starts
MIN_CUSTOMERS = 50  # our choice: below, four parameters follow the noise
LIMITS = (math.log(1e-4), math.log(1e4))  # beyond, the data cannot tell parameters apart
STARTS = ((0.5, 1.0, 0.8, 1.6), (1.0, 1.0, 0.1, 2.0), (5.0, 1.0, 1.0, 10.0), (0.2, 0.2, 2.0, 2.0))
STEEP = 100.0  # above, a or b counts as large in `expected_events`
QUANTILES = 64  # of the chance to leave, in place of the series
SQUEEZE = 1e-3  # half the window around a = 1 in which the expectation is interpolated


@dataclass(frozen=True, slots=True)
class Baseline:
    """A fitted MBG/NBD.

    Attributes:
        r: Shape of the event rates.
        alpha: Scale of the event rates, in days.
        a: Beta of the chance to leave after an event.
        b: The other one.
        log_likelihood: Of the customers it was fitted on.
        fitted_count: How many those were.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    fitted_count: int

    @property
    def parameters(self) -> tuple[float, float, float, float]:
        """(r, alpha, a, b)."""
        return self.r, self.alpha, self.a, self.b


def too_little(history: pl.DataFrame) -> str | None:
    """Why no probabilities can be fitted on these customers, or None when they can.

    Reads `value_event_count`, one row per customer.
    """
    repeats = int((history["value_event_count"] > 0).sum())
    if history.height < MIN_CUSTOMERS:
        return f"{history.height} customers with a value event; {MIN_CUSTOMERS} needed"
    if repeats == 0:
        return f"none of {history.height} customers came back after their first value event"
    return None


def fit(history: pl.DataFrame) -> Baseline:
    """The MBG/NBD of greatest likelihood on `value_event_count`, `recency_days`, `age_days`.

    One row per customer. The same rows give the same parameters to the last bit whatever their
    order and whatever the customers are called: above MAX_FITTED it takes every n-th customer of
    the table sorted by its three numbers, and equal customers are counted once with a weight.

    Source: Batislam, Denizel, Filiztekin (2007), Empirical validation and comparison of models
    for customer base analysis, International Journal of Research in Marketing 24(3).
    """
    triples = history.select(
        x=pl.col("value_event_count").cast(pl.Float64),
        t_x=pl.col("recency_days").cast(pl.Float64),
        age=pl.col("age_days").cast(pl.Float64),
    ).sort("x", "t_x", "age")
    # Times in units of the mean age: every start is then equally far from any company's rhythm.
    unit = float(triples["age"].to_numpy().mean()) or 1.0
    scouts = _counted(triples, SCOUTS, unit)
    first = min((_climb(np.log(start), *scouts) for start in STARTS), key=lambda found: found[0])
    x, t_x, age, weight = _counted(triples, MAX_FITTED, unit)
    best = _climb(first[1], x, t_x, age, weight)
    r, alpha, a, b = (float(value) for value in np.exp(best[1]))
    alpha *= unit
    return Baseline(
        r=r,
        alpha=alpha,
        a=a,
        b=b,
        log_likelihood=float(weight @ log_likelihoods((r, alpha, a, b), x, t_x * unit, age * unit)),
        fitted_count=int(weight.sum()),
    )


def _counted(triples: pl.DataFrame, limit: int, unit: float) -> tuple[Numbers, ...]:
    """At most `limit` customers of a sorted table, evenly spaced: x, t_x, T and how many each."""
    if triples.height > limit:
        every = np.floor((np.arange(limit) + 0.5) * (triples.height / limit)).astype(np.int64)
        triples = triples[every]
    counted = (
        triples.group_by("x", "t_x", "age").len("customers").sort("x", "t_x", "age").to_numpy()
    )
    x, t_x, age, weight = (np.ascontiguousarray(counted[:, column]) for column in range(4))
    return x, t_x / unit, age / unit, weight


def _climb(
    start: Numbers, x: Numbers, t_x: Numbers, age: Numbers, weight: Numbers
) -> tuple[float, Numbers]:
    """The least negative mean log-likelihood reached from `start`, and where."""
    total = weight.sum()

    def uphill(logs: Numbers) -> tuple[float, Numbers]:
        parameters = np.exp(logs)
        value = -float(weight @ log_likelihoods(parameters, x, t_x, age)) / total
        slope = -(weight @ _slopes(parameters, x, t_x, age)) / total
        return value, slope * parameters

    found = minimize(
        uphill,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[LIMITS] * 4,
        options={"maxiter": 1000, "ftol": 1e-12, "gtol": 1e-7},
    )
    return float(found.fun), np.asarray(found.x, dtype=np.float64)


def log_likelihoods(
    parameters: Sequence[float] | Numbers, x: Numbers, t_x: Numbers, age: Numbers
) -> Numbers:
    """The log-likelihood of each customer, under (r, alpha, a, b)."""
    r, alpha, a, b = parameters
    here = -(r + x) * np.log(alpha + age)
    left = np.log(a) - np.log(b + x) - (r + x) * np.log(alpha + t_x)
    values: Numbers = (
        gammaln(r + x)
        - gammaln(r)
        + r * np.log(alpha)
        + betaln(a, b + x + 1)
        - betaln(a, b)
        + np.logaddexp(here, left)
    )
    return values


def _slopes(parameters: Numbers, x: Numbers, t_x: Numbers, age: Numbers) -> Numbers:
    """The gradient of each customer's log-likelihood: one column per parameter."""
    r, alpha, a, b = parameters
    left = _chance_left(parameters, x, t_x, age)
    both = psi(a + b) - psi(a + b + x + 1)
    return np.column_stack(
        (
            psi(r + x)
            - psi(r)
            + np.log(alpha)
            - (1 - left) * np.log(alpha + age)
            - left * np.log(alpha + t_x),
            r / alpha - (r + x) * ((1 - left) / (alpha + age) + left / (alpha + t_x)),
            both + left / a,
            both + psi(b + x + 1) - psi(b) - left / (b + x),
        )
    )


def _chance_left(
    parameters: Sequence[float] | Numbers, x: Numbers, t_x: Numbers, age: Numbers
) -> Numbers:
    """The chance that each customer left at their last event; a step, never a result."""
    r, alpha, a, b = parameters
    odds = np.log(a) - np.log(b + x) + (r + x) * (np.log(alpha + age) - np.log(alpha + t_x))
    values: Numbers = expit(odds)
    return values


def no_event_chance(
    model: Baseline, x: Numbers, t_x: Numbers, age: Numbers, horizon_days: float
) -> Numbers:
    """P(no value event within `horizon_days`), 0-1, in closed form.

    Left, or still here and silent: 1 - P(here) * (1 - ((alpha+T) / (alpha+T+H)) ^ (r+x)).
    """
    left = _chance_left(model.parameters, x, t_x, age)
    speaks = -np.expm1(-(model.r + x) * np.log1p(horizon_days / (model.alpha + age)))
    values: Numbers = 1 - (1 - left) * speaks
    return values


def expected_events(
    model: Baseline, x: Numbers, t_x: Numbers, age: Numbers, horizon_days: float
) -> Numbers:
    """The expected number of value events within `horizon_days`.

    Those still here have, on average over p ~ Beta(a, b+x+1) and l ~ Gamma(r+x, alpha+T),
    E[(1 - exp(-l p H)) / p] = E[(1 - (1 + p w)^-(r+x)) / p] events, with w = H / (alpha+T).
    """
    here = 1 - _chance_left(model.parameters, x, t_x, age)
    w = horizon_days / (model.alpha + age)
    if max(model.a, model.b) > STEEP:
        return here * _events_by_quantiles(model, x, w)
    if abs(model.a - 1) >= SQUEEZE:
        return here * _events_if_here(model, model.a, x, w)
    # At a = 1 the formula is 0/0 and smooth around it: a straight line across the gap.
    low = _events_if_here(model, 1 - SQUEEZE, x, w)
    high = _events_if_here(model, 1 + SQUEEZE, x, w)
    values: Numbers = here * (low + (high - low) * (model.a - 1 + SQUEEZE) / (2 * SQUEEZE))
    return values


def _events_if_here(model: Baseline, a: float, x: Numbers, w: Numbers) -> Numbers:
    """The expected number of events of a customer who has not left, in closed form.

    Euler's transformation keeps the hypergeometric series finite for thousands of events.
    """
    r, b = model.r, model.b
    z = w / (1 + w)
    series = hyp2f1(a + b - r, a - 1, a + b + x, z)
    if not np.isfinite(series).all():
        # scipy's series has poles at some whole first arguments where the function has none.
        series = hyp2f1((a + b - r) * (1 + 1e-9), a - 1, a + b + x, z)
    # At others it overflows on its way, however near.
    is_lost = ~np.isfinite(series)
    series[is_lost] = 0.0
    values: Numbers = (a + b + x) / (a - 1) * (1 - np.power(1 - z, a - 1) * series)
    if is_lost.any():
        values[is_lost] = _events_by_quantiles(model, x[is_lost], w[is_lost])
    return values


def _events_by_quantiles(model: Baseline, x: Numbers, w: Numbers) -> Numbers:
    """The same where the series overflows: a, b or r is large, and p hardly varies."""
    counts, group = np.unique(x, return_inverse=True)
    levels = (np.arange(QUANTILES) + 0.5) / QUANTILES
    p = np.maximum(betaincinv(model.a, model.b + counts[:, None] + 1, levels), 1e-12)
    total = np.zeros_like(w)
    for column in range(QUANTILES):
        chance = p[group, column]
        total += -np.expm1(-(model.r + x) * np.log1p(chance * w)) / chance
    values: Numbers = total / QUANTILES
    return values
