"""Communities: names between which journeys go more often than chance would have it.

Rule: Louvain's method on the steps between two names, in either direction; the same graph gives
the same communities, and they are numbered by their visits.
Source: Blondel, Guillaume, Lambiotte and Lefebvre, Fast unfolding of communities in large networks
(2008); a modularity above about 0.3 shows real communities: Newman and Girvan (2004).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import networkx as nx

from pipeline.graph.edges import ENDS, START

SEED = 1


@dataclass(frozen=True, slots=True)
class Communities:
    """A division of the names.

    Attributes:
        number_of: Each name's community, counted from 1.
        modularity: How much more of the steps stay inside than if they led anywhere; none where
            no step leads from one name to another.
    """

    number_of: Mapping[str, int]
    modularity: float | None


def communities(graph: nx.DiGraph) -> Communities:
    """The communities of a graph's names, without start and ends."""
    names = sorted(set(graph) - ENDS - {START})
    # Numbers, whose order in a set is the same in every process.
    place = {name: number for number, name in enumerate(names)}
    near = nx.Graph()
    near.add_nodes_from(range(len(names)))
    for tail, head, count in sorted(graph.edges(data="count")):
        if tail in place and head in place and tail != head:
            pair = place[tail], place[head]
            known = near.edges[pair]["weight"] if near.has_edge(*pair) else 0
            near.add_edge(*pair, weight=known + count)
    if near.number_of_edges() == 0:
        return Communities({name: number for number, name in enumerate(names, 1)}, None)
    parts = nx.community.louvain_communities(near, weight="weight", seed=SEED)
    visits = {
        name: sum(count for _, _, count in graph.in_edges(name, data="count")) for name in names
    }
    ordered = sorted(parts, key=lambda part: (-sum(visits[names[one]] for one in part), min(part)))
    return Communities(
        {names[one]: number for number, part in enumerate(ordered, 1) for one in part},
        float(nx.community.modularity(near, parts, weight="weight")),
    )
