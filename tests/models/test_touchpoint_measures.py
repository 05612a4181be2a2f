# ruff: noqa: E501 - the rows of a table stay whole

import math

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipeline.proportions import wilson
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
    dates = found.select(pl.col("first_met_at", "last_met_at").dt.strftime("%d %H:%M:%S"))
    assert dates.rows() == [
        (None, None),
        ("01 00:00:00", "08 00:00:01"),
        ("01 00:00:00", "01 08:00:00"),
    ]


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


def answers(measure: str, scores: list[float]) -> pl.DataFrame:
    """Answers of as many customers about one stage."""
    return pl.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(len(scores))],
            "position": [1] * len(scores),
            "measure": [measure] * len(scores),
            "score": [float(score) for score in scores],
            "stage": ["Use"] * len(scores),
        }
    )


def test_nps_is_promoters_less_detractors_with_the_adjusted_wald_interval(
    run_model: RunModel,
) -> None:
    """Twenty promoters, ten passives, ten detractors: +25; the interval counts three more."""
    said = answers("nps", [9] * 10 + [10] * 10 + [7] * 5 + [8] * 5 + [6] * 5 + [0] * 5)

    (row,) = run_model("voice_measures", voices=said).rows(named=True)

    up, down = 20.75 / 43, 10.75 / 43
    error = math.sqrt((up + down - (up - down) ** 2) / 43)
    assert (row["answer_count"], row["value"]) == (40, pytest.approx(25))
    assert row["value_low"] == pytest.approx(100 * (up - down - 1.959964 * error))
    assert row["value_high"] == pytest.approx(100 * (up - down + 1.959964 * error))


def test_thirty_promoters_are_not_a_certain_hundred(run_model: RunModel) -> None:
    """Where all agree the interval has a width, and none leaves the scale."""
    (row,) = run_model("voice_measures", voices=answers("nps", [10] * 30)).rows(named=True)

    assert row["value"] == 100
    assert row["value_low"] < 85
    assert row["value_high"] == 100


def test_csat_is_the_share_of_four_and_five_with_wilsons_interval(run_model: RunModel) -> None:
    """Of forty answers twenty are 4 or 5; 3.9 is not."""
    said = answers("csat", [4] * 10 + [5] * 10 + [3] * 10 + [1] * 9 + [3.9])

    (row,) = run_model("voice_measures", voices=said).rows(named=True)

    bounds = wilson([20], [40])
    assert row["value"] == pytest.approx(0.5)
    assert row["value_low"] == pytest.approx(bounds.low.item())
    assert row["value_high"] == pytest.approx(bounds.high.item())


def test_ces_is_a_mean_with_an_interval(run_model: RunModel) -> None:
    """The textbook's, which stays on the scale."""
    scores = [1, 2, 3, 4, 5, 6, 7, 7, 7, 7] * 3

    (row,) = run_model("voice_measures", voices=answers("ces", scores)).rows(named=True)

    error = pl.Series(scores).std() / math.sqrt(30)
    assert row["value"] == pytest.approx(4.9)
    assert row["value_low"] == pytest.approx(4.9 - 1.959964 * error)
    assert row["value_high"] == pytest.approx(4.9 + 1.959964 * error)


@pytest.mark.parametrize("measure", ["csat", "ces", "nps"])
def test_a_score_of_twenty_nine_answers_is_refused_and_one_of_thirty_is_shown(
    run_model: RunModel, measure: str
) -> None:
    """Refused: no value, no interval, and a status that says how many there are."""
    few, enough = (
        run_model("voice_measures", voices=answers(measure, [5] * count)).row(0, named=True)
        for count in (29, 30)
    )

    assert (few["value"], few["value_low"], few["value_high"]) == (None, None, None)
    assert (few["answer_count"], few["status"]) == (29, "29 of 30 needed")
    assert None not in (enough["value"], enough["value_low"], enough["value_high"])
    assert enough["status"] == "shown"


def test_a_refused_score_is_refused_wherever_it_is_published(run_model: RunModel) -> None:
    """Per touchpoint, too; where nobody answered, the status says so."""
    found = run_model(
        "touchpoint_measures",
        touchpoints=TOUCHPOINTS,
        voice_measures=table("""
            grain      | name       | measure | answer_count | value | status
            touchpoint | Visit site | csat    | 29           |       | 29 of 30 needed
        """),
    ).row(0, named=True)

    assert (found["csat"], found["csat_count"], found["csat_status"]) == (
        None,
        29,
        "29 of 30 needed",
    )
    assert (found["nps"], found["nps_status"]) == (None, "0 of 30 needed")


def test_one_message_has_a_sentiment_and_no_interval(run_model: RunModel) -> None:
    """Nobody knows how far one message is from the mean."""
    found = run_model("voice_measures", voices=answers("sentiment", [-0.5]))

    assert found.select("value", "value_low", "value_high", "status").rows() == [
        (-0.5, None, None, "shown")
    ]


def test_words_in_a_language_that_is_not_scored_have_a_place_and_no_voice(
    run_model: RunModel,
) -> None:
    """German words at a chat are known to be there; they say nothing of sentiment."""
    given = {
        "landed_events": table("""
            event_id | source | channel | kind         | occurred_at         | actor    | sentiment_basis
            e1       | crm    | chat    | chat_started | 2026-01-01 10:00:00 | customer | language:de
            e2       | crm    | chat    | chat_started | 2026-01-01 10:00:00 | agent    | language:de
        """),
        "ordered_events": table("""
            customer_id | position | event_id | occurred_at         | channel | actor    | touchpoint   | stage
            ada         | 1        | e1       | 2026-01-01 10:00:00 | chat    | customer | Support chat | Get help
            ada         | 2        | e2       | 2026-01-01 10:00:01 | chat    | agent    |              |
        """),
    }

    places = run_model("voice_places", **given)
    voices = run_model("voices", **given)

    assert places.select("event_id", "touchpoint", "language").rows() == [
        ("e1", "Support chat", "de")
    ]
    assert voices.is_empty()


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
