# ruff: noqa: E501 - a table as text is as wide as it is

from collections.abc import Callable

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.tables import table

OWNERS = table("""
    event_id | customer_id
    a        | ada
    b        | ada
    c        | ada
    d        | ada
    e        | bob
""")
SOURCES = table("""
    source | rank
    crm    | 1
    web    | 2
""")
LANDED = table("""
    event_id | source | source_sequence | occurred_at                | channel
    c        | web    | 2               | 2026-01-05 09:00:00.000000 | web
    b        | web    | 3               | 2026-01-05 09:00:00.000000 | web
    a        | crm    | 9               | 2026-01-05 09:00:00.000000 | crm
    d        | web    | 1               | 2026-01-05 08:59:59.999999 | web
    e        | web    | 1               | 2026-01-05 09:00:00.000000 | web
""")


def test_ties_are_broken_by_source_rank_then_sequence(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Time comes first to the microsecond, then the source's rank, then its own order."""
    ordered = run_model(
        "ordered_events", event_customers=OWNERS, landed_events=LANDED, sources=SOURCES
    )

    expected = table("""
        customer_id | position | event_id | is_tied
        ada         | 1        | d        | false
        ada         | 2        | a        | false
        ada         | 3        | c        | true
        ada         | 4        | b        | true
        bob         | 1        | e        | false
    """)
    assert_frame_equal(ordered.select(expected.columns).sort("customer_id", "position"), expected)


@given(order=st.permutations(range(LANDED.height)))
@settings(max_examples=10)
def test_the_order_of_rows_changes_nothing(
    run_model: Callable[..., pl.DataFrame], order: list[int]
) -> None:
    """The same events in any order of rows have the same places, with ids deciding last."""
    tied = LANDED.with_columns(source_sequence=0)

    ordered = run_model(
        "ordered_events", event_customers=OWNERS, landed_events=tied[order], sources=SOURCES
    ).sort("customer_id", "position")

    assert ordered["event_id"].to_list() == ["d", "a", "b", "c", "e"]


def test_machines_strangers_and_the_future_have_no_place(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Neither a crawler, nor an event nobody is known for, nor one after as_of is ordered."""
    ordered = run_model(
        "ordered_events",
        event_customers=OWNERS,
        landed_events=table("""
            event_id | occurred_at         | is_machine
            a        | 2026-01-05 09:00:00 | true
            stranger | 2026-01-05 09:00:00 | false
            b        | 2026-03-01 00:00:01 | false
            c        | 2026-03-01 00:00:00 | false
        """),
        parameters=table("as_of\n2026-03-01 00:00:00"),
    )

    assert ordered["event_id"].to_list() == ["c"]


def test_an_event_carries_what_the_catalogue_says_of_it(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Touchpoint, stage, initiator, outcome and owner come from the row its label fits."""
    ordered = run_model(
        "ordered_events",
        event_customers=OWNERS,
        landed_events=table("""
            event_id | occurred_at         | channel | kind            | label
            a        | 2026-01-05 09:00:00 | web     | page_viewed     | /pricing
            b        | 2026-01-06 09:00:00 | web     | order_completed |
            c        | 2026-01-07 09:00:00 | web     | page_viewed     | /about
        """),
        touchpoint_patterns=table("""
            rank | touchpoint   | kind            | label_like
            1    | Read pricing | page_viewed     | /pricing%
            2    | Order placed | order_completed |
        """),
        touchpoints=table("""
            touchpoint   | stage    | stage_position | initiator | outcome   | owner     | is_value
            Read pricing | Discover | 1              | customer  |           | Marketing | false
            Order placed | Buy      | 3              | customer  | completes | Sales     | true
        """),
    )

    expected = table("""
        event_id | touchpoint   | stage    | outcome   | owner     | is_value
        a        | Read pricing | Discover |           | Marketing | false
        b        | Order placed | Buy      | completes | Sales     | true
        c        |              |          |           |           |
    """)
    assert_frame_equal(ordered.select(expected.columns).sort("event_id"), expected)


def test_only_money_in_the_companys_currency_and_won_deals_count(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Dollars are not added to euros, and a deal's hoped-for amount counts once: when won."""
    ordered = run_model(
        "ordered_events",
        event_customers=OWNERS,
        landed_events=table("""
            event_id | occurred_at         | channel | kind               | label  | amount_cents | currency
            a        | 2026-01-05 09:00:00 | web     | order_completed    |        | 100          | EUR
            b        | 2026-01-06 09:00:00 | web     | order_completed    |        | 200          | USD
            c        | 2026-01-07 09:00:00 | crm     | deal_stage_changed | Quoted | 300          | EUR
            d        | 2026-01-08 09:00:00 | crm     | deal_stage_changed | Won    | 400          |
        """),
        touchpoint_patterns=table("""
            rank | touchpoint | kind               | label_like
            1    | Deal won   | deal_stage_changed | Won
        """),
        touchpoints=table("""
            touchpoint | initiator | outcome
            Deal won   | customer  | completes
        """),
    )

    assert dict(ordered.select("event_id", "amount_cents").iter_rows()) == {
        "a": 100,
        "b": None,
        "c": None,
        "d": 400,
    }
