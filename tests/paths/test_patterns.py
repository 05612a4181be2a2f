"""The language of patterns: what it finds, and how it says that it cannot be meant."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import gettempdir

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import BadPattern
from pipeline.paths.matches import matched, matches, names, statement
from pipeline.paths.patterns import Names, Step, read
from pipeline.warehouse import Model, connect
from tests.models.provided import make
from tests.paths.ways import STAGE_OF, Way, read_by, tables, ways

NAMES = Names(
    stages={"Buy": "DE", "Look": "ABC", "Use": "FG", "Help": "", "Lost": ""},
    touchpoints={"Visit": "A", "Read": "B", "Ask": "C", "Basket": "D", "Order": "E", "Login": "F"}
    | {"Help": "G", "Click + collect": "H", "follow-up": "I"},
)
JOURNEYS = ways("""
    ada  1 completed: Visit@0 Basket@1 Basket@2 Order@49
    bob  1 completed: Visit@0 Read@1 Order@48
    cleo 1 ended:     Read@0 Visit@5 Login@6
    dan  1 open:      Visit@0 Ask@1 Help@2
    eve  1 ended:     Visit@0 Visit@1 Visit@100 Order@148
""")


def published(models: Mapping[str, Model], journeys: list[Way]) -> duckdb.DuckDBPyConnection:
    """A database with journey_paths and what it is made of."""
    con = connect(":memory:", threads=1, memory_gib=1, temp_gib=1, temp_folder=Path(gettempdir()))
    frames = tables(journeys)
    make(
        con, models, "journey_paths", read_by(frames, "journeys", "touchpoint_visits", "path_codes")
    )
    return con


@pytest.fixture(scope="module")
def snapshot(models: Mapping[str, Model]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The five journeys above."""
    with published(models, JOURNEYS) as con:
        yield con


@pytest.mark.parametrize(
    ("pattern", "customers"),
    [
        ("Visit", "ada bob cleo dan eve"),
        ("visit", "ada bob cleo dan eve"),
        ("Visit -> Basket", "ada"),
        ("Visit -> Order", "eve"),
        ("Visit -> .* -> Order", "ada bob eve"),
        ("Visit -> . -> Order", "bob eve"),
        ("Visit -> .+ -> Order", "ada bob eve"),
        ("Visit -> .{2} -> Order", "ada eve"),
        ("^Visit", "ada bob dan eve"),
        ("Order$", "ada bob eve"),
        ("^Visit -> Read -> Order$", "bob"),
        ("Basket{2}", "ada"),
        ("Visit{2,} -> Order", "eve"),
        ("^Visit{1} -> Order$", ""),
        ("Visit -> Basket? -> Basket -> Order", "ada"),
        ("[Read|Ask]", "bob cleo dan"),
        ("Visit -> [^Basket|Read] ", "cleo dan eve"),
        ("Buy{3}", "ada"),
        ("stage:Use", "cleo dan"),
        ("Look -> (ended)", ""),
        ("Order -> (completed)", "ada bob"),
        ("Order (ended)", "eve"),
        ("stage:Use -> (open)", "dan"),
        ("Visit -> .* ->{<=48h} Order", "bob eve"),
        ("Visit -> .* ->{<48h} Order", ""),
        ("Visit -> .* ->{>48h} Order", "ada eve"),
        ("Visit -> .* ->{>=48h, <=49h} Order", "ada bob eve"),
        ("Visit ->{<=1h} Basket+ ->{<=2d} Order", "ada"),
        ("Basket ->{<2d} Order", "ada"),
        ("Visit ->{<=1h} Visit ->{>90h} Visit", "eve"),
        ("Visit ->{>99h} . -> Order", ""),
        (".* -> Visit -> . ->{<=1h} Login?", None),
    ],
)
def test_a_pattern_finds_the_journeys_it_describes(
    snapshot: duckdb.DuckDBPyConnection, pattern: str, customers: str | None
) -> None:
    """Neighbours, gaps, classes, repeats, ends and limits of time, both sides of each boundary."""
    if customers is None:
        with pytest.raises(BadPattern):
            read(pattern, names(snapshot))
        return

    found = matched(snapshot, read(pattern, names(snapshot)))

    assert sorted(found["customer_id"]) == customers.split()


