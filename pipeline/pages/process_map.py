"""The process map: touchpoints in the columns of their stages, and the ways between them.

A touchpoint's place never changes with a slider, a filter or a period, so that two maps compare;
whatever the map leaves out is counted in words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.counted import counted
from pipeline.pages import numbers
from pipeline.pages.routing import BOX_HEIGHT, Line, Pair, Point, route

Row = Mapping[str, Any]

MAP_WIDTH = 1344
HEAD_HEIGHT = 48
STEPS_A_STAGE = 6
PATHS_DRAWN = 100
ENOUGH_VISITS = 30
ROOM = 20  # beside the outermost line, for its width and its label


@dataclass(frozen=True)
class Box:
    """One touchpoint on the map: the left top corner, and what is said about it."""

    name: str
    short: str
    x: float
    y: float
    customers: str
    left: str
    left_width: float
    words: str


@dataclass(frozen=True)
class Path:
    """One line of the map, strongest first; `texts` are its three labels."""

    rank: int
    start: str
    end: str
    steps: int
    customers: str
    share: str
    wait: str
    line: Line
    width: float
    label: Point
    is_back: bool
    is_kept: bool
    is_said: bool


@dataclass(frozen=True)
class Head:
    """A stage's name above its column."""

    x: float
    name: str
    words: str


@dataclass(frozen=True)
class ProcessMap:
    """The whole map, and how much of all steps its lines cover; `left` may be below zero."""

    left: float
    width: float
    height: float
    box_width: float
    heads: Sequence[Head]
    boxes: Sequence[Box]
    paths: Sequence[Path]
    path_count: int
    step_count: int
    first_shown: int
    shown_count: int
    shown_percent: int
    folded: str
    sentence: str


def process_map(
    touchpoints: pl.DataFrame,
    transitions: pl.DataFrame,
    drop_offs: pl.DataFrame,
    heads: Sequence[tuple[str, str]],
) -> ProcessMap | None:
    """The map of `touchpoints`, or None where fewer than two were met.

    Args:
        touchpoints: The catalogue with the measures of each touchpoint.
        transitions: One row per pair of consecutive touchpoints, starts and exits among them.
        drop_offs: One row per stage and touchpoint.
        heads: The stages in order, each with the words below its name.
    """
    met = touchpoints.filter(
        pl.col("customer_count") > 0, pl.col("stage").is_in([name for name, _ in heads])
    ).sort("position")
    if met.height < 2:
        return None
    column = {name: n for n, (name, _) in enumerate(heads)}
    drawn = (
        met.sort("customer_count", "position", descending=[True, False])
        .group_by("stage", maintain_order=True)
        .head(STEPS_A_STAGE)
        .sort("position")
    )
    wide = max(MAP_WIDTH / len(heads), 168)
    box_width = max(116, min(150, wide - 56))
    rows = drawn.rows(named=True)
    places, height = _places(rows, column, wide, box_width)
    lost = {
        row["name"]: row
        for row in drop_offs.filter(pl.col("grain") == "touchpoint").iter_rows(named=True)
    }
    steps = transitions.filter(
        pl.col("from_touchpoint").is_in(met["touchpoint"].to_list()),
        pl.col("to_touchpoint").is_in(met["touchpoint"].to_list()),
    ).sort("transition_count", "from_touchpoint", "to_touchpoint", descending=[True, False, False])
    stage_of = {row["touchpoint"]: column[row["stage"]] for row in rows}
    paths = _paths(steps, places, stage_of, box_width)
    left, right = _sides(paths, wide * len(heads))
    total = int(steps["transition_count"].sum())
    first, shown = _first_shown(paths, total)
    return ProcessMap(
        left=left,
        width=right - left,
        height=height,
        box_width=box_width,
        heads=[Head(n * wide, name, words) for n, (name, words) in enumerate(heads)],
        boxes=[_box(row, places[row["touchpoint"]], lost, box_width) for row in rows],
        paths=paths,
        path_count=steps.height,
        step_count=total,
        first_shown=first,
        shown_count=len(shown),
        shown_percent=int(100 * sum(path.steps for path in shown) / max(total, 1) + 1e-9),
        folded=_folded(met.height - drawn.height, steps.height - len(paths)),
        sentence=f"Map of {counted(len(rows), 'touchpoint')} in "
        f"{counted(len(heads), 'stage')} and the ways between them. "
        "The table below holds the same numbers.",
    )


def _places(
    rows: Sequence[Row], column: Mapping[str, int], wide: float, box_width: float
) -> tuple[dict[str, Point], float]:
    """The middle of each box, and the map's height: columns centred, every second one lower."""
    stacks: dict[int, list[str]] = {}
    for row in rows:
        stacks.setdefault(column[row["stage"]], []).append(row["touchpoint"])
    tallest = max(len(stack) for stack in stacks.values())
    pitch = 118 if tallest <= 4 else 96
    room = (tallest - 1) * pitch
    top = HEAD_HEIGHT + 36 + BOX_HEIGHT / 2
    places = {}
    for n, stack in stacks.items():
        slack = room - (len(stack) - 1) * pitch
        first = top + slack / 2 + (26 if n % 2 else 0)
        for k, name in enumerate(stack):
            places[name] = (n * wide + box_width / 2 + 1, first + k * pitch)
    return places, top + room + 26 + BOX_HEIGHT / 2 + 14


