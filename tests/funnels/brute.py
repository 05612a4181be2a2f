"""Funnels by enumeration: every chain of every entry is walked, and the best one is kept.

Slow, and written from the words in sql/macros/funnel_reached.sql alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.funnels.given import Event


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a funnel, in seconds."""

    steps: tuple[str, ...]
    window: int | None = 60
    ordering: str = "ordered"
    anchored: tuple[int, ...] = ()
    optional: tuple[int, ...] = ()
    step_windows: tuple[int | None, ...] = ()
    excluded: tuple[str, ...] = ()
    excluded_between: tuple[int, int] | None = None
    exclusion: str = "keep"
    hold: bool = False
    counting: str = "customers"
    reentry: str | None = None
    ties: str = "position"


@dataclass(frozen=True, slots=True)
class Placed:
    """An event with its place in the order of the question."""

    event: Event
    position: int
    place: int
    steps: tuple[int, ...]
    is_excluded: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """How far an entry comes: the earliest second of each level, the furthest event."""

    entry: Placed
    levels: Mapping[int, int]
    depth: int
    end: Placed
    cut: Placed | None


# customer, entry's position, level -> second
Answer = dict[tuple[str, int, int], int]


def answer(streams: Mapping[str, Sequence[Event]], asked: Question) -> Answer:
    """Which entries count, and when each came to which level."""
    found: Answer = {}
    for customer, events in streams.items():
        units: dict[object, list[tuple[int, Event]]] = {}
        for position, event in enumerate(events, 1):
            if asked.hold and event.held is None:
                continue
            if asked.counting == "journeys":
                if event.journey is not None:
                    units.setdefault(event.journey, []).append((position, event))
            elif asked.counting == "totals":
                units.setdefault(event.held if asked.hold else None, []).append((position, event))
            else:
                units.setdefault(None, []).append((position, event))
        for unit in units.values():
            for one in _counted(_placed(unit, asked), asked):
                for level, second in one.levels.items():
                    found[customer, one.entry.position, level] = second
    return found


def _placed(unit: list[tuple[int, Event]], asked: Question) -> list[Placed]:
    """The events of a unit in the order of the question."""
    known = [
        (
            position,
            event,
            tuple(
                n for n, step in enumerate(asked.steps, 1) if event.touchpoint in step.split("|")
            ),
            event.touchpoint in asked.excluded,
        )
        for position, event in unit
    ]
    if asked.ties == "position":
        return [Placed(e, p, p, steps, is_x) for p, e, steps, is_x in known]
    touched = [one for one in known if one[2] or one[3]]
    touched.sort(key=lambda one: (one[1].second, 0 if one[3] else min(one[2]), one[0]))
    return [
        Placed(e, p, place, steps, is_x) for place, (p, e, steps, is_x) in enumerate(touched, 1)
    ]


def _counted(events: list[Placed], asked: Question) -> list[Entry]:
    """The entries of a unit that count."""
    clean = list(_entries(events, asked, is_free=False))
    if asked.counting == "totals":
        return _repeated(clean, asked)
    if not clean:
        return []
    if asked.reentry == "first":
        best = min(clean, key=lambda one: one.entry.place)
        return [] if asked.exclusion == "remove" and best.cut else [best]
    best = min(clean, key=_standing)
    if asked.exclusion == "remove":
        free = max(one.depth for one in _entries(events, asked, is_free=True))
        if best.cut or free > best.depth:
            return []
    return [best]


def _repeated(clean: list[Entry], asked: Question) -> list[Entry]:
    """Every entry that comes after the end of the one before."""
    kept = []
    after: tuple[float, float] = (0, float("inf"))
    for one in clean:
        if not (one.entry.place > after[0] or one.entry.event.second > after[1]):
            continue
        if asked.exclusion == "keep" or one.cut is None:
            kept.append(one)
        if one.depth == _mandatory(asked):
            after = (one.end.place, float("inf"))
        elif one.cut is not None:
            after = (one.cut.place, float("inf"))
        else:
            limit = float("inf") if asked.window is None else one.entry.event.second
            after = (float("inf"), limit + (asked.window or 0))
    return kept


