"""Pairs of one home: the third thing that two records can be, beside one person and strangers.

A family shares name, address, telephone and now and then an e-mail address; where the likeliest
pairs are families, a model of two kinds of pairs takes the family for the person. With a third
kind (Winkler 1993; Larsen and Rubin 2001) only what a family does not share tells persons apart.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.identity.matching.columns import Column
from pipeline.identity.matching.comparisons import compared

Evidence = NDArray[np.float64]
# Streets and postcodes; a town is no home.
HOMES = (0, 1)
# About one birth in eighty is of twins (Monden, Pison and Smits 2021), and not all pairs of a
# home are brothers and sisters.
TWINS = 0.01
# What is not known of an attribute to begin with, and what is never quite sure.
UNKNOWN, LEAST, MOST = 0.5, 0.01, 0.99
# Lessons that met families show given names that differ for another reason. Of two records of one
# person at most one pair in ten, our choice, gives names as far apart as a nickname can be.
OTHER_NAME = 0.1
# Pairs that are neither kind with a chance of one in a million teach nothing of either.
HOPELESS = -20.0


def shares(columns: Sequence[Column]) -> dict[str, float | None]:
    """How often those of one home agree in each comparison as one person's records do.

    Nought says as seldom as strangers, one always, None that it is to be learnt. A table that
    has neither street, postcode nor telephone shows no homes, and one without a given name,
    birthday, gender or number of one's own could not tell a person from them: both have no share.
    """
    named = compared(columns)
    own = {named[one.name]: TWINS if one.kind == "date" else 0.0 for one in columns if _is_own(one)}
    home = _home(columns)
    if not own or home is None:
        return {}
    found: dict[str, float | None] = dict.fromkeys(named.values())
    return {**found, **own, named[home.name]: 1.0}


def telling(columns: Sequence[Column]) -> list[Column]:
    """The attributes that tell a person from others of the home; none where no home is shown.

    Gender is left out: every other pair agrees in it.
    """
    if _home(columns) is None:
        return []
    return [one for one in columns if _is_own(one) and one.kind != "category"]


def most_different(columns: Sequence[Column]) -> dict[str, float]:
    """How often one person's records may be quite different, for comparisons that are bounded."""
    return {one.slug: OTHER_NAME for one in telling(columns) if one.kind == "given"}


def _home(columns: Sequence[Column]) -> Column | None:
    """What those of one home share for sure."""
    found = [one for one in columns if one.place in HOMES]
    return next(iter([*found, *(one for one in columns if one.kind == "phone")]), None)


def _is_own(column: Column) -> bool:
    """Whether an attribute is a person's own, whoever lives there too."""
    # A street whose houses have long numbers looks like a code.
    return column.place < 0 and (
        column.kind in {"given", "date", "code"} or column.name.lower() in {"gender", "sex"}
    )


def against(evidence: Evidence, share: Sequence[float]) -> Evidence:
    """What speaks for one home and against strangers, pair by pair: log2 of the odds.

    Args:
        evidence: The same for one person, a row for each pair and a column for each comparison.
        share: How often those of one home agree in each as one person's records do.
    """
    return _kin(np.exp2(evidence), np.asarray(share))


def _kin(odds: Evidence, share: Evidence) -> Evidence:
    """`against`, from odds."""
    return np.asarray(np.log2(1 - share + share * odds).sum(axis=1))


def learn(
    evidence: Evidence, known: Mapping[str, float | None], *, same: float, pair_count: float
) -> tuple[float, float, dict[str, float]]:
    """The mixture of one person, one home and strangers that explains the pairs best.

    Args:
        evidence: What speaks for one person, a row for each pair that may be more than chance and
            a column for each comparison, in the order of `known`.
        known: The share of each comparison, None where it is to be learnt.
        same: The chance that two records taken at random are one person, to begin with.
        pair_count: How many pairs of records there are at all.

    Returns:
        The chances that two records are one person and that they are of one home, and the shares.
    """
    share = np.array([UNKNOWN if one is None else one for one in known.values()])
    is_open = np.array([one is None for one in known.values()])
    is_home = share == 1
    best = evidence[:, is_home].sum(axis=1) + np.maximum(evidence[:, ~is_home], 0).sum(axis=1)
    evidence = evidence[np.maximum(best, evidence.sum(axis=1)) + np.log2(same) > HOPELESS]
    odds, weight = np.exp2(evidence), evidence.sum(axis=1)
    person, home = same, same
    for _ in range(200):
        stranger = max(1 - person - home, 0.1)
        one = np.exp2(np.clip(weight + np.log2(person / stranger), -60, 60))
        kin = np.exp2(np.clip(_kin(odds, share) + np.log2(home / stranger), -60, 60))
        is_one, is_kin = one / (1 + one + kin), kin / (1 + one + kin)
        before = (person, home, *share)
        person = min(max(float(is_one.sum()) / pair_count, 1e-9), 0.4)
        home = min(max(float(is_kin.sum()) / pair_count, 1e-9), 0.4)
        for place in np.flatnonzero(is_open):
            # What both say nothing of has no evidence, and says nothing of the share.
            said = evidence[:, place] != 0
            agreed = share[place] * odds[said, place]
            told = float((is_kin[said] * agreed / (1 - share[place] + agreed)).sum())
            share[place] = np.clip(told / max(float(is_kin[said].sum()), 1e-9), LEAST, MOST)
        after = (person, home, *share)
        if np.allclose(before, after, rtol=1e-3, atol=0):
            break
    return person, home, dict(zip(known, (float(f"{one:.4g}") for one in share), strict=True))
