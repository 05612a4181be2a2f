import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.graph import absorption
from pipeline.graph.counts import Counts, counted
from pipeline.graph.edges import COMPLETED, ENDED, OPEN, START
from tests.graph.journeys import Journey, Law, chain_steps, journeys_of, law, walked

NAMES = ["a", "b", "c", "d"]


def merged(steps: pl.DataFrame) -> pl.DataFrame:
    """The same steps as one group's."""
    return steps.with_columns(customer_group=pl.lit("00"))


def solved(counts: Counts) -> absorption.Solved:
    """The chain as counted, solved."""
    (found,) = absorption.solved(counts, np.ones((1, counts.steps.shape[0])))
    return found


def effect(counts: Counts, name: str) -> float:
    """The removal effect of one name in the chain as counted."""
    return float(absorption.removed(solved(counts), counts.ending_in(name))[0])


def as_counted(counts: Counts) -> Law:
    """The shares of the counted steps, by past and what came next."""
    found: dict[tuple[str, ...], dict[str, float]] = {}
    nexts = [*counts.names, COMPLETED, ENDED]
    for state in counts.states:
        found[state] = dict.fromkeys(nexts, 0.0)
    for tail, head, count in zip(counts.tails, counts.heads, counts.steps.sum(axis=0), strict=True):
        size = len(counts.states)
        name = counts.states[head][-1] if head < size else (COMPLETED, ENDED)[head - size]
        found[counts.states[tail]][name] += float(count)
    return {
        past: {name: count / sum(row.values()) for name, count in row.items()}
        for past, row in found.items()
    }


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 20))]
)
def test_the_closed_form_is_what_walking_gives(seed: int, order: int) -> None:
    """Chance to complete and removal effects, within 0.01 of 200,000 walks, on 20 chains each."""
    rng = np.random.default_rng(seed)
    steps = merged(chain_steps(journeys_of(law(NAMES[:3], order, rng), order, 400, rng)))
    counts = counted(steps, "stage", order)
    chances = as_counted(counts)

    whole = walked(chances, order, 200_000, rng)

    assert solved(counts).goal[0, 0] == pytest.approx(whole, abs=0.01)
    for name in counts.names:
        left = walked(chances, order, 200_000, rng, without=name)
        assert effect(counts, name) == pytest.approx(1 - left / whole, abs=0.01), name


@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_chain_too_large_for_a_square_gives_the_same(order: int) -> None:
    """Walking on until nothing changes and the closed form agree."""
    rng = np.random.default_rng(7)
    steps = merged(chain_steps(journeys_of(law(NAMES, order, rng), order, 300, rng)))
    counts = counted(steps, "stage", order)

    assert absorption.removed_far(counts) == pytest.approx(
        {name: effect(counts, name) for name in counts.names}, abs=1e-6
    )


JOURNEYS = st.lists(
    st.builds(
        Journey,
        group=st.sampled_from(["00", "01"]),
        names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=5),
        end=st.sampled_from([COMPLETED, ENDED, OPEN]),
        value_cents=st.just(0),
    ),
    min_size=1,
    max_size=12,
)


@given(journeys=JOURNEYS, times=st.integers(2, 5), order=st.integers(1, 3))
@settings(max_examples=40)
def test_aggregating_paths_changes_nothing(journeys: list[Journey], times: int, order: int) -> None:
    """Each journey several times over, in any order, is the same chain: counts may be summed."""
    once = counted(merged(chain_steps(journeys)), "stage", order)
    often = counted(merged(chain_steps(journeys[::-1] * times)), "stage", order)

    assert once.states == often.states
    assert solved(often).goal == pytest.approx(solved(once).goal, abs=1e-9)
    for name in once.names:
        assert effect(often, name) == pytest.approx(effect(once, name), abs=1e-6, nan_ok=True)


@given(journeys=JOURNEYS, order=st.integers(1, 3))
@settings(max_examples=40)
def test_effects_are_shares_and_what_all_completions_pass_is_everything(
    journeys: list[Journey], order: int
) -> None:
    """Each lies from 0 to 1; a name that every completed journey met has 1."""
    counts = counted(merged(chain_steps(journeys)), "stage", order)
    completed = [set(one.names) for one in journeys if one.end == COMPLETED]
    found = {name: effect(counts, name) for name in counts.names}

    if not completed:
        assert all(np.isnan(value) for value in found.values())
        return
    assert all(0 <= value <= 1 for value in found.values())
    # A chain of a longer memory may still mix journeys, so only what no way goes around is sure.
    ways = {(tail, head) for tail, head in zip(counts.tails, counts.heads, strict=True)}
    for name in counts.names:
        if not _leads_around(counts, ways, name):
            assert found[name] == pytest.approx(1)


def _leads_around(counts: Counts, ways: set[tuple[int, int]], name: str) -> bool:
    """Whether any observed way from start to completed goes around a name."""
    closed, seen, waiting = set(counts.ending_in(name)), {0}, [0]
    while waiting:
        here = waiting.pop()
        further = {head for tail, head in ways if tail == here} - closed - seen
        seen |= further
        waiting += [head for head in further if head < len(counts.states)]
    return len(counts.states) in seen


def test_open_journeys_are_not_lost() -> None:
    """Two completed, one ended, and a hundred still under way: the chance is two in three."""
    journeys = [
        *[Journey("00", ["a"], COMPLETED)] * 2,
        Journey("00", ["a"], ENDED),
        *[Journey("00", ["a"], OPEN)] * 100,
    ]

    for order in (1, 2, 3):
        counts = counted(chain_steps(journeys), "stage", order)
        assert solved(counts).goal[0, 0] == pytest.approx(2 / 3)


def test_a_past_of_which_nothing_is_known_yet_is_not_lost() -> None:
    """Nobody who came from b to a has settled: with a memory of two, that step says nothing."""
    journeys = [
        *[Journey("00", ["a"], COMPLETED)] * 3,
        *[Journey("00", ["b"], ENDED)] * 1,
        *[Journey("00", ["b", "a"], OPEN)] * 5,
    ]

    counts = counted(chain_steps(journeys), "stage", 2)

    assert (START, "b") in counts.states
    assert ("b", "a") not in counts.states
    # Of nine journeys, six begin with b, and all of them that are known ended.
    assert solved(counts).goal[0, 0] == pytest.approx(3 / 9)


def test_a_longer_memory_tells_ways_apart() -> None:
    """Who came to b from a completes, who began there ends: with a memory of one nobody knows."""
    journeys = [
        *[Journey("00", ["a", "b"], COMPLETED)] * 5,
        *[Journey("00", ["b"], ENDED)] * 5,
    ]

    short, long = (counted(chain_steps(journeys), "stage", order) for order in (1, 2))

    # Without a, half of the short chain's completions still come by b directly.
    assert effect(short, "a") == pytest.approx(0.5)
    assert effect(long, "a") == pytest.approx(1)


def test_days_and_steps_are_those_of_journeys_that_complete() -> None:
    """A straight way of three names, a day each, and a dead end that takes nobody's time."""
    journeys = [Journey("00", ["a", "b", "c"], COMPLETED), Journey("00", ["d"], ENDED)]

    found = solved(counted(chain_steps(journeys), "stage", 1))

    assert found.goal[0, 0] == pytest.approx(0.5)
    assert found.steps[0, 0] == pytest.approx(3)
    assert found.days[0, 0] == pytest.approx(3)
