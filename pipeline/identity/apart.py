"""Why two identifiers are not one customer: the nearest links between them that do not count."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import networkx as nx
import polars as pl

from pipeline.identity.lookup import Lookup, links_of
from pipeline.identity.strength import best_first, evidence

# Neighbours of neighbours are looked at while there are not more than this many.
WIDEST = 1_000


@dataclass(frozen=True, slots=True)
class Apart:
    """What lies between two customers.

    Attributes:
        way: The links of the shortest chain from one to the other that were not taken, and of
            several such the best supported; empty where three links do not lead there.
        nearest: Where there is no way, the strongest link of either that was not taken.
    """

    way: tuple[Mapping[str, Any], ...]
    nearest: tuple[Mapping[str, Any], ...]


def between(lookup: Lookup, one: int, other: int) -> Apart:
    """What lies between two groups of identifiers."""
    around = _outward(links_of(lookup, [one, other]))
    if way := _way(around, one, other):
        return Apart(way, ())
    reached = (_neighbours(around, one), _neighbours(around, other))
    nearer = min(reached, key=len)
    if 0 < len(nearer) <= WIDEST and all(reached):
        wide = _outward(links_of(lookup, [one, other, *nearer]))
        if way := _way(wide, one, other):
            return Apart(way, ())
    best = list(best_first(around).iter_rows(named=True))
    nearest = [
        next((link for link in best if group in {link["left_group"], link["right_group"]}), None)
        for group in (one, other)
    ]
    return Apart((), tuple(link for link in nearest if link is not None))


def _outward(links: pl.DataFrame) -> pl.DataFrame:
    """The links that leave their group."""
    return links.filter(pl.col("left_group") != pl.col("right_group"))


def _neighbours(links: pl.DataFrame, group: int) -> set[int]:
    """The groups at the other ends of a group's links."""
    ends = links.select("left_group", "right_group").rows()
    return {other for pair in ends if group in pair for other in pair} - {group}


def _way(links: pl.DataFrame, one: int, other: int) -> tuple[Mapping[str, Any], ...]:
    """The links of the shortest chain between two groups; nothing where there is none."""
    graph = nx.Graph()
    graph.add_nodes_from((one, other))
    for place, link in enumerate(best_first(links).iter_rows(named=True)):
        ends = (link["left_group"], link["right_group"])
        if not graph.has_edge(*ends):
            # Each link counts for more than all places together: the shortest way wins.
            graph.add_edge(*ends, weight=4 * links.height + place, of=link)
    try:
        path = nx.dijkstra_path(graph, one, other)
    except nx.NetworkXNoPath:
        return ()
    return tuple(graph.edges[pair]["of"] for pair in pairwise(path))


def sentences(one: str, other: str, found: Apart) -> Iterator[str]:
    """What keeps two identifiers apart, as lines to print."""
    if found.way:
        chain = "" if len(found.way) == 1 else f", by a chain of {len(found.way)} links"
        yield f"what comes nearest to joining {one} and {other}{chain}:"
        yield from _lines(found.way)
        return
    yield f"nothing links {one} and {other}, nor does a chain of three links that were not taken"
    if found.nearest:
        yield "nearest are:"
        yield from _lines(found.nearest)


def _lines(links: tuple[Mapping[str, Any], ...]) -> Iterator[str]:
    for link in links:
        yield f"  {link['left_identifier']} - {link['right_identifier']}: {verdict(link)}"
        yield f"      {evidence(link)}"


def verdict(link: Mapping[str, Any]) -> str:
    """What was made of a link, and why."""
    if link["status"] == "used":
        return "used"
    return f"{link['status']}, {link['reason'] or 'no reason is kept'}"
