# ruff: noqa: E501 - the rows of a table stay whole

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.conftest import RunModel
from tests.tables import table

STAGES = table("""
    stage    | position | goal
    Discover | 1        | Find out what it costs
    Buy      | 2        |
    Renew    | 3        |
""")
TOUCHPOINTS = table("""
    touchpoint   | stage    | position | stage_position | visibility | initiator | owner     | outcome
    Visit site   | Discover | 1        | 1              | onstage    | customer  | Marketing |
    Order placed | Buy      | 2        | 2              | onstage    | customer  | Sales     |
    Credit check | Buy      | 3        | 2              | offstage   | company   | Finance   |
    Renewed      | Renew    | 4        | 3              | onstage    | customer  | Retention | completes
""")
WAY = table("""
    customer_id | position | occurred_at         | channel | touchpoint
    ada         | 1        | 2025-12-01 00:00:00 | web     | Visit site
    ada         | 2        | 2025-12-03 00:00:00 | web     | Order placed
    ada         | 3        | 2025-12-10 00:00:00 | crm     | Credit check
    ada         | 4        | 2025-12-11 00:00:00 | crm     | Renewed
    bob         | 1        | 2025-12-01 00:00:00 | web     | Visit site
    bob         | 2        | 2025-12-05 00:00:00 | web     | Order placed
    cyd         | 1        | 2025-12-01 00:00:00 | web     | Visit site
    dee         | 1        | 2026-02-20 00:00:00 | web     | Visit site
""").join(
    TOUCHPOINTS.select("touchpoint", "stage", "stage_position", "initiator", "owner", "outcome"),
    on="touchpoint",
    how="left",
)


def drawn(run_model: RunModel, events: pl.DataFrame = WAY, **frames: pl.DataFrame) -> pl.DataFrame:
    """The map of a way."""
    return run_model(
        "journey_map", ordered_events=events, stages=STAGES, touchpoints=TOUCHPOINTS, **frames
    )


def test_the_map_has_a_column_for_every_stage(run_model: RunModel) -> None:
    """Who reached it, who left of those whose visit is over, how long they stayed."""
    found = drawn(run_model)

    expected = table("""
        stage    | customer_count | reach_share | left_base_count | left_count | median_days | channel_count | channel_total
        Discover | 4              | 1.0         | 3               | 1          | 2.0         | 1             | 2
        Buy      | 2              | 0.5         | 2               | 1          | 4.0         | 2             | 2
        Renew    | 1              | 0.25        | 1               | 0          | 0.0         | 1             | 2
    """)
    assert_frame_equal(found.select(expected.columns), expected)


def test_a_stage_names_its_owners_by_customers_met(run_model: RunModel) -> None:
    """The department that meets most customers stands first."""
    found = drawn(run_model)

    assert found["owners"].to_list() == ["Marketing", "Sales, Finance", "Retention"]
    assert found.select("onstage_event_count", "offstage_event_count").rows() == [
        (4, 0),
        (2, 1),
        (1, 0),
    ]


def test_the_newest_written_goal_stands_before_the_catalogues(run_model: RunModel) -> None:
    """A note on the goal replaces stages.csv's; what nobody wrote stays empty."""
    notes = table("""
        about    | kind | note       | written_on
        Discover | goal | Old words  | 2026-01-01
        Discover | goal | New words  | 2026-02-01
        Buy      | pain | Too slow   | 2026-02-01
    """)

    assert drawn(run_model)["goal"].to_list() == ["Find out what it costs", None, None]
    assert drawn(run_model, notes=notes)["goal"].to_list() == ["New words", None, None]


def test_a_stage_that_nobody_reached_keeps_its_column(run_model: RunModel) -> None:
    """Zeros, and no share of nothing."""
    found = drawn(run_model, events=WAY.filter(pl.col("stage") == "Discover"))

    assert found["customer_count"].to_list() == [4, 0, 0]
    assert found["left_share"].to_list() == [1.0, None, None]


