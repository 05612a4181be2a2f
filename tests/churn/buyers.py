"""Invented customers of an MBG/NBD with known parameters."""

import numpy as np
import polars as pl

from pipeline.churn.baseline import Numbers


def simulate(
    parameters: tuple[float, float, float, float], ages: Numbers, seed: int
) -> tuple[pl.DataFrame, list[Numbers]]:
    """The value history of one customer per age, and each one's later events as instants.

    Later events follow the customer's own rate and leaving chance until 3 times their age.
    """
    r, alpha, a, b = parameters
    rng = np.random.default_rng(seed)
    rates, leaving = rng.gamma(r, 1 / alpha, ages.size), rng.beta(a, b, ages.size)
    counts, recencies, later = np.zeros(ages.size), np.zeros(ages.size), []
    for customer, (age, rate, chance) in enumerate(zip(ages, rates, leaving, strict=True)):
        at, after = 0.0, []
        while rng.random() >= chance:
            at += rng.exponential(1 / rate) if rate > 0 else np.inf
            if at > 3 * age:
                break
            if at > age:
                after.append(at)
                continue
            counts[customer] += 1
            recencies[customer] = at
        later.append(np.asarray(after))
    history = pl.DataFrame(
        {
            "value_event_count": counts.astype(np.int64),
            "recency_days": recencies,
            "age_days": ages,
        }
    )
    return history, later
