import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2_contingency

from pipeline.proportions import difference, false_discovery, is_supported, wilson

COUNTS = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS)
def test_wilsons_interval_is_scipys(counts: tuple[int, int]) -> None:
    """Of any share of any base."""
    part, whole = counts
    found = wilson([part], [whole])

    expected = binomtest(part, whole).proportion_ci(method="wilson")
    assert found.low[0] == pytest.approx(expected.low, abs=1e-9)
    assert found.high[0] == pytest.approx(expected.high, abs=1e-9)


@pytest.mark.parametrize(
    ("counts", "interval"),
    [
        ((56, 70, 48, 80), (0.2, 0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.6, 0.1705, 0.8090)),
        ((10, 10, 0, 10), (1.0, 0.6075, 1.0)),
    ],
)
def test_newcombes_interval_is_the_published_one(
    counts: tuple[int, int, int, int], interval: tuple[float, float, float]
) -> None:
    """Table II of Newcombe 1998, method 10."""
    found = difference(*([one] for one in counts))

    assert (found.value[0], found.low[0], found.high[0]) == pytest.approx(interval, abs=5e-5)


@given(COUNTS, COUNTS)
def test_the_test_is_the_plain_chi_squared_one(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    """The pooled two-sided p is that of a 2 x 2 table without correction."""
    (a, n), (b, m) = one, other
    found = difference([a], [n], [b], [m])

    if 0 < a + b < n + m:
        cells = [[a, n - a], [b, m - b]]
        assert found.p[0] == pytest.approx(
            chi2_contingency(cells, correction=False).pvalue, abs=1e-12
        )
    else:
        assert found.p[0] == 1.0


@given(COUNTS, COUNTS)
def test_a_difference_lies_in_its_interval_and_turns_round(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    """Arms swapped give the same with the other sign."""
    (a, n), (b, m) = one, other
    found, turned = difference([a], [n], [b], [m]), difference([b], [m], [a], [n])

    assert -1 - 1e-9 <= found.low[0] <= found.value[0] + 1e-12
    assert found.value[0] - 1e-12 <= found.high[0] <= 1 + 1e-9
    assert turned.low[0] == pytest.approx(-found.high[0])
    assert turned.p[0] == pytest.approx(found.p[0])


@pytest.mark.parametrize(
    ("counts", "enough"),
    [
        ((10, 30, 10, 30), True),
        ((10, 29, 10, 30), False),
        ((5, 100, 5, 100), True),
        ((4, 100, 5, 100), False),
    ],
)
def test_support_is_thirty_visits_and_five_expected(
    counts: tuple[int, int, int, int],
    enough: bool,  # noqa: FBT001
) -> None:
    """One visit or one loss fewer, and there is no test."""
    assert is_supported(*([one] for one in counts)).tolist() == [enough]


def test_false_discovery_is_benjamini_and_hochbergs() -> None:
    """By hand: the k-th smallest of m is p m / k, never above a larger one's; nan stays out."""
    found = false_discovery(np.array([0.04, 0.01, np.nan, 0.02, 0.5]))

    assert found[[0, 1, 3, 4]] == pytest.approx([0.16 / 3, 0.04, 0.04, 0.5])
    assert np.isnan(found[2])
