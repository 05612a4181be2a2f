import polars as pl
import pytest

from pipeline.landing import identifiers as landing
from pipeline.simulate.persons import persons
from pipeline.simulate.plan import usual


@pytest.fixture(scope="module")
def found() -> pl.DataFrame:
    """Three thousand persons."""
    return persons(usual(3000, 100), seed=1)


def test_every_handle_is_in_its_normal_form(found: pl.DataFrame) -> None:
    """Landing would not change an address or a number of the truth."""
    emails = [*found["email"], *found["second_email"].drop_nulls()]

    assert emails == [landing.email(email) for email in emails]
    assert found["phone"].to_list() == [landing.phone(text, "GB") for text in found["phone"]]


def test_only_households_share_an_address(found: pl.DataFrame) -> None:
    """A shared e-mail is always planted; phones and customer numbers are never shared."""
    alone = found.filter(~pl.col("is_in_household"))
    together = found.filter("is_in_household")

    assert alone["email"].is_unique().all()
    assert together.group_by("email").len()["len"].unique().to_list() == [2]
    assert found["phone"].is_unique().all()
    assert found["user_id"].is_unique().all()


def test_a_recycled_cookie_comes_from_somebody_who_came_before(found: pl.DataFrame) -> None:
    """Whoever browses with another's cookie arrives after that other person."""
    taken = found.filter(pl.col("cookie_owner") != pl.col("person_id"))
    former = found["arrives_at"].gather(taken["cookie_owner"])

    assert taken.height > 0
    assert (taken["arrives_at"] > former).all()


def test_more_persons_leave_the_first_as_they_were(found: pl.DataFrame) -> None:
    """A person depends on the seed and the own number; kiosks alone grow with the company."""
    more = persons(usual(3500, 100), seed=1).head(3000)

    assert more.drop("kiosk").equals(found.drop("kiosk"))
