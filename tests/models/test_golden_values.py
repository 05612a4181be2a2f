"""Which of several values holds, whatever the order in which they came."""

# ruff: noqa: E501 - a table as text is as wide as it is

from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.tables import table

RunModel = Callable[..., pl.DataFrame]
SOURCES = table("""
    source | rank
    crm    | 1
    shop   | 2
    chat   | 3
""")
SIGHTINGS = table("""
    customer_id | attribute | source | value         | event_id | first_seen_at       | last_seen_at        | sighting_count
    ada         | full_name | crm    | Ada Lovelace  | e1       | 2026-01-01 00:00:00 | 2026-01-01 00:00:00 | 1
    ada         | full_name | shop   | Ada King      | e2       | 2026-01-02 00:00:00 | 2026-01-05 00:00:00 | 2
    ada         | full_name | chat   | Ada King      | e3       | 2026-01-03 00:00:00 | 2026-01-03 00:00:00 | 1
    ada         | full_name | chat   | Ada           | e4       | 2026-01-09 00:00:00 | 2026-01-09 00:00:00 | 7
""")


@pytest.mark.parametrize(
    ("strategy", "value", "source", "event_id"),
    [
        ("source_priority", "Ada Lovelace", "crm", "e1"),
        ("most_recent", "Ada", "chat", "e4"),
        ("majority", "Ada King", "shop", "e2"),
        ("most_complete", "Ada Lovelace", "crm", "e1"),
    ],
)
def test_each_strategy_has_its_own_golden_value(
    run_model: RunModel, strategy: str, value: str, source: str, event_id: str
) -> None:
    """By the source's rank, the last word, most sources, or the longest; with who said it."""
    golden = run_model(
        "golden_values",
        attribute_sightings=SIGHTINGS,
        sources=SOURCES,
        golden_strategies=pl.DataFrame({"attribute": ["full_name"], "strategy": [strategy]}),
    )

    assert golden.select("value", "source", "event_id", "loser_count").rows() == [
        (value, source, event_id, 2)
    ]


def test_the_values_that_lost_stay_in_their_order(run_model: RunModel) -> None:
    """Each with how many sources gave it and who gave it best."""
    values = run_model(
        "attribute_values",
        attribute_sightings=SIGHTINGS,
        sources=SOURCES,
        golden_strategies=pl.DataFrame({"attribute": ["full_name"], "strategy": ["majority"]}),
    ).sort("place")

    expected = table("""
        place | value        | source | source_count | sighting_count
        1     | Ada King     | shop   | 2            | 3
        2     | Ada          | chat   | 1            | 7
        3     | Ada Lovelace | crm    | 1            | 1
    """)
    assert_frame_equal(values.select(expected.columns), expected)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        # Nobody objects.
        ([("crm", "given", 1), ("shop", "given", 2)], "given"),
        # Withdrawn in one place holds everywhere, however old.
        ([("crm", "withdrawn", 1), ("shop", "given", 9)], "withdrawn"),
        # Unless that source itself says later that it is given.
        ([("crm", "withdrawn", 1), ("crm", "given", 9)], "given"),
        ([("crm", "given", 1), ("crm", "withdrawn", 9), ("shop", "given", 10)], "withdrawn"),
        # Both at one instant: the careful reading.
        ([("crm", "withdrawn", 5), ("crm", "given", 5)], "withdrawn"),
    ],
)
def test_consent_is_intersected(
    run_model: RunModel, said: list[tuple[str, str, int]], value: str
) -> None:
    """What each source said last stands, and withdrawn anywhere wins."""
    rows = [
        {
            "customer_id": "ada",
            "attribute": "consent_email",
            "source": source,
            "value": word,
            "event_id": f"e{day}",
            "last_seen_at": f"2026-01-{day:02} 00:00:00",
            "sighting_count": 1,
        }
        for source, word, day in said
    ]

    golden = run_model("golden_values", attribute_sightings=pl.DataFrame(rows), sources=SOURCES)

    assert golden.select("value", "strategy").rows() == [(value, "intersected")]


