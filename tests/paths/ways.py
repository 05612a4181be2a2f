"""Journeys as text, so that a reader can check them by eye."""

from datetime import datetime, timedelta
from typing import NamedTuple

import polars as pl

from pipeline.paths.codes import path_codes

STAGES = {"Look": ["Visit", "Read", "Ask"], "Buy": ["Basket", "Order"], "Use": ["Login", "Help"]}
STAGE_OF = {touchpoint: stage for stage, names in STAGES.items() for touchpoint in names}
START = datetime(2026, 1, 1)  # noqa: DTZ001 - the models' instants are naive UTC


class Way(NamedTuple):
    """One journey: touchpoints with hours since its start."""

    customer_id: str
    journey_number: int
    status: str
    touches: list[tuple[str, float]]


def ways(text: str) -> list[Way]:
    """Journeys as `ada 1 completed: Visit Read@2 Order@26.5`, one a line, @ hours from its start.

    Without hours each touchpoint comes an hour after the one before.
    """
    found = []
    for line in text.strip().splitlines():
        head, _, tail = line.strip().partition(":")
        customer, number, status = head.split()
        touches = []
        for n, touch in enumerate(tail.split()):
            name, _, hours = touch.partition("@")
            touches.append((name, float(hours) if hours else float(n)))
        found.append(Way(customer, int(number), status, touches))
    return found


def tables(journeys: list[Way]) -> dict[str, pl.DataFrame]:
    """The tables journeys, touchpoint_visits, stage and path_codes, touchpoints of these."""
    visits = []
    for way in journeys:
        names = [name for name, _ in way.touches]
        for step, (name, hours) in enumerate(way.touches, start=1):
            following = names[step] if step < len(names) else None
            visits.append(
                {
                    "customer_id": way.customer_id,
                    "journey_number": way.journey_number,
                    "step": step,
                    "position": step,
                    "occurred_at": START + timedelta(hours=hours),
                    "touchpoint": name,
                    "stage": STAGE_OF[name],
                    "next_touchpoint": following,
                    "is_leave": following is None or STAGE_OF[following] != STAGE_OF[name],
                }
            )
    stages = pl.DataFrame({"stage": list(STAGES)})
    touchpoints = pl.DataFrame(
        {
            "touchpoint": list(STAGE_OF),
            "stage": list(STAGE_OF.values()),
            "outcome": ["completes" if name == "Order" else None for name in STAGE_OF],
        }
    )
    return {
        "journeys": pl.DataFrame(
            [
                {
                    "customer_id": way.customer_id,
                    "journey_number": way.journey_number,
                    "status": way.status,
                    "started_at": START,
                    "last_touched_at": START
                    + timedelta(hours=way.touches[-1][1] if way.touches else 0),
                    "duration_days": (way.touches[-1][1] if way.touches else 0) / 24,
                }
                for way in journeys
            ],
            schema_overrides={"duration_days": pl.Float64},
        ),
        "touchpoint_visits": pl.DataFrame(
            visits,
            schema={
                "customer_id": pl.String,
                "journey_number": pl.Int64,
                "step": pl.Int64,
                "position": pl.Int64,
                "occurred_at": pl.Datetime("us"),
                "touchpoint": pl.String,
                "stage": pl.String,
                "next_touchpoint": pl.String,
                "is_leave": pl.Boolean,
            },
        ),
        "path_codes": path_codes(stages, touchpoints),
        "touchpoints": touchpoints,
    }


def read_by(frames: dict[str, pl.DataFrame], *names: str) -> dict[str, pl.DataFrame]:
    """Only the tables named."""
    return {name: frames[name] for name in names}
