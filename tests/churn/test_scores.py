from datetime import datetime

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.churn import scores
from tests.churn.buyers import simulate

PARAMETERS = pl.DataFrame(
    {"as_of": [datetime(2026, 3, 1)], "horizon_days": [60.0]}  # noqa: DTZ001 - naive UTC
)
TRUE = (0.8, 20.0, 0.7, 2.5)


def history(count: int = 2_000, **constants: object) -> pl.DataFrame:
    """The value history of invented customers, all of them eligible."""
    drawn, _ = simulate(TRUE, np.linspace(40, 200, count), seed=2)
    return drawn.with_columns(
        pl.Series("customer_id", [f"c{n:05}" for n in range(count)]),
        is_eligible=pl.lit(value=True),
        is_learned_from=pl.lit(value=True),
        reason_not_scored=pl.lit(None, dtype=pl.String),
    ).with_columns(**{name: pl.lit(value) for name, value in constants.items()})


def test_every_eligible_customer_has_a_risk_and_a_rank() -> None:
    """One row each, the most at risk first."""
    scored = scores.score(history(), PARAMETERS)

    assert scored.schema == scores.CHURN_SCORES
    assert scored["rank"].to_list() == list(range(1, 2_001))
    assert scored["churn_risk"].is_sorted(descending=True)
    assert scored["is_scored"].all()
    assert scored["horizon_days"].unique().to_list() == [60.0]


def test_who_is_not_eligible_keeps_the_reason() -> None:
    """No risk, no rank, and the words of value_history."""
    left = pl.DataFrame(
        {
            "customer_id": ["gone"],
            "is_eligible": [False],
            "is_learned_from": [False],
            "reason_not_scored": ["already left"],
        }
    )

    scored = scores.score(pl.concat([history(), left], how="diagonal"), PARAMETERS)

    gone = scored.filter(pl.col("customer_id") == "gone").row(0, named=True)
    assert (gone["is_scored"], gone["churn_risk"], gone["rank"]) == (False, None, None)
    assert gone["reason_not_scored"] == "already left"
    assert scored.height == 2_001


def test_who_fell_silent_is_learned_from_and_not_scored() -> None:
    """The silent keep their reason, and the others' risks are those of a model that saw them."""
    given = history()
    silent = pl.col("age_days") - pl.col("recency_days") >= 60
    marked = given.with_columns(
        is_eligible=~silent,
        reason_not_scored=pl.when(silent).then(pl.lit("silent for a whole horizon already")),
    )
    silent_count = given.filter(silent).height
    assert 0 < silent_count < given.height

    everybody, others = scores.assess(given, PARAMETERS), scores.assess(marked, PARAMETERS)

    assert others.models["model_id"].item() == everybody.models["model_id"].item()
    assert others.models["fitted_count"].item() == given.height
    assert others.models["eligible_count"].item() == given.height - silent_count
    risks = ["customer_id", "churn_risk"]
    assert_frame_equal(
        others.scores.filter("is_scored").select(risks),
        everybody.scores.join(marked.filter("is_eligible"), on="customer_id", how="semi").select(
            risks
        ),
    )


def test_a_company_whose_customers_are_all_silent_has_no_risks() -> None:
    """Nobody is about to leave; the model stands, and says of how many."""
    given = history(is_eligible=False, reason_not_scored="silent for a whole horizon already")

    assessed = scores.assess(given, PARAMETERS)

    assert assessed.scores["churn_risk"].null_count() == given.height
    assert assessed.models["eligible_count"].item() == 0


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (
            history(49),
            "too little data: 49 customers with a value event; 50 needed",
        ),
        (
            history(60, value_event_count=0, recency_days=0.0),
            "too little data: none of 60 customers came back after their first value event",
        ),
    ],
)
def test_too_little_data_gives_nobody_a_probability(given: pl.DataFrame, reason: str) -> None:
    """Nobody is scored, and everybody is told why."""
    assessed = scores.assess(given, PARAMETERS)

    assert assessed.scores["churn_risk"].null_count() == given.height
    assert assessed.scores["reason_not_scored"].unique().to_list() == [reason]
    assert assessed.models["grade"].item() == reason.replace("too little data", "no probabilities")


def test_scores_do_not_depend_on_the_order_or_names_of_customers() -> None:
    """Shuffled, renamed customers have the same risks to the last bit."""
    straight = scores.score(history(), PARAMETERS)
    renamed = history().with_columns(
        customer_id=pl.col("customer_id").str.replace("c", "x").str.reverse()
    )

    other = scores.score(renamed.sample(fraction=1.0, shuffle=True, seed=3), PARAMETERS)

    assert_frame_equal(straight.drop("customer_id"), other.drop("customer_id"), check_exact=True)


def test_the_risks_of_all_add_up_to_the_leavers_expected() -> None:
    """The model card promises as many leavers as the risks say, and names its parameters."""
    assessed = scores.assess(history(), PARAMETERS)

    card = assessed.models.row(0, named=True)
    assert card["expected_leaver_count"] == pytest.approx(assessed.scores["churn_risk"].sum())
    assert card["eligible_count"] == card["fitted_count"] == 2_000
    assert (card["r"], card["b"]) == (
        pytest.approx(TRUE[0], rel=0.3),
        pytest.approx(TRUE[3], rel=0.5),
    )
    assert card["model_id"] == assessed.scores["model_id"][0]


def test_another_horizon_is_another_model() -> None:
    """The name of the model changes with what it promises, and a longer silence is less likely."""
    longer = PARAMETERS.with_columns(horizon_days=pl.lit(120.0))

    near, far = (scores.score(history(), one).sort("customer_id") for one in (PARAMETERS, longer))

    assert near["model_id"][0] != far["model_id"][0]
    assert (far["churn_risk"] <= near["churn_risk"]).all()


def test_the_score_is_no_chance_of_being_gone() -> None:
    """A customer of one day long ago ranks high, though P(alive) would call them alive."""
    given = history(200)
    once = pl.DataFrame(
        {
            "value_event_count": [0],
            "recency_days": [0.0],
            "age_days": [200.0],
            "customer_id": ["once"],
            "is_eligible": [True],
            "is_learned_from": [True],
        }
    )

    scored = scores.score(pl.concat([given, once], how="diagonal_relaxed"), PARAMETERS)

    assert scored.filter(pl.col("customer_id") == "once")["churn_risk"].item() > 0.8
