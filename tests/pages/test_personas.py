# ruff: noqa: RUF001 - pages are set with true dashes
"""The section Who they are."""

import polars as pl
import pytest

from pipeline.change.personas import PERSONA_CHANGES
from pipeline.learned.models import MODELS
from pipeline.pages import personas
from tests.pages import company

UNCHANGED = PERSONA_CHANGES.to_frame()


def model(**known: object) -> pl.DataFrame:
    """How the personas came out."""
    return pl.DataFrame([{**dict.fromkeys(MODELS), "model": "personas", **known}], schema=MODELS)


def test_each_persona_has_size_traits_and_a_real_journey() -> None:
    """Share with interval, each trait on its own, the journey as words, what it stands for."""
    tables = company.published()

    found = personas.content(
        tables["personas"], tables["learned_models"], tables["persona_changes"]
    )

    assert found["headline"] == "customers move in 2 ways"
    second = found["rows"][1]
    assert (second.customers, second.share, second.interval) == ("1,005", "32%", "31–34%")
    assert second.traits == [
        "meets Ask sales: 62% (59 to 65%) against 37% of everybody",
        "is met by chat: 64% (61 to 67%) against 40% of everybody",
    ]
    assert (second.path, second.stands_for) == ("Ask sales, Quote sent", "44%")
    assert (second.completed, second.completed_interval) == ("31%", "28–34%")


def test_a_persona_of_another_number_says_which_it_was() -> None:
    """The second of the last snapshot is the first tonight; the second was none of them."""
    tables = company.published()
    told = (tables["personas"], tables["learned_models"])

    first_night = personas.content(*told, UNCHANGED)["rows"]
    later = personas.content(*told, tables["persona_changes"])["rows"]

    assert [row.before for row in first_night] == ["", ""]
    assert [row.before for row in later] == ["2 in the last snapshot", "none of the last snapshot"]


def test_of_a_long_journey_the_first_steps_are_shown() -> None:
    """Twelve steps are shown, of fourteen the last two are counted."""
    rows = company.published()["personas"].head(1)
    twelve = " > ".join("abcdefghijkl")

    (whole,), (cut,) = (
        personas.content(rows.with_columns(path=pl.lit(path)), model(), UNCHANGED)["rows"]
        for path in (twelve, f"{twelve} > m > n")
    )

    assert whole.path.endswith("k, l")
    assert cut.path.endswith("k, l and 2 steps more")


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (
            {"status": "too few customers", "least_customers": 100},
            "Fewer than 100 customers went from one touchpoint to another",
        ),
        (
            {"status": "no separate behaviours found", "customer_count": 1814},
            "One way of moving describes all 1,814 customers who moved at all",
        ),
        (
            {"status": "unstable", "stability": 0.481},
            "Halves of the customers do not find the same ones (agreement 0.48 of 1)",
        ),
    ],
)
def test_where_there_are_none_the_page_says_why(known: dict[str, object], why: str) -> None:
    """Each way in which personas may not come out is a sentence."""
    none = company.published()["personas"].clear()

    found = personas.content(none, model(**known), UNCHANGED)

    assert (found["rows"], found["why"]) == ([], f"{why}.")
