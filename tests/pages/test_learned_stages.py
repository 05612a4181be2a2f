"""The section Where no rule sees a stage."""

import polars as pl
import pytest

from pipeline.learned.models import MODELS
from pipeline.pages import learned_stages
from tests.pages import company


def model(**known: object) -> pl.DataFrame:
    """How the learned stages came out."""
    return pl.DataFrame([{**dict.fromkeys(MODELS), "model": "stages", **known}], schema=MODELS)


def test_each_stage_says_what_is_met_there_and_how_sure_it_is() -> None:
    """What is met keeps its commas, the catalogue's stage its share, an endless stay a dash."""
    tables = company.published()

    found = learned_stages.content(tables["learned_stages"], tables["learned_models"])

    assert found["headline"] == "412 customers move through 2 learned stages"
    first, second = found["rows"]
    assert first.touchpoints == ["web: docs_read 61%", "Visit site 22%"]
    assert (first.customers, first.events, first.stay, first.sure) == ("398", "40%", "30 h", "91%")
    assert first.rule == "Explore: 83% of 210 events"
    assert second.touchpoints == ["web: plans, prices 55%", "web: export_run 40%"]
    assert (second.stay, second.rule) == ("\N{EN DASH}", "no stage of the catalogue")


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (
            {"status": "too few customers", "customer_count": 41, "least_customers": 100},
            (
                "Of 41 customers no rule shows a stage on half of their days: too few to learn "
                "from (100 are needed)."
            ),
        ),
        (
            {"status": "too few customers", "customer_count": 1, "least_customers": 100},
            (
                "Of fewer than 10 customers no rule shows a stage on half of their days: too few "
                "to learn from (100 are needed)."
            ),
        ),
        (
            {"status": "no stages told apart", "customer_count": 1814},
            (
                "Of 1,814 customers no rule shows a stage on half of their days, and what they do "
                "does not fall into stages either."
            ),
        ),
    ],
)
def test_where_none_are_learned_the_page_says_why(known: dict[str, object], why: str) -> None:
    """Each way in which learned stages may not come out is a sentence."""
    none = company.published()["learned_stages"].clear()

    found = learned_stages.content(none, model(**known))

    assert (found["rows"], found["why"]) == ([], why)


def test_where_every_customer_has_a_stage_there_is_no_section() -> None:
    """Nothing unseen, or nothing learned yet: no headline."""
    none = company.published()["learned_stages"].clear()

    for models in (model(status="nothing unseen", customer_count=0), MODELS.to_frame()):
        assert learned_stages.content(none, models)["headline"] == ""
