"""Customers with planted behaviour as the tables of a run."""

import hashlib
from collections.abc import Mapping

import duckdb
import polars as pl

from pipeline.learned.tables import tables
from pipeline.paths.codes import path_codes
from pipeline.settings import Learned
from pipeline.simulate.behaviour import Behaved
from pipeline.warehouse import Model
from tests.walked import Walked, build_walked

CHANNELS = {"Ask sales": "chat", "Support chat": "chat", "Phone call": "phone"}


def mapped(behaved: Behaved) -> pl.DataFrame:
    """Ordered events whose touchpoints the catalogue knows, in one stage."""
    return _events(behaved).with_columns(
        channel=pl.col("touchpoint").replace_strict(CHANNELS, default="web"),
        stage=pl.lit("Everything"),
        stage_position=1,
    )


def unmapped(behaved: Behaved) -> pl.DataFrame:
    """Ordered events that no touchpoint describes."""
    return _events(behaved).select(
        pl.exclude("touchpoint"),
        kind="touchpoint",
        touchpoint=pl.lit(None, dtype=pl.String),
        channel=pl.lit("web"),
    )


def _events(behaved: Behaved) -> pl.DataFrame:
    """What customers did, each event under a hash, as landed ones are."""
    return behaved.events.select(
        "position",
        "occurred_at",
        "touchpoint",
        customer_id=customer_id(),
        event_id=pl.format("{}-{}", "person_id", "position").map_elements(
            lambda text: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
            return_dtype=pl.String,
        ),
        initiator=pl.lit("customer"),
    )


def customer_id() -> pl.Expr:
    """The customer that a person is."""
    return pl.format("c{}", pl.col("person_id").cast(pl.String).str.zfill(6)).alias("customer_id")


def one_stage(events: pl.DataFrame, **further: pl.DataFrame) -> Walked:
    """A company of which these are the ordered events, all its touchpoints in one stage."""
    names = events["touchpoint"].drop_nulls().unique().sort()
    touchpoints = pl.DataFrame({"touchpoint": names, "stage": ["Everything"] * len(names)})
    stages = pl.DataFrame({"stage": ["Everything"], "position": [1]})
    given = {
        "ordered_events": events,
        "touchpoints": touchpoints,
        "stages": stages,
        "path_codes": path_codes(stages, touchpoints),
        "parameters": pl.DataFrame({"as_of": [events["occurred_at"].max()]}),
        **further,
    }
    return Walked(given, pl.DataFrame(), pl.DataFrame())


def learned(
    models: Mapping[str, Model],
    events: pl.DataFrame,
    settings: Learned | None = None,
    **further: pl.DataFrame,
) -> dict[str, pl.DataFrame]:
    """The learned tables of a company of which these are the ordered events."""
    reads = ("journeys", "journey_events", "attribute_values")
    with duckdb.connect() as con:
        build_walked(con, models, one_stage(events, **further), *reads)
        return tables(con, settings or Learned())
