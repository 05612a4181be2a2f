"""Why journeys stop, on small tables and on companies with planted causes."""

from collections.abc import Mapping

import duckdb
import numpy as np
import polars as pl
import pytest

from pipeline.causes.opportunities import opportunities
from pipeline.causes.tables import ARMS, KEYS, LEAST_CUSTOMERS, alike, alone, causes, judged
from pipeline.proportions import SURE
from pipeline.simulate.plan import Plan, usual, without_incident
from pipeline.warehouse import Model
from tests.models.provided import make_all
from tests.walked import build_walked, walked

READS = (
    "attribute_values",
    "journeys",
    "known_events",
    "ordered_events",
    "stage_visits",
    "touchpoint_visits",
)


def found_in(models: Mapping[str, Model], plan: Plan, seed: int) -> pl.DataFrame:
    """drop_off_causes of a simulated company."""
    with duckdb.connect() as con:
        build_walked(con, models, walked(plan, seed), *READS)
        return causes(con)


def is_incident(row: dict[str, object], plan: Plan) -> bool:
    """Whether a cause is web and mobile on days of the incident."""
    assert plan.incident is not None
    begins = plan.incident.starts_on.toordinal()
    return (
        row["factor"] == "period"
        and row["value"] == "web, mobile"
        # Who was to order within days stopped before, some of them days before.
        and abs(row["from_on"].toordinal() - begins) <= 4  # type: ignore[attr-defined]
        and abs(row["to_on"].toordinal() - begins - plan.incident.days) <= 4  # type: ignore[attr-defined]
    )


@pytest.mark.parametrize("seed", [1, pytest.param(6, marks=pytest.mark.long)])
def test_the_planted_incident_comes_first(models: Mapping[str, Model], seed: int) -> None:
    """In a small company: first of all causes of stages, with channel, device and days."""
    plan = usual(3_000, 150)

    (first,) = found_in(models, plan, seed).filter(grain="stage", rank=1).rows(named=True)

    assert first["name"] == "Evaluate"
    assert is_incident(first, plan), first


@pytest.mark.long
def test_the_planted_incident_comes_first_in_twenty_companies(models: Mapping[str, Model]) -> None:
    """For stages and for touchpoints, by the company's loss and by what could be won."""
    plan = usual(12_000, 180)
    for seed in range(1, 21):
        found = found_in(models, plan, seed)
        for grain, name in (("stage", "Evaluate"), ("touchpoint", "Compare plans")):
            (first,) = found.filter(grain=grain, rank=1).rows(named=True)
            assert (first["name"], is_incident(first, plan)) == (name, True), (seed, first)


@pytest.mark.long
def test_what_is_claimed_was_planted(models: Mapping[str, Model]) -> None:
    """In ten companies without an incident hardly anything is claimed but what was planted.

    Complaints and moved installations make people leave; no days do. Complaints come by e-mail,
    and nothing else that asks for help does.
    """
    planted = {"Complaint", "Install moved", "View bill", "email"}
    claimed = []
    for seed in range(31, 41):
        found = found_in(models, without_incident(4_000, 180), seed).filter(
            pl.col("q_value") <= SURE
        )
        claimed += found.select("factor", "value", "effect").rows()

    assert claimed
    wrong = [one for one in claimed if one[1] not in planted]
    assert len(wrong) <= 0.15 * len(claimed), wrong


