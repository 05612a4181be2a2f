"""A graph read as an absorbing Markov chain.

Rule: from each stage or touchpoint the next is drawn by the settled shares, whatever came before.
What rests on that says so by being called expected.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from pipeline.graph.edges import COMPLETED, ENDS, START
from pipeline.graph.network import travelled

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Chain:
    """The absorbing chain of one graph, over the names from which it can come to an end.

    Attributes:
        names: The rows and columns, START first; a name that only leads round in circles is out.
        steps: Chance of each name to follow each (Q).
        goal: Chance of (completed) to follow each (R).
        visits: Expected visits to each name, having started at each: (I - Q)^-1.
    """

    names: Sequence[str]
    steps: NDArray[np.float64]
    goal: Vector
    visits: NDArray[np.float64]

    @property
    def completed(self) -> Vector:
        """The chance to complete from each name: (I - Q)^-1 R."""
        return np.asarray(self.visits @ self.goal)


def chain(graph: nx.DiGraph) -> Chain:
    """The absorbing chain of a graph.

    A name whose visits have not settled leads nowhere yet: its journeys count as not completed.
    """
    everyone = [START, *sorted(set(graph) - ENDS - {START})]
    ending = {
        name
        for name in everyone
        if sum(share for _, head, share in graph.out_edges(name, data="share") if head not in ENDS)
        < 1 - 1e-12
    }
    backwards = travelled(graph).reverse(copy=False)
    reached = set(ending).union(
        *(nx.descendants(backwards, name) for name in sorted(ending) if name in backwards)
    )
    names = [name for name in everyone if name in reached]
    place = {name: number for number, name in enumerate(names)}
    steps = np.zeros((len(names), len(names)))
    goal = np.zeros(len(names))
    for tail, head, share in graph.edges(data="share"):
        if tail not in place:
            continue
        if head == COMPLETED:
            goal[place[tail]] = share
        elif head in place:
            steps[place[tail], place[head]] = share
    visits = np.asarray(np.linalg.inv(np.eye(len(names)) - steps), dtype=np.float64)
    return Chain(names, steps, goal, visits)
