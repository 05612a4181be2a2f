"""Minimum cut, communities, ping-pong: what the graph looks like."""

import os
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import polars as pl
import pytest

from pipeline.graph.communities import communities
from pipeline.graph.cut import minimum_cut
from pipeline.graph.edges import COMPLETED, ENDED, OPEN, START
from pipeline.graph.loops import loops
from pipeline.graph.network import build
from tests.graph.journeys import Journey, chain_steps


def graph_of(journeys: list[Journey]):  # noqa: ANN201 - networkx has no types
    """The graph of journeys that have all settled."""
    counted = Counter(pair for one in journeys for pair in pairwise([START, *one.names, one.end]))
    wholes = Counter()
    for (tail, head), count in counted.items():
        wholes[tail] += 0 if head == OPEN else count
    return build(
        pl.DataFrame(
            [
                {
                    "from_name": tail,
                    "to_name": head,
                    "transition_count": count,
                    "settled_count": 0 if head == OPEN else count,
                    "share": None if head == OPEN else count / wholes[tail],
                    "mean_days": 1.0,
                }
                for (tail, head), count in sorted(counted.items())
            ]
        )
    )


def test_the_cut_lies_where_nobody_is_lost_behind_it() -> None:
    """Many look and leave; whoever signs completes, by post or at once: the cut is the signing."""
    journeys = [
        *[Journey("00", ["Look"], ENDED)] * 50,
        *[Journey("00", ["Look", "Sign", "Post"], COMPLETED)] * 4,
        *[Journey("00", ["Look", "Call", "Sign"], COMPLETED)] * 3,
        *[Journey("00", ["Look", "Call"], ENDED)] * 2,
    ]

    cut = minimum_cut(graph_of(journeys))

    assert cut.edges == [("Call", "Sign"), ("Look", "Sign")]
    assert cut.capacity == 7


def test_the_cut_is_as_large_as_what_completed() -> None:
    """Losses up to the last step leave the last step alone."""
    journeys = [
        *[Journey("00", ["a", "b"], COMPLETED)] * 5,
        *[Journey("00", ["b", "a", "b"], ENDED)] * 5,
    ]

    cut = minimum_cut(graph_of(journeys))

    assert (cut.edges, cut.capacity) == ([("b", COMPLETED)], 5)


@pytest.mark.parametrize(
    "journeys", [[], [Journey("00", ["a"], ENDED)], [Journey("00", ["a"], OPEN)]]
)
def test_nothing_completed_has_no_cut(journeys: list[Journey]) -> None:
    """There is no way to cut."""
    graph = build(pl.DataFrame()) if not journeys else graph_of(journeys)

    cut = minimum_cut(graph)

    assert (list(cut.edges), cut.capacity) == ([], 0)


TWO_CIRCLES = [
    *[Journey("00", ["a", "b", "c", "a", "b", "c"], COMPLETED)] * 9,
    *[Journey("00", ["x", "y", "z", "x", "y", "z"], ENDED)] * 5,
    Journey("00", ["c", "x"], ENDED),
]


def test_communities_are_where_journeys_stay() -> None:
    """Two circles with one step between: two communities, the more visited first."""
    found = communities(graph_of(TWO_CIRCLES))

    assert found.number_of == {"a": 1, "b": 1, "c": 1, "x": 2, "y": 2, "z": 2}
    assert found.modularity is not None
    assert found.modularity > 0.4


def test_names_alone_are_communities_alone() -> None:
    """Without a step between two names there is nothing to divide by."""
    found = communities(graph_of([Journey("00", ["a", "a"], ENDED), Journey("00", ["b"], ENDED)]))

    assert (found.number_of, found.modularity) == ({"a": 1, "b": 2}, None)


@pytest.mark.long
def test_communities_are_the_same_in_every_process() -> None:
    """However Python hashes text."""
    code = (
        "from tests.graph.test_shape import TWO_CIRCLES, graph_of;"
        "from pipeline.graph.communities import communities;"
        "print(communities(graph_of(TWO_CIRCLES)))"
    )

    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(said) == 1


def ping_pong(journeys: list[Journey]) -> dict[tuple[str, str], tuple[int, float]]:
    """Count and lift of ping-pong, by pair."""
    found = loops("stage", graph_of(journeys), chain_steps(journeys))
    return {
        (row["name"], row["other_name"]): (row["ping_pong_count"], row["ping_pong_lift"])
        for row in found.rows(named=True)
    }


def test_ping_pong_is_there_and_back_at_once() -> None:
    """a-b-a-b holds a-b-a and b-a-b; a-b-c-b-a holds b-c-b alone of its pairs."""
    found = ping_pong(
        [
            Journey("00", ["a", "b", "a", "b"], COMPLETED),
            Journey("00", ["a", "b", "c", "b", "a"], COMPLETED),
        ]
    )

    assert {pair: count for pair, (count, _) in found.items()} == {("a", "b"): 2, ("b", "c"): 1}


def test_lift_is_against_going_back_whatever_came_before() -> None:
    """Of two who came from a to b, 2/3 by chance go back; of two from b to a, half would."""
    found = ping_pong(
        [
            *[Journey("00", ["a", "b", "a"], COMPLETED)] * 2,
            Journey("00", ["c", "b"], ENDED),
        ]
    )

    assert found["a", "b"] == (2, pytest.approx(2 / (2 * 2 / 3 + 2 / 2)))


def test_a_loop_to_itself_is_no_ping_pong() -> None:
    """a-a-a leads nowhere else."""
    found = ping_pong([Journey("00", ["a", "a", "a"], COMPLETED)])

    assert found == {("a", "a"): (None, None)}