def made(
    models: Mapping[str, Model],
    visits: pl.DataFrame,
    events: pl.DataFrame | None = None,
    attributes: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """drop_off_causes of touchpoint visits, each a journey of its own customer."""
    rows = visits.with_columns(journey_number=pl.lit(1), position=pl.lit(1))
    given = {
        "touchpoint_visits": rows.drop("properties", strict=False),
        "journeys": rows.select("customer_id", "journey_number"),
        "ordered_events": rows.select(
            "customer_id", "position", event_id=pl.lit("0") + pl.col("customer_id")
        ),
        "known_events": events
        if events is not None
        else pl.DataFrame(schema={"event_id": pl.String}),
        "attribute_values": attributes
        if attributes is not None
        else pl.DataFrame(schema={"customer_id": pl.String}),
        "stage_visits": pl.DataFrame(schema={"customer_id": pl.String}),
    }
    with duckdb.connect() as con:
        make_all(con, models, given, given)
        return causes(con)


def visits(*groups: tuple[int, int, str]) -> pl.DataFrame:
    """So many visits of which so many are lost, on one kind of device; one a day, in turn."""
    rows = [(n < lost, device) for count, lost, device in groups for n in range(count)]
    days = pl.datetime_range(pl.datetime(2026, 1, 1), pl.datetime(2026, 1, 20), "1d", eager=True)
    return pl.DataFrame(
        [
            {
                "customer_id": f"{n:05}",
                "occurred_at": days[n % 20],
                "touchpoint": "Order",
                "channel": "web",
                "device_kind": device,
                "exit": "ended" if is_lost else "completed",
            }
            for n, (is_lost, device) in enumerate(rows)
        ]
    )


def test_a_kind_of_device_that_loses_more_is_told(models: Mapping[str, Model]) -> None:
    """60 of 100 mobile visits against 20 of 100: an excess of 40 journeys, with its range."""
    found = made(models, visits((100, 60, "mobile"), (100, 20, "desktop")))

    (first,) = found.filter(factor="device_kind", value="mobile").rows(named=True)
    assert (first["settled_count"], first["lost_count"]) == (100, 60)
    assert (first["other_settled_count"], first["other_lost_count"]) == (100, 20)
    assert first["effect"] == pytest.approx(0.4)
    assert first["excess_lost"] == pytest.approx(40)
    assert first["excess_lost_low"] < 40 < first["excess_lost_high"]
    assert first["rank"] is not None
    assert found.filter(factor="device_kind", value="desktop")["rank"].to_list() == [None]


def test_an_incident_is_told_once(models: Mapping[str, Model]) -> None:
    """Ten bad days of the mobile web are a period; no kind of device is blamed for good."""
    chance = np.random.default_rng(4)
    days = pl.datetime_range(pl.datetime(2025, 11, 1), pl.datetime(2025, 12, 30), "1d", eager=True)
    rows = [
        (day, device, chance.random() < (0.7 if device == "mobile" and 30 <= n < 40 else 0.2))
        for n, day in enumerate(days)
        for device in ("mobile", "desktop")
        for _ in range(20)
    ]
    told = pl.DataFrame(rows, schema=["occurred_at", "device_kind", "is_lost"], orient="row")

    found = made(
        models,
        told.select(
            "occurred_at",
            "device_kind",
            customer_id=pl.int_range(pl.len()).cast(pl.String).str.zfill(5),
            touchpoint=pl.lit("Order"),
            channel=pl.lit("web"),
            exit=pl.when("is_lost").then(pl.lit("ended")).otherwise(pl.lit("completed")),
        ),
    )

    (row,) = found.drop_nulls("rank").rows(named=True)
    assert (row["factor"], row["value"]) == ("period", "web, mobile")
    assert [str(row[end]) for end in ("from_on", "to_on")] == ["2025-12-01", "2025-12-10"]


def test_a_decision_is_no_loss(models: Mapping[str, Model]) -> None:
    """Where every journey ended by a word of the customer's nothing was lost."""
    told = visits((100, 60, "mobile"), (100, 20, "desktop")).with_columns(exit=pl.lit("completed"))

    assert made(models, told).is_empty()


def test_what_was_said_later_explains_nothing(models: Mapping[str, Model]) -> None:
    """Who gave a country did so before the visit, or is in neither arm."""
    told = visits((200, 100, "mobile"))
    attributes = told.select(
        "customer_id",
        attribute=pl.lit("country"),
        place=pl.lit(1),
        value=pl.when(pl.col("exit") == "ended").then(pl.lit("FR")).otherwise(pl.lit("GB")),
    )
    early = attributes.with_columns(first_seen_at=pl.datetime(2025, 1, 1))
    late = attributes.with_columns(first_seen_at=pl.datetime(2027, 1, 1))

    assert made(models, told, attributes=late).filter(factor="attribute country").is_empty()
    (told_early, _) = (
        made(models, told, attributes=early)
        .filter(factor="attribute country")
        .sort("value")
        .rows(named=True)
    )
    assert (told_early["value"], told_early["lost_share"]) == ("FR", 1.0)


def test_properties_of_events_are_looked_at(models: Mapping[str, Model]) -> None:
    """A property of few values is one factor; an id of each event is none."""
    told = visits((200, 100, "mobile"))
    plan = pl.when(pl.col("exit") == "ended").then(pl.lit("yearly")).otherwise(pl.lit("monthly"))
    events = told.with_row_index("n").select(
        event_id=pl.lit("0") + pl.col("customer_id"),
        properties=pl.concat_str(
            pl.lit('{"plan":"'), plan, pl.lit('","id":"'), pl.col("n"), pl.lit('"}')
        ),
    )

    found = made(models, told, events=events)

    factors = set(found["factor"])
    assert "property plan" in factors
    assert "property id" not in factors
    assert found.filter(value="yearly")["effect"].to_list() == [1.0]


def test_what_few_customers_share_is_not_told(models: Mapping[str, Model]) -> None:
    """Forty visits of nine customers tell too much of the nine."""
    told = visits((400, 200, "mobile"))
    few = (
        told.with_row_index("n")
        .with_columns(
            device_kind=pl.when(pl.col("n") < 40).then(pl.lit("tablet")).otherwise("device_kind")
        )
        .drop("n")
    )
    owned = few.with_columns(
        customer_id=pl.when(device_kind="tablet")
        .then(
            pl.lit("0000")
            + (pl.col("customer_id").cast(pl.Int64) % (LEAST_CUSTOMERS - 1)).cast(pl.String)
        )
        .otherwise("customer_id")
    )

    assert "tablet" in made(models, few)["value"].to_list()
    assert "tablet" not in made(models, owned)["value"].to_list()


def test_of_a_hundred_that_differ_by_chance_hardly_one_is_claimed() -> None:
    """Two hundred rounds of 50 alike pairs of arms: at most one round in ten claims anything."""
    chance = np.random.default_rng(7)
    claimed = 0
    for _ in range(200):
        arms = pl.DataFrame(
            {
                "grain": ["touchpoint"] * 50,
                "name": [f"name {n}" for n in range(50)],
                "factor": ["device_kind"] * 50,
                "value": ["mobile"] * 50,
                "settled_count": [200] * 50,
                "lost_count": chance.binomial(200, 0.2, 50),
                "other_settled_count": [300] * 50,
                "other_lost_count": chance.binomial(300, 0.2, 50),
            }
        )
        claimed += int((judged(alone(arms))["q_value"] <= SURE).any())

    assert claimed / 200 <= 0.1


def test_the_other_arm_is_as_far_along() -> None:
    """Each band loses the same with and without it; only that many more come late differs.

    Early 1 in 10 is lost and late 4 in 10. With the chat 80 of 100 visits are late, without it 20
    of 100: as they stand 34 against 16 are lost, and of as many late ones 34 against 34.
    """
    (row,) = alike(arms_by_band((1, 20, 2, 80, 8), (2, 80, 32, 20, 8))).rows(named=True)

    assert (row["settled_count"], row["lost_count"]) == (100, 34)
    assert (row["other_settled_count"], row["other_lost_count"]) == (100, 16)
    assert row["other_lost_share"] == pytest.approx(0.34)
    # 1 / (0.2 squared / 80 + 0.8 squared / 20)
    assert row["other_weight"] == pytest.approx(30.77, abs=0.01)


def test_visits_without_their_like_are_left_out() -> None:
    """All that come so far have met the chat: of them nothing is said."""
    (row,) = alike(arms_by_band((1, 20, 2, 80, 8), (2, 80, 32, 0, 0))).rows(named=True)

    assert (row["settled_count"], row["lost_count"], row["other_settled_count"]) == (20, 2, 80)
    assert (row["other_lost_share"], row["other_weight"]) == (pytest.approx(0.1), 80)


def test_an_even_mix_is_compared_as_it_stands() -> None:
    """Both arms alike in how far they came: the plain share, and every visit counts whole."""
    (row,) = alike(arms_by_band((1, 30, 3, 60, 6), (2, 70, 35, 140, 84))).rows(named=True)

    assert row["other_lost_share"] == pytest.approx(90 / 200)
    assert row["other_weight"] == pytest.approx(200)


def arms_by_band(*bands: tuple[int, int, int, int, int]) -> pl.DataFrame:
    """cause_arms of one value: band, visits and losses with it, visits and losses without."""
    return pl.DataFrame(
        [("touchpoint", "Order", "met before", "Chat", *band) for band in bands],
        schema=[*KEYS, "reached", *ARMS],
        orient="row",
    )


def test_an_opportunity_is_reach_times_excess_times_value() -> None:
    """40 lost journeys that would complete by half, of 100 cents each: 2000, by the interval."""
    cause = pl.DataFrame(
        {
            "grain": ["touchpoint"] * 2,
            "name": ["Order"] * 2,
            "stage": ["Buy"] * 2,
            "rank": [1, 2],
            "factor": ["period", "channel"],
            "value": ["web, mobile", "web"],
            "from_on": [None] * 2,
            "to_on": [None] * 2,
            "settled_count": [100] * 2,
            "lost_share": [0.6] * 2,
            "other_lost_share": [0.2] * 2,
            "sampled_share": [1.0] * 2,
            "excess_lost": [40.0, 9.0],
            "excess_lost_low": [20.0, 1.0],
            "excess_lost_high": [60.0, 20.0],
        },
        schema_overrides={"from_on": pl.Date, "to_on": pl.Date},
    )
    nodes = pl.DataFrame(
        {"grain": ["touchpoint"], "name": ["Order"], "absorption_completed": [0.4]}
    )
    drop_offs = pl.DataFrame({"grain": ["touchpoint"], "name": ["Order"], "drop_off_share": [0.2]})
    worth = pl.DataFrame({"status": ["completed"], "value_cents": [1000], "journey_count": [10]})

    (won,) = opportunities(cause, nodes, drop_offs, worth).rows(named=True)

    assert won["factor"] == "period"
    assert (won["journeys_low"], won["journeys"], won["journeys_high"]) == (20, 40, 60)
    assert won["completed_share"] == pytest.approx(0.5)
    assert (won["value_cents_low"], won["value_cents"], won["value_cents_high"]) == (
        1000,
        2000,
        3000,
    )

    unpaid = worth.with_columns(value_cents=pl.lit(0))
    (free,) = opportunities(cause, nodes, drop_offs, unpaid).rows(named=True)
    assert (free["journeys"], free["completed_value_cents"], free["value_cents"]) == (
        40,
        None,
        None,
    )
