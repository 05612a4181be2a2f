"""Which identifiers are one customer: components, taken apart only where a rule is broken."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.identity import given_links
from pipeline.identity.components import Flags, Numbers, bonded, broken, vetoes
from pipeline.identity.evidence import FORCE, Links
from pipeline.identity.links import Identifiers


@dataclass(frozen=True, slots=True)
class Groups:
    """Identifiers grouped under the policy.

    Attributes:
        label: The group of each identifier.
        level: The weakest level of link that each group rests on; see `CONFIDENCE`.
        veto: For each link what forbids it, or -1: below the number of `Links.vetoes` the place
            of a veto there, from there on the number of a unique namespace.
    """

    label: Numbers
    level: NDArray[np.uint8]
    veto: Numbers


def usable(identifiers: Identifiers, links: Links) -> Flags:
    """Which links may join their ends, as long as no rule between customers is broken."""
    may_link = identifiers.may_link
    stands = may_link[links.left] & may_link[links.right]
    stands &= ~links.is_undone & (links.expired_by < 0)
    stands[links.rule == FORCE] = True
    return stands


def group(identifiers: Identifiers, links: Links) -> Groups:
    """Which identifiers are one customer: components, re-solved where a rule is broken."""
    chosen = np.flatnonzero(usable(identifiers, links))
    left, right, level = links.left[chosen], links.right[chosen], links.level[chosen]
    label, weakest = bonded(identifiers.size, left, right, level)
    veto = np.full(links.size, -1, dtype=np.int32)
    unique = np.flatnonzero(identifiers.is_unique & identifiers.is_active)
    namespace = identifiers.namespace
    bad = np.zeros(len(weakest), dtype=np.bool_)
    found = broken(
        label[unique],
        namespace[unique],
        identifiers.person[unique],
        kinds=max(identifiers.rules.height, 1),
    )
    bad[: len(found)] = found
    apart = given_links.ends(links.vetoes)
    together = label[apart[0]] == label[apart[1]]
    bad[label[apart[0][together]]] = True
    if not bad.any():
        return Groups(label, weakest, veto)
    # Only customers who break a rule are taken apart; all others stand as they are.
    members = np.flatnonzero(bad[label])
    place = np.zeros(identifiers.size, dtype=np.int32)
    place[members] = np.arange(len(members))
    within = np.flatnonzero(bad[label[left]])
    within = within[_best_first(identifiers, links, chosen[within])]
    persons = _persons(identifiers, members, links.vetoes)
    left, right, level = place[left[within]], place[right[within]], level[within]
    said = np.array(vetoes(left.tolist(), right.tolist(), persons), dtype=np.int32)
    veto[chosen[within]] = said
    stands = said < 0
    parts, weakest_parts = bonded(len(members), left[stands], right[stands], level[stands])
    label[members] = len(weakest) + parts
    return Groups(label, np.concatenate([weakest, weakest_parts]), veto)


def _best_first(
    identifiers: Identifiers, links: Links, chosen: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The order in which links may claim their ends.

    Forced, declared, seen, matched; the surer match; strong, frequent, recent.
    """
    left, right = links.left[chosen], links.right[chosen]
    priority = identifiers.rules["priority"].to_numpy()[identifiers.namespace]
    return np.lexsort(
        (
            right,
            left,
            -links.last_seen_us[chosen],
            -links.event_count[chosen],
            # Left is the stronger end; a link is as good as its weaker one.
            priority[left],
            priority[right],
            -links.weight[chosen],
            links.rule[chosen],
        )
    )


def _persons(
    identifiers: Identifiers, members: NDArray[np.int64], apart: pl.DataFrame
) -> list[dict[int, int]]:
    """For each member whom it stands for: in each veto it is part of, and where it is unique.

    A veto is a kind of its own in which its two ends are two persons.
    """
    facts = zip(
        identifiers.is_unique[members].tolist(),
        (identifiers.namespace[members] + apart.height).tolist(),
        identifiers.person[members].tolist(),
        strict=True,
    )
    persons = [{kind: person} if is_unique else {} for is_unique, kind, person in facts]
    place = {number: at for at, number in enumerate(members.tolist())} if apart.height else {}
    for kind, ends in enumerate(zip(*given_links.ends(apart), strict=True)):
        for person, number in enumerate(ends):
            if number in place:
                persons[place[number]][kind] = person
    return persons
