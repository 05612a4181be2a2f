"""Why they leave, in words."""

from datetime import date

import pytest

from pipeline.pages import causes
from tests.pages import company


def test_only_what_stands_out_at_touchpoints_is_shown() -> None:
    """One row of three; journeys are scaled to all customers where half were looked at."""
    (row,) = causes.causes(company.published()["drop_off_causes"])

    assert (row.name, row.known, row.visits) == ("Compare plans", "mobile", "820")
    assert (row.share, row.other_share) == ("50%", "35%")
    assert (row.difference, row.interval) == ("+15 points", "+11 to +19")
    assert row.lost == "+180 to +312"


@pytest.mark.parametrize(
    ("factor", "value", "said"),
    [
        ("device_kind", "mobile", "mobile"),
        ("channel", "crm", "CRM"),
        ("channel and device_kind", "web, mobile", "web, mobile"),
        ("previous touchpoint", "Read pricing", "straight after Read pricing"),
        ("previous stage", "Buy", "straight after Buy"),
        ("met before", "Complaint", "Complaint met before"),
        ("persona", "2", "persona: 2"),
        ("attribute country", "FR", "country: FR"),
        ("property payment_method", "card", "payment method: card"),
    ],
)
def test_each_factor_is_said_in_words(factor: str, value: str, said: str) -> None:
    """No name of a column reaches the page."""
    assert causes.known({"factor": factor, "value": value, "from_on": None}) == said


def test_a_period_says_its_days() -> None:
    """With the channel and kind of device it holds for, or for all."""
    row = {"factor": "period", "from_on": date(2027, 1, 11), "to_on": date(2027, 1, 22)}

    assert causes.known({**row, "value": "web, mobile"}) == "web, mobile, 11 to 22 Jan 2027"
    assert causes.known({**row, "value": "(all)"}) == "11 to 22 Jan 2027"
