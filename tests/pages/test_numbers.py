# ruff: noqa: RUF001 - pages are set with true minus signs and dashes
from datetime import date, datetime, timedelta

import pytest

from pipeline.pages import numbers


def test_shares_are_whole_percents_that_never_claim_none_or_all() -> None:
    """A share is a whole percent; some is never 0% and not all is never 100%."""
    assert [numbers.share(part) for part in (0.0, 0.004, 0.006, 0.314, 0.994, 0.996, 1.0)] == [
        "0%",
        "<1%",
        "1%",
        "31%",
        "99%",
        ">99%",
        "100%",
    ]
    assert numbers.share(None) == "–"


def test_small_shares_of_records_keep_a_decimal() -> None:
    """Where small shares matter, those below a tenth have one decimal."""
    assert [numbers.fine_share(part) for part in (0.0, 0.0004, 0.004, 0.0999, 0.31)] == [
        "0.0%",
        "<0.1%",
        "0.4%",
        "10.0%",
        "31%",
    ]


def test_sentiment_has_its_sign_and_a_true_minus() -> None:
    """Sentiment is always signed, except that zero has none."""
    assert [numbers.signed(mean) for mean in (-0.534, 0.35, 0.001, -0.001)] == [
        "−0.53",
        "+0.35",
        "0.00",
        "0.00",
    ]


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (0.01, "<1 min"),
        (0.2, "12 min"),
        (0.99, "59 min"),
        (1.0, "1 h"),
        (41.2, "41 h"),
        (47.4, "47 h"),
        (48.0, "2 days"),
        (960.0, "40 days"),
        (None, "–"),
    ],
)
def test_a_wait_is_said_in_the_unit_that_fits(hours: float | None, words: str) -> None:
    """Waits are minutes below an hour, hours below two days, then days."""
    assert numbers.wait(hours) == words


def test_a_stay_below_a_day_is_said_to_be_below_a_day() -> None:
    """Time in a stage is whole days; hours would say more than is known."""
    assert [numbers.stay(days) for days in (0.2, 1.0, 1.4, 21.4)] == [
        "<1 day",
        "1 day",
        "1 day",
        "21 days",
    ]


def test_few_customers_are_not_counted_out() -> None:
    """Nine customers are "fewer than 10", ten are counted, and none is none."""
    assert [numbers.customers(people) for people in (0, 9, 10, 1240)] == [
        "0",
        "fewer than 10",
        "10",
        "1,240",
    ]


def test_money_is_whole_units_with_the_sign_before_the_symbol() -> None:
    """Money has its symbol where the currency has one, else its code."""
    assert numbers.money(74_400, "GBP") == "£744"
    assert numbers.money(-1_250_000, "EUR") == "−€12,500"
    assert numbers.money(74_400, "CHF") == "744 CHF"


def test_days_repeat_neither_month_nor_year() -> None:
    """A span of days names month and year once where they agree."""
    assert numbers.days(date(2027, 1, 11), date(2027, 1, 11)) == "11 Jan 2027"
    assert numbers.days(date(2027, 1, 11), date(2027, 1, 22)) == "11 to 22 Jan 2027"
    assert numbers.days(date(2027, 1, 30), date(2027, 2, 2)) == "30 Jan to 2 Feb 2027"
    assert numbers.days(date(2026, 12, 30), date(2027, 1, 2)) == "30 Dec 2026 to 2 Jan 2027"


def test_an_age_is_never_negative() -> None:
    """A stamp after `as_of` is not older than nothing."""
    noon = datetime(2027, 3, 27, 12)  # noqa: DTZ001 - published instants are naive UTC

    assert numbers.age(noon + timedelta(hours=3), as_of=noon) == "<1 min"
    assert numbers.age(noon - timedelta(hours=26), as_of=noon) == "26 h"


def test_words_are_listed_as_a_sentence_lists_them() -> None:
    """Commas, then one and."""
    assert numbers.listed([]) == ""
    assert numbers.listed(["web"]) == "web"
    assert numbers.listed(["web", "chat", "email"]) == "web, chat and email"


def test_a_difference_of_shares_is_in_points() -> None:
    """Never in percent, always signed; what is not known is a dash."""
    assert [numbers.points(one) for one in (0.14, -0.335, 0.001, None)] == [
        "+14 points",
        "−34 points",
        "0 points",
        "–",
    ]
