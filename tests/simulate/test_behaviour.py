"""Customers of planted personas and hidden stages."""

import polars as pl
import pytest

from pipeline.simulate import behaviour
from pipeline.simulate.behaviour import END, HIDDEN_STAGES, PERSONAS, START


def test_moves_have_the_planted_chances() -> None:
    """Of each persona's steps from each touchpoint, as many lead on as planted."""
    made = behaviour.movers(PERSONAS, 6_000, 1)
    steps = (
        made.events.join(made.personas, on="person_id")
        .with_columns(
            come=pl.col("touchpoint").shift(1).over("person_id", "journey").fill_null(START)
        )
        .group_by("persona", "come", "touchpoint")
        .len()
    )
    counts = {(row[0], row[1], row[2]): row[3] for row in steps.iter_rows()}

    for persona in PERSONAS:
        for come, ways in persona.ways.items():
            whole = sum(counts.get((persona.name, come, to), 0) for to in ways)
            goes_on = sum(share for to, share in ways.items() if to != END)
            for to, share in ways.items():
                if to != END and whole > 1_000:
                    found = counts[persona.name, come, to] / whole
                    assert found == pytest.approx(share / goes_on, abs=0.05), (come, to)


def test_personas_have_the_planted_sizes() -> None:
    """Two in five read, and so on; everybody has one, and at least one touchpoint."""
    made = behaviour.movers(PERSONAS, 6_000, 2)

    shares = made.personas["persona"].value_counts(normalize=True)
    assert dict(shares.iter_rows()) == pytest.approx(
        {one.name: one.share for one in PERSONAS}, abs=0.03
    )
    assert made.personas["person_id"].to_list() == list(range(1, 6_001))
    assert made.events["person_id"].n_unique() == 6_000


def test_stages_lead_and_show_as_planted() -> None:
    """All begin in the first; what is shown while there, and how often it stays, is as planted."""
    made = behaviour.travellers(HIDDEN_STAGES, 3_000, 1)
    both = made.events.join(made.stages, on=["person_id", "position"])

    assert set(both.filter(position=1)["stage"]) == {HIDDEN_STAGES[0].name}
    for stage in HIDDEN_STAGES:
        own = both.filter(stage=stage.name)
        shares = dict(own["touchpoint"].value_counts(normalize=True).iter_rows())
        assert shares == pytest.approx(dict(stage.shows), abs=0.02)
    ahead = both.with_columns(next=pl.col("stage").shift(-1).over("person_id"))
    stays = (
        ahead.group_by("stage")
        .agg(share=(pl.col("next") == pl.col("stage")).fill_null(value=False).mean())
        .iter_rows()
    )
    assert dict(stays) == pytest.approx(
        {stage.name: stage.leads[stage.name] for stage in HIDDEN_STAGES}, abs=0.03
    )


def test_who_is_with_whom_changes_nothing() -> None:
    """A hundred customers do the same alone and among two hundred; another seed, other things."""
    for made in (
        lambda count, seed: behaviour.movers(PERSONAS, count, seed),
        lambda count, seed: behaviour.travellers(HIDDEN_STAGES, count, seed),
    ):
        few, many, other = made(100, 1), made(200, 1), made(100, 2)

        assert few.events.equals(many.events.filter(pl.col("person_id") <= 100))
        assert few.stages.equals(many.stages.filter(pl.col("person_id") <= 100))
        assert few.personas.equals(many.personas.filter(pl.col("person_id") <= 100))
        assert not few.events.equals(other.events)


def test_positions_and_instants_follow_each_other() -> None:
    """Positions are dense from 1, instants rise, and journeys lie more than a month apart."""
    events = behaviour.movers(PERSONAS, 300, 1).events
    before = pl.all().shift(1).over("person_id")
    pairs = events.with_columns(before.name.suffix("_before")).drop_nulls("position_before")

    assert (pairs["position"] == pairs["position_before"] + 1).all()
    gaps = (pairs["occurred_at"] - pairs["occurred_at_before"]).dt.total_days()
    is_new = pairs["journey"] != pairs["journey_before"]
    assert gaps.filter(is_new).min() >= 30  # type: ignore[operator]
    assert gaps.filter(~is_new).max() == 0
