# ruff: noqa: E501 - a table as text is as wide as it is

from collections.abc import Callable
from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tables import table

RunModel = Callable[..., pl.DataFrame]

WAY = table("""
    customer_id | journey_number | position | occurred_at         | touchpoint | channel | initiator | outcome   | amount_cents | is_sign | is_opening
    ada         | 1              | 1        | 2026-01-01 00:00:00 | Advert     | social  | company   |           |              | true    | true
    ada         | 1              | 2        | 2026-01-08 00:00:00 | Mail       | email   | company   |           |              | false   | false
    ada         | 1              | 3        | 2026-01-15 00:00:00 | Chat       | chat    | customer  |           |              | true    | false
    ada         | 1              | 4        | 2026-01-15 00:00:00 | Visit      | web     | customer  |           |              | true    | false
    ada         | 1              | 5        | 2026-01-16 00:00:00 | Order      | web     | customer  | completes | 1001         | true    | false
    bob         | 1              | 1        | 2026-01-01 00:00:00 | Visit      | web     | customer  |           |              | true    | true
""")


def credits_of(frame: pl.DataFrame, model: str, grain: str = "touchpoint") -> dict[str, float]:
    """Credit by name, where there is any."""
    picked = frame.filter(model=model, grain=grain).filter(pl.col("credit") > 0)
    return dict(picked.select("name", "credit").iter_rows())


@pytest.mark.parametrize(
    ("model", "shares"),
    [
        ("first", {"Advert": 1}),
        ("last", {"Visit": 1}),
        # Ada came to the web by herself; before that she chatted.
        ("last non-direct", {"Chat": 1}),
        ("linear", {"Advert": 0.25, "Mail": 0.25, "Chat": 0.25, "Visit": 0.25}),
        ("position", {"Advert": 0.4, "Mail": 0.1, "Chat": 0.1, "Visit": 0.4}),
        # Two weeks, one week and no time before the last: 1/4, 1/2, 1, 1 of 11/4.
        ("time decay", {"Advert": 1 / 11, "Mail": 2 / 11, "Chat": 4 / 11, "Visit": 4 / 11}),
    ],
)
def test_each_rule_divides_one_outcome(
    run_model: RunModel, model: str, shares: dict[str, float]
) -> None:
    """Four touchpoints before an order share its credit as the rule says; the order gets none."""
    found = run_model("attribution", journey_events=WAY)

    assert credits_of(found, model) == pytest.approx(shares, abs=1e-6)


def test_values_are_divided_to_the_cent(run_model: RunModel) -> None:
    """1,001 cents among four are 250 or 251 each, and 1,001 together."""
    found = run_model("attribution", journey_events=WAY).filter(model="linear", grain="touchpoint")

    assert sorted(found["value_cents"]) == [250, 250, 250, 251]


def test_journeys_without_an_outcome_are_counted_beside(run_model: RunModel) -> None:
    """Bob's visit led nowhere yet: it takes no credit, and the table tells of it."""
    found = run_model("attribution", journey_events=WAY).filter(model="last", name="Visit")

    assert found.select("touched_count", "completed", "ended", "open").rows() == [(1, 1, 1, 0)]


def test_two_touchpoints_share_by_position_in_halves(run_model: RunModel) -> None:
    """There is no middle to get 20 %."""
    found = run_model("attribution", journey_events=WAY.filter(~pl.col("position").is_in([2, 3])))

    assert credits_of(found, "position") == {"Advert": 0.5, "Visit": 0.5}


def test_an_outcome_with_nothing_before_it_takes_its_own_credit(run_model: RunModel) -> None:
    """Otherwise credits would not add up to outcomes."""
    found = run_model("attribution", journey_events=WAY.filter(pl.col("position") == 5))

    for model in found["model"].unique():
        assert credits_of(found, model) == {"Order": 1.0}


def test_where_all_is_direct_the_last_takes_it(run_model: RunModel) -> None:
    """Nothing sent the customer, so the last visit stands for all."""
    found = run_model(
        "attribution",
        journey_events=table("""
            customer_id | journey_number | position | occurred_at         | touchpoint | channel | initiator | outcome   | is_sign | is_opening
            ada         | 1              | 1        | 2026-01-01 00:00:00 | Visit      | web     | customer  |           | true    | true
            ada         | 1              | 2        | 2026-01-02 00:00:00 | Compare    | web     | customer  |           | true    | false
            ada         | 1              | 3        | 2026-01-03 00:00:00 | Order      | web     | customer  | completes | true    | false
        """),
    )

    assert credits_of(found, "last non-direct") == {"Compare": 1.0}


TOUCHES = st.lists(
    st.tuples(st.sampled_from(["Advert", "Mail", "Chat", "Visit"]), st.integers(0, 4_000_000)),
    max_size=9,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(TOUCHES, st.integers(-500, 10**11), st.sampled_from(["completes", "ends"])),
        min_size=1,
        max_size=5,
    ),
    st.randoms(use_true_random=False),
)
def test_credits_add_up_exactly_in_whatever_order(
    run_model: RunModel, journeys: list[tuple[list[tuple[str, int]], int, str]], random: object
) -> None:
    """For each outcome, grain and model: whole outcomes and every cent, however rows come."""
    channels = {"Advert": "social", "Mail": "email", "Chat": "chat", "Visit": "web"}
    rows = []
    for number, (touched, cents, outcome) in enumerate(journeys):
        at = datetime(2026, 1, 1)  # noqa: DTZ001 - the models' instants are naive UTC
        for position, (name, wait) in enumerate(touched, start=1):
            at += timedelta(seconds=wait % 400_000)
            rows.append((f"c{number}", 1, position, at, name, channels[name], None, None))
        last = len(touched) + 1
        end = "Order" if outcome == "completes" else "Cancelled"
        rows.append((f"c{number}", 1, last, at, end, "web", outcome, cents))
    random.shuffle(rows)  # type: ignore[attr-defined]
    events = pl.DataFrame(
        rows,
        schema={
            "customer_id": pl.String,
            "journey_number": pl.Int64,
            "position": pl.Int64,
            "occurred_at": pl.Datetime("us"),
            "touchpoint": pl.String,
            "channel": pl.String,
            "outcome": pl.String,
            "amount_cents": pl.Int64,
        },
        orient="row",
    ).with_columns(initiator=pl.lit("customer"), is_sign=True, is_opening=False)

    found = run_model("attribution", journey_events=events)

    sums = found.group_by("outcome_touchpoint", "grain", "model").agg(
        pl.col("credit_millionths").sum(), pl.col("value_cents").sum()
    )
    for outcome, _, _, credit, value in sums.iter_rows():
        kind = "completes" if outcome == "Order" else "ends"
        worth = [cents for _, cents, end in journeys if end == kind]
        assert (credit, value) == (1_000_000 * len(worth), sum(worth))
    assert sums.height == 12 * len({end for _, _, end in journeys})
