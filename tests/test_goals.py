import pytest

from pipeline.catalogue.goals import goals
from pipeline.errors import BadSettings

POINTS = ["Order placed", "Renewed", "Cancelled"]


def test_goals_own_touchpoints() -> None:
    """One row a touchpoint, by goal."""
    found = goals({"win": ["Order placed"], "keep": ["Renewed", "Cancelled"]}, POINTS)

    assert found.rows() == [("keep", "Renewed"), ("keep", "Cancelled"), ("win", "Order placed")]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"win": ["Order place"]},
            "unknown touchpoint 'Order place'; did you mean 'Order placed'?",
        ),
        ({"win": ["Renewed"], "keep": ["Renewed"]}, "'Renewed' belongs to keep and to win"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, list[str]], words: str) -> None:
    """A touchpoint that is none, and one of two goals."""
    with pytest.raises(BadSettings, match=words.replace("?", r"\?")):
        goals(given, POINTS)