def test_sentiment_is_shared_over_touchpoints_and_the_messages_between(
    run_model: RunModel,
) -> None:
    """One scored reply after one touchpoint: half of what happened in the stage."""
    reply = table("""
        customer_id | position | occurred_at         | channel | actor    | sentiment
        ada         | 5        | 2025-12-11 01:00:00 | crm     | customer | -0.4
    """)

    found = drawn(run_model, events=pl.concat([WAY, reply], how="diagonal_relaxed"))

    renew = found.row(2, named=True)
    assert (renew["message_count"], renew["sentiment_mean"]) == (1, pytest.approx(-0.4))
    assert renew["sentiment_share"] == pytest.approx(1 / 2)


def test_pain_points_rank_the_troubles_of_a_stage_by_customers(run_model: RunModel) -> None:
    """Left, sent back, unhappy, needed again, kept waiting: each with the customers it touched."""
    found = run_model(
        "pain_points",
        journey_map=table("""
            stage    | position | customer_count
            Get help | 1        | 4
            Renew    | 2        | 2
        """),
        touchpoints=table("""
            touchpoint      | stage    | initiator | outcome
            Support chat    | Get help | customer  |
            Ticket resolved | Get help | company   |
            Cancelled       | Renew    | customer  | ends
        """),
        touchpoint_visits=table("""
            customer_id | position | touchpoint   | stage    | exit     | next_touchpoint | next_stage | wait_us
            ada         | 1        | Support chat | Get help | advanced | Support chat    | Get help   | 86400000000
            ada         | 2        | Support chat | Get help | advanced | Ticket resolved | Get help   | 259200000001
            bob         | 1        | Support chat | Get help | ended    |                 |            |
            cyd         | 1        | Cancelled    | Renew    | ended    |                 |            |
            dee         | 1        | Support chat | Get help | advanced | Ticket resolved | Get help   | 259200000000
        """),
        ordered_events=table("""
            customer_id | position | occurred_at         | channel | touchpoint   | stage
            ada         | 1        | 2026-01-01 00:00:00 | chat    | Support chat | Get help
            ada         | 2        | 2026-01-02 00:00:00 | chat    | Support chat | Get help
        """),
        voices=table("""
            customer_id | position | measure   | score | touchpoint   | stage
            ada         | 9        | sentiment | -0.31 | Support chat | Get help
            ada         | 10       | sentiment | -0.9  | Support chat | Get help
            bob         | 9        | sentiment | -0.5  | Support chat | Get help
            dee         | 9        | sentiment | -0.29 | Support chat | Get help
        """),
    )

    expected = table("""
        stage    | rank | pain                                        | customer_count | share
        Get help | 1    | Support chat: unhappy messages              | 2              | 0.5
        Get help | 2    | Support chat: left after it                 | 1              | 0.25
        Get help | 3    | Support chat: needed again within 7 days    | 1              | 0.25
        Get help | 4    | Support chat: over 3 days of waiting for us | 1              | 0.25
    """)
    assert_frame_equal(found.select(expected.columns), expected)


def test_a_stage_is_quoted_as_it_feels(run_model: RunModel) -> None:
    """The unhappiest message of an unhappy stage, the happiest of a happy one, if it is clear."""
    found = run_model(
        "quotable_messages",
        stages=STAGES,
        known_events=table("""
            event_id | text
            a        | You never called me back about this
            b        | Thank you, that was quick and kind
            c        | No!
            d        | I have a small question about the bill
        """),
        voices=table("""
            customer_id | position | measure   | event_id | score | stage    | occurred_at
            ada         | 1        | sentiment | a        | -0.8  | Discover | 2026-01-01
            ada         | 2        | sentiment | b        | 0.6   | Discover | 2026-01-01
            ada         | 3        | sentiment | c        | -0.9  | Discover | 2026-01-01
            bob         | 4        | sentiment | b        | 0.6   | Buy      | 2026-01-01
            bob         | 5        | sentiment | d        | 0.1   | Renew    | 2026-01-01
        """),
        attribute_values=table("""
            customer_id | attribute  | value
            ada         | full_name  | Ada Lovelace
            ada         | given_name | Ada
            ada         | city       | Rome
        """),
    )

    assert found.select("stage", "text", "names").rows() == [
        ("Discover", "You never called me back about this", "Ada Lovelace Ada"),
        ("Buy", "Thank you, that was quick and kind", None),
    ]
