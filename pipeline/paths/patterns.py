"""A small language for ways of journeys: its words, what they mean, and where they go wrong.

A pattern is steps with arrows between: `Visit site -> .* -> [Order placed|Ask sales]`.

    Visit site          that touchpoint; a stage's name means any touchpoint of that stage
    stage:Buy           says which, where a stage and a touchpoint have one name (touchpoint:Buy)
    "a -> b"            a name with signs of the language in it
    .                   any one touchpoint
    [a|b]  [^a|b]       one of these; any one but these
    x* x+ x? x{2,4}     x again and again: none or more, one or more, none or one, two to four
    .*                  so this is a gap: any touchpoints, or none
    ->                  the very next touchpoint of the journey, be it the same one again
    ->{<=2d}            the same, no later than two days after; < <= > >=, s m h d w, and two
                        limits with a comma between
    .* ->{<=2d} x       across a gap: x no later than two days after the last step before it
    ^  $                the journey begins here; no touchpoint follows, by as_of
    (completed)         at the end: the journey's end, if it is that one; (ended), (open)

A pattern is found anywhere in a journey unless anchored, and a journey counts once. Repeats
are steps of their own: two visits to one touchpoint in a row are matched by `x+` or `x -> x`.
Touchpoints without a stage are not on the way.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise

from pipeline.errors import BadPattern

UNITS = {
    "s": 1_000_000,
    "m": 60_000_000,
    "min": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 604_800_000_000,
}
ENDS = ("completed", "ended", "open")
# How often one step may be asked for: RE2 refuses more.
MOST_TIMES = 1_000
TOKEN = re.compile(
    r"\s*(?:"
    r"(?P<arrow>->)(?:\s*\{(?P<limits>[^{}]*)\})?"
    r"|(?P<times>\{[^{}]*\})"
    r'|"(?P<quoted>[^"]*)"'
    r"|\((?P<end>[^()]*)\)"
    r"|(?P<sign>[\[\]|^$*+?.])"
    r'|(?P<name>(?:(?!->)[^\[\]|^$*+?.{}()"\s])(?:(?!->)[^\[\]|^$*+?.{}()"])*)'
    r")"
)
LIMIT = re.compile(r"\s*(<=|>=|<|>)\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*")
TIMES = re.compile(r"\{\s*(\d+)\s*(?:(,)\s*(\d+)?\s*)?\}")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a pattern: its kind, its text and where it stands, from 0."""

    kind: str
    text: str
    place: int


