"""The emotion row of the journey map: measured sentiment as a drawing.

The line is the mean of a stage and touchpoints hang from it on stems, because no customer passes
all of them; where nothing was measured the line is dots, never solid, and there is no circle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.counted import counted
from pipeline.pages.numbers import ENOUGH_ANSWERS, signed

WIDTH = 1216
HEIGHT = 196
ZERO = 98
"""The height of the zero line, from the top."""
UNIT = 82
"""Pixels from zero to +1."""
LETTER = 6.7
"""The width of a label's letter, generously."""


@dataclass(frozen=True)
class Felt:
    """The sentiment of one touchpoint's messages: mean and 95% interval, -1 to +1."""

    number: int
    name: str
    mean: float
    low: float
    high: float
    message_count: int


@dataclass(frozen=True)
class StageMood:
    """One stage's column: its mean over messages, and how many slots its touchpoints take.

    `felt` holds a pair of slot and touchpoint for each touchpoint that has messages.
    """

    mean: float | None
    message_count: int
    slots: int
    felt: Sequence[tuple[int, Felt]]


@dataclass(frozen=True)
class Circle:
    """One touchpoint, drawn: its own mean, the line above it, and its interval."""

    number: int
    x: float
    y: float
    line_y: float
    low_y: float
    high_y: float
    title: str
    tone: str
    is_sure: bool


@dataclass(frozen=True)
class Label:
    """A name and a value beside a circle."""

    x: float
    y: float
    text: str
    tone: str


@dataclass(frozen=True)
class Silence:
    """A column without a line, in words."""

    x: float
    y: float
    words: str


@dataclass(frozen=True)
class Emotion:
    """The whole row, ready to be written."""

    solid: Sequence[str]
    dotted: Sequence[str]
    circles: Sequence[Circle]
    labels: Sequence[Label]
    silent: Sequence[Silence]
    borders: Sequence[float]
    sentence: str


@dataclass(frozen=True)
class _Plateau:
    """A stage's stretch of the line, level at its mean."""

    column: int
    left: float
    right: float
    y: float


def draw(stages: Sequence[StageMood]) -> Emotion:
    """The emotion row of `stages`, left to right."""
    width = WIDTH / max(len(stages), 1)
    plateaus = _plateaus(stages, width)
    sure = sorted(
        (felt for stage in stages for _, felt in stage.felt if _is_sure(felt)),
        key=lambda felt: (felt.mean, felt.number),
    )
    tones = {felt.number: "good" for felt in sure[-2:] if felt.mean > 0}
    tones |= {felt.number: "bad" for felt in sure[:3] if felt.mean < 0}
    circles = [
        _circle(felt, (column + (slot + 0.5) / stage.slots) * width, plateaus, tones)
        for column, stage in enumerate(stages)
        for slot, felt in stage.felt
    ]
    return Emotion(
        solid=_solid(plateaus),
        dotted=_dotted(plateaus),
        circles=circles,
        labels=_labels([circle for circle in circles if circle.number in tones], sure),
        silent=[
            _silence(stage, (column + 0.5) * width, plateaus)
            for column, stage in enumerate(stages)
            if not _has_line(stage)
        ],
        borders=[round(column * width, 1) for column in range(1, len(stages))],
        sentence=_sentence(sure),
    )


def _is_sure(felt: Felt) -> bool:
    return felt.message_count >= ENOUGH_ANSWERS


def _has_line(stage: StageMood) -> bool:
    return stage.mean is not None and stage.message_count >= ENOUGH_ANSWERS


def _silence(stage: StageMood, x: float, plateaus: Sequence[_Plateau]) -> Silence:
    """Why a column has no line, above the zero line or, where dots pass there, below it."""
    if stage.message_count:
        # Its circles lie around the zero line.
        return Silence(round(x, 1), ZERO + 30, "too few messages")
    crossed = _is_within(x, plateaus) and abs(_line_height(x, plateaus) - (ZERO - 12)) < 16
    return Silence(round(x, 1), ZERO + 18 if crossed else ZERO - 8, "no messages")


def _is_within(x: float, plateaus: Sequence[_Plateau]) -> bool:
    """Whether the line or its dots pass at `x`, or end close by."""
    return bool(plateaus) and plateaus[0].left - 20 <= x <= plateaus[-1].right + 20


def _height(mean: float) -> float:
    return round(ZERO - UNIT * max(-1.0, min(1.0, mean)), 1)


