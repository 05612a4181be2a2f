# ruff: noqa: E501 - the rows of a table stay whole

from datetime import date, timedelta
from math import log

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.conftest import RunModel
from tests.tables import table

MONDAY = date(2026, 1, 5)


def cell(
    days: int = 84,
    *,
    visits: int = 10,
    usual: int = 2,
    broken: tuple[int, int] = (0, 0),
    lost: int = 8,
    **names: str | None,
) -> pl.DataFrame:
    """The days of one cell: `usual` of `visits` lost a day, `lost` on days broken[0] to [1]-1."""
    named = {"touchpoint": "Compare plans", "channel": "web", "device_kind": "mobile"} | names
    return pl.DataFrame(
        [
            named
            | {
                "day_on": MONDAY + timedelta(days=day),
                "settled_count": visits,
                "ended_count": lost if broken[0] <= day < broken[1] else usual,
            }
            for day in range(days)
        ],
        schema={
            "touchpoint": pl.String,
            "channel": pl.String,
            "device_kind": pl.String,
            "day_on": pl.Date,
            "settled_count": pl.Int64,
            "ended_count": pl.Int64,
        },
    )


def test_a_step_that_breaks_on_one_device_comes_out_on_top(run_model: RunModel) -> None:
    """Ten broken days on mobile rank first and second, and nothing else is ranked."""
    days = pl.concat(
        [
            cell(broken=(38, 48)),
            cell(device_kind="desktop"),
            cell(touchpoint="Visit site", device_kind=None),
        ]
    )

    found = run_model("drop_off_changes", drop_off_days=days)

    ranked = found.filter(pl.col("rank").is_not_null())
    assert ranked.select("touchpoint", "device_kind", "week_on", "rank").rows() == [
        ("Compare plans", "mobile", MONDAY + timedelta(days=42), 1),
        ("Compare plans", "mobile", MONDAY + timedelta(days=35), 2),
    ]


def test_a_week_is_compared_with_the_same_cell_in_all_other_weeks(run_model: RunModel) -> None:
    """30 of 60 against 20 of 100: the excess, and the root of its likelihood ratio, by hand."""
    found = run_model(
        "drop_off_changes",
        drop_off_days=table("""
            touchpoint | channel | device_kind | day_on     | settled_count | ended_count
            Compare    | web     | mobile      | 2026-01-05 | 40            | 20
            Compare    | web     | mobile      | 2026-01-11 | 20            | 10
            Compare    | web     | mobile      | 2026-01-12 | 50            | 10
            Compare    | web     | mobile      | 2026-01-19 | 50            | 10
        """),
    )

    first = found.row(0, named=True)
    apart = 30 * log(30 / 60) + 30 * log(30 / 60) + 20 * log(20 / 100) + 80 * log(80 / 100)
    alike = 50 * log(50 / 160) + 110 * log(110 / 160)
    assert first["week_on"] == MONDAY
    assert (first["settled_count"], first["ended_count"]) == (60, 30)
    assert first["baseline_share"] == pytest.approx(0.2)
    assert first["excess_ended"] == pytest.approx(30 - 0.2 * 60)
    assert first["z"] == pytest.approx((2 * (apart - alike)) ** 0.5)
    assert (first["share_low"], first["share_high"]) == (
        pytest.approx(0.37733, abs=1e-4),
        pytest.approx(0.62267, abs=1e-4),
    )
    assert first["rank"] == 1


def test_one_loss_where_none_is_usual_is_hardly_news(run_model: RunModel) -> None:
    """One of 48 against none of 1,552, 3 % likely, is two to three standard deviations, not six.

    Four of 48 are one in a million, and clear.
    """
    one, four = (
        run_model(
            "drop_off_changes",
            drop_off_days=table(f"""
                touchpoint | channel | device_kind | day_on     | settled_count | ended_count
                Order      | web     | mobile      | 2026-01-05 | 48            | {lost}
                Order      | web     | mobile      | 2026-01-12 | 1552          | 0
            """),
        )["z"].max()
        for lost in (1, 4)
    )

    assert 2 < one < 3
    assert 4.5 < four < 6


@pytest.mark.parametrize(("visits", "is_ranked"), [(29, False), (30, True)])
def test_fewer_than_thirty_visits_say_nothing(
    run_model: RunModel, *, visits: int, is_ranked: bool
) -> None:
    """Twenty-nine visits all lost are not ranked, thirty are."""
    days = pl.concat(
        [
            cell(days=1, visits=visits, usual=visits),
            cell(days=70, visits=10, usual=1).filter(
                pl.col("day_on") >= MONDAY + timedelta(days=7)
            ),
        ]
    )

    found = run_model("drop_off_changes", drop_off_days=days)

    week = found.filter(pl.col("week_on") == MONDAY)
    assert week["rank"].is_not_null().item() == is_ranked


def test_a_cell_of_one_week_has_nothing_to_compare_with(run_model: RunModel) -> None:
    """Its row stands, without baseline, z or rank."""
    found = run_model("drop_off_changes", drop_off_days=cell(days=7))

    assert found.select("baseline_share", "z", "rank").rows() == [(None, None, None)]


def test_always_lost_is_not_news(run_model: RunModel) -> None:
    """A touchpoint that ends every journey, such as a cancellation, has no z and no rank."""
    found = run_model("drop_off_changes", drop_off_days=cell(visits=10, usual=10))

    assert found["z"].null_count() == found.height
    assert found["rank"].null_count() == found.height


def test_a_span_says_from_which_day_to_which(run_model: RunModel) -> None:
    """The broken days themselves, not the weeks around them."""
    found = run_model("drop_off_spans", drop_off_days=cell(broken=(38, 48)))

    first = found.row(0, named=True)
    assert (first["rank"], first["from_on"], first["to_on"]) == (
        1,
        MONDAY + timedelta(days=38),
        MONDAY + timedelta(days=47),
    )
    assert (first["settled_count"], first["ended_count"]) == (100, 80)


def test_only_settled_visits_count(run_model: RunModel) -> None:
    """A visit whose end cannot be known yet is neither lost nor kept."""
    found = run_model(
        "drop_off_days",
        touchpoint_visits=table("""
            customer_id | position | occurred_at         | touchpoint | channel | device_kind | exit     | is_settled
            ada         | 1        | 2026-01-05 23:59:59 | Compare    | web     | mobile      | ended    | true
            bob         | 1        | 2026-01-05 00:00:00 | Compare    | web     | mobile      | advanced | true
            cyd         | 1        | 2026-01-05 00:00:00 | Compare    | web     | mobile      | open     | false
            dee         | 1        | 2026-01-06 00:00:00 | Compare    | web     | mobile      | ended    | true
        """),
    )

    assert found.select("settled_count", "ended_count").rows() == [(2, 1), (1, 1)]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(), st.integers(0, 60))
def test_the_order_of_days_changes_nothing(run_model: RunModel, chance: object, start: int) -> None:
    """Shuffled days give the same rows, ranks and spans."""
    days = pl.concat([cell(broken=(start, start + 8)), cell(device_kind="desktop")])
    order = list(range(days.height))
    chance.shuffle(order)

    for model in ("drop_off_changes", "drop_off_spans"):
        assert_frame_equal(
            run_model(model, drop_off_days=days),
            run_model(model, drop_off_days=days[order]),
            check_exact=True,
        )
