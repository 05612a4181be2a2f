"""The one door for links that no event shows: human decisions and probable matches.

A `force` link is as good as a declared merge and yields to a veto alone: neither sharing nor
blocking nor a unique namespace stands against it. A `veto` keeps two identifiers out of one
customer, whatever path leads from one to the other. A `match` link joins what nothing forbids.
"""

from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.errors import BadSettings
from pipeline.identity.components import Numbers, components
from pipeline.identity.tables import holds_rows, read_sql

# The relation `given_links`. weight: the probability of a match, null for the others.
GIVEN_LINKS = pl.Schema(
    {
        "rule": pl.String,  # force, match, veto
        "left_namespace": pl.String,
        "left_value": pl.String,  # in normal form
        "right_namespace": pl.String,
        "right_value": pl.String,
        "weight": pl.Float64,
        "reason": pl.String,
    }
)
NUMBERED = pl.Schema(
    {
        "rule": pl.String,
        "left_number": pl.Int32,
        "right_number": pl.Int32,
        "weight": pl.Float64,
        "reason": pl.String,
    }
)


@dataclass(frozen=True, slots=True)
class Given:
    """The given links between identifiers that were seen.

    Attributes:
        force: `left_number`, `right_number`, `weight`, `reason`; left is the stronger end.
        match: The same.
        veto: The same.
        unseen: The reasons of those that name an identifier which nobody has seen.
    """

    force: pl.DataFrame
    match: pl.DataFrame
    veto: pl.DataFrame
    unseen: tuple[str, ...]


def numbered(con: duckdb.DuckDBPyConnection) -> Given:
    """The relation `given_links` by number; nothing where the connection has none.

    Raises:
        BadSettings: A veto between two that are forced together, straight or through others.
    """
    found, unseen = NUMBERED.to_frame(), []
    if holds_rows(con, "given_links"):
        found = con.sql(read_sql("numbered_given_links")).pl().cast(dict(NUMBERED))
        unseen = con.sql(read_sql("unseen_given_links")).fetchall()
    force, match, veto = (
        found.filter(pl.col("rule") == rule).drop("rule") for rule in ("force", "match", "veto")
    )
    _contradictions(force, veto)
    return Given(force, match, veto, tuple(reason for (reason,) in unseen))


def ends(links: pl.DataFrame) -> tuple[Numbers, Numbers]:
    """The numbers of both ends."""
    return links["left_number"].to_numpy(), links["right_number"].to_numpy()


def keys(links: pl.DataFrame) -> NDArray[np.int64]:
    """Both ends of each link as one number."""
    left, right = ends(links)
    return left.astype(np.int64) << 32 | right


def forced_persons(given: Given, namespace: Numbers) -> tuple[Numbers, Numbers]:
    """Pairs of one namespace that forced links make one person, directly or through others."""
    members, label = _forced_groups(given.force)
    order = np.lexsort((members, namespace[members], label))
    members, label = members[order], label[order]
    beside = (label[1:] == label[:-1]) & (namespace[members[1:]] == namespace[members[:-1]])
    return members[:-1][beside], members[1:][beside]


def _forced_groups(force: pl.DataFrame) -> tuple[Numbers, Numbers]:
    """Every identifier that is forced to another, and the number of its group."""
    left, right = ends(force)
    members, where = np.unique(np.concatenate([left, right]), return_inverse=True)
    _, label = components(len(members), where[: len(left)], where[len(left) :])
    return members, label


def _contradictions(force: pl.DataFrame, veto: pl.DataFrame) -> None:
    """Refuse a veto inside a group that forced links make."""
    if force.is_empty() or veto.is_empty():
        return
    members, label = _forced_groups(force)
    group = dict(zip(members.tolist(), label.tolist(), strict=True))
    for left, right, _, reason in veto.iter_rows():
        if group.get(left, -1) != group.get(right, -2):
            continue
        joined = force.filter(
            pl.col("left_number").is_in([one for one in group if group[one] == group[left]])
        )
        said = ", ".join(joined["reason"].fill_null("a forced link").unique().sort())
        raise BadSettings(f"{reason}: keeps apart what {said} joins; take one of them out")
