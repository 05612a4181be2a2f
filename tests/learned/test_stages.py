"""Learned stages: for whom, how many, where along the way, and against what was planted."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from pipeline.learned.agreement import adjusted_rand
from pipeline.learned.stages import found_in
from pipeline.settings import Learned
from pipeline.simulate import behaviour
from pipeline.simulate.behaviour import END, Behaved, HiddenStage
from pipeline.warehouse import Model
from tests.learned.given import customer_id, learned, mapped, unmapped

RunModel = Callable[..., pl.DataFrame]
START = datetime(2026, 1, 5)  # noqa: DTZ001 - instants of tables are naive UTC
ONE_STAGE = (HiddenStage("all", {"a": 0.5, "b": 0.3, "c": 0.2}, {"all": 0.9, END: 0.1}),)


def placed(visits: pl.DataFrame, behaved: Behaved) -> pl.DataFrame:
    """Every event with its planted and its learned stage."""
    stays = visits.select(
        "customer_id",
        "learned_stage",
        position=pl.int_ranges("first_position", pl.col("last_position") + 1),
    ).explode("position")
    return behaved.stages.with_columns(customer_id=customer_id()).join(
        stays, on=["customer_id", "position"]
    )


@pytest.mark.parametrize(
    ("count", "seed"),
    [
        (600, 1),
        (600, 2),
        *(pytest.param(2_000, seed, marks=pytest.mark.long) for seed in range(3, 21)),
    ],
)
def test_planted_stages_are_found(models: Mapping[str, Model], count: int, seed: int) -> None:
    """Three of them, in their order, and each event in its own: adjusted Rand 0.8 or more."""
    behaved = behaviour.travellers(behaviour.HIDDEN_STAGES, count, seed)

    found = learned(models, unmapped(behaved))

    both = placed(found["learned_stage_visits"], behaved)
    assert both.height == behaved.events.height
    index = adjusted_rand(both["stage"].to_numpy(), both["learned_stage"].to_numpy())
    assert index >= 0.8
    assert [text.split()[1] for text in found["learned_stages"]["touchpoints"]] == [
        "search_used",
        "file_imported",
        "report_made",
    ]


def test_a_probability_means_what_it_says(models: Mapping[str, Model]) -> None:
    """Of events in stays that are said to be right with less than 90 %, so many are."""
    behaved = behaviour.travellers(behaviour.HIDDEN_STAGES, 1_500, 4)
    names = dict(enumerate(("looking", "trying", "working"), start=1))

    unsure = learned(models, unmapped(behaved))["learned_stage_visits"].filter(
        pl.col("probability") < 0.9
    )

    both = placed(unsure, behaved)
    is_right = both["stage"] == both["learned_stage"].replace_strict(names)
    said = (unsure["probability"] * unsure["event_count"]).sum() / unsure["event_count"].sum()
    assert both.height > 1_000
    assert is_right.mean() == pytest.approx(said, abs=0.03)


def test_one_stage_is_none(models: Mapping[str, Model]) -> None:
    """Where what is met hangs on nothing, no stages are told apart, and that is said."""
    found = learned(models, unmapped(behaviour.travellers(ONE_STAGE, 300, 1)))

    assert found["learned_stages"].is_empty()
    assert found["learned_stage_visits"].is_empty()
    model = found["learned_models"].filter(model="stages").row(0, named=True)
    assert (model["status"], model["component_count"]) == ("no stages told apart", 1)


def test_too_few_customers_are_told_nothing(models: Mapping[str, Model]) -> None:
    """99 of at least 100: nothing is learned; of one more, something may be."""
    behaved = behaviour.travellers(behaviour.HIDDEN_STAGES, 100, 1)
    events = unmapped(behaved)

    few = learned(models, events.filter(pl.col("customer_id") != "c000007"))["learned_models"]
    enough = learned(models, events)["learned_models"]

    assert few.filter(model="stages")["status"].to_list() == ["too few customers"]
    assert few.filter(model="stages")["customer_count"].to_list() == [99]
    assert enough.filter(model="stages")["status"].to_list() == ["fitted"]


def test_where_every_rule_sees_there_is_nothing_to_learn(models: Mapping[str, Model]) -> None:
    """All touchpoints have a stage of the catalogue: no learned ones."""
    found = learned(models, mapped(behaviour.movers(behaviour.PERSONAS, 200, 1)))

    assert found["learned_stages"].is_empty()
    assert found["learned_models"]["status"][0] == "nothing unseen"


def test_half_of_the_days_are_enough_for_a_rule(models: Mapping[str, Model]) -> None:
    """Two days of four with a stage: seen. Two of five: unseen, however many events they hold."""
    seen = [("A", 0), ("A", 1), (None, 2), (None, 3), (None, 3)]
    unseen = [("A", 0), ("A", 0), ("A", 0), ("A", 1), (None, 2), (None, 3), (None, 4)]
    events = pl.concat(
        event(customer, position, stage, day=day)
        for customer, stays in (("seen", seen), ("unseen", unseen))
        for position, (stage, day) in enumerate(stays, start=1)
    )

    model = learned(models, events)["learned_models"].row(0, named=True)

    assert (model["status"], model["customer_count"]) == ("too few customers", 1)
    assert model["event_count"] == len(unseen)


def test_what_others_write_is_no_day_of_a_customer(models: Mapping[str, Model]) -> None:
    """Three days of a system's records beside one day with a stage: seen, and nothing to tell."""
    events = pl.concat(
        [
            event("c", 1, "A"),
            *(
                event("c", 1 + day, None, day=day).with_columns(actor=pl.lit("system"))
                for day in (1, 2, 3)
            ),
        ],
        how="diagonal",
    )

    model = learned(models, events)["learned_models"].row(0, named=True)

    assert (model["status"], model["customer_count"]) == ("nothing unseen", 0)


