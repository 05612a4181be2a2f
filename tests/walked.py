"""What invented persons did, as ordered events: the simulator's truth without raw files.

So that a claim about journeys can be tried on many companies, with nothing lost on the way.
"""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

import duckdb
import polars as pl

from pipeline.catalogue import files as catalogue
from pipeline.resources import templates_folder
from pipeline.simulate import identifiers, journeys, stamps, truth, way
from pipeline.simulate.devices import device_is_mobile
from pipeline.simulate.persons import persons
from pipeline.simulate.plan import Plan
from pipeline.warehouse import Model
from tests.models.provided import make_all

DAY_US = 86_400_000_000


class Walked(NamedTuple):
    """A company's events and what was planted.

    Attributes:
        given: Tables for `make`: ordered_events, touchpoints, stages, parameters.
        transitions: The planted chances: from_stage, to_stage, probability, visit_count.
        visits: The stays, with `leads_to` as planted.
    """

    given: dict[str, pl.DataFrame]
    transitions: pl.DataFrame
    visits: pl.DataFrame


def walked(plan: Plan, seed: int, *, cut_days: int = 0, quiet_days: int = 0) -> Walked:
    """What a company's persons did, as seen `cut_days` before its last day.

    Nobody comes for the first time in the last `quiet_days`.
    """
    people = persons(plan, seed)
    last = stamps.midnight(plan.ends_on - timedelta(days=quiet_days))
    made = journeys.walk(people.filter(pl.col("arrives_at") < last), plan, seed)
    read = catalogue.read(templates_folder() / "telecom")
    as_of = plan.ends_on - timedelta(days=cut_days)
    events = _events(made.touches, people, seed).filter(pl.col("occurred_at") <= as_of)
    points = read.touchpoints.drop("channel", "position", "visibility", "importance")
    given = {
        "ordered_events": events.join(points, on="touchpoint", how="left").drop_nulls("stage"),
        "touchpoints": read.touchpoints,
        "stages": read.stages,
        "parameters": pl.DataFrame(
            {"as_of": [as_of], "dormancy_us": [plan.dormancy_days * DAY_US]}
        ).cast({"as_of": pl.Datetime("us")}),
    }
    return Walked(given, truth.transitions(made.planted), truth.visits(made.visits))


def _events(touches: pl.DataFrame, people: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Every touchpoint met, under the person's number as customer, with channel and device."""
    rows = touches.sort("person_id", "step")
    names = pl.Series([point.name for point in way.TOUCHPOINTS])
    sources = pl.Series([point.source for point in way.TOUCHPOINTS])
    person, slot = rows["person_id"].to_numpy(), rows["slot"].to_numpy()
    owner = identifiers.cookie_owners(people, person, slot)
    is_mobile = pl.Series(device_is_mobile(owner, slot, seed))
    source = sources.gather(rows["touchpoint"])
    return rows.select(
        customer_id=pl.format("c{}", pl.col("person_id").cast(pl.String).str.zfill(8)),
        position=pl.int_range(1, pl.len() + 1).over("person_id"),
        occurred_at=pl.from_epoch("at", time_unit="us"),
        touchpoint=names.gather(rows["touchpoint"]),
        event_id=pl.concat_str(
            pl.lit(seed).cast(pl.String), "person_id", "step", separator="-"
        ).map_elements(_hash, return_dtype=pl.String),
        source=source,
        channel=pl.Series(source).replace(CHANNEL_OF),
        device_kind=pl.when(pl.Series(source == "web")).then(
            pl.when(is_mobile).then(pl.lit("mobile")).otherwise(pl.lit("desktop"))
        ),
        amount_cents=pl.when(pl.Series(names.gather(rows["touchpoint"]) == "Renewed")).then(3000),
    )  # fmt: skip


def _hash(text: str) -> str:
    """An event id: a hash, as landed ones are."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def build_walked(
    con: duckdb.DuckDBPyConnection, models: Mapping[str, Model], found: Walked, *names: str
) -> None:
    """Make the named models, and all that they read, over a company's events."""
    make_all(con, models, names, found.given)


CHANNEL_OF = {
    "portal": "web",
    "mailbox": "email",
    "campaigns": "email",
    "salesforce": "crm",
    "hubspot": "crm",
    "messenger": "chat",
    "calls": "phone",
}
