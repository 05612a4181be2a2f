"""numbered_events, with event_descriptions and customer_numbers: events as whole numbers."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import duckdb
import polars as pl

from pipeline.warehouse import Model
from tests.models.provided import make

START = datetime(2026, 1, 5)  # noqa: DTZ001 - the models' instants are naive UTC
# Customer, position, minute, touchpoint, kind, journey.
ROWS = [
    ("zoe", 1, 0, "Visit", "page_viewed", 1),
    ("zoe", 2, 1, "Visit", "page_viewed", 1),
    ("zoe", 3, 2, "Visit", "page_viewed", 1),
    # The same again, but of another journey.
    ("zoe", 4, 3, "Visit", "page_viewed", 2),
    ("zoe", 5, 4, None, "email_sent", None),
    ("zoe", 6, 5, None, "email_sent", None),
    ("ada", 1, 9, "Visit", "page_viewed", 1),
    ("ada", 2, 9, "Order", "order_completed", 1),
    ("ada", 3, 9, "Visit", "page_viewed", 1),
]


def numbered(con: duckdb.DuckDBPyConnection, models: Mapping[str, Model]) -> None:
    """Make the tables of numbers over ROWS."""
    events = pl.DataFrame(
        [
            {
                "customer_id": customer,
                "position": position,
                "event_id": f"{customer}/{position}",
                "occurred_at": START + timedelta(minutes=minute),
                "touchpoint": touchpoint,
                "kind": kind,
                "source": "web",
            }
            for customer, position, minute, touchpoint, kind, _ in ROWS
        ]
    )
    journeys = pl.DataFrame(
        [(customer, position, number) for customer, position, _, name, _, number in ROWS if name],
        schema=["customer_id", "position", "journey_number"],
        orient="row",
    )
    make(con, models, "numbered_events", {"ordered_events": events, "journey_events": journeys})


def test_repeats_are_neighbours_of_one_description_and_journey(
    models: Mapping[str, Model],
) -> None:
    """Every event is there once, by the customer of the first event first; inner is both."""
    with duckdb.connect(config={"python_enable_replacements": False}) as con:
        numbered(con, models)
        found = con.sql(
            "select customer_number, position, journey_number, is_repeat, is_repeated, is_inner "
            "from numbered_events order by customer_number, position"
        ).fetchall()

    assert found == [
        (1, 1, 1, False, True, False),
        (1, 2, 1, True, True, True),
        (1, 3, 1, True, False, False),
        (1, 4, 2, False, False, False),
        (1, 5, None, False, True, False),
        (1, 6, None, True, False, False),
        (2, 1, 1, False, False, False),
        (2, 2, 1, False, False, False),
        (2, 3, 1, False, False, False),
    ]


def test_numbers_lead_back_to_what_they_stand_for(models: Mapping[str, Model]) -> None:
    """Customers, touchpoints, kinds and instants are those of the events."""
    with duckdb.connect(config={"python_enable_replacements": False}) as con:
        numbered(con, models)
        found = con.sql(
            """
            select
                customer_numbers.customer_id,
                numbered_events.position,
                (numbered_events.occurred_us - epoch_us(timestamp '2026-01-05')) // 60000000,
                event_descriptions.touchpoint,
                event_descriptions.kind,
                numbered_events.journey_number
            from numbered_events
            join event_descriptions
                on numbered_events.description_number = event_descriptions.description_number
            join customer_numbers
                on numbered_events.customer_number = customer_numbers.customer_number
            order by numbered_events.customer_number, numbered_events.position
            """
        ).fetchall()

    assert found == ROWS
