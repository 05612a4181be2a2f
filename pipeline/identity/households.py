"""Customers who share an address or a number and are several persons all the same.

A household is a link between customers and never a merge: nothing of one member is said of
another. What more people share than live together is an organisation's, and makes no household.
"""

import duckdb
import numpy as np
import polars as pl

from pipeline.identity.components import components
from pipeline.identity.ids import HOUSEHOLD, keyed
from pipeline.identity.tables import read_sql

HOUSEHOLD_MEMBERS = pl.Schema(
    {
        "household_id": pl.String,
        "customer_id": pl.String,
        "namespace": pl.String,  # email, phone or address
        "value": pl.String,  # what the members share; personal data
    }
)


def members(con: duckdb.DuckDBPyConnection, *, persons: int, key: bytes) -> pl.DataFrame:
    """The households of `identifiers`, `customer_links` and `landed_attributes`.

    Customers are of one household if they share something, straight or through others. It is
    named after what they have shared for longest, as customers are named.

    Args:
        con: Holds the identity tables, `event_customers` and the landed attributes.
        persons: What more customers share is left out, and so is a household of more.
        key: What ids are keyed with.

    Returns:
        `HOUSEHOLD_MEMBERS`: one row per household, customer and what the customer shares.
    """
    shared: pl.DataFrame = con.sql(read_sql("household_evidence")).pl()
    shared = shared.filter(pl.col("customer_count") <= persons)
    if shared.is_empty():
        return HOUSEHOLD_MEMBERS.to_frame()
    evidence = pl.concat_str("namespace", pl.lit(":"), "value").rank("dense").alias("evidence")
    customer = pl.col("customer_id").rank("dense").alias("customer")
    numbers = shared.select(evidence.cast(pl.Int32) - 1, customer.cast(pl.Int32) - 1)
    count, size = numbers["customer"].n_unique(), numbers["evidence"].n_unique()
    ends = numbers["customer"].to_numpy(), numbers["evidence"].to_numpy() + count
    _, label = components(count + size, *ends)
    people = np.bincount(label[:count], minlength=int(label.max()) + 1)
    group = label[ends[0]]
    told = shared.with_columns(household=pl.Series(group), people=pl.Series(people[group])).sort(
        "night", "priority", "namespace", "value", "customer_id"
    )
    first = told.filter(pl.col("people") <= persons).unique(
        "household", keep="first", maintain_order=True
    )
    ids = keyed(first.select("namespace", "value").iter_rows(), key, prefix=HOUSEHOLD)
    named = first.select("household", pl.Series("household_id", ids, dtype=pl.String))
    return (
        told.join(named, on="household")
        .select(HOUSEHOLD_MEMBERS.names())
        .sort("household_id", "customer_id", "namespace", "value")
    )
