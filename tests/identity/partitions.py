"""Identity tables compared as partitions: customers by who is in them, not by their names."""

from collections.abc import Sequence
from typing import Any, TypeVar

import networkx as nx
import polars as pl

from pipeline.identity.given_links import GIVEN_LINKS

Tables = dict[str, pl.DataFrame]
# rule, left, right, weight
Link = tuple[str, str, str, float | None]
# rule, left, right and what else there is
Decided = TypeVar("Decided", bound=tuple[Any, ...])


def possible(links: list[Decided]) -> list[Decided]:
    """The links without a veto between two that are forced together: a run refuses those."""
    forced = nx.Graph([(left, right) for rule, left, right, *_ in links if rule == "force"])
    return [
        link
        for link in links
        if link[1] != link[2]
        and not (
            link[0] == "veto"
            and {link[1], link[2]} <= set(forced)
            and nx.has_path(forced, link[1], link[2])
        )
    ]


def as_given(links: Sequence[Link]) -> pl.DataFrame:
    """The relation `given_links`."""
    rows = [
        (rule, *left.split(":", 1), *right.split(":", 1), weight, f"{rule} {left} {right}")
        for rule, left, right, weight in links
    ]
    return pl.DataFrame(rows, schema=GIVEN_LINKS, orient="row")


# What the first run finds of an earlier one.
NOBODY = pl.DataFrame(
    schema={"identifier": pl.String, "customer_id": pl.String, "belonging": pl.UInt64}
)


def known(tables: Tables) -> pl.DataFrame:
    """What a run leaves to the next: `identifier`, `customer_id` and `belonging`."""
    return tables["identifiers"].drop_nulls("customer_id").select(NOBODY.columns)


def lasting(tables: Tables) -> Tables:
    """All tables but the difference to the night before."""
    return {name: frame for name, frame in tables.items() if name != "customer_changes"}


def unnamed(tables: Tables) -> Tables:
    """The identity tables with each customer called after its identifiers, and no nights."""
    members = known(tables).sort("identifier").group_by("customer_id", maintain_order=True)
    names = members.agg(name=pl.col("identifier").str.join(" "))
    plain = {}
    for name, frame in lasting(tables).items():
        # A belonging is made of the customer's name.
        called = frame.drop("night", "belonging", strict=False)
        for column in [one for one in frame.columns if one.endswith("customer_id")]:
            called = called.join(names, left_on=column, right_on="customer_id", how="left")
            called = called.with_columns(pl.col("name").alias(column)).drop("name")
        plain[name] = called.sort(called.columns)
    return plain