def _standing(one: Entry) -> tuple[int, bool, int, int]:
    """The smallest is the entry that counts."""
    return (-one.depth, one.cut is not None, one.end.place, -one.entry.place)


def _mandatory(asked: Question) -> int:
    """How many steps make a conversion."""
    return len(asked.steps) - len(asked.optional)


def _entries(events: list[Placed], asked: Question, *, is_free: bool) -> Iterator[Entry]:
    """What each event that can enter leads to."""
    for entry in events:
        chains = [
            chain
            for step in entry.steps
            if _follows(step, (), asked)
            for chain in _chains(events, ((step, entry),), asked, is_free=is_free)
        ]
        if not chains:
            continue
        levels: dict[int, Placed] = {}
        ends: dict[int, Placed] = {}
        tops: dict[int, int] = {}
        for chain in chains:
            step, last = chain[-1]
            level = len(chain) if asked.ordering == "any" else step
            depth = sum(number not in asked.optional for number, _ in chain)
            if level not in levels or last.place < levels[level].place:
                levels[level] = last
            if depth not in ends or last.place < ends[depth].place:
                ends[depth] = last
            tops[depth] = max(tops.get(depth, 0), level)
        depth = max(ends)
        yield Entry(
            entry,
            {
                level: one.event.second
                for level, one in levels.items()
                if level not in asked.optional
                or all(
                    one.place < later.place
                    for number, later in levels.items()
                    if number > level and number not in asked.optional
                )
            },
            depth,
            ends[depth],
            None
            if is_free or depth == _mandatory(asked)
            else _cut(events, entry, ends[depth], tops[depth], asked),
        )


def _cut(
    events: list[Placed], entry: Placed, end: Placed, level: int, asked: Question
) -> Placed | None:
    """The first exclusion after an entry's furthest event, while there was time left."""
    if asked.excluded_between is not None:
        begin, until = asked.excluded_between
        if not begin <= level < until:
            return None
    for event in events:
        late = asked.window is not None and (event.event.second - entry.event.second > asked.window)
        if event.is_excluded and event.place > end.place and not late:
            if asked.hold and event.event.held != entry.event.held:
                continue
            return event
    return None


Chain = tuple[tuple[int, Placed], ...]


def _chains(
    events: list[Placed], chain: Chain, asked: Question, *, is_free: bool
) -> Iterator[Chain]:
    """A chain and every longer one that begins with it."""
    yield chain
    entry, (from_step, last) = chain[0][1], chain[-1]
    for event in events:
        for step in event.steps:
            if (
                event.place > last.place
                and _follows(step, tuple(number for number, _ in chain), asked)
                and _in_time(entry, last, event, step, asked)
                and (asked.ordering != "strict" or event.place == last.place + 1)
                and (not asked.hold or event.event.held == entry.event.held)
                and (is_free or not _meets(events, last, event, (from_step, step), asked))
            ):
                yield from _chains(events, (*chain, (step, event)), asked, is_free=is_free)


def _in_time(entry: Placed, last: Placed, event: Placed, step: int, asked: Question) -> bool:
    """Whether an event is inside the window from the entry and that from the step before."""
    whole = event.event.second - entry.event.second
    part = event.event.second - last.event.second
    limit = asked.step_windows[step - 2] if asked.step_windows else None
    return (asked.window is None or whole <= asked.window) and (limit is None or part <= limit)


def _meets(
    events: list[Placed], last: Placed, event: Placed, steps: tuple[int, int], asked: Question
) -> bool:
    """Whether an exclusion lies between two events of a chain."""
    if asked.excluded_between is not None:
        begin, until = asked.excluded_between
        if not (steps[0] < until and steps[1] > begin):
            return False
    return any(
        one.is_excluded
        and last.place < one.place < event.place
        and (not asked.hold or one.event.held == event.event.held)
        for one in events
    )


def _follows(step: int, done: tuple[int, ...], asked: Question) -> bool:
    """Whether a step may come next."""
    if step in done:
        return False
    for other in range(1, len(asked.steps) + 1):
        fixed = asked.ordering != "any" or step in asked.anchored or other in asked.anchored
        if other == step or not fixed:
            continue
        if other < step and other not in done and other not in asked.optional:
            return False
        if other > step and other in done:
            return False
    return True
