# ruff: noqa: E501 - the rows of a table stay whole

import math

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.conftest import RunModel
from tests.tables import table

TOUCHPOINTS = table("""
    touchpoint   | stage    | position | stage_position | initiator
    Visit site   | Discover | 1        | 1              | customer
    Support chat | Get help | 2        | 2              | customer
    Complaint    | Get help | 3        | 2              | customer
""")


def test_a_touchpoint_is_measured_by_who_met_it(run_model: RunModel) -> None:
    """Events, customers, their share of the stage, and the share of them who met it again soon."""
    found = run_model(
        "touchpoint_measures",
        touchpoints=TOUCHPOINTS,
        kind_touchpoints=table("""
            touchpoint   | label   | event_count
            Support chat | billing | 1
            Support chat | outage  | 3
        """),
        ordered_events=table("""
            customer_id | position | occurred_at         | touchpoint   | stage    | stage_position | initiator
            ada         | 1        | 2026-01-01 00:00:00 | Support chat | Get help | 2              | customer
            ada         | 2        | 2026-01-08 00:00:00 | Support chat | Get help | 2              | customer
            bob         | 1        | 2026-01-01 00:00:00 | Support chat | Get help | 2              | customer
            bob         | 2        | 2026-01-08 00:00:01 | Support chat | Get help | 2              | customer
            cyd         | 1        | 2026-01-01 00:00:00 | Complaint    | Get help | 2              | customer
            cyd         | 2        | 2026-01-01 06:00:00 | Complaint    | Get help | 2              | customer
            cyd         | 3        | 2026-01-01 08:00:00 | Complaint    | Get help | 2              | customer
        """),
    )

    expected = table("""
        touchpoint   | event_count | customer_count | repeat_share | wait_hours_p50 | top_label
        Visit site   | 0           | 0              |              |                |
        Support chat | 4           | 2              | 0.5          | 168.0          | outage
        Complaint    | 3           | 1              | 1.0          | 4.0            |
    """)
    rounded = found.with_columns(pl.col("wait_hours_p50").round(3))
    assert_frame_equal(rounded.select(expected.columns), expected)
    assert found["share_of_stage"].to_list() == [None, pytest.approx(2 / 3), pytest.approx(1 / 3)]


def test_answers_and_messages_belong_to_what_they_speak_of(run_model: RunModel) -> None:
    """A chat's reply belongs to the chat, a survey's answer to the last touchpoint before it."""
    found = run_model(
        "voices",
        ordered_events=table("""
            customer_id | position | occurred_at         | channel | actor    | touchpoint   | stage    | sentiment | score_kind | score
            ada         | 1        | 2026-01-01 10:00:00 | chat    | customer | Support chat | Get help |           |            |
            ada         | 2        | 2026-01-01 10:01:00 | web     | customer | Visit site   | Discover |           |            |
            ada         | 3        | 2026-01-01 10:02:00 | chat    | customer |              |          | -0.5      |            |
            ada         | 4        | 2026-01-01 10:03:00 | chat    | agent    |              |          | 0.9       |            |
            ada         | 5        | 2026-01-20 10:00:00 | survey  | customer |              |          |           | nps        | 3
            ada         | 6        | 2026-02-20 10:00:00 | survey  | customer |              |          |           | nps        | 9
            bob         | 1        | 2026-01-01 10:00:00 | survey  | customer |              |          |           | csat       | 4
            bob         | 2        | 2026-01-02 10:00:00 | email   | customer | Complaint    | Get help | -0.8      |            |
        """),
    )

    expected = table("""
        customer_id | position | measure   | score | touchpoint   | stage    | is_reply
        ada         | 3        | sentiment | -0.5  | Support chat | Get help | true
        ada         | 5        | nps       | 3.0   | Visit site   | Discover | true
        ada         | 6        | nps       | 9.0   |              |          | true
        bob         | 1        | csat      | 4.0   |              |          | true
        bob         | 2        | sentiment | -0.8  | Complaint    | Get help | false
    """)
    assert_frame_equal(found.select(expected.columns).sort("customer_id", "position"), expected)


def test_nps_is_promoters_less_detractors_with_an_interval(run_model: RunModel) -> None:
    """Two promoters, one passive and one detractor of four: +25, and it could be anything."""
    found = run_model(
        "voice_measures",
        voices=table("""
            customer_id | position | measure | score | stage | touchpoint
            ada         | 1        | nps     | 9     | Use   | View bill
            bob         | 1        | nps     | 10    | Use   | View bill
            cyd         | 1        | nps     | 8     | Use   | View bill
            dee         | 1        | nps     | 6     | Use   | View bill
        """),
    ).filter(pl.col("grain") == "stage")

    spread = math.sqrt((100**2 + 100**2 + 0 + 100**2 - 4 * 25**2) / 3 / 4)
    assert found["answer_count"].item() == 4
    assert found["value"].item() == pytest.approx(25)
    assert found["value_low"].item() == pytest.approx(max(-100, 25 - 1.959964 * spread))
    assert found["value_high"].item() == pytest.approx(min(100, 25 + 1.959964 * spread))


@pytest.mark.parametrize("measure", ["csat", "ces", "nps", "sentiment"])
def test_one_answer_has_a_value_and_no_interval(run_model: RunModel, measure: str) -> None:
    """Nobody knows how far one answer is from the mean."""
    said = table("""
        customer_id | position | score | stage | touchpoint
        ada         | 1        | 1     | Use   | View bill
    """).with_columns(measure=pl.lit(measure))

    found = run_model("voice_measures", voices=said)

    assert found.select("value_low", "value_high").unique().rows() == [(None, None)]
    assert found["value"].to_list() == [-100.0 if measure == "nps" else 1.0] * 2


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(-10_000, 10_000), min_size=2, max_size=30), st.randoms())
def test_a_mean_is_that_of_the_messages_in_any_order(
    run_model: RunModel, units: list[int], chance: object
) -> None:
    """Sentiment's mean and 95 % interval are the textbook's, whatever the order of messages."""
    scores = [unit / 10_000 for unit in units]
    said = pl.DataFrame(
        {
            "customer_id": ["ada"] * len(scores),
            "position": range(len(scores)),
            "measure": ["sentiment"] * len(scores),
            "score": scores,
            "stage": ["Use"] * len(scores),
        }
    )
    order = list(range(len(scores)))
    chance.shuffle(order)

    found = run_model("voice_measures", voices=said)
    shuffled = run_model("voice_measures", voices=said[order])

    assert_frame_equal(found, shuffled, check_exact=True)
    mean, error = said["score"].mean(), said["score"].std() / math.sqrt(len(scores))
    assert found["value"].item() == pytest.approx(mean, abs=1e-9)
    assert found["value_low"].item() == pytest.approx(max(-1, mean - 1.959964 * error), abs=1e-6)
