"""Pairs that match, brought into groups in which all records fit one another.

Chains of matching pairs join strangers: A is like B, B is like C, and C is nothing like A. So
records are joined best first, by the mean of all that speaks for and against: average linkage.
"""

import heapq
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.identity.components import components

Numbers = NDArray[np.int64]
Weights = NDArray[np.float64]
# What one pair may say at most, in log2 of the odds: a single attribute must not outvote others.
LOW, HIGH = -5.0, 15.0


class Weighed(NamedTuple):
    """Pairs of records, each once, with what speaks for their being one person.

    Attributes:
        weight: log2 of the odds, from LOW to HIGH.
    """

    left: Numbers
    right: Numbers
    weight: Weights

    def only(self, which: NDArray[np.bool_]) -> "Weighed":
        """Some of the pairs."""
        return Weighed(self.left[which], self.right[which], self.weight[which])


def grouped(size: int, pairs: Weighed, *, least: float, unseen: float | None) -> Numbers:
    """The group of each record, named by its lowest number.

    Args:
        size: How many records there are.
        pairs: What was weighed.
        least: Groups are joined while the mean weight between them is above this.
        unseen: The weight of pairs that were not weighed; None leaves them out of the mean.
    """
    label = np.arange(size, dtype=np.int64)
    strong = pairs.weight > least
    _, chain = components(size, pairs.left[strong], pairs.right[strong])
    pairs = pairs.only(chain[pairs.left] == chain[pairs.right])
    many = np.bincount(chain)[chain[pairs.left]] > 2
    # Two records alone need no thought.
    alone = ~many & (pairs.weight > least)
    label[pairs.right[alone]] = pairs.left[alone]
    for group in _joined(pairs.only(many), least=least, unseen=unseen):
        label[group] = min(group)
    return label


def _joined(pairs: Weighed, *, least: float, unseen: float | None) -> Iterable[list[int]]:
    """Greedy average linkage over a sparse graph: the groups, as lists of records."""
    near: dict[int, dict[int, tuple[float, int]]] = {}
    rows = list(zip(*(one.tolist() for one in pairs), strict=True))
    for one, other, said in rows:
        near.setdefault(one, {})[other] = near.setdefault(other, {})[one] = (said, 1)
    members = {one: [one] for one in near}

    def mean(one: int, other: int) -> float:
        total, count = near[one][other]
        if unseen is None:
            return total / count
        possible = len(members[one]) * len(members[other])
        return (total + unseen * (possible - count)) / possible

    offers = [(-said, one, other) for one, other, said in rows if said > least]
    heapq.heapify(offers)
    while offers:
        offer, one, other = heapq.heappop(offers)
        # Groups that have grown since have another mean, and another offer.
        if other not in near.get(one, ()) or -offer != mean(one, other):
            continue
        if len(near[one]) < len(near[other]):
            one, other = other, one
        members[one] += members.pop(other)
        _inherit(near, one, other)
        for third in near[one]:
            said = mean(one, third)
            if said > least:
                heapq.heappush(offers, (-said, min(one, third), max(one, third)))
    return members.values()


def _inherit(near: dict[int, dict[int, tuple[float, int]]], one: int, other: int) -> None:
    """Give the group `one` all that is known of the group `other`."""
    del near[one][other], near[other][one]
    for third, (total, count) in near.pop(other).items():
        del near[third][other]
        held, known = near[one].get(third, (0.0, 0))
        near[one][third] = near[third][one] = (held + total, known + count)


def within(label: Numbers, *, largest: int) -> tuple[Numbers, Numbers]:
    """All pairs within each group of up to `largest` records, left below right."""
    order = np.argsort(label, kind="stable")
    _, start, count = np.unique(label[order], return_index=True, return_counts=True)
    fits = (count > 1) & (count <= largest)
    lefts, rights = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for at, many in zip(start[fits].tolist(), count[fits].tolist(), strict=True):
        one, other = np.triu_indices(many, k=1)
        members = order[at : at + many]
        lefts.append(members[one])
        rights.append(members[other])
    return np.concatenate(lefts), np.concatenate(rights)