@dataclass(frozen=True, slots=True)
class Step:
    """One touchpoint, or a run of them that the same description fits.

    Attributes:
        codes: The codes it may have, or may not where `is_other`; none at all: any.
        is_other: Any touchpoint but those.
        least: How many there are at least.
        most: How many at most; None for any number.
        after_us: The first of them comes at least so many microseconds after the step before.
        within_us: And at most so many; None for no limit.
        is_limited: An arrow with a limit leads here.
        place: Where it stands in the pattern.
    """

    codes: str
    is_other: bool
    least: int
    most: int | None
    after_us: int
    within_us: int | None
    is_limited: bool
    place: int

    @property
    def is_gap(self) -> bool:
        """Whether it is `.` repeated: anything may lie there."""
        return not self.codes and not self.is_single

    @property
    def is_single(self) -> bool:
        """Whether it is exactly one touchpoint."""
        return (self.least, self.most) == (1, 1)

    @property
    def regex(self) -> str:
        """The whole run as a regular expression over codes."""
        one = f"[{'^' * self.is_other}{self.codes}]" if self.codes else "."
        if self.is_single:
            return one
        return f"{one}{{{self.least},{'' if self.most is None else self.most}}}"


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a pattern asks for.

    Attributes:
        is_from_start: The first step is the journey's first.
        is_to_end: The last step is the journey's last.
        end: How the journey must have ended, if the pattern says.
    """

    steps: tuple[Step, ...]
    is_from_start: bool
    is_to_end: bool
    end: str | None

    @property
    def regex(self) -> str:
        """The pattern without its limits of time, as a regular expression over codes."""
        way = "".join(step.regex for step in self.steps)
        return f"{'^' * self.is_from_start}{way}{'$' * self.is_to_end}"

    @property
    def is_timed(self) -> bool:
        """Whether an arrow has a limit, so that a regular expression alone does not do."""
        return any(step.is_limited for step in self.steps)


@dataclass(frozen=True, slots=True)
class Names:
    """The codes that names of the catalogue stand for: stages and touchpoints apart."""

    stages: Mapping[str, str]
    touchpoints: Mapping[str, str]


def read(text: str, names: Names) -> Pattern:
    """The pattern that `text` means.

    Raises:
        BadPattern: It means none; points at the place.
    """
    words: Sequence[Word] = _words(text)
    fault = _Fault(text)
    is_from_start = bool(words) and words[0].text == "^" and words[0].kind == "sign"
    if is_from_start:
        words = words[1:]
    is_to_end, end, words = _ending(words, fault)
    steps: list[Step] = []
    rest = words
    limits: tuple[int, int | None] | None = None
    while rest:
        step, rest = _step(rest, names, limits, fault)
        steps.append(step)
        limits = None
        if rest:
            limits, rest = _arrow(rest, fault)
    if not steps:
        raise fault.at(len(text), "there is no step", "name a touchpoint, such as Visit site")
    if all(step.least == 0 for step in steps):
        raise fault.at(
            steps[0].place, "every journey has this", "name at least one step that must be there"
        )
    _hold_limits(steps, fault)
    return Pattern(tuple(steps), is_from_start, is_to_end, end)


@dataclass(frozen=True, slots=True)
class _Fault:
    """Makes errors that show the pattern with a mark below the place."""

    text: str

    def at(self, place: int, found: str, todo: str) -> BadPattern:
        """The error for the character at `place`."""
        shown = re.sub(r"\s", " ", self.text)
        return BadPattern(
            f"pattern, character {place + 1}: {found}; {todo}\n  {shown}\n  {' ' * place}^"
        )


def _words(text: str) -> list[Word]:
    """The words of a pattern.

    Raises:
        BadPattern: A sign that means nothing where it stands.
    """
    words: list[Word] = []
    place = 0
    while text[place:].strip():
        found = TOKEN.match(text, place)
        if found is None:
            start = place + len(text[place:]) - len(text[place:].lstrip())
            todo = (
                'close the quotes, or put the name in "quotes"'
                if text[start] == '"'
                else 'put a name with such signs in "quotes"'
            )
            raise _Fault(text).at(start, f"{text[start]!r} means nothing here", todo)
        kind = found.lastgroup or ""
        if kind == "limits":
            words.append(Word("arrow", found["limits"], found.start("arrow")))
        elif kind == "arrow":
            words.append(Word("arrow", "", found.start("arrow")))
        else:
            words.append(Word(kind, found[kind].strip(), found.start(kind)))
        place = found.end()
    return words


def _ending(words: Sequence[Word], fault: _Fault) -> tuple[bool, str | None, Sequence[Word]]:
    """Whether the journey must end with the pattern, and how; the words before that."""
    if not words or not (words[-1].kind == "end" or words[-1].text == "$"):
        return False, None, words
    last, before = words[-1], words[:-1]
    if last.kind == "end" and last.text not in ENDS:
        raise fault.at(
            last.place,
            f"no journey ends ({last.text})",
            f"write {', '.join(f'({end})' for end in ENDS)}",
        )
    if before and before[-1].kind == "arrow":
        if before[-1].text:
            raise fault.at(
                before[-1].place,
                "a limit before the end, which has no time of its own",
                "write -> without a limit",
            )
        before = before[:-1]
    return True, last.text if last.kind == "end" else None, before


def _arrow(
    words: Sequence[Word], fault: _Fault
) -> tuple[tuple[int, int | None] | None, Sequence[Word]]:
    """The limits of an arrow, and the words after it."""
    arrow = words[0]
    if arrow.kind != "arrow":
        raise fault.at(
            arrow.place,
            f"{arrow.text!r} follows a step",
            'put -> between two steps; a name with signs in it stands in "quotes"',
        )
    if not words[1:]:
        raise fault.at(arrow.place, "-> leads nowhere", "write a step after it, or take it out")
    return _limits(arrow, fault) if arrow.text.strip() else None, words[1:]


def _limits(arrow: Word, fault: _Fault) -> tuple[int, int | None]:
    """The shortest and longest time an arrow may take, in microseconds."""
    after, within = 0, None
    for part in arrow.text.split(","):
        found = LIMIT.fullmatch(part)
        if found is None or found[3] not in UNITS:
            raise fault.at(
                arrow.place,
                f"{part.strip()!r} is no limit of time",
                "write one such as <=2d, <30m or >1h; units are s, m, h, d and w",
            )
        length = round(float(found[2]) * UNITS[found[3]])
        if found[1].startswith(">"):
            after = length + (found[1] == ">")
        else:
            within = length - (found[1] == "<")
    if within is not None and within < after:
        raise fault.at(arrow.place, "no time is within these limits", "swap or widen them")
    return after, within


def _step(
    words: Sequence[Word], names: Names, limits: tuple[int, int | None] | None, fault: _Fault
) -> tuple[Step, Sequence[Word]]:
    """The step that the words begin with, and the words after it."""
    first = words[0]
    if first.kind in {"name", "quoted"}:
        codes, is_other, rest = _codes(first, names, fault), False, words[1:]
    elif first.text == "." and first.kind == "sign":
        codes, is_other, rest = "", False, words[1:]
    elif first.text == "[" and first.kind == "sign":
        codes, is_other, rest = _class(words, names, fault)
    elif first.kind == "arrow":
        raise fault.at(first.place, "-> follows no step", "write a step before it")
    elif first.text in {"^", "$"} or first.kind == "end":
        raise fault.at(
            first.place,
            f"{first.text!r} stands inside the pattern",
            "^ comes first of all, $ and (ended) last",
        )
    else:
        raise fault.at(first.place, f"{first.text!r} is no step", "write a name, ., or [a|b]")
    least, most, rest = _times(rest, fault)
    after, within = limits or (0, None)
    is_limited = limits is not None
    return Step(codes, is_other, least, most, after, within, is_limited, first.place), rest


def _class(words: Sequence[Word], names: Names, fault: _Fault) -> tuple[str, bool, Sequence[Word]]:
    """The codes of a class, whether it is any but those, and the words after it."""
    opening, rest = words[0], words[1:]
    is_other = bool(rest) and rest[0].text == "^"
    if is_other:
        rest = rest[1:]
    codes = ""
    while True:
        if not rest:
            raise fault.at(opening.place, "[ is never closed", "write ] after the last name")
        if rest[0].kind not in {"name", "quoted"}:
            raise fault.at(
                rest[0].place, f"{rest[0].text!r} is no name", "write [a|b] or [^a|b] with names"
            )
        codes += _codes(rest[0], names, fault)
        sign = rest[1] if rest[1:] else None
        rest = rest[2:]
        if sign is None:
            raise fault.at(opening.place, "[ is never closed", "write ] after the last name")
        if sign.text == "]":
            return codes, is_other, rest
        if sign.text != "|":
            raise fault.at(sign.place, f"{sign.text!r} inside [ ]", "put | between names")


def _times(words: Sequence[Word], fault: _Fault) -> tuple[int, int | None, Sequence[Word]]:
    """How often a step comes in a row, and the words after that."""
    if not words:
        return 1, 1, words
    sign = words[0]
    usual: Mapping[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
    if sign.kind == "sign" and sign.text in usual:
        return (*usual[sign.text], words[1:])
    if sign.kind != "times":
        return 1, 1, words
    found = TIMES.fullmatch(sign.text)
    if found is None:
        raise fault.at(
            sign.place,
            f"{sign.text} is no number of times",
            "write {2}, {2,} or {2,4}; a limit of time follows ->",
        )
    least = int(found[1])
    most = least if not found[2] else int(found[3]) if found[3] else None
    if least > MOST_TIMES or (most or 0) > MOST_TIMES:
        raise fault.at(sign.place, f"more than {MOST_TIMES:,} times", "ask for fewer")
    if most is not None and (most < least or most == 0):
        raise fault.at(sign.place, f"{sign.text} is never", "put the smaller number first")
    return least, most, words[1:]


def _codes(word: Word, names: Names, fault: _Fault) -> str:
    """The codes of the touchpoints that a name means."""
    grain, colon, name = word.text.partition(":")
    if word.kind == "name" and colon and grain in {"stage", "touchpoint"}:
        known = names.stages if grain == "stage" else names.touchpoints
        name = name.strip()
    else:
        known, name = {**names.stages, **names.touchpoints}, word.text
        if _folded(names.stages).keys() & _folded(names.touchpoints) & {name.casefold()}:
            raise fault.at(
                word.place,
                f"{name!r} is a stage and a touchpoint",
                f"write stage:{name} or touchpoint:{name}",
            )
    folded = _folded(known)
    if name.casefold() not in folded:
        close = get_close_matches(name.casefold(), folded, 1)
        todo = (
            f"did you mean {folded[close[0]]!r}?"
            if close
            else "the tables touchpoints and stages have all names"
        )
        raise fault.at(word.place, f"{name!r} is no touchpoint and no stage", todo)
    codes = known[folded[name.casefold()]]
    if not codes:
        raise fault.at(word.place, f"stage {name!r} has no touchpoints", "name another")
    return codes


def _folded(names: Iterable[str]) -> dict[str, str]:
    """Names by what they are in whatever case they are written."""
    return {name.casefold(): name for name in names}


def _hold_limits(steps: Sequence[Step], fault: _Fault) -> None:
    """Refuse limits of time that do not lie between two steps that are surely there."""
    for number, step in enumerate(steps):
        if not step.is_limited:
            continue
        before = [one for one in steps[:number] if not one.is_gap]
        if step.is_gap or step.least == 0:
            raise fault.at(
                step.place,
                "a limit leads to a step that may be missing",
                "put it on the arrow to the next step that must be there: a -> .* ->{<=2d} b",
            )
        if not before or before[-1].least == 0:
            raise fault.at(
                step.place,
                "a limit follows a step that may be missing",
                "put a step that must be there before the arrow",
            )


@dataclass(frozen=True, slots=True)
class Segment:
    """Steps without a limit of time between them, and how they follow the segment before.

    Attributes:
        regex: The steps as a regular expression over codes; None for exactly one touchpoint.
        first_codes: What its first touchpoint may be; None where that is not sure.
        is_first_other: Or may not.
        least: How many touchpoints they are at least.
        most: How many at most; None for any number.
        least_gap: How many touchpoints lie between at least.
        most_gap: How many at most; None for any number.
        after_us: How long after the last touchpoint before the first one comes, at least.
        within_us: And at most; None for no limit.
    """

    regex: str | None
    first_codes: str | None
    is_first_other: bool
    least: int
    most: int | None
    least_gap: int
    most_gap: int | None
    after_us: int
    within_us: int | None


def segments(pattern: Pattern) -> list[Segment]:
    """The pattern cut at its limits of time; gaps before a limit belong to the cut."""
    steps = list(pattern.steps)
    # Where nothing is anchored, a gap outside says nothing.
    while not pattern.is_from_start and steps[0].is_gap and steps[0].least == 0:
        del steps[0]
    while not pattern.is_to_end and steps[-1].is_gap and steps[-1].least == 0:
        del steps[-1]
    cuts = [0, *(n for n, step in enumerate(steps) if step.is_limited), len(steps)]
    found = []
    gap: Sequence[Step] = ()
    for start, end in pairwise(cuts):
        part = list(steps[start:end])
        trailing: list[Step] = []
        while end < len(steps) and part[-1].is_gap:
            trailing.insert(0, part.pop())
        found.append(
            Segment(
                regex="".join(step.regex for step in part)
                if len(part) > 1 or not part[0].is_single
                else None,
                first_codes=part[0].codes or None if part[0].least else None,
                is_first_other=part[0].is_other,
                least=sum(step.least for step in part),
                most=_sum([step.most for step in part]),
                least_gap=sum(step.least for step in gap),
                most_gap=_sum([step.most for step in gap]),
                after_us=part[0].after_us,
                within_us=part[0].within_us,
            )
        )
        gap = trailing
    return found


def _sum(numbers: Sequence[int | None]) -> int | None:
    """The sum; None where one of them is without end."""
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None
