import polars as pl
import pytest

from pipeline.pages import risk
from tests.pages import company


def test_the_expected_number_is_the_sum_of_the_chances() -> None:
    """Four customers at a half: two expected, give or take one standard error and 1.96."""
    total, reach = risk.expected(pl.Series([0.5, 0.5, 0.5, 0.5]))

    assert (total, reach) == pytest.approx((2.0, 1.96), abs=0.01)


def test_the_headline_counts_those_at_half_or_more() -> None:
    """Twenty of the hundred scored lie at 50% or above."""
    scores = company.churn_scores()

    assert risk.headline(scores, 60.0) == (
        "20 of 100 scored customers are more likely than not to stay silent for 60 days; "
        "25 ± 6 are expected to"
    )


def test_customers_without_a_score_are_counted_with_their_reasons() -> None:
    """The most frequent reason comes first."""
    last = risk.figures(company.churn_scores(), company.churn_list(), "GBP")[-1]

    assert (last.value, last.words) == (
        "20",
        "not scored: 15 already left, 5 no value event yet",
    )


def test_the_dot_says_what_the_list_reaches() -> None:
    """The riskiest tenth is a third of all leavers; a list of everybody says nothing."""
    scores = company.churn_scores()

    assert risk.gains(scores, 100) == risk.gains(scores, 10)
    assert risk.gains(scores, 10).words == "10 called (10%): 35% of those expected to leave"


def test_every_scored_customer_lies_in_one_tenth() -> None:
    """0 and 1 belong to the outer tenths, and the counts add up."""
    scores = pl.DataFrame({"churn_risk": [0.0, 0.1, 0.99, 1.0], "is_scored": [True] * 4})

    words = [tenth.words for tenth in risk.spread(scores)]

    assert words[0] == "0% to 10%: 1 customer"
    assert words[1] == "10% to 20%: 1 customer"
    assert words[9] == "90% to 100%: 2 customers"


def test_reasons_are_counted_without_their_numbers() -> None:
    """Nine times and four times the usual gap are one reason."""
    listed = pl.DataFrame({"reason": ["no use for 9 times", "no use for 4 times", "comes seldom"]})

    assert [(reason.words, reason.customers) for reason in risk.reasons(listed)] == [
        ("No use for several times", 2),
        ("Comes seldom", 1),
    ]


def test_without_scores_nothing_is_drawn() -> None:
    """Too little data gives no curve and a headline in words."""
    nobody = company.churn_scores().with_columns(is_scored=False, churn_risk=None)

    assert risk.gains(nobody, 10) is None
    assert risk.headline(nobody, 60.0) == "No customer has a churn risk yet"
