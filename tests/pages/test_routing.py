from math import hypot

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.pages import routing
from pipeline.pages.routing import BOX_HEIGHT, Pair, Point, curve, loop, route

WIDTH = 120
PLACES = {"Visit": (60, 60), "Order": (260, 60), "Pay": (260, 180), "Use": (460, 120)}


def _distance_to_box(point: Point, middle: Point) -> float:
    """How far a point lies outside a box, in pixels."""
    dx = max(abs(point[0] - middle[0]) - WIDTH / 2, 0)
    dy = max(abs(point[1] - middle[1]) - BOX_HEIGHT / 2, 0)
    return hypot(dx, dy)


@pytest.mark.parametrize("pair", [("Visit", "Order"), ("Order", "Pay"), ("Use", "Visit")])
def test_a_line_runs_from_the_edge_of_one_box_to_the_edge_of_the_other(pair: Pair) -> None:
    """Lines begin and their arrows end within a few pixels of the boxes they join."""
    line = route(PLACES, [pair], width=WIDTH)[pair]

    assert _distance_to_box(line.points[0], PLACES[pair[0]]) < 6
    assert _distance_to_box(line.tip, PLACES[pair[1]]) < 6


def test_boxes_stay_where_they_were_put() -> None:
    """A line's place depends on the boxes' places alone: moving all of them moves it along."""
    pairs = [("Visit", "Order"), ("Order", "Use")]
    moved = {name: (x + 300, y + 200) for name, (x, y) in PLACES.items()}

    here, there = route(PLACES, pairs, width=WIDTH), route(moved, pairs, width=WIDTH)

    for pair in pairs:
        (ax, ay), (bx, by) = here[pair].points[0], there[pair].points[0]
        assert (bx - ax, by - ay) == pytest.approx((300, 200), abs=1)


def test_there_and_back_lie_side_by_side() -> None:
    """Two lines between the same boxes do not hide each other."""
    lines = route(PLACES, [("Order", "Pay"), ("Pay", "Order")], width=WIDTH)

    down, up = lines["Order", "Pay"].at(0.5), lines["Pay", "Order"].at(0.5)
    assert abs(down[0] - up[0]) > 6


def test_a_line_goes_around_the_box_between() -> None:
    """With Graphviz no line runs behind a box it does not belong to."""
    pytest.importorskip("pygraphviz")
    places = {"Visit": (60, 60), "Order": (260, 60), "Use": (460, 60)}

    line = route(places, [("Visit", "Use")], width=WIDTH)["Visit", "Use"]

    assert min(_distance_to_box(line.at(n / 40), places["Order"]) for n in range(41)) > 0


def test_a_loop_stands_above_its_own_box() -> None:
    """A step taken again is drawn above the box and ends on its upper edge."""
    line = loop((260, 60))

    assert line.tip[1] == 60 - BOX_HEIGHT / 2
    assert line.at(0.5)[1] < line.tip[1]


def test_without_graphviz_every_pair_still_has_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pygraphviz cannot be imported, curves are drawn instead."""
    monkeypatch.setattr(routing, "pygraphviz", None)
    pairs = [(a, b) for a in PLACES for b in PLACES]

    assert route(PLACES, pairs, width=WIDTH).keys() == set(pairs)


PLACE = st.tuples(
    st.integers(0, 7).map(lambda n: n * 192.0), st.integers(0, 5).map(lambda n: n * 96.0)
)


@given(start=PLACE, end=PLACE)
def test_a_curve_joins_the_edges_of_its_boxes_wherever_they_are(start: Point, end: Point) -> None:
    """The fallback's curve touches both boxes, for any two places on the grid."""
    line = curve(start, end, width=WIDTH)

    assert _distance_to_box(line.points[0], start) == 0
    assert _distance_to_box(line.tip, end) == 0
