"""Graph work on plain arrays, against networkx."""

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.identity.components import bonded, broken, components, vetoes

Link = tuple[int, int, int]
SIZE = 12
LINKS = st.lists(
    st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1), st.integers(0, 3)), max_size=25
)


def ends(links: list[Link], column: int) -> np.ndarray:
    """One column of the links as numbers."""
    return np.array([link[column] for link in links], dtype=np.int32)


def groups(label: np.ndarray) -> set[frozenset[int]]:
    """The groups that labels stand for."""
    return {frozenset(np.flatnonzero(label == one).tolist()) for one in set(label.tolist())}


def graph_of(links: list[Link]) -> nx.Graph:
    """The same links in networkx; of two between the same ends, the stronger."""
    graph = nx.empty_graph(SIZE)
    for left, right, level in sorted(links, key=lambda link: -link[2]):
        graph.add_edge(left, right, level=level)
    return graph


@given(LINKS)
def test_components_are_those_of_networkx(links: list[Link]) -> None:
    """Scipy's groups are the connected components."""
    count, label = components(SIZE, ends(links, 0), ends(links, 1))

    oracle = {frozenset(group) for group in nx.connected_components(graph_of(links))}
    assert groups(label) == oracle
    assert count == len(oracle)


@given(LINKS)
def test_a_group_rests_on_the_weakest_link_of_its_best_tree(links: list[Link]) -> None:
    """The level of a group is the worst of its minimum spanning tree; one alone has none."""
    label, weakest = bonded(SIZE, ends(links, 0), ends(links, 1), ends(links, 2).astype(np.uint8))

    graph = graph_of(links)
    assert groups(label) == {frozenset(group) for group in nx.connected_components(graph)}
    tree = nx.minimum_spanning_tree(graph, weight="level")
    for group in nx.connected_components(graph):
        levels = [level for _, _, level in tree.subgraph(group).edges(data="level")]
        assert weakest[label[min(group)]] == max(levels, default=0)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(0, 2)), max_size=10))
def test_a_label_is_broken_when_it_holds_two_persons_of_one_kind(rows: list[Link]) -> None:
    """Scattered writes find exactly the labels that a set would."""
    label, kind, person = (np.array([row[at] for row in rows], dtype=np.int32) for at in range(3))

    found = broken(label, kind, person, kinds=2)

    seen: dict[tuple[int, int], set[int]] = {}
    for one, of, who in rows:
        seen.setdefault((one, of), set()).add(who)
    assert set(np.flatnonzero(found)) == {one for (one, _), who in seen.items() if len(who) > 1}


@given(
    LINKS,
    st.lists(st.dictionaries(st.integers(0, 1), st.integers(0, 2)), min_size=SIZE, max_size=SIZE),
)
def test_links_that_may_be_used_never_bring_two_persons_together(
    links: list[Link], persons: list[dict[int, int]]
) -> None:
    """No group of used links holds two persons of a kind, and every veto would have made one."""
    said = vetoes([link[0] for link in links], [link[1] for link in links], persons)

    used = nx.empty_graph(SIZE)
    used.add_edges_from(link[:2] for link, veto in zip(links, said, strict=True) if veto < 0)
    held = {}
    for group in nx.connected_components(used):
        for kind in (0, 1):
            persons_of = {persons[one][kind] for one in group if kind in persons[one]}
            assert len(persons_of) <= 1
            held.update({(one, kind): persons_of for one in group})
    for (left, right, _), veto in zip(links, said, strict=True):
        if veto >= 0:
            assert held[left, veto] != held[right, veto]
