# ruff: noqa: E501 - a table as text is as wide as it is

import pytest
from polars.testing import assert_frame_equal

from tests.conftest import RunModel
from tests.tables import table

HEADER = "event_id | source | channel | kind | object_kind | object_id | label | occurred_at"
NAMED = """
    a        | crm    | crm     | stage_labelled       | deal_stage   | booked | Install planned | 2026-01-01 00:00:00
    b        | crm    | crm     | stage_labelled       | deal_stage   | booked | Install booked  | 2026-01-02 00:00:00
    c        | crm    | crm     | stage_labelled       | deal_stage   | closed | Won             | 2026-01-01 00:00:00
    d        | crm    | crm     | stage_labelled       | deal_stage   | closed | Lost            | 2026-01-01 00:00:00
    e        | crm    | crm     | stage_labelled       | ticket_stage | booked | Solved          | 2026-01-01 00:00:00
    f        | eu     | crm     | stage_labelled       | deal_stage   | booked | Gebucht         | 2026-01-01 00:00:00
"""
CHANGED = """
    p        | crm    | crm     | deal_stage_changed   | deal         | 86     | booked          | 2025-12-01 00:00:00
    q        | crm    | crm     | deal_stage_changed   | deal         | 87     | moved           | 2026-01-05 00:00:00
    r        | crm    | crm     | ticket_stage_changed | ticket       | 5      | booked          | 2026-01-05 00:00:00
    s        | eu     | crm     | deal_stage_changed   | deal         | 86     | booked          | 2026-01-05 00:00:00
    t        | crm    | web     | page_viewed          | page         |        | booked          | 2026-01-05 00:00:00
    u        | crm    | crm     | deal_stage_changed   | deal         | 88     |                 | 2026-01-05 00:00:00
"""


def test_the_latest_label_of_a_stage_holds(run_model: RunModel) -> None:
    """The last change decides, and of two at one instant the smaller id; sources stay apart."""
    labels = run_model("stage_labels", landed_events=table(HEADER + NAMED))

    expected = table("""
        source | object_kind  | object_id | label
        crm    | deal_stage   | booked    | Install booked
        crm    | deal_stage   | closed    | Won
        crm    | ticket_stage | booked    | Solved
        eu     | deal_stage   | booked    | Gebucht
    """)
    assert_frame_equal(labels, expected)


@pytest.mark.parametrize("landed", [CHANGED + NAMED, NAMED + CHANGED], ids=["changes", "labels"])
def test_a_stage_has_its_label_whichever_arrived_first(run_model: RunModel, landed: str) -> None:
    """Deals and tickets take the label of their own source's stage; nothing else does."""
    events = run_model("known_events", landed_events=table(HEADER + landed))

    expected = table("""
        event_id | label
        p        | Install booked
        q        | moved
        r        | Solved
        s        | Gebucht
        t        | booked
        u        |
    """)
    assert_frame_equal(events.select("event_id", "label").sort("event_id"), expected)


@pytest.mark.parametrize("model", ["ordered_events", "events"])
def test_patterns_and_published_events_see_the_label(run_model: RunModel, model: str) -> None:
    """A touchpoint is found by the label of its stage, though its event was landed by its id."""
    events = run_model(
        model,
        landed_events=table(HEADER + CHANGED + NAMED),
        event_customers=table("""
            event_id | customer_id
            p        | ada
            q        | ada
        """),
        touchpoint_patterns=table("""
            rank | touchpoint | kind               | label_like
            1    | Booking    | deal_stage_changed | Install booked
        """),
        touchpoints=table("""
            touchpoint | stage
            Booking    | Onboard
        """),
    ).sort("position")

    assert events.select("label", "touchpoint").rows() == [
        ("Install booked", "Booking"),
        ("moved", None),
    ]


def test_the_label_of_a_stage_is_nobodys_event(run_model: RunModel) -> None:
    """That a stage has a name is no kind of event, and counts as none without a customer."""
    landed = table(HEADER + NAMED)

    assert run_model("kind_touchpoints", landed_events=landed).height == 0
    assert run_model("source_dates", landed_events=landed).height == 0