def event(
    customer: str, position: int, stage: str | None, day: float = 0, outcome: str | None = None
) -> pl.DataFrame:
    """One ordered event."""
    return pl.DataFrame(
        {
            "customer_id": customer,
            "position": position,
            "event_id": f"{customer}{position}",
            "occurred_at": START + timedelta(days=day, seconds=position),
            "channel": "web",
            "kind": "page_viewed",
            "touchpoint": stage,
            "stage": stage,
            "outcome": outcome,
            "initiator": "customer",
        },
        schema_overrides={"touchpoint": pl.String, "stage": pl.String, "outcome": pl.String},
    )


def test_a_stretch_ends_by_silence_or_by_an_outcome(models: Mapping[str, Model]) -> None:
    """A silence of the dormancy limit goes on, a longer one does not; after an outcome, anew."""
    behaved = behaviour.travellers(behaviour.HIDDEN_STAGES, 200, 1)
    limit = 30 - 1 / 86_400  # positions lie a second apart
    own = pl.concat(
        [
            event("x", 1, None),
            event("x", 2, None, day=limit),
            event("x", 3, None, day=2 * limit + 1 / 86_400 + 1e-6),
            event("x", 4, None, day=2 * limit + 1, outcome="ends"),
            event("x", 5, None, day=2 * limit + 1),
        ]
    ).with_columns(kind=pl.lit("search_used"))

    visits = learned(models, pl.concat([unmapped(behaved), own], how="diagonal_relaxed"))[
        "learned_stage_visits"
    ].filter(pl.col("customer_id") == "x")

    stretches = visits.group_by("stretch_number").agg(
        pl.col("first_position").min(), pl.col("last_position").max()
    )
    assert stretches.sort("stretch_number").rows() == [(1, 1, 2), (2, 3, 4), (3, 5, 5)]


