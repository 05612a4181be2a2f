"""Segments against one another, by published values and by hand."""

import polars as pl
import pytest

from pipeline.funnels.segments import differences, newcombe, two_proportions


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_the_interval_of_a_difference_is_newcombes(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    """Table II of Newcombe 1998, method 10."""
    found = newcombe(*counts)

    assert found == pytest.approx((low, high), abs=5e-5)


def test_few_entries_are_tested_exactly() -> None:
    """3 of 4 against 1 of 4 is Fisher's tea: 0.4857; many take the z test."""
    assert two_proportions(3, 4, 1, 4) == pytest.approx(34 / 70)
    assert two_proportions(60, 100, 50, 100) == pytest.approx(0.1552, abs=1e-4)
    assert two_proportions(0, 5, 0, 7) == 1.0


def rows(*segments: tuple[str, int, int]) -> pl.DataFrame:
    """A funnel of two steps: segment, entered, converted."""
    return pl.DataFrame(
        [
            {"segment": name, "step": step, "is_optional": False, "settled_count": count}
            for name, entered, converted in segments
            for step, count in ((1, entered), (2, converted))
        ]
    )


def test_q_values_allow_for_the_number_of_segments() -> None:
    """Benjamini and Hochberg: no q lies below its p, and the largest p is its own q."""
    found = differences(rows(("a", 100, 70), ("b", 100, 52), ("c", 100, 50), ("d", 100, 49)))

    assert found["segment"][0] == "a"
    assert (found["q_value"] >= found["p_value"]).all()
    assert found["q_value"].max() == pytest.approx(found["p_value"].max())
    assert found["p_value"][0] * 4 == pytest.approx(found["q_value"][0])


def test_one_segment_has_nobody_to_differ_from() -> None:
    """A funnel without breakdown, or with segments nobody of which is settled, compares none."""
    assert differences(rows(("(all)", 10, 5))).is_empty()
    assert differences(rows(("a", 10, 5), ("b", 0, 0))).is_empty()
