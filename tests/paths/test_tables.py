"""paths, path_windows and ngrams over small journeys."""

import math
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from scipy import stats

from tests.paths.ways import STAGE_OF, Way, read_by, tables, ways
from tests.tables import table

RunModel = Callable[..., pl.DataFrame]

JOURNEYS = ways("""
    ada  1 completed: Visit Visit Basket Order
    bob  1 completed: Visit Basket Basket Order
    bob  2 ended:     Visit
    cleo 1 ended:     Visit Read Visit
    dan  1 open:      Visit
""")
READ = ("journeys", "touchpoint_visits", "path_codes")


def test_paths_count_ways_with_their_coverage(run_model: RunModel) -> None:
    """Repeats of a touchpoint are one step, and coverage adds up to all journeys."""
    found = run_model("paths", **read_by(tables(JOURNEYS), *READ)).filter(grain="touchpoint")

    expected = table("""
        rank | path                    | step_count | journey_count | customer_count | coverage_share | cumulative_share | completed | ended | open
        1    | Visit                   | 1          | 2             | 2              | 0.4            | 0.4              | 0         | 1     | 1
        2    | Visit > Basket > Order  | 3          | 2             | 2              | 0.4            | 0.8              | 2         | 0     | 0
        3    | Visit > Read > Visit    | 3          | 1             | 1              | 0.2            | 1.0              | 0         | 1     | 0
    """)  # noqa: E501
    assert_frame_equal(found.select(expected.columns), expected)


def test_stages_are_told_apart_from_their_touchpoints(run_model: RunModel) -> None:
    """Visit and Read are one stay in Look."""
    found = run_model("paths", **read_by(tables(JOURNEYS), *READ)).filter(grain="stage")

    assert found.select("path", "journey_count").rows() == [("Look", 3), ("Look > Buy", 2)]


def test_a_journey_without_a_stage_is_a_path_too(run_model: RunModel) -> None:
    """Otherwise the counts would not add up to the journeys."""
    frames = tables([*JOURNEYS, Way("eve", 1, "ended", [])])

    found = run_model("paths", **read_by(frames, *READ)).filter(path="(none)")

    assert found.select("grain", "journey_count", "completed").rows() == [
        ("stage", 1, 0),
        ("touchpoint", 1, 0),
    ]


def test_shares_are_of_journeys_whose_time_is_over(run_model: RunModel) -> None:
    """A completed journey touched within the dormancy limit has open ones for company: it waits."""
    frames = tables(ways("ada 1 completed: Visit Order@1\nbob 1 completed: Visit Order@2"))
    limits = table("""
        as_of               | dormancy_us
        2026-01-31 01:30:00 | 2592000000000
    """)

    found = run_model("paths", parameters=limits, **read_by(frames, *READ))

    row = found.filter(grain="touchpoint").row(0, named=True)
    interval = stats.binomtest(1, 1).proportion_ci(method="wilson")
    assert (row["journey_count"], row["settled_count"], row["completed_share"]) == (2, 1, 1.0)
    assert (row["share_low"], row["share_high"]) == pytest.approx((interval.low, interval.high))


