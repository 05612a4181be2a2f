# ruff: noqa: E501 - a table as text is as wide as it is

from collections.abc import Callable

import polars as pl
from polars.testing import assert_frame_equal

from tests.tables import table

RunModel = Callable[..., pl.DataFrame]

EVENTS = table("""
    customer_id | position | event_id
    ada         | 1        | aa-1
    ada         | 2        | 00-2
    bob         | 1        | bb-1
""")
TOUCHPOINTS = table("""
    touchpoint | stage    | outcome
    Visit site | Discover |
    Chat       | Discover |
    Order      | Buy      | completes
""")
JOURNEYS = table("""
    customer_id | journey_number | status    | value_cents
    ada         | 1              | completed | 900
    ada         | 2              | completed | 50
    bob         | 1              | open      | 7
""")
TOUCHES = table("""
    customer_id | journey_number | step | touchpoint | channel | next_touchpoint | next_channel | exit      | is_settled | wait_us
    ada         | 1              | 1    | Visit site | web     | Chat            | chat         | advanced  | true       | 60
    ada         | 1              | 2    | Chat       | chat    | Visit site      | web          | advanced  | true       | 30
    ada         | 1              | 3    | Visit site | web     | Order           | crm          | advanced  | true       | 10
    ada         | 1              | 4    | Order      | crm     |                 |              | completed | true       |
    ada         | 2              | 1    | Order      | crm     |                 |              | completed | true       |
    bob         | 1              | 1    | Visit site | web     | Chat            | chat         | advanced  | true       | 20
    bob         | 1              | 2    | Chat       | chat    |                 |              | open      | false      |
""")
STAYS = table("""
    customer_id | journey_number | visit_number | stage    | next_stage | exit      | is_settled | entered_at          | left_at
    ada         | 1              | 1            | Discover | Buy        | advanced  | true       | 2026-01-01 00:00:00 | 2026-01-02 00:00:00
    ada         | 1              | 2            | Buy      |            | completed | true       | 2026-01-02 00:00:00 | 2026-01-02 00:00:00
    ada         | 2              | 1            | Buy      |            | completed | true       | 2026-02-02 00:00:00 | 2026-02-02 00:00:00
    bob         | 1              | 1            | Discover |            | open      | false      | 2026-03-01 00:00:00 |
""")


def steps(run_model: RunModel, grain: str) -> pl.DataFrame:
    """The rows of one grain, in a fixed order."""
    found = run_model(
        "chain_steps",
        ordered_events=EVENTS,
        touchpoints=TOUCHPOINTS,
        journeys=JOURNEYS,
        touchpoint_visits=TOUCHES,
        stage_visits=STAYS,
    )
    return (
        found.filter(pl.col("grain") == grain)
        .drop("grain")
        .sort("customer_group", "before_2", "before_1", "from_name", "to_name", nulls_last=False)
    )


def test_touchpoints_are_followed_with_what_came_before(run_model: RunModel) -> None:
    """Two names back, the start among them; what is open has not settled and takes no time."""
    expected = table("""
        customer_group | before_2   | before_1   | from_name  | to_name     | transition_count | settled_count | spent_us | value_cents
        aa             |            |            | (start)    | Order       | 1                | 1             | 0        | 0
        aa             |            |            | (start)    | Visit site  | 1                | 1             | 0        | 0
        aa             |            | (start)    | Order      | (completed) | 1                | 1             | 0        | 50
        aa             |            | (start)    | Visit site | Chat        | 1                | 1             | 60       | 0
        aa             | (start)    | Visit site | Chat       | Visit site  | 1                | 1             | 30       | 0
        aa             | Chat       | Visit site | Order      | (completed) | 1                | 1             | 0        | 900
        aa             | Visit site | Chat       | Visit site | Order       | 1                | 1             | 10       | 0
        bb             |            |            | (start)    | Visit site  | 1                | 1             | 0        | 0
        bb             |            | (start)    | Visit site | Chat        | 1                | 1             | 20       | 0
        bb             | (start)    | Visit site | Chat       | (open)      | 1                | 0             | 0        | 0
    """)

    assert_frame_equal(steps(run_model, "touchpoint"), expected)


def test_channels_are_followed_up_to_the_decision(run_model: RunModel) -> None:
    """The order in the CRM is the goal: the web it came from completes, and so does the start."""
    expected = table("""
        customer_group | before_2 | before_1 | from_name | to_name     | transition_count | settled_count | spent_us | value_cents
        aa             |          |          | (start)   | (completed) | 1                | 1             | 0        | 50
        aa             |          |          | (start)   | web         | 1                | 1             | 0        | 0
        aa             |          | (start)  | web       | chat        | 1                | 1             | 60       | 0
        aa             | (start)  | web      | chat      | web         | 1                | 1             | 30       | 0
        aa             | web      | chat     | web       | (completed) | 1                | 1             | 10       | 900
        bb             |          |          | (start)   | web         | 1                | 1             | 0        | 0
        bb             |          | (start)  | web       | chat        | 1                | 1             | 20       | 0
        bb             | (start)  | web      | chat      | (open)      | 1                | 0             | 0        | 0
    """)

    assert_frame_equal(steps(run_model, "channel"), expected)


def test_stages_take_as_long_as_the_stay(run_model: RunModel) -> None:
    """A day in Discover until Buy was entered; who is still there has spent nothing settled."""
    found = steps(run_model, "stage").select("from_name", "to_name", "settled_count", "spent_us")

    assert found.rows() == [
        ("(start)", "Buy", 1, 0),
        ("(start)", "Discover", 1, 0),
        ("Buy", "(completed)", 1, 0),
        ("Discover", "Buy", 1, 86_400_000_000),
        ("Buy", "(completed)", 1, 0),
        ("(start)", "Discover", 1, 0),
        ("Discover", "(open)", 0, 0),
    ]


def test_a_decision_that_did_not_end_its_journey_stays(run_model: RunModel) -> None:
    """Where the catalogue says outcome but the journey went on, a channel keeps its touch."""
    went_on = TOUCHES.filter(pl.col("journey_number") == 1, pl.col("customer_id") == "ada")
    went_on = went_on.with_columns(touchpoint=pl.lit("Order"), next_touchpoint="next_touchpoint")

    found = run_model(
        "chain_steps",
        ordered_events=EVENTS,
        touchpoints=TOUCHPOINTS,
        journeys=JOURNEYS,
        touchpoint_visits=went_on,
        stage_visits=STAYS.clear(),
    ).filter(pl.col("grain") == "channel")

    assert found.filter(pl.col("from_name") != "(start)")["from_name"].sort().to_list() == [
        "chat",
        "web",
        "web",
    ]
