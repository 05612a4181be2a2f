"""A database with the funnel macros over a few events, written as `A0 B10`: touchpoint, second."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import duckdb
import polars as pl

from pipeline.publish import macros
from pipeline.resources import sql_folder
from pipeline.warehouse import shipped_models

BEGIN = datetime(2026, 1, 5)  # noqa: DTZ001 - published instants are naive UTC
AS_OF = datetime(2026, 3, 1)  # noqa: DTZ001 - likewise
SECONDS = 1 / 86_400

EVENTS = pl.Schema(
    {
        "customer_id": pl.String,
        "position": pl.Int64,
        "touchpoint": pl.String,
        "stage": pl.String,
        "journey_number": pl.Int64,
        "source": pl.String,
        "channel": pl.String,
        "kind": pl.String,
        "label": pl.String,
        "occurred_at": pl.Datetime("us"),
        "actor": pl.String,
        "direction": pl.String,
        "device_kind": pl.String,
        "object_kind": pl.String,
        "object_id": pl.String,
        "properties": pl.String,
        "attribution": pl.String,
    }
)
# The models that make the numbers which funnels read, each after those it reads.
NUMBERS = ("customer_numbers", "event_descriptions", "numbered_events")
# What event_kinds says of an event, as far as funnels ask.
KIND = "touchpoint, stage, kind, source, channel, actor, device_kind"
ATTRIBUTES = pl.Schema(
    {
        "customer_id": pl.String,
        "attribute": pl.String,
        "place": pl.Int64,
        "value": pl.String,
        "first_seen_at": pl.Datetime("us"),
    }
)


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a customer.

    Attributes:
        second: Since BEGIN.
    """

    touchpoint: str
    second: int
    journey: int | None = 1
    held: str | None = None
    more: Mapping[str, str] = field(default_factory=dict)


def stream(text: str) -> list[Event]:
    """The events that `A0 B10` writes."""
    return [Event(word[0], int(word[1:])) for word in text.split()]


def database(
    streams: Mapping[str, Iterable[Event]],
    *,
    attributes: Iterable[tuple[str, str, str, int]] = (),
    as_of: datetime = AS_OF,
) -> duckdb.DuckDBPyConnection:
    """The tables that funnels read, with their macros.

    Args:
        streams: Each customer's events, in the one order.
        attributes: Customer, attribute, value and the second it was first said.
        as_of: The instant of the report.
    """
    rows = [
        {
            "customer_id": customer,
            "position": position,
            "touchpoint": event.touchpoint,
            "stage": f"stage of {event.touchpoint}",
            "journey_number": event.journey,
            "kind": f"{event.touchpoint.lower()}_done",
            "channel": "web",
            "occurred_at": BEGIN + timedelta(seconds=event.second),
            "object_id": event.held,
            "properties": "{}",
            **event.more,
        }
        for customer, events in streams.items()
        for position, event in enumerate(events, 1)
    ]
    said = [
        {
            "customer_id": customer,
            "attribute": attribute,
            "place": place,
            "value": value,
            "first_seen_at": BEGIN + timedelta(seconds=second),
        }
        for place, (customer, attribute, value, second) in enumerate(attributes, 1)
    ]
    con = duckdb.connect(config={"python_enable_replacements": False, "threads": 1})
    for name, frame in (
        ("events", pl.DataFrame(rows, schema=EVENTS)),
        ("attribute_values", pl.DataFrame(said, schema=ATTRIBUTES)),
        ("runs", pl.DataFrame({"as_of": [as_of]}, schema={"as_of": pl.Datetime("us")})),
    ):
        con.register("given", frame)
        con.execute(f"create table {name} as from given")
        con.unregister("given")
    number(con)
    # The catalogue holds what nobody met, too: a step that no event is stays a step.
    con.execute(
        "create table touchpoints as "
        "select chr(cast(65 + place as int)) as touchpoint from range(26) as letters(place) "
        "union select touchpoint from events where touchpoint is not null"
    )
    con.execute("create table stages as select distinct stage from events where stage is not null")
    for name, macro in macros(sql_folder()).items():
        if name.startswith("funnel"):
            con.execute(macro)
    return con


def number(con: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of numbers from the table of events, as a run makes them."""
    con.execute(
        "create temp table ordered_events as "
        "select *, epoch_us(occurred_at) as occurred_us, "
        "customer_id || '/' || position as event_key, "
        "dense_rank() over (order by customer_id) as customer_rank, "
        f"dense_rank() over (order by {KIND}) as kind_number from events"
    )
    for name, query in (
        ("event_kinds", f"select distinct kind_number, {KIND} from ordered_events"),
        ("customer_ranks", "select distinct customer_rank, customer_id from ordered_events"),
        ("journey_places", "from ordered_events where journey_number is not null"),
    ):
        con.execute(f"create temp view {name} as {query}")
    models = {model.name: model for model in shipped_models()}
    for name in NUMBERS:
        con.execute(f"create table {name} as {models[name].sql}")
