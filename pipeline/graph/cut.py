"""The minimum cut: the transitions at which the goal is nearest to certain.

Rule: capacities are settled steps, so the least that can be cut is what has completed. Of all cuts
that small the one nearest to the start is taken: behind it hardly anybody ended or turned back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx
from networkx.algorithms.flow import shortest_augmenting_path

from pipeline.graph.edges import COMPLETED, START
from pipeline.graph.network import travelled


@dataclass(frozen=True, slots=True)
class Cut:
    """Transitions without which nobody could have completed, the fewest steps of all.

    Attributes:
        edges: From and to, sorted; none where nothing has completed.
        capacity: The settled steps that went over them.
    """

    edges: Sequence[tuple[str, str]]
    capacity: int


def minimum_cut(graph: nx.DiGraph) -> Cut:
    """The minimum cut between start and completed that lies nearest to the start."""
    taken = travelled(graph)
    if START not in taken or COMPLETED not in taken:
        return Cut((), 0)
    flow = shortest_augmenting_path(taken, START, COMPLETED, capacity="settled")
    if flow.graph["flow_value"] == 0:
        return Cut((), 0)
    near, waiting = {START}, [START]
    while waiting:
        for _, head, residue in flow.out_edges(waiting.pop(), data=True):
            if head not in near and residue["flow"] < residue["capacity"]:
                near.add(head)
                waiting.append(head)
    crossing = sorted(
        (tail, head) for tail, head in taken.edges if tail in near and head not in near
    )
    return Cut(crossing, int(flow.graph["flow_value"]))
