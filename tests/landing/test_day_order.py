import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SourceRefused
from pipeline.landing.day_order import day_order
from pipeline.landing.layout_proof import proved


@pytest.mark.parametrize(
    ("parts", "order"),
    [
        ([(1, 2), (13, 2), (3, 4)], "day-first"),
        ([(1, 2), (2, 13), (3, 4)], "month-first"),
        ([(31, 12)], "day-first"),
        ([(12, 31)], "month-first"),
        ([(5, 5), (11, 11)], "day-first"),
        ([], "day-first"),
        ([(13, 13), (0, 14), (32, 1), (2, 13)], "month-first"),
    ],
)
def test_an_impossible_month_proves_the_order(parts: list[tuple[int, int]], order: str) -> None:
    """What is no date proves nothing; where day and month are equal both orders say the same."""
    assert day_order("f.csv", parts) == order


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([(1, 2), (5, 5)], "whether 01/02 begins with the day or with the month cannot be told"),
        ([(13, 2), (2, 13)], "13/02 and 02/13 cannot both have the day in the same place"),
    ],
)
def test_dates_without_proof_are_refused(parts: list[tuple[int, int]], reason: str) -> None:
    """A coin is never tossed over a file, and the message says what to do."""
    with pytest.raises(SourceRefused, match=rf"f\.csv: .*{reason}"):
        day_order("f.csv", parts)


@given(st.lists(st.tuples(st.integers(1, 31), st.integers(1, 12)), min_size=1))
def test_an_order_that_is_told_is_the_right_one(dates: list[tuple[int, int]]) -> None:
    """Dates written day first are never read month first, except where both say the same."""
    try:
        order = day_order("f.csv", dates)
    except SourceRefused:
        assert all(first <= 12 for first, _ in dates)
    else:
        assert order == "day-first"


@pytest.mark.parametrize(
    ("layout", "values", "found"),
    [
        ("iso", ["x"], "iso"),
        ("epoch", ["", None], "s"),
        ("epoch", ["1767225600", "0", "soon", 1767225601.5], "s"),
        ("epoch", [1767225600123], "ms"),
        ("epoch", ["1767225600123456"], "us"),
        ("epoch", ["1767225600123456789"], "ns"),
        ("numeric", ["01.02.2026", "2026/03/31", "13.02.2026 10:00", "soon"], "day-first"),
        ("numeric", ["1/2/2026 9:05 PM", "1/30/2026, 9:05:01 am"], "month-first"),
    ],
)
def test_a_file_proves_its_layout(layout: str, values: list[object], found: str) -> None:
    """The unit by magnitude, the order by impossible months; what is no stamp says nothing."""
    assert proved("f.csv", layout, values) == found


@pytest.mark.parametrize(
    ("layout", "values", "reason"),
    [
        ("epoch", ["1767225600", "1767225600123"], "of two units: 1767225600 is in s and .* in ms"),
        ("epoch", ["", "soon"], "no Unix time of 1973 or later"),
        ("numeric", ["01/02/2026", "03/04/2026"], "cannot be told"),
        ("numeric", ["13/02/26"], "no year of four digits; set time_format .*'%d/%m/%y'"),
    ],
)
def test_a_file_that_proves_nothing_is_refused(
    layout: str, values: list[object], reason: str
) -> None:
    """Two units, no unit, either order, a year of two digits: the message says what to do."""
    with pytest.raises(SourceRefused, match=rf"f\.csv: .*{reason}"):
        proved("f.csv", layout, values)