@given(order=st.permutations(range(SIGHTINGS.height)))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_rows_changes_no_golden_value(run_model: RunModel, order: list[int]) -> None:
    """Ties end in the value itself, never in arrival."""
    tied = SIGHTINGS.with_columns(
        last_seen_at=pl.lit("2026-01-01 00:00:00"), sighting_count=pl.lit(1)
    )

    golden = run_model(
        "golden_values",
        attribute_sightings=tied[order],
        golden_strategies=pl.DataFrame({"attribute": ["full_name"], "strategy": ["most_recent"]}),
    )

    assert golden.select("value", "source").rows() == [("Ada", "chat")]


EVENT_CUSTOMERS = table("""
    event_id | customer_id | attribution
    e1       | ada         | identifier
    e2       | ada         | identifier
    e3       | bob         | nearest_login
    e4       | ada         | identifier
""")


def test_an_unsubscription_withdraws_the_consent_to_mail(run_model: RunModel) -> None:
    """It counts beside what records say of consent; a scanner's click withdraws nothing."""
    sightings = run_model(
        "attribute_sightings",
        event_customers=EVENT_CUSTOMERS,
        known_events=table("""
            event_id | source | kind               | is_machine | occurred_at
            e1       | crm    | contact_created    | false      | 2026-01-01 00:00:00
            e2       | mail   | email_unsubscribed | false      | 2026-01-02 00:00:00
            e4       | mail   | email_unsubscribed | true       | 2026-01-03 00:00:00
        """),
        landed_attributes=table("""
            event_id | source | attribute     | value | occurred_at
            e1       | crm    | consent_email | given | 2026-01-01 00:00:00
        """),
    ).sort("source")

    assert sightings.select("customer_id", "source", "value", "event_id").rows() == [
        ("ada", "crm", "given", "e1"),
        ("ada", "mail", "withdrawn", "e2"),
    ]


def test_a_guess_on_a_shared_device_names_nobody(run_model: RunModel) -> None:
    """An event given to the nearest log-in says nothing of its customer; nor does the future."""
    sightings = run_model(
        "attribute_sightings",
        event_customers=EVENT_CUSTOMERS,
        known_events=table("""
            event_id | source | kind            | occurred_at
            e1       | crm    | contact_created | 2026-01-01 00:00:00
            e3       | web    | form_sent       | 2026-01-01 00:00:00
        """),
        landed_attributes=table("""
            event_id | source | attribute | value | occurred_at
            e1       | crm    | city      | Rome  | 2026-01-01 00:00:00
            e1       | crm    | city      | Oslo  | 2099-01-01 00:00:00
            e3       | web    | city      | Bonn  | 2026-01-01 00:00:00
        """),
    )

    assert sightings["value"].to_list() == ["Rome"]


def test_the_single_customer_view_shows_golden_values_and_their_sources(
    run_model: RunModel,
) -> None:
    """A name only by its first letter, unless the project shows identifiers."""
    golden = table("""
        customer_id | attribute     | value        | source
        ada         | full_name     | Ada Lovelace | crm
        ada         | country       | GB           | shop
        ada         | consent_email | withdrawn    | mail
    """)
    identifiers = table("""
        namespace | value | status | customer_id | event_count
        user_id   | 1     | active | ada         | 1
    """)
    columns = ["full_name", "full_name_source", "country", "consent_email", "consent_email_source"]

    masked = run_model("customers", golden_values=golden, identifiers=identifiers)
    shown = run_model(
        "customers",
        golden_values=golden,
        identifiers=identifiers,
        parameters=pl.DataFrame({"as_of": ["2026-03-01 00:00:00"], "show_identifiers": [True]}),
    )

    assert masked.select(columns).row(0) == ("A***", "crm", "GB", "withdrawn", "mail")
    assert shown["full_name"].to_list() == ["Ada Lovelace"]
