from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from pipeline.simulate import devices, journeys, stamps, way
from pipeline.simulate.journeys import Walked
from pipeline.simulate.persons import persons
from pipeline.simulate.plan import usual

PLAN = usual(4000, 200)
DAY = stamps.DAY


@pytest.fixture(scope="module")
def walked() -> Walked:
    """Four thousand persons over two hundred days."""
    return journeys.walk(persons(PLAN, seed=1), PLAN, 1)


@pytest.fixture(scope="module")
def steps(walked: Walked) -> pl.DataFrame:
    """The touchpoints in order, with stage and the touchpoint before."""
    ordered = walked.touches.sort("person_id", "step")
    stage = pl.Series(way.STAGE_OF).gather(ordered["touchpoint"].cast(pl.Int64))
    return ordered.with_columns(stage=stage).with_columns(
        before=pl.col("touchpoint").shift().over("person_id"),
        since=(pl.col("at") - pl.col("at").shift()).over("person_id"),
        journey_before=pl.col("journey").shift().over("person_id"),
        visit_before=pl.col("visit").shift().over("person_id"),
        stage_before=pl.col("stage").shift().over("person_id"),
    )


def test_who_walks_together_changes_nothing(walked: Walked) -> None:
    """In chunks of any size the same persons meet the same touchpoints."""
    everyone = persons(PLAN, seed=1)
    parts = [journeys.walk(everyone.slice(at, 1500), PLAN, 1) for at in (0, 1500, 3000)]

    touches = pl.concat([part.touches for part in parts]).sort("person_id", "step")
    assert touches.equals(walked.touches.sort("person_id", "step"))
    assert (sum(part.planted for part in parts) == walked.planted).all()


def test_inside_a_journey_no_silence_nears_the_dormancy_limit(steps: pl.DataFrame) -> None:
    """Between a customer's own touchpoints of one journey less than 28 days pass."""
    own = pl.Series(way.IS_CUSTOMERS).gather(steps["touchpoint"].cast(pl.Int64))
    signs = steps.filter(own).with_columns(
        silence=(pl.col("at") - pl.col("at").shift()).over("person_id", "journey")
    )

    assert signs["silence"].max() <= 28 * DAY + 2 * stamps.MINUTE


def test_after_an_ended_journey_a_customer_stays_away_past_the_limit(steps: pl.DataFrame) -> None:
    """A new journey begins after more than 30 silent days, or after a renewal."""
    begun = steps.filter(pl.col("journey") != pl.col("journey_before"))
    renewed = begun["before"] == way.NUMBER["Renewed"]

    assert begun.filter(~renewed)["since"].min() > 31 * DAY
    assert begun.filter(renewed).height > 0


def test_a_visit_is_a_run_of_touchpoints_in_one_stage(steps: pl.DataFrame) -> None:
    """Inside a journey the visit changes exactly when the stage does."""
    inside = steps.filter(pl.col("journey") == pl.col("journey_before"))

    changed = inside["visit"] != inside["visit_before"]
    assert changed.equals(inside["stage"] != inside["stage_before"], check_names=False)


def test_visits_agree_with_touchpoints(walked: Walked, steps: pl.DataFrame) -> None:
    """A visit is entered with its first touchpoint and left with its last."""
    runs = steps.group_by("person_id", "visit").agg(
        entered_at=pl.col("at").min(), left_at=pl.col("at").max(), stage=pl.col("stage").first()
    )

    keys = ["person_id", "visit"]
    visits = walked.visits.select(*keys, "entered_at", "left_at", "stage").sort(keys)
    assert visits.equals(runs.sort(keys).select(visits.columns))


def test_an_exit_says_what_the_last_day_shows(walked: Walked) -> None:
    """Another visit of the journey follows a visit if and only if it advanced or was diverted."""
    visits = walked.visits.sort("person_id", "visit").with_columns(
        follows=pl.col("stage").shift(-1).over("person_id", "journey")
    )
    moved_on = pl.col("exit").is_in(["advanced", "diverted"])

    assert visits.filter(moved_on != pl.col("follows").is_not_null()).is_empty()
    assert visits.filter(
        (pl.col("exit") == "advanced") & (pl.col("follows") < pl.col("stage"))
    ).is_empty()
    silent = visits.filter(pl.col("exit") == "ended")["left_at"].max()
    assert isinstance(silent, int)


def test_shares_of_exits_come_near_the_planted_chances(walked: Walked) -> None:
    """Nine shares in ten lie within two standard errors of the chance, all within four."""
    limit = stamps.midnight(PLAN.ends_on) - PLAN.dormancy_days * DAY
    settled = walked.visits.filter(pl.col("left_at") <= limit)
    distances = []
    for stage in range(7):
        leads = settled.filter(pl.col("stage") == stage)["leads_to"].to_numpy()
        share = np.bincount(leads, minlength=9) / len(leads)
        planted = walked.planted[stage] / walked.planted[stage].sum()
        possible = planted > 0
        error = np.sqrt(planted * (1 - planted) / len(leads))
        distances += list(np.abs(share - planted)[possible] / error[possible])

    assert max(distances) < 4
    assert np.mean(np.array(distances) < 2) >= 0.9


def test_nothing_is_written_past_the_last_day(walked: Walked) -> None:
    """Journeys still on their way are cut off by the calendar, not ended."""
    assert walked.touches["at"].max() < stamps.midnight(PLAN.ends_on)
    assert walked.visits.filter(pl.col("exit") == "open").height > 50


def test_during_the_incident_no_phone_orders(walked: Walked) -> None:
    """On the incident's days orders come from desktops only; on other days from both."""
    assert PLAN.incident is not None
    everyone = persons(PLAN, seed=1)
    orders = walked.touches.filter(pl.col("touchpoint") == way.NUMBER["Order placed"])
    person, slot = orders["person_id"].to_numpy(), orders["slot"].to_numpy()
    owner = np.where(slot == 0, everyone["cookie_owner"].to_numpy()[person], person)
    mobile = pl.Series(devices.device_is_mobile(owner, slot, 1))
    day = pl.from_epoch(orders["at"], time_unit="us").dt.date()
    last = PLAN.incident.starts_on + timedelta(days=PLAN.incident.days - 1)
    inside = day.is_between(PLAN.incident.starts_on, last)
    # An order in a journey's first touchpoint cannot be stopped before it; there is none.
    assert (inside & ~mobile).sum() > 20
    assert (inside & mobile).sum() == 0
    assert (~inside & mobile).sum() > 200


def test_who_churned_is_never_seen_again(walked: Walked) -> None:
    """A churn row is a person's last touchpoint, and its cause is one that was planted."""
    last = walked.touches.group_by("person_id").agg(last_at=pl.col("at").max())
    churn = walked.churn.join(last, on="person_id")

    assert churn.height > 100
    assert (churn["churned_at"] == churn["last_at"]).all()
    assert set(churn["cause"]) == {"none", *way.CAUSES}


def test_trouble_makes_leaving_likelier(walked: Walked) -> None:
    """The hazard per value event in Use is 0.0035, and four times that in a bill shock."""
    in_use = walked.churn.filter(pl.col("touchpoint").is_in(["Use service", "View bill"]))
    hazards = in_use.group_by("cause").agg(pl.col("hazard").min())

    found = dict(hazards.iter_rows())
    assert found["none"] == pytest.approx(0.0035)
    assert found["bill shock"] == pytest.approx(0.0035 * 4)
