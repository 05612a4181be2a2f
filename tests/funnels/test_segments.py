"""Segments against one another, by published values and by hand."""

import polars as pl
import pytest

from pipeline.funnels.segments import differences


def test_few_entries_are_tested_exactly() -> None:
    """3 of 4 against 1 of 4 is Fisher's tea: 0.4857; many take the z test."""
    few = differences(rows(("a", 4, 3), ("b", 4, 1)))
    many = differences(rows(("a", 100, 60), ("b", 100, 50)))
    nobody = differences(rows(("a", 5, 0), ("b", 7, 0)))

    assert few["p_value"].to_list() == pytest.approx([34 / 70] * 2)
    assert many["p_value"].to_list() == pytest.approx([0.1552] * 2, abs=1e-4)
    assert nobody["p_value"].to_list() == [1.0, 1.0]


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
