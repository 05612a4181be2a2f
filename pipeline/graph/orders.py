"""How much of its past a journey remembers: the order of the chain, chosen by BIC.

Rule: all orders foretell the same settled steps. What never followed a name is no parameter in any
context that ends in it, so a rare context costs little that it cannot use.
Source: Katz, On some criteria for estimating the order of a Markov chain (1981); Csiszar and
Shields, The consistency of the BIC Markov order estimator (2000).
"""

import polars as pl

ORDERS = (1, 2, 3)
HISTORY = ("before_2", "before_1", "from_name")
CHAIN_ORDERS = pl.Schema(
    {
        "grain": pl.String,
        "chain_order": pl.Int64,
        "context_count": pl.Int64,
        "parameter_count": pl.Int64,
        "settled_count": pl.Int64,
        "log_likelihood": pl.Float64,
        "aic": pl.Float64,
        "bic": pl.Float64,
        "is_chosen": pl.Boolean,  # the smallest bic; among equals the lower order
    }
)


def chain_orders(chain_steps: pl.DataFrame, grain: str) -> pl.DataFrame:
    """One row per order of the chain of one grain: CHAIN_ORDERS, or no row without steps."""
    settled = chain_steps.filter((pl.col("grain") == grain) & (pl.col("settled_count") > 0))
    if settled.is_empty():
        return CHAIN_ORDERS.to_frame()
    nexts = settled.group_by("from_name").agg(next_count=pl.col("to_name").n_unique())
    rows = pl.concat([_measured(settled, nexts, order) for order in ORDERS])
    return (
        rows.with_columns(
            grain=pl.lit(grain),
            aic=2 * pl.col("parameter_count") - 2 * pl.col("log_likelihood"),
            bic=pl.col("parameter_count") * pl.col("settled_count").log()
            - 2 * pl.col("log_likelihood"),
        )
        .with_columns(is_chosen=pl.int_range(pl.len()) == pl.col("bic").arg_min())
        .select(CHAIN_ORDERS.names())
        .cast(CHAIN_ORDERS)
    )


def chosen(orders: pl.DataFrame, grain: str) -> int:
    """The order chosen for a grain; 1 where there is nothing to choose by."""
    found = orders.filter((pl.col("grain") == grain) & pl.col("is_chosen"))["chain_order"]
    return int(found.item()) if len(found) else 1


def _measured(settled: pl.DataFrame, nexts: pl.DataFrame, order: int) -> pl.DataFrame:
    """How well one order foretells, and with how many parameters."""
    context = HISTORY[-order:]
    cells = (
        settled.group_by(*context, "to_name")
        .agg(count=pl.col("settled_count").sum())
        .sort(*context, "to_name", nulls_last=False)
        .with_columns(whole=pl.col("count").sum().over(context))
    )
    contexts = cells.select(context).unique().join(nexts, on="from_name")
    return cells.select(
        chain_order=pl.lit(order, dtype=pl.Int64),
        context_count=pl.lit(contexts.height, dtype=pl.Int64),
        parameter_count=pl.lit(int((contexts["next_count"] - 1).sum()), dtype=pl.Int64),
        settled_count=pl.col("count").sum(),
        log_likelihood=(pl.col("count") * (pl.col("count") / pl.col("whole")).log()).sum(),
    )
