"""Lines of the process map around its boxes: Graphviz where it can be imported, curves where not.

Boxes never move: their places are given, and only the lines are found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot

try:
    import pygraphviz
except ImportError:  # No wheel for this platform: straight curves will do.
    pygraphviz = None

BOX_HEIGHT = 44
ARROW = 8
POINTS_PER_INCH = 72

Point = tuple[float, float]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Line:
    """One routed line: cubic pieces that share end points (1 + 3n points), and its arrow's tip."""

    points: Sequence[Point]
    tip: Point

    @property
    def path(self) -> str:
        """The line as SVG path text, without its arrow."""
        (x, y), *rest = self.points
        pieces = (rest[n : n + 3] for n in range(0, len(rest), 3))
        return f"M{x:.0f} {y:.0f}" + "".join(
            "C" + " ".join(f"{px:.0f} {py:.0f}" for px, py in piece) for piece in pieces
        )

    @property
    def arrow(self) -> str:
        """The arrow's head as SVG path text."""
        (x, y), (tx, ty) = self.points[-1], self.tip
        length = hypot(tx - x, ty - y) or 1.0
        ux, uy = (tx - x) / length, (ty - y) / length
        bx, by = tx - ARROW * ux, ty - ARROW * uy
        return (
            f"M{tx:.0f} {ty:.0f}L{bx - 4 * uy:.1f} {by + 4 * ux:.1f} "
            f"{bx + 4 * uy:.1f} {by - 4 * ux:.1f}z"
        )

    def at(self, t: float) -> Point:
        """The point at `t` of the way, 0 to 1, counted in pieces."""
        count = (len(self.points) - 1) // 3
        piece = min(int(t * count), count - 1)
        u = t * count - piece
        corners = self.points[3 * piece : 3 * piece + 4]
        weights = ((1 - u) ** 3, 3 * u * (1 - u) ** 2, 3 * u * u * (1 - u), u**3)
        return (
            sum(w * x for w, (x, _) in zip(weights, corners, strict=True)),
            sum(w * y for w, (_, y) in zip(weights, corners, strict=True)),
        )

    def moved(self, dx: float, dy: float) -> "Line":
        """The same line elsewhere."""
        return Line(
            [(x + dx, y + dy) for x, y in self.points], (self.tip[0] + dx, self.tip[1] + dy)
        )


def route(places: Mapping[str, Point], pairs: Sequence[Pair], *, width: float) -> dict[Pair, Line]:
    """A line for each pair; `places` holds the middles of boxes `width` wide.

    A pair of one box with itself is a loop above it. Two lines between the same boxes, there and
    back, lie side by side.
    """
    others = [pair for pair in pairs if pair[0] != pair[1]]
    found = _graphviz(places, others, width) if pygraphviz is not None and others else {}
    for start, end in others:
        if (start, end) not in found:
            found[start, end] = curve(places[start], places[end], width=width)
    beside = {pair: _aside(line) for pair, line in found.items() if pair[::-1] in found}
    loops = {(a, b): loop(places[a]) for a, b in pairs if a == b}
    return found | beside | loops


def loop(middle: Point) -> Line:
    """A small loop above a box."""
    x, top = middle[0], middle[1] - BOX_HEIGHT / 2
    return Line(
        [(x + 14, top), (x + 14, top - 20), (x + 38, top - 20), (x + 38, top - ARROW)],
        (x + 38, top),
    )


def curve(start: Point, end: Point, *, width: float) -> Line:
    """One curve between two boxes, from the sides that face each other."""
    (ax, ay), (bx, by) = start, end
    if abs(ax - bx) > width:
        way = 1 if bx > ax else -1
        left, tip = ax + way * width / 2, (bx - way * width / 2, by)
        right = tip[0] - way * ARROW
        reach = (right - left) / 2
        return Line([(left, ay), (left + reach, ay), (right - reach, by), (right, by)], tip)
    way = 1 if by > ay else -1
    # A line that skips a box, or goes up, bows out so that it hides nothing.
    bow = 0.0 if 0 < by - ay < 3 * BOX_HEIGHT else way * (width / 2 + 36)
    shift = way * 30 if bow else 0
    top, tip = ay + way * BOX_HEIGHT / 2, (bx + shift, by - way * BOX_HEIGHT / 2)
    foot = tip[1] - way * ARROW
    return Line(
        [
            (ax + shift, top),
            (ax + bow, top + way * 30),
            (bx + bow, foot - way * 30),
            (tip[0], foot),
        ],
        tip,
    )


def _aside(line: Line) -> Line:
    """The line a little to its left, beside the one that comes back."""
    (ax, ay), (bx, by) = line.points[0], line.tip
    length = hypot(bx - ax, by - ay) or 1.0
    return line.moved(5 * (by - ay) / length, -5 * (bx - ax) / length)


def _graphviz(places: Mapping[str, Point], pairs: Sequence[Pair], width: float) -> dict[Pair, Line]:
    """Lines by Graphviz's neato with every box pinned; in inches, and y runs upwards there."""
    number = {name: str(n) for n, name in enumerate(places)}
    graph = pygraphviz.AGraph(directed=True, strict=True)
    graph.graph_attr.update(splines="true", esep="+7")
    graph.node_attr.update(
        shape="box",
        label="",
        fixedsize="true",
        width=f"{width / POINTS_PER_INCH:.4f}",
        height=f"{BOX_HEIGHT / POINTS_PER_INCH:.4f}",
    )
    graph.edge_attr.update(arrowsize=f"{ARROW / 10}")
    for name, (x, y) in places.items():
        graph.add_node(number[name], pos=f"{x / POINTS_PER_INCH:.4f},{-y / POINTS_PER_INCH:.4f}!")
    for start, end in pairs:
        graph.add_edge(number[start], number[end])
    graph.layout(prog="neato")
    first, (x, y) = next(iter(places.items()))
    gx, gy = graph.get_node(number[first]).attr["pos"].rstrip("!").split(",")
    found = {}
    for start, end in pairs:
        # Graphviz leaves a line without a position where it finds no way.
        if text := graph.get_edge(number[start], number[end]).attr["pos"]:
            found[start, end] = _line(text).moved(x - float(gx), y + float(gy))
    return found


def _line(text: str) -> Line:
    """Graphviz's `e,x,y x,y x,y ...`, turned over, as a line."""
    tip = (0.0, 0.0)
    points: list[Point] = []
    for part in text.split():
        *end, x, y = part.split(",")
        point = (float(x), -float(y))
        if end:
            tip = point
        else:
            points.append(point)
    return Line(points, tip)
