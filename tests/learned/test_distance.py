"""How far ways lie apart, against the table that everybody knows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.learned.distance import LONGEST, distances

WAYS = st.lists(st.text("abcĀ", max_size=9), min_size=1, max_size=5)


def edits(left: str, right: str) -> int:
    """Levenshtein's distance, cell by cell."""
    row = list(range(len(right) + 1))
    for place, symbol in enumerate(left, start=1):
        above, row[0] = row[0], place
        for column, other in enumerate(right, start=1):
            above, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, above + (symbol != other)),
            )
    return row[-1]


@given(left=WAYS, right=WAYS)
def test_distances_are_edits_over_the_longer_way(left: list[str], right: list[str]) -> None:
    """All pairs at once give what each gives alone."""
    expected = [
        [edits(one, other) / max(len(one), len(other), 1) for other in right] for one in left
    ]

    assert distances(left, right) == pytest.approx(np.array(expected))


def test_ways_of_up_to_64_steps_are_compared_whole() -> None:
    """The 64th step counts, the 65th does not."""
    way = "ab" * (LONGEST // 2)

    assert distances([way], [way[:-1] + "c"])[0, 0] == pytest.approx(1 / LONGEST)
    assert distances([way + "a"], [way + "c"])[0, 0] == 0


def test_a_third_is_a_third() -> None:
    """One of three steps changed, and one of four put in."""
    assert distances(["abc"], ["abx", "abcd", "xyz", ""]).tolist() == [
        pytest.approx([1 / 3, 1 / 4, 1, 1])
    ]
