"""Removal effects: the completions lost if nobody gets past a name, and the credit that follows.

Rule: journeys that did not complete count as those that did. The touchpoint that decides a journey
is its goal itself, so it has no credit. Credits are removal effects brought to a sum of 1.
Source: Anderl, Becker, von Wangenheim and Schumann (IJRM 33(3), 2016), first and higher order.
"""

import numpy as np
import polars as pl

from pipeline.graph import absorption, bootstrap
from pipeline.graph.counts import Numbers, counted
from pipeline.graph.edges import COMPLETED, START
from pipeline.graph.orders import ORDERS, chosen

REMOVAL_GRAINS = ("stage", "touchpoint", "channel")
# A chain of more states has no interval: every draw is solved anew.
MOST_STATES = 200
REMOVAL_EFFECTS = pl.Schema(
    {
        "grain": pl.String,
        "name": pl.String,
        "chain_order": pl.Int64,
        "is_chosen": pl.Boolean,
        "removal_effect": pl.Float64,
        "removal_low": pl.Float64,
        "removal_high": pl.Float64,
        "credit_share": pl.Float64,
        "credited_completions": pl.Float64,
        "credited_value_cents": pl.Int64,
    }
)


def removal_effects(
    chain_steps: pl.DataFrame,
    touchpoints: pl.DataFrame,
    orders: pl.DataFrame,
    weights: Numbers,
) -> pl.DataFrame:
    """One row per grain, name and order of the chain: REMOVAL_EFFECTS."""
    decisions = touchpoints.filter(pl.col("outcome").is_not_null())["touchpoint"].to_list()
    parts = []
    for grain in REMOVAL_GRAINS:
        mine = chain_steps.filter(pl.col("grain") == grain)
        left_out = decisions if grain == "touchpoint" else []
        # Completed with nothing before: nobody's credit.
        is_alone = (pl.col("from_name") == START) | (
            (pl.col("before_1") == START) & pl.col("from_name").is_in(left_out)
        )
        earned = mine.filter((pl.col("to_name") == COMPLETED) & ~is_alone.fill_null(value=False))
        for order in ORDERS:
            effects = _effects(chain_steps, grain, order, weights).filter(
                ~pl.col("name").is_in(left_out)
            )
            parts.append(
                effects.with_columns(
                    grain=pl.lit(grain),
                    chain_order=order,
                    is_chosen=pl.lit(order == chosen(orders, grain)),
                    credit_share=pl.when(pl.col("removal_effect").sum() > 0).then(
                        pl.col("removal_effect") / pl.col("removal_effect").sum()
                    ),
                )
                .with_columns(
                    credited_completions=pl.col("credit_share") * earned["transition_count"].sum(),
                    credited_value_cents=(
                        pl.col("credit_share") * earned["value_cents"].sum()
                    ).round(),
                )
                .select(REMOVAL_EFFECTS.names())
                .cast(REMOVAL_EFFECTS)
            )
    return pl.concat(parts)


def _effects(chain_steps: pl.DataFrame, grain: str, order: int, weights: Numbers) -> pl.DataFrame:
    """The removal effect of each name in the chain of one order, with its interval."""
    counts = counted(chain_steps, grain, order)
    names = counts.names
    if len(counts.states) > MOST_STATES:
        far = absorption.removed_far(counts)
        effects = np.array([[far[name] for name in names]])
    elif names:
        places = [counts.ending_in(name) for name in names]
        effects = np.concatenate(
            [
                np.stack([absorption.removed(solved, place) for place in places], axis=1)
                for solved in absorption.solved(counts, weights)
            ]
        )
    else:
        effects = np.empty((1, 0))
    low, high = bootstrap.interval(effects)
    return pl.DataFrame(
        {
            "name": names,
            "removal_effect": bootstrap.column(effects[0]),
            "removal_low": bootstrap.column(low),
            "removal_high": bootstrap.column(high),
        },
        schema={
            "name": pl.String,
            "removal_effect": pl.Float64,
            "removal_low": pl.Float64,
            "removal_high": pl.Float64,
        },
    )