def test_all_but_a_thousand_ways_are_other(run_model: RunModel) -> None:
    """With 1,100 different ways, 1,000 have their row and 100 journeys share the last."""
    names = ["Visit", "Read", "Ask", "Basket", "Login", "Help"]
    digits = [[names[number // 6**place % 6] for place in range(5)] for number in range(6**5)]
    different = [one for one in digits if all(a != b for a, b in pairwise(one))][:1100]
    journeys = [
        Way(f"c{n}", 1, "ended", [(name, float(hour)) for hour, name in enumerate(way)])
        for n, way in enumerate(different)
    ]

    found = run_model("paths", **read_by(tables(journeys), *READ)).filter(grain="touchpoint")

    assert found.height == 1001
    last = found.select("path", "rank", "journey_count", "customer_count", "cumulative_share")
    assert last.rows()[-1] == ("(other)", 1001, 100, 100, 1.0)


def test_windows_count_visits_that_are_followed_in_time(run_model: RunModel) -> None:
    """Basket comes within two steps of the one Visit, Read within one; a return counts as well."""
    frames = tables(ways("ada 1 ended: Visit Read Basket Read"))

    found = run_model("path_windows", **read_by(frames, *READ)).filter(
        pl.col("from_touchpoint").is_in(["Visit", "Read"]), pl.col("within_steps") <= 3
    )

    columns = ("from_touchpoint", "to_touchpoint", "within_steps", "visit_count", "followed_count")
    assert found.select(columns).rows() == [
        ("Read", "Basket", 1, 2, 1),
        ("Read", "Basket", 2, 2, 1),
        ("Read", "Basket", 3, 2, 1),
        ("Read", "Read", 2, 2, 1),
        ("Read", "Read", 3, 2, 1),
        ("Visit", "Basket", 2, 1, 1),
        ("Visit", "Basket", 3, 1, 1),
        ("Visit", "Read", 1, 1, 1),
        ("Visit", "Read", 2, 1, 1),
        ("Visit", "Read", 3, 1, 1),
    ]


def test_ngrams_stand_against_chance_and_against_the_others(run_model: RunModel) -> None:
    """Visit > Basket in twelve journeys of which nine completed, beside eight without it."""
    journeys = [
        *ways("\n".join(f"a{n} 1 completed: Visit Basket Order" for n in range(9))),
        *ways("\n".join(f"b{n} 1 ended: Visit Basket" for n in range(3))),
        *ways("\n".join(f"c{n} 1 completed: Visit Order" for n in range(2))),
        *ways("\n".join(f"d{n} 1 ended: Visit Read" for n in range(6))),
    ]

    found = run_model("ngrams", **read_by(tables(journeys), *READ, "touchpoints"))

    (row,) = found.filter(path="Visit > Basket").rows(named=True)
    # Of 49 steps 20 are Visit and 12 Basket; 29 pairs.
    expected = 29 * (20 / 49) * (12 / 49) / (1 - 20 / 49)
    difference = (9 / 12 - 2 / 8) / math.sqrt(11 / 20 * 9 / 20 * (1 / 12 + 1 / 8))
    assert (row["journey_count"], row["occurrence_count"]) == (12, 12)
    assert row["lift"] == pytest.approx(12 / expected)
    assert (row["completed_share"], row["other_completed_share"]) == (9 / 12, 2 / 8)
    assert row["p_value"] == pytest.approx(2 * stats.norm.sf(difference), rel=1e-6)
    # Nine journeys are too few for any other run.
    assert found["path"].to_list() == ["Visit > Basket"]


def test_an_ngram_with_an_outcome_has_no_test(run_model: RunModel) -> None:
    """That journeys with an order complete is no finding."""
    journeys = ways("\n".join(f"a{n} 1 completed: Visit Order" for n in range(10)))

    found = run_model("ngrams", **read_by(tables(journeys), *READ, "touchpoints"))

    assert found.select("path", "has_outcome", "p_value", "q_value").rows() == [
        ("Visit > Order", True, None, None)
    ]


WAYS = st.lists(
    st.tuples(
        st.sampled_from(["completed", "ended"]),
        st.lists(st.sampled_from(["Visit", "Read", "Basket", "Login", "Help"]), max_size=7),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WAYS, st.randoms(use_true_random=False))
def test_counts_are_those_of_the_journeys_in_whatever_order(
    run_model: RunModel, drawn: list[tuple[str, list[str]]], random: object
) -> None:
    """Ways, pairs within k steps and runs, against plain counting; shuffled rows change nothing."""
    journeys = [
        Way(f"c{n % 3}", n, status, [(name, float(hour)) for hour, name in enumerate(names)])
        for n, (status, names) in enumerate(drawn)
    ]
    frames = {
        name: frame.sample(fraction=1, shuffle=True, seed=random.randrange(99))  # type: ignore[attr-defined]
        for name, frame in tables(journeys).items()
    }
    collapsed = [
        [name for name, after in pairwise([*names, None]) if name != after] for _, names in drawn
    ]

    paths = run_model("paths", **read_by(frames, *READ))
    windows = run_model("path_windows", **read_by(frames, *READ))
    runs = run_model("ngram_counts", **read_by(frames, *READ))

    counted = Counter(" > ".join(way) or "(none)" for way in collapsed)
    staged = Counter(
        " > ".join(
            name
            for name, after in pairwise([*(STAGE_OF[one] for one in way), None])
            if name != after
        )
        or "(none)"
        for way in collapsed
    )
    for grain, whole in (("touchpoint", counted), ("stage", staged)):
        rows = paths.filter(grain=grain)
        assert dict(rows.select("path", "journey_count").iter_rows()) == whole
        assert rows["coverage_share"].sum() == pytest.approx(1)
    followed: Counter[tuple[str, str, int]] = Counter()
    for way in collapsed:
        for place, name in enumerate(way):
            for k in range(1, 6):
                for after in set(way[place + 1 : place + 1 + k]):
                    followed[name, after, k] += 1
    columns = ("from_touchpoint", "to_touchpoint", "within_steps", "followed_count")
    assert {tuple(row[:3]): row[3] for row in windows.select(columns).iter_rows()} == followed
    grams = Counter(
        (size, tuple(way[place : place + size]))
        for way in collapsed
        for size in (2, 3, 4)
        for place in range(len(way) - size + 1)
    )
    names = {
        code: name
        for grain, name, code, _ in frames["path_codes"].iter_rows()
        if grain == "touchpoint"
    }
    found = {
        (size, tuple(names[code] for code in codes)): count
        for size, codes, count in runs.select("step_count", "codes", "occurrence_count").iter_rows()
    }
    assert found == grams


def test_q_values_are_benjamini_and_hochbergs(run_model: RunModel) -> None:
    """The same numbers as scipy's, over all runs that are tested."""
    shapes = [
        "Visit Read",
        "Read Basket Login",
        "Basket Help Login",
        "Visit Help",
        "Ask Read Visit",
    ]
    journeys = [
        Way(
            f"c{n}",
            1,
            "completed" if n * 7 % (3 + n % 5) == 0 else "ended",
            [(name, float(hour)) for hour, name in enumerate(shapes[n % 5].split())],
        )
        for n in range(150)
    ]

    found = run_model("ngrams", **read_by(tables(journeys), *READ, "touchpoints"))

    assert found["p_value"].null_count() == 0
    expected = stats.false_discovery_control(found["p_value"].to_numpy())
    assert found["q_value"].to_list() == pytest.approx(list(expected))