def test_stays_follow_one_another_without_a_gap(models: Mapping[str, Model]) -> None:
    """Every event is in one stay; a stay names the next one, and the counts add up."""
    events = unmapped(behaviour.travellers(behaviour.HIDDEN_STAGES, 300, 5))

    found = learned(models, events)
    visits, stages = found["learned_stage_visits"], found["learned_stages"]

    way = ["customer_id", "stretch_number"]
    ahead = visits.with_columns(
        next_first=pl.col("first_position").shift(-1).over(way),
        next_stage=pl.col("learned_stage").shift(-1).over(way),
    )
    followed = ahead.drop_nulls("next_first")
    assert (followed["next_first"] == followed["last_position"] + 1).all()
    assert (followed["next_stage"] != followed["learned_stage"]).all()
    assert ahead["next_stage"].equals(ahead["next_learned_stage"].alias("next_stage"))
    assert visits["event_count"].sum() == events.height == stages["event_count"].sum()
    assert stages["event_share"].sum() == pytest.approx(1)
    assert visits.height == stages["visit_count"].sum()
    assert stages["way_share"].is_sorted()


def test_agreement_with_rules_is_counted_where_there_are_any(models: Mapping[str, Model]) -> None:
    """A rule that sees reports alone, and calls them Work, is met again by the last stage."""
    behaved = behaviour.travellers(behaviour.HIDDEN_STAGES, 400, 1)
    is_seen = pl.col("kind").is_in(["report_made", "search_used"])
    stage = pl.when(pl.col("kind") == "report_made").then(pl.lit("Work")).otherwise(pl.lit("Look"))
    seen = behaved.events["touchpoint"].is_in(["report_made", "search_used"])
    # A day for each event, so that half of the events are half of the days.
    daily = pl.lit(START) + pl.duration(days="position")
    events = unmapped(behaved).with_columns(stage=pl.when(is_seen).then(stage), occurred_at=daily)

    found = learned(models, events)

    stages = found["learned_stages"]
    model = found["learned_models"].row(0, named=True)
    assert stages["rule_stage"].to_list()[::2] == ["Look", "Work"]
    assert stages["rule_stage_share"][2] > 0.95
    assert 0 < model["rule_event_count"] < seen.sum()  # who has half of them is seen
    assert model["rule_agreement"] > 0.8


def test_order_of_rows_and_names_of_customers_change_nothing(
    models: Mapping[str, Model],
) -> None:
    """Shuffled events of customers under other names learn the same, and so does another run."""
    events = unmapped(behaviour.travellers(behaviour.HIDDEN_STAGES, 200, 6))
    # Names that sort the other way round.
    renamed = events.sample(fraction=1, shuffle=True, seed=3).with_columns(
        customer_id=pl.format("z{}", 999_999 - pl.col("customer_id").str.slice(1).cast(pl.Int64))
    )

    one, again, other = (learned(models, frame) for frame in (events, events, renamed))

    for name in ("learned_stages", "learned_stage_visits", "learned_models", "learned_fits"):
        assert one[name].equals(again[name]), name
    assert one["learned_fits"].equals(other["learned_fits"])
    assert one["learned_stages"].equals(other["learned_stages"])


def test_a_sample_is_enough_for_a_stage_of_everybody() -> None:
    """Fitted on 150 of 600 customers, and all 600 are told their stages."""
    behaved = behaviour.travellers(behaviour.HIDDEN_STAGES, 600, 1)
    events = behaved.events.select(
        customer_id(),
        "position",
        "occurred_at",
        place="person_id",
        stretch_number=pl.lit(1, dtype=pl.Int64),
        symbol="touchpoint",
        stage=pl.lit(None, dtype=pl.String),
    )

    found = found_in(events, Learned(sample_customers=150))

    both = placed(found.visits, behaved)
    assert found.model["sample_customer_count"].item() == 150
    assert both["customer_id"].n_unique() == 600
    assert adjusted_rand(both["stage"].to_numpy(), both["learned_stage"].to_numpy()) >= 0.8


def test_a_stay_is_as_long_as_planted(models: Mapping[str, Model]) -> None:
    """Expected events until the next stage: as the planted chances of moving on say."""
    found = learned(models, unmapped(behaviour.travellers(behaviour.HIDDEN_STAGES, 1_500, 2)))
    planted = []
    for stage in behaviour.HIDDEN_STAGES:
        goes_on = {name: share for name, share in stage.leads.items() if name != END}
        planted.append(1 / (1 - goes_on[stage.name] / sum(goes_on.values())))

    stays = found["learned_stages"]["stay_events"].to_numpy()

    assert np.abs(stays / planted - 1).max() < 0.25
