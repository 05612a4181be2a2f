"""Where sessions end by other rules than silence."""

from collections.abc import Mapping
from typing import Any

import duckdb
import polars as pl
import pytest

from pipeline.session_cuts import session_cuts
from pipeline.settings import Journeys
from pipeline.warehouse import Model
from tests.models.provided import give, provide, shape
from tests.tables import table


def cut(
    con: duckdb.DuckDBPyConnection, models: Mapping[str, Model], events: pl.DataFrame, **rules: Any
) -> list[int]:
    """The positions at which sessions of one customer begin anew."""
    events = events.with_columns(
        customer_id=pl.lit("ada"), event_id=pl.col("position").cast(pl.String)
    )
    provide(con, {})
    for name, frame in (
        ("ordered_events", events.drop("properties", strict=False)),
        ("known_events", events.drop("customer_id", "position", "occurred_at", strict=False)),
    ):
        give(con, models, name, frame.select(set(frame.columns) & set(shape(models, name))))
    return sorted(session_cuts(con, Journeys(**rules))["position"])


NIGHT = table("""
    position | channel | occurred_at
    1        | web     | 2026-01-05 23:59:59.999999
    2        | chat    | 2026-01-05 23:59:59.999999
    3        | web     | 2026-01-06 00:00:00.000000
    4        | web     | 2026-01-06 00:00:01.000000
""")


def test_midnight_ends_a_session_where_asked(
    con: duckdb.DuckDBPyConnection, models: Mapping[str, Model]
) -> None:
    """The event of 00:00:00 is the first of its day; the one before was of another channel's."""
    assert cut(con, models, NIGHT, session_splits_at_midnight=True) == [3]


def test_nothing_is_cut_unless_asked(
    con: duckdb.DuckDBPyConnection, models: Mapping[str, Model]
) -> None:
    """All rules but silence are off."""
    assert cut(con, models, NIGHT) == []


NAMED = table("""
    position | channel | occurred_at                | properties
    1        | web     | 2026-01-05 09:00:00.000000 | {"sid":"a"}
    2        | web     | 2026-01-05 09:01:00.000000 | {"sid":"a","campaign":{"name":"spring"}}
    3        | web     | 2026-01-05 09:02:00.000000 | {}
    4        | web     | 2026-01-05 09:03:00.000000 | {"sid":"b","campaign":{"name":"spring"}}
    5        | web     | 2026-01-05 09:04:00.000000 | {"sid":"b","campaign":{"name":"summer"}}
""")


@pytest.mark.parametrize(
    ("rules", "cuts"),
    [
        ({"session_splits_by_campaign": True}, [2, 5]),
        ({"session_id_property": "sid"}, [1, 4]),
        ({"session_splits_by_campaign": True, "session_id_property": "sid"}, [1, 2, 4, 5]),
    ],
)
def test_another_campaign_or_session_id_ends_a_session(
    con: duckdb.DuckDBPyConnection,
    models: Mapping[str, Model],
    rules: dict[str, Any],
    cuts: list[int],
) -> None:
    """An event that names none goes on; naming the same again changes nothing."""
    assert cut(con, models, NAMED, **rules) == cuts


def test_a_session_is_cut_at_its_longest_length(
    con: duckdb.DuckDBPyConnection, models: Mapping[str, Model]
) -> None:
    """Exactly one hour after its first event it goes on, a microsecond later it does not.

    Silence begins the count anew.
    """
    events = table("""
        position | channel | occurred_at
        1        | web     | 2026-01-05 09:00:00.000000
        2        | web     | 2026-01-05 09:30:00.000000
        3        | web     | 2026-01-05 10:00:00.000000
        4        | web     | 2026-01-05 10:00:00.000001
        5        | web     | 2026-01-05 10:20:00.000000
        6        | web     | 2026-01-05 10:51:00.000000
        7        | web     | 2026-01-05 11:10:00.000000
    """)

    assert cut(con, models, events, session_longest_minutes=60) == [4]


def test_a_cut_begins_a_session(run_model: Any) -> None:
    """What session_cuts names begins a session, however short the silence."""
    sessions = run_model(
        "sessions",
        ordered_events=NIGHT.with_columns(customer_id=pl.lit("ada")),
        session_cuts=pl.DataFrame({"customer_id": ["ada"], "position": [3]}),
    )

    found = sessions.select("channel", "session_number", "event_count").sort(pl.all())
    assert found.rows() == [("chat", 1, 1), ("web", 1, 1), ("web", 2, 2)]
