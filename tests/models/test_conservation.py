"""Random companies through the whole chain: whatever happened, the numbers agree."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import duckdb
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipeline.build import table_names
from pipeline.resources import sql_folder
from pipeline.warehouse import Model, check, read_checks
from tests.models.provided import AS_OF, DAY_US, make_all
from tests.tables import table

DORMANCY_DAYS = 30
PUBLISHED = (
    "customers",
    "events",
    "sessions",
    "journeys",
    "stage_visits",
    "stage_transitions",
    "touchpoint_transitions",
    "channel_transitions",
    "owner_transitions",
    "named_transitions",
    "drop_offs",
    "ambiguous_events",
    "event_attributions",
)
CATALOGUE: Mapping[str, pl.DataFrame] = {
    "stages": table("""
        stage    | position
        Discover | 1
        Buy      | 2
        Renew    | 3
    """),
    "touchpoints": table("""
        touchpoint | stage    | position | stage_position | initiator | outcome   | owner
        Visit site | Discover | 1        | 1              | customer  |           | Marketing
        Order      | Buy      | 2        | 2              | customer  |           | Sales
        Welcome    | Buy      | 3        | 2              | company   |           |
        Renewed    | Renew    | 4        | 3              | company   | completes | Retention
        Cancelled  | Renew    | 5        | 3              | customer  | ends      | Retention
        Survey     |          | 6        |                | customer  |           | Support
    """),
    "touchpoint_patterns": table("""
        rank | touchpoint | kind      | label_like
        1    | Visit site | visited   |
        2    | Order      | ordered   |
        3    | Welcome    | welcomed  |
        4    | Renewed    | renewed   |
        5    | Cancelled  | cancelled |
        6    | Survey     | answered  |
    """),
    "sources": table("""
        source | rank
        web    | 1
        crm    | 2
    """),
}
KIOSK = ("anonymous_id", "kiosk")
HANDLES = {
    "ada": [("user_id", "ada"), KIOSK],
    "bob": [("user_id", "bob"), KIOSK],
    "stranger": [KIOSK],
}
KINDS = ("visited", "ordered", "welcomed", "renewed", "cancelled", "answered", "unmapped")


class Happening(NamedTuple):
    """One random event. Few instants and long silences, so that ties and dormancy are common."""

    customer: str
    days_ago: int
    kind: str
    source: str
    channel: str
    is_machine: bool


HAPPENINGS = st.lists(
    st.builds(
        Happening,
        customer=st.sampled_from(["ada", "bob", "stranger"]),
        days_ago=st.sampled_from([-1, 0, 1, 2, 29, 30, 31, 32, 61, 62, 100]),
        kind=st.sampled_from(KINDS),
        source=st.sampled_from(["web", "crm", "gone"]),
        channel=st.sampled_from(["web", "chat"]),
        is_machine=st.sampled_from([False, False, False, True]),
    ),
    max_size=25,
)


def landed(happenings: list[Happening]) -> dict[str, pl.DataFrame]:
    """The happenings as landed events and identifiers; strangers share one kiosk."""
    rows = [
        {
            "event_id": f"e{number:02}",
            "source": one.source,
            "channel": one.channel,
            "kind": one.kind,
            "occurred_at": AS_OF - timedelta(days=one.days_ago),
            "is_machine": one.is_machine,
        }
        for number, one in enumerate(happenings)
    ]
    names = [
        {
            "event_id": f"e{number:02}",
            "namespace": namespace,
            "value": value,
            "role": "actor",
        }
        for number, one in enumerate(happenings)
        for namespace, value in HANDLES[one.customer]
        # Customers order at the kiosk; strangers do all they do there.
        if namespace == "user_id" or one.customer == "stranger" or one.kind == "ordered"
    ]
    return {
        "landed_events": pl.DataFrame(rows, schema_overrides={"occurred_at": pl.Datetime("us")}),
        "landed_identifiers": pl.DataFrame(names),
        "identifiers": table("""
            namespace    | value | status | customer_id
            user_id      | ada   | active | ada
            user_id      | bob   | active | bob
            anonymous_id | kiosk | shared |
        """),
        "ambiguous_customers": table("""
            identifier         | customer_id
            anonymous_id:kiosk | a-kiosk
        """),
        **CATALOGUE,
    }


def warehouse(
    models: Mapping[str, Model], frames: Mapping[str, pl.DataFrame]
) -> duckdb.DuckDBPyConnection:
    """All published tables over the given landed ones."""
    con = duckdb.connect(config={"python_enable_replacements": False, "threads": 1})
    make_all(con, models, PUBLISHED, {name: one for name, one in frames.items() if one.width})
    return con


@given(happenings=HAPPENINGS)
@settings(max_examples=12)
def test_every_check_holds_whatever_happened(
    models: Mapping[str, Model], happenings: list[Happening]
) -> None:
    """Flows are conserved, exits add up, sessions and visits cover: every claim of sql/checks."""
    with warehouse(models, landed(happenings)) as con:
        claims = [one for one in read_checks(sql_folder()) if one.reads <= table_names(con)]

        assert len(claims) >= 17
        assert check(con, claims) == []


@given(happenings=HAPPENINGS, seed=st.integers(0, 2**16))
@settings(max_examples=8)
def test_permuting_the_landed_rows_changes_nothing(
    models: Mapping[str, Model], happenings: list[Happening], seed: int
) -> None:
    """Every published table is the same, to the last row and digit, whatever came first."""
    frames = landed(happenings)
    shuffled = frames | {
        name: frames[name].sample(fraction=1, shuffle=True, seed=seed)
        for name in ("landed_events", "landed_identifiers", "identifiers")
    }

    with warehouse(models, frames) as one, warehouse(models, shuffled) as other:
        for name in PUBLISHED:
            assert_frame_equal(
                one.sql(f"select * from {name}").pl(),
                other.sql(f"select * from {name}").pl(),
                check_row_order=False,
                check_exact=True,
            )


class Journey(NamedTuple):
    """A journey as the rules tell it, one event after another."""

    positions: list[int]
    last_sign: datetime
    outcome: str | None


def told(events: list[tuple[int, datetime, str | None, str | None]]) -> list[Journey]:
    """The journeys of one customer's `position, occurred_at, initiator, outcome`, in order.

    Source: DESIGN section 4, word for word; nothing of the models' own ways is used.
    """
    limit = timedelta(days=DORMANCY_DAYS)
    journeys: list[Journey] = []
    for position, at, initiator, outcome in events:
        is_sign = initiator == "customer" or outcome is not None
        latest = journeys[-1] if journeys else None
        is_alive = latest is not None and latest.outcome is None and at - latest.last_sign <= limit
        if latest is not None and is_alive:
            journeys[-1] = Journey(
                [*latest.positions, position], at if is_sign else latest.last_sign, outcome
            )
        elif is_sign:
            journeys.append(Journey([position], at, outcome))
    return journeys


@given(happenings=HAPPENINGS)
@settings(max_examples=12)
def test_journeys_are_those_the_rules_tell(
    models: Mapping[str, Model], happenings: list[Happening]
) -> None:
    """The set logic of the models and a plain fold over each customer's events agree."""
    with warehouse(models, landed(happenings)) as con:
        touched = con.execute(
            "select customer_id, position, occurred_at, initiator, outcome from ordered_events "
            "where touchpoint is not null order by customer_id, position"
        ).fetchall()
        found = con.execute(
            "select customer_id, journey_number, status, first_position, last_position, "
            "touchpoint_count from journeys order by customer_id, journey_number"
        ).fetchall()

    expected = []
    for customer in sorted({row[0] for row in touched}):
        journeys = told([row[1:] for row in touched if row[0] == customer])
        for number, one in enumerate(journeys, start=1):
            is_silent = (AS_OF - one.last_sign) > timedelta(microseconds=DORMANCY_DAYS * DAY_US)
            ended = "ended" if one.outcome == "ends" or is_silent else "open"
            status = "completed" if one.outcome == "completes" else ended
            expected.append(
                (
                    customer,
                    number,
                    status,
                    one.positions[0],
                    one.positions[-1],
                    len(one.positions),
                )
            )
    assert found == expected
