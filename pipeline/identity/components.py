"""Which numbered identifiers belong together: graph work on plain arrays.

Nothing here depends on the order of links. A rule is enforced only where it is broken.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csgraph

Numbers = NDArray[np.int32]
Flags = NDArray[np.bool_]
# With more of the links than this inside, taking off those at the rim saves nothing.
MOSTLY = 0.8


def components(
    size: int, left: NDArray[np.integer], right: NDArray[np.integer]
) -> tuple[int, Numbers]:
    """How many connected groups the numbers 0..size-1 form, and the group of each."""
    degree = np.bincount(left, minlength=size).astype(np.int32)
    degree += np.bincount(right, minlength=size)
    right_hangs = degree[right] == 1
    left_hangs = (degree[left] == 1) & ~right_hangs
    within = ~(right_hangs | left_hangs)
    if np.count_nonzero(within) >= MOSTLY * len(left):
        matrix = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
        count, label = csgraph.connected_components(matrix, directed=False)
        return int(count), label
    # Whoever has one link alone is where the other end is; most are, and need no search.
    host = np.arange(size, dtype=np.int32)
    host[right[right_hangs]] = left[right_hangs]
    host[left[left_hangs]] = right[left_hangs]
    stays = np.ones(size, dtype=np.bool_)
    stays[right[right_hangs]] = False
    stays[left[left_hangs]] = False
    place = np.cumsum(stays, dtype=np.int32) - np.int32(1)
    one, other = place[left[within]], place[right[within]]
    count, label = components(int(np.count_nonzero(stays)), one, other)
    return count, label[place[host]]


def bonded(
    size: int, left: Numbers, right: Numbers, level: NDArray[np.uint8]
) -> tuple[Numbers, NDArray[np.uint8]]:
    """The group of each number, and the weakest level of link that its group rests on.

    The strongest links, those of the lowest level, are joined first; a weaker one matters only
    where it still joins two groups.

    Returns:
        The label of each number, counted from 0, and the level by label; 0 for one alone.
    """
    label: Numbers = np.arange(size, dtype=np.int32)
    weakest = np.zeros(size, dtype=np.uint8)
    for at in np.flatnonzero(np.bincount(level)):
        chosen = level == at
        one, other = label[left[chosen]], label[right[chosen]]
        joins = one != other
        if not joins.any():
            continue
        count, group = components(len(weakest), one[joins], other[joins])
        rested = np.zeros(count, dtype=np.uint8)
        rested[group] = weakest
        rested[np.bincount(group, minlength=count) > 1] = at
        label, weakest = group[label], rested
    return label, weakest


def broken(label: Numbers, kind: Numbers, person: Numbers, *, kinds: int) -> NDArray[np.bool_]:
    """Which labels hold two persons of one kind of unique identifier.

    Args:
        label: The label of each unique identifier.
        kind: Its namespace's number.
        person: The person it stands for.
        kinds: How many namespaces there are.
    """
    slot = label.astype(np.int64) * kinds + kind
    seen = np.zeros((int(label.max(initial=-1)) + 1) * kinds, dtype=person.dtype)
    # The last one written stays, so that a slot with two persons contradicts one of them.
    seen[slot] = person
    return np.bincount(label[seen[slot] != person], minlength=len(seen) // kinds) > 0


def vetoes(
    left: Sequence[int], right: Sequence[int], persons: Sequence[dict[int, int]]
) -> list[int]:
    """Join links one by one, and veto each that would bring two unique values together.

    Kruskal's algorithm under a constraint: links come best first, so the better evidence wins.

    Args:
        left: One end of each link, best link first; an index into `persons`.
        right: The other end.
        persons: For each identifier the person it stands for by unique namespace, or nothing.

    Returns:
        For each link the namespace that forbids it, or -1 where it may be used.
    """
    parent = list(range(len(persons)))
    held = [dict(one) for one in persons]
    size = [1] * len(persons)
    found = []
    for one, other in zip(left, right, strict=True):
        a, b = _root(parent, one), _root(parent, other)
        if size[a] < size[b]:
            a, b = b, a
        clash = [kind for kind, person in held[b].items() if held[a].get(kind, person) != person]
        found.append(min(clash, default=-1))
        if a != b and not clash:
            parent[b] = a
            size[a] += size[b]
            held[a].update(held[b])
    return found


def _root(parent: list[int], one: int) -> int:
    while parent[one] != one:
        parent[one] = parent[parent[one]]
        one = parent[one]
    return one