def _plateaus(stages: Sequence[StageMood], width: float) -> list[_Plateau]:
    """Each measured stage, level over its middle half; the first and last reach outwards."""
    measured = [column for column, stage in enumerate(stages) if _has_line(stage)]
    return [
        _Plateau(
            column,
            (column + (0.08 if column == measured[0] else 0.25)) * width,
            (column + (0.92 if column == measured[-1] else 0.75)) * width,
            _height(stages[column].mean or 0.0),
        )
        for column in measured
    ]


def _joins(plateaus: Sequence[_Plateau]) -> Iterable[tuple[_Plateau, _Plateau]]:
    return pairwise(plateaus)


def _bend(left: _Plateau, right: _Plateau) -> str:
    """A level start and a level end; x runs evenly, so that heights can be read back."""
    third = (right.left - left.right) / 3
    return (
        f"C{left.right + third:.1f} {left.y} {right.left - third:.1f} {right.y} "
        f"{right.left:.1f} {right.y}"
    )


def _solid(plateaus: Sequence[_Plateau]) -> list[str]:
    """One path for each run of neighbouring measured stages."""
    paths: list[str] = []
    before: _Plateau | None = None
    for plateau in plateaus:
        if before and plateau.column == before.column + 1:
            paths[-1] += _bend(before, plateau) + f"H{plateau.right:.1f}"
        else:
            paths.append(f"M{plateau.left:.1f} {plateau.y}H{plateau.right:.1f}")
        before = plateau
    return paths


def _dotted(plateaus: Sequence[_Plateau]) -> list[str]:
    """One path across each gap of stages without messages."""
    return [
        f"M{left.right:.1f} {left.y}" + _bend(left, right)
        for left, right in _joins(plateaus)
        if right.column > left.column + 1
    ]


def _line_height(x: float, plateaus: Sequence[_Plateau]) -> float:
    """The height of the line at `x`, level beyond its ends."""
    for plateau in plateaus:
        if plateau.left <= x <= plateau.right:
            return plateau.y
    for left, right in _joins(plateaus):
        if left.right < x < right.left:
            t = (x - left.right) / (right.left - left.right)
            return round(left.y + (right.y - left.y) * (3 * t * t - 2 * t**3), 1)
    return plateaus[0].y if x < plateaus[0].left else plateaus[-1].y


def _circle(felt: Felt, x: float, plateaus: Sequence[_Plateau], tones: dict[int, str]) -> Circle:
    few = "" if _is_sure(felt) else ", too few to compare"
    return Circle(
        number=felt.number,
        x=round(x, 1),
        y=_height(felt.mean),
        line_y=_line_height(x, plateaus) if _is_within(x, plateaus) else _height(felt.mean),
        low_y=_height(felt.low),
        high_y=_height(felt.high),
        title=f"{felt.name}: {signed(felt.mean)} ({signed(felt.low)} to {signed(felt.high)}), "
        f"{counted(felt.message_count, 'message')}{few}",
        tone=tones.get(felt.number, "edge"),
        is_sure=_is_sure(felt),
    )


def _labels(circles: Sequence[Circle], felt: Sequence[Felt]) -> list[Label]:
    """A label for each circle, moved outwards until it covers no label before it."""
    words = {one.number: f"{one.name} {signed(one.mean)}" for one in felt}
    placed: list[Label] = []
    for circle in circles:
        text = words[circle.number]
        half = len(text) * LETTER / 2
        x = round(min(max(circle.x, half + 4), WIDTH - half - 4), 1)
        step = -15.0 if circle.tone == "good" else 15.0
        y = circle.y + (-14.0 if circle.tone == "good" else 22.0)
        while any(
            abs(label.y - y) < 14 and abs(label.x - x) < half + len(label.text) * LETTER / 2 + 6
            for label in placed
        ):
            y += step
        if not 12 <= y <= HEIGHT - 4:
            y = circle.y + (22.0 if circle.tone == "good" else -14.0)
        placed.append(Label(x, round(y, 1), text, circle.tone))
    return placed


def _sentence(sure: Sequence[Felt]) -> str:
    """What the row shows, for those who hear it."""
    if not sure:
        return "Sentiment by stage: too few messages to compare touchpoints."
    low, high = sure[0], sure[-1]
    return (
        f"Sentiment by stage, from minus 1 to plus 1: lowest at {low.name} ({signed(low.mean)}), "
        f"highest at {high.name} ({signed(high.mean)})."
    )