def test_a_pattern_is_told_with_its_outcomes_beside_the_rest(
    snapshot: duckdb.DuckDBPyConnection,
) -> None:
    """Counts add up to all journeys, and examples show whole ways."""
    found = matches(snapshot, "Basket", example_count=3)

    columns = ("is_match", "journey_count", "customer_count", "completed", "ended", "open")
    assert found.outcomes.select(columns).rows() == [(True, 1, 1, 1, 0, 0), (False, 4, 4, 1, 2, 1)]
    assert found.examples.select("customer_id", "path").rows() == [
        ("ada", "Visit > Basket > Basket > Order")
    ]


@pytest.mark.parametrize("pattern", ["Visit -> .* -> Order", "Visit -> .* ->{<=2d} Order (ended)"])
def test_the_printed_sql_asks_the_same(snapshot: duckdb.DuckDBPyConnection, pattern: str) -> None:
    """An analyst who pastes it gets the journeys that the command counts."""
    asked = read(pattern, names(snapshot))

    pasted = snapshot.sql(statement(asked)).pl()

    assert sorted(pasted.rows()) == sorted(matched(snapshot, asked).rows())


@pytest.mark.parametrize(
    ("pattern", "place", "said"),
    [
        ("", 1, "there is no step"),
        ("^$", 3, "there is no step"),
        ("Visit ->", 7, "-> leads nowhere"),
        ("-> Visit", 1, "-> follows no step"),
        ("Visit -> -> Read", 10, "-> follows no step"),
        ("Visit -> Baskt", 10, "did you mean 'Basket'?"),
        ("Visit -> zzzzzz", 10, "the tables touchpoints and stages have all names"),
        ("stage:Visit", 1, "no touchpoint and no stage"),
        ("Help", 1, "write stage:Help or touchpoint:Help"),
        ("Visit Read", 1, "did you mean"),
        ("Visit [Read]", 7, "put -> between two steps"),
        ("Click + collect", 1, "no touchpoint and no stage"),
        ("Visit -> [Read", 10, "[ is never closed"),
        ("Visit -> [Read|", 10, "[ is never closed"),
        ("[Read->Visit]", 6, "put | between names"),
        ("[.]", 2, "with names"),
        ("Visit{4,2}", 6, "put the smaller number first"),
        ("Visit{0}", 6, "is never"),
        ("Visit{x}", 6, "no number of times"),
        ("Visit{2000}", 6, "more than 1,000 times"),
        ("Visit ->{2d} Read", 7, "'2d' is no limit of time"),
        ("Visit ->{<=2y} Read", 7, "units are s, m, h, d and w"),
        ("Visit ->{>2d,<1d} Read", 7, "no time is within these limits"),
        ("Visit ->{<=2d} .* -> Read", 16, "a -> .* ->{<=2d} b"),
        ("Visit? ->{<=2d} Read", 17, "put a step that must be there before"),
        (".* ->{<=2d} Read", 13, "put a step that must be there before"),
        ("Visit ->{<=2d} (ended)", 7, "without a limit"),
        (".*", 1, "every journey has this"),
        ("Visit? -> Read*", 1, "every journey has this"),
        ("Visit -> ^Read", 10, "^ comes first of all"),
        ("Visit$ -> Read", 6, "put -> between"),
        ("Visit -> (gone)", 11, "(completed), (ended), (open)"),
        ('"Visit', 1, "close the quotes"),
        ("Visit)", 6, "means nothing here"),
        ("stage:Lost", 1, "has no touchpoints"),
        ("+", 1, "is no step"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_place(pattern: str, place: int, said: str) -> None:
    """The message names the character, says what to do, and marks it below the pattern."""
    with pytest.raises(BadPattern) as raised:
        read(pattern, NAMES)

    first, shown, mark = str(raised.value).split("\n")
    assert first.startswith(f"pattern, character {place}: ")
    assert said in first
    assert (shown, mark) == (f"  {pattern}", f"  {' ' * (place - 1)}^")


def test_names_with_signs_stand_in_quotes() -> None:
    """A hyphen needs none; a plus does."""
    assert read('"Click + collect" -> follow-up', NAMES).regex == "[H][I]"


@given(st.text(alphabet='Visitage: ->[]|^$*+?.{}()<=,12dh"', max_size=25))
def test_any_text_is_a_pattern_or_told_to_be_none(text: str) -> None:
    """Nothing else is raised, and RE2 takes each expression that is made."""
    try:
        asked = read(text, NAMES)
    except BadPattern:
        return
    duckdb.execute("select regexp_matches('A', ?)", [asked.regex]).fetchall()


def fits(
    steps: Sequence[Step], codes: str, hours: Sequence[float], place: int, before: float | None
) -> set[int]:
    """Where in a journey the steps may end, begun at `place`; by trying everything.

    `before` is the hour of the last touchpoint before that is no gap.
    """
    if not steps:
        return {place}
    step, rest = steps[0], steps[1:]
    ends: set[int] = set()
    most = len(codes) if step.most is None else step.most
    for count in range(step.least, most + 1):
        run = codes[place : place + count]
        if len(run) < count or any(
            (one in step.codes) == step.is_other for one in run if step.codes
        ):
            break
        if count and step.is_limited and before is not None:
            wait = round((hours[place] - before) * 3_600_000_000)
            if wait < step.after_us or (step.within_us is not None and wait > step.within_us):
                break
        last = before if step.is_gap or not count else hours[place + count - 1]
        ends |= fits(rest, codes, hours, place + count, last)
    return ends


UNITS = st.sampled_from(["Visit", "Read", "Order", "[Visit|Read]", "[^Visit]", ".", "stage:Buy"])
STEPS = st.builds(
    "{}{}".format, UNITS, st.sampled_from(["", "", "", "+", "*", "?", "{2}", "{1,2}"])
)
ARROWS = st.sampled_from(
    [" -> ", " -> ", " -> .* -> ", " ->{<=1h} ", " ->{>1h} ", " -> .* ->{<2h} "]
)
PATTERNS = st.builds(
    lambda start, first, others, end: start + first + "".join(a + b for a, b in others) + end,
    st.sampled_from(["", "", "^"]),
    STEPS,
    st.lists(st.tuples(ARROWS, STEPS), max_size=3),
    st.sampled_from(["", "", "$"]),
)
DRAWN = st.lists(
    st.lists(
        st.tuples(st.sampled_from(["Visit", "Read", "Order"]), st.sampled_from([0, 0.5, 1, 2])),
        max_size=7,
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DRAWN, st.lists(PATTERNS, min_size=8, max_size=12))
def test_patterns_find_what_trying_everything_finds(
    models: Mapping[str, Model], drawn: list[list[tuple[str, float]]], patterns: list[str]
) -> None:
    """Compiled to SQL or matched step by step with backtracking: the same journeys."""
    journeys = []
    for number, touched in enumerate(drawn):
        hours, touches = 0.0, []
        for name, wait in touched:
            hours += wait
            touches.append((name, hours))
        journeys.append(Way(f"c{number:02}", 1, "ended", touches))
    with published(models, journeys) as con:
        known = names(con)
        for pattern in patterns:
            try:
                asked = read(pattern, known)
            except BadPattern:
                continue
            expected = []
            for way in journeys:
                codes = "".join(known.touchpoints[name] for name, _ in way.touches)
                times = [hours for _, hours in way.touches]
                places = [0] if asked.is_from_start else range(len(codes) + 1)
                ends = {
                    end for place in places for end in fits(asked.steps, codes, times, place, None)
                }
                if (len(codes) in ends) if asked.is_to_end else ends:
                    expected.append(way.customer_id)
            assert sorted(matched(con, asked)["customer_id"]) == expected, pattern


def test_stages_stand_for_their_touchpoints(snapshot: duckdb.DuckDBPyConnection) -> None:
    """Each code of a stage is that of a touchpoint of it."""
    known = names(snapshot)

    for touchpoint, stage in STAGE_OF.items():
        assert known.touchpoints[touchpoint] in known.stages[stage]
    assert len("".join(known.stages.values())) == len(STAGE_OF)
