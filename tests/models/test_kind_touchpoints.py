from collections.abc import Callable

import polars as pl
from polars.testing import assert_frame_equal

from tests.tables import table


def test_the_first_row_of_the_catalogue_that_fits_wins(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """A page fits its own pattern before the one for any page; chat pages fit neither."""
    kinds = run_model(
        "kind_touchpoints",
        landed_events=table("""
            event_id | channel | kind        | label
            1        | web     | page_viewed | /pricing/all
            2        | web     | page_viewed | /about
            3        | web     | page_viewed |
            4        | chat    | page_viewed | /about
        """),
        touchpoint_patterns=table("""
            rank | touchpoint   | channel | kind        | label_like
            2    | Visit site   | web     | page_viewed |
            1    | Read pricing |         | page_viewed | /pricing%
        """),
    )

    expected = table("""
        channel | kind        | label        | touchpoint   | event_count
        chat    | page_viewed | /about       |              | 1
        web     | page_viewed | /about       | Visit site   | 1
        web     | page_viewed | /pricing/all | Read pricing | 1
        web     | page_viewed |              | Visit site   | 1
    """)
    assert_frame_equal(kinds, expected)


def test_an_escaped_per_cent_sign_is_itself(run_model: Callable[..., pl.DataFrame]) -> None:
    """A label that holds a % is matched by !%, and not by any run of characters."""
    kinds = run_model(
        "kind_touchpoints",
        landed_events=table("""
            event_id | channel | kind       | label
            1        | email   | email_sent | 50% off
            2        | email   | email_sent | 50 or more off
        """),
        touchpoint_patterns=table("""
            rank | touchpoint | channel | kind       | label_like
            1    | Sale       |         | email_sent | 50!%%
        """),
    )

    assert kinds.filter(pl.col("touchpoint") == "Sale")["label"].to_list() == ["50% off"]


def test_events_of_machines_are_not_counted(run_model: Callable[..., pl.DataFrame]) -> None:
    """A crawler's page is no kind of event that people cause."""
    kinds = run_model(
        "kind_touchpoints",
        landed_events=table("""
            event_id | channel | kind        | label | is_machine
            1        | web     | page_viewed | /     | true
        """),
    )

    assert kinds.height == 0