def _sides(paths: Sequence[Path], width: float) -> tuple[float, float]:
    """From where to where the map reaches: its columns, and lines that bow out of them."""
    xs = [x for path in paths for x, _ in (*path.line.points, path.label)]
    return min([0, *(x - ROOM for x in xs)]), max([width, *(x + ROOM for x in xs)])


def _box(row: Row, middle: Point, lost: Mapping[str, Row], box_width: float) -> Box:
    name, people = row["touchpoint"], numbers.customers(row["customer_count"])
    letters = int((box_width - 16) / 7.4)
    left = _left_share(lost.get(name), row["outcome"])
    share = f"{numbers.share(left)} left" if left is not None else ""
    shown = left is not None and left >= 0.1
    return Box(
        name=name,
        short=name if len(name) <= letters else name[: letters - 1].rstrip() + "…",
        x=middle[0] - box_width / 2,
        y=middle[1] - BOX_HEIGHT / 2,
        customers=people,
        left=share if shown else "",
        left_width=round(box_width * left, 1) if shown and left is not None else 0,
        words=f"{people} customers" + (f", {share}" if share else ""),
    )


def _left_share(row: Row | None, outcome: str | None) -> float | None:
    """The drop-off share of a touchpoint, unless ending there is what it is for."""
    if row is None or outcome or row["settled_count"] < ENOUGH_VISITS:
        return None
    share: float | None = row["drop_off_share"]
    return share


def _paths(
    steps: pl.DataFrame, places: Mapping[str, Point], stage_of: Mapping[str, int], box_width: float
) -> list[Path]:
    """The strongest lines between drawn boxes; each box keeps its strongest in and out."""
    rows = [
        row
        for row in steps.iter_rows(named=True)
        if row["from_touchpoint"] in places and row["to_touchpoint"] in places
    ][:PATHS_DRAWN]
    pairs: list[Pair] = [(row["from_touchpoint"], row["to_touchpoint"]) for row in rows]
    lines = route(places, pairs, width=box_width)
    strongest = {pair: n for n, pair in reversed(list(enumerate(pairs)))}
    kept = {
        min((n for pair, n in strongest.items() if pair[0] == box), default=-1) for box in places
    }
    kept |= {
        min((n for pair, n in strongest.items() if pair[1] == box), default=-1) for box in places
    }
    most = max((row["customer_count"] for row in rows), default=1)
    by_customers = sorted(range(len(rows)), key=lambda n: (-rows[n]["customer_count"], n))
    said = {n for n in by_customers if pairs[n][0] != pairs[n][1]}
    said = set([n for n in by_customers if n in said][:14])
    labels = _labels([lines[pair] for pair in pairs], by_customers, places, box_width)
    return [
        Path(
            rank=n + 1,
            start=pairs[n][0],
            end=pairs[n][1],
            steps=row["transition_count"],
            customers=numbers.customers(row["customer_count"]),
            share=numbers.share(row["share"]),
            wait=numbers.wait(row["wait_hours_p50"]),
            line=lines[pairs[n]],
            width=_width(row["customer_count"] / most, is_loop=pairs[n][0] == pairs[n][1]),
            label=labels[n],
            is_back=stage_of[pairs[n][1]] < stage_of[pairs[n][0]],
            is_kept=n in kept,
            is_said=n in said,
        )
        for n, row in enumerate(rows)
    ]


def _width(part: float, *, is_loop: bool) -> float:
    """A line's width by its share of the strongest; a loop has no room for a wide one."""
    width: float = round(0.8 + 7 * part**0.8, 1)
    return min(width, 3.5) if is_loop else width


def _labels(
    lines: Sequence[Line], order: Sequence[int], places: Mapping[str, Point], box_width: float
) -> dict[int, Point]:
    """A place for each line's label: on the line, off every box, off the labels before it."""
    taken: list[Point] = []
    labels = {}
    for n in order:
        spots = [lines[n].at(t) for t in (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74)]
        free = [
            spot
            for spot in spots
            if not any(
                abs(spot[0] - x) < box_width / 2 + 16 and abs(spot[1] - y) < BOX_HEIGHT / 2 + 8
                for x, y in places.values()
            )
            and not any(abs(spot[0] - x) < 38 and abs(spot[1] - y) < 15 for x, y in taken)
        ]
        labels[n] = (free or spots)[0]
        taken.append(labels[n])
    return labels


def _first_shown(paths: Sequence[Path], total: int) -> tuple[int, list[Path]]:
    """The smallest number of lines that covers 90% of all steps, and those lines."""
    for rank in range(min(6, len(paths)), len(paths)):
        seen = [path for path in paths if path.rank <= rank or path.is_kept]
        if sum(path.steps for path in seen) >= 0.9 * total:
            return rank, seen
    return len(paths), list(paths)


def _folded(touchpoints: int, paths: int) -> str:
    """What the map leaves out, in words."""
    left_out = [
        counted(number, word)
        for number, word in ((touchpoints, "rarer touchpoint"), (paths, "rarer path"))
        if number
    ]
    return (
        f"Not drawn: {numbers.listed(left_out)}; all are counted in the shares." if left_out else ""
    )
