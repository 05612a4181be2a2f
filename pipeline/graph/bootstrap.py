"""Intervals by drawing customers anew.

Rule: customers lie in up to 256 groups at random (by the hash that names their first event), and
each draw takes every group 0, 1, 2, ... times, by a Poisson law of mean 1. The same instant draws
the same, and no draw depends on what customers are called.
Source: Hanley and MacGibbon, Creating non-parametric bootstrap samples using Poisson frequencies
(2006); random groups: Wolter, Introduction to Variance Estimation (2007), chapter 2.
"""

import warnings

import numpy as np

from pipeline.graph.counts import Numbers

DRAWS = 400
FEW = 30  # groups of customers below which no interval is given


def weights(group_count: int, seed: int) -> Numbers:
    """How often each draw takes each group; the first row takes each once.

    Below FEW groups there is that row alone.
    """
    once = np.ones((1, group_count))
    if group_count < FEW:
        return once
    drawn = np.random.default_rng(seed).poisson(1.0, (DRAWS, group_count))
    return np.concatenate([once, drawn.astype(np.float64)])


def interval(values: Numbers) -> tuple[Numbers, Numbers]:
    """Lower and upper end of the 95 % interval of each column; the first row is no draw.

    Draws in which a number does not exist count neither way; without draws, or with more than
    one in twenty like that, there is no interval: nan.
    """
    drawn = values[1:]
    if len(drawn) == 0:
        return np.full(values.shape[1:], np.nan), np.full(values.shape[1:], np.nan)
    with warnings.catch_warnings():
        # A column without any number is nan, and no surprise.
        warnings.simplefilter("ignore", RuntimeWarning)
        low, high = np.nanquantile(drawn, [0.025, 0.975], axis=0)
    is_thin = np.isnan(drawn).mean(axis=0) > 0.05
    return np.where(is_thin, np.nan, low), np.where(is_thin, np.nan, high)


def column(values: Numbers) -> list[float | None]:
    """Numbers for a table: what does not exist is null."""
    return [None if np.isnan(value) else float(value) for value in values]
