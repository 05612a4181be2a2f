import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from pipeline.times.survival import bounds, incidence, reached, still_waiting, waits

ROWS = st.lists(st.tuples(st.integers(0, 20), st.integers(-1, 2)), min_size=2, max_size=60)


def made(rows: list[tuple[int, int]]):  # noqa: ANN201
    """Waits of (length, way), each once."""
    lengths, ways = np.array(rows, dtype=np.int64).T
    return waits(lengths, ways, np.ones(len(rows), dtype=np.int64), 3)


@given(ROWS.filter(lambda rows: any(way >= 0 for _, way in rows)))
def test_who_still_waits_is_as_scipy_says(rows: list[tuple[int, int]]) -> None:
    """Kaplan-Meier's estimate at every time at which a wait ended."""
    found = made(rows)
    over = [length for length, way in rows if way >= 0]
    cut = [length for length, way in rows if way < 0]
    expected = ecdf(CensoredData(uncensored=over, right=cut)).sf

    ours = dict(zip(found.times.tolist(), still_waiting(found), strict=True))
    for time in set(over):
        assert ours[time] == pytest.approx(float(expected.evaluate(time)), abs=1e-9)


@given(ROWS)
def test_ways_to_end_and_who_waits_are_all(rows: list[tuple[int, int]]) -> None:
    """At every time the shares of all ways and of who still waits add up to one."""
    found = made(rows)

    ended = sum(incidence(found, way)[0] for way in range(3))
    assert ended + still_waiting(found) == pytest.approx(np.ones(len(found.times)))


def test_where_nothing_is_cut_off_shares_are_plain() -> None:
    """Of ten waits three ended in way 0 by time 2: 0.3, with a binomial share's error."""
    found = made([(1, 0), (2, 0), (2, 0), (2, 1)] + [(5, 1)] * 6)
    share, error = incidence(found, 0)

    assert share.tolist() == pytest.approx([0.1, 0.3, 0.3])
    assert error[1] == pytest.approx(np.sqrt(0.3 * 0.7 / 10))


def test_a_wait_cut_off_counts_until_then() -> None:
    """Two of four end at 1, one is cut off at 2, the last ends at 3: 1/2, 1/2, then all."""
    found = made([(1, 0), (1, 1), (2, -1), (3, 0)])

    assert incidence(found, 0)[0].tolist() == pytest.approx([0.25, 0.25, 0.75])
    assert reached(found.times, incidence(found, 0)[0], 0.5) == 3
    assert reached(found.times, incidence(found, 0)[0], 0.8) is None


def test_the_interval_holds_the_true_share_19_times_in_20() -> None:
    """Of 400 samples with half of the waits cut off, 92 to 98 % of the intervals hold it."""
    chance = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        ends_at = chance.integers(1, 40, 120)
        ways = (chance.random(120) < 0.4).astype(np.int64)
        cut_at = chance.integers(1, 80, 120)
        lengths = np.minimum(ends_at, cut_at)
        found = waits(lengths, np.where(ends_at <= cut_at, ways, -1), np.ones(120, np.int64), 2)
        share, error = incidence(found, 1)
        place = np.searchsorted(found.times, 20, side="right") - 1
        low, high = bounds(share[place : place + 1], error[place : place + 1])
        held += int(low[0] <= 0.4 * 20 / 39 <= high[0])
    assert 0.92 <= held / 400 <= 0.98
