# ruff: noqa: E501 - a table as text is as wide as it is

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from pipeline.business_days import business_days
from pipeline.paths.spans import retention_spans
from tests.tables import table

RunModel = Callable[..., pl.DataFrame]
ZONE = ZoneInfo("Europe/London")
LONDON = business_days("Europe/London", since=date(2025, 12, 1), until=date(2026, 12, 31))
# The clock went forward on 29 March 2026, at 01:00 UTC.
AS_OF = datetime(2026, 4, 20, 12, tzinfo=UTC)


def touches(*rows: tuple[str, str]) -> pl.DataFrame:
    """Touchpoints that customers started, by customer and instant in UTC."""
    return pl.DataFrame(
        [
            (customer, position, datetime.fromisoformat(at), "Visit", "customer")
            for position, (customer, at) in enumerate(rows, start=1)
        ],
        schema=["customer_id", "position", "occurred_at", "touchpoint", "initiator"],
        orient="row",
    )


def cells(frame: pl.DataFrame, **wanted: str) -> dict[int, tuple[int, int, int]]:
    """Cohort, possible and retained counts by from_number."""
    usual = {"clock": "calendar", "entry": "first", "period": "day", "activity": "any"}
    picked = frame.filter(**{**usual, "measure": "on", **wanted})
    return {
        row["from_number"]: (row["cohort_count"], row["possible_count"], row["retained_count"])
        for row in picked.rows(named=True)
    }


def parameters(as_of: datetime = AS_OF) -> pl.DataFrame:
    """The instant the tables speak about."""
    return pl.DataFrame({"as_of": [as_of.astimezone(UTC).replace(tzinfo=None)]})


def test_calendar_days_are_those_of_the_business_time_zone(run_model: RunModel) -> None:
    """23:30 UTC in summer is half past midnight in London: two touches an hour apart are two days."""
    events = touches(("ada", "2026-04-05 22:45:00"), ("ada", "2026-04-05 23:15:00"))

    london = run_model(
        "retention", journey_events=events, parameters=parameters(), business_days=LONDON
    )
    utc = run_model("retention", journey_events=events, parameters=parameters())

    assert cells(london)[1] == (1, 1, 1)
    assert cells(utc)[1] == (1, 1, 0)


@pytest.mark.parametrize(
    ("second", "returned"),
    [
        ("2026-01-06 08:59:59.999999", {0}),
        ("2026-01-06 09:00:00", {0, 1}),
        ("2026-01-07 08:59:59.999999", {0, 1}),
        ("2026-01-07 09:00:00", {0, 2}),
    ],
)
def test_a_rolling_window_has_its_first_instant_and_not_its_last(
    run_model: RunModel, second: str, returned: set[int]
) -> None:
    """Exactly 24 hours after entry window 1 begins, a microsecond earlier window 0 still runs."""
    events = touches(("ada", "2026-01-05 09:00:00"), ("ada", second))

    rolling = cells(
        run_model("retention", journey_events=events, parameters=parameters()), clock="rolling"
    )

    assert {number for number, (_, _, retained) in rolling.items() if retained} == returned


def test_a_rolling_day_of_a_clock_change_has_24_hours(run_model: RunModel) -> None:
    """From 09:00 before the change to 09:30 after it are 23.5 hours: the same window, the next day."""
    events = touches(("ada", "2026-03-28 09:00:00"), ("ada", "2026-03-29 08:30:00"))

    found = run_model(
        "retention", journey_events=events, parameters=parameters(), business_days=LONDON
    )

    assert cells(found)[1] == (1, 1, 1)
    assert cells(found, clock="rolling")[1] == (1, 1, 0)


def test_cells_that_nobody_could_reach_have_no_share(run_model: RunModel) -> None:
    """The day of as_of is not over: who came the day before has day 0 alone, and no share for day 1."""
    events = touches(("ada", "2026-04-19 09:00:00"), ("ada", "2026-04-20 09:00:00"))

    found = run_model("retention", journey_events=events, parameters=parameters())
    shares = found.filter(
        clock="calendar", entry="first", period="day", activity="any", measure="on"
    )

    assert [cells(found)[n] for n in (0, 1)] == [(1, 1, 1), (1, 0, 0)]
    assert shares.filter(from_number=1).select(
        "retained_share", "share_low", "share_high", "is_complete"
    ).rows() == [(None, None, None, False)]


@pytest.mark.parametrize(
    ("as_of", "possible"),
    [
        (datetime(2026, 1, 6, 23, 59, 59, 999999, tzinfo=UTC), 0),
        (datetime(2026, 1, 7, tzinfo=UTC), 1),
    ],
)
def test_a_day_counts_once_its_midnight_has_come(
    run_model: RunModel, as_of: datetime, possible: int
) -> None:
    """At midnight sharp the day before is over; a microsecond earlier it is not."""
    events = touches(("ada", "2026-01-05 09:00:00"))

    found = cells(run_model("retention", journey_events=events, parameters=parameters(as_of)))

    assert found[1] == (1, possible, 0)


def test_in_rolling_windows_each_customer_has_their_own_time(run_model: RunModel) -> None:
    """Of a day's cohort only those whose window is over count, and the cell is marked incomplete."""
    events = touches(("ada", "2026-04-18 09:00:00"), ("bob", "2026-04-18 15:00:00"))

    found = run_model("retention", journey_events=events, parameters=parameters())

    assert cells(found, clock="rolling")[1] == (2, 1, 0)
    assert cells(found, clock="calendar")[1] == (2, 2, 0)


def test_on_or_after_counts_whoever_was_seen_that_late(run_model: RunModel) -> None:
    """Back on day 5 alone is retained on or after each day up to 5, and on none but 5."""
    events = touches(("ada", "2026-03-01 09:00:00"), ("ada", "2026-03-06 09:00:00"))

    found = run_model("retention", journey_events=events, parameters=parameters())

    on = [number for number, (_, _, retained) in cells(found).items() if retained]
    after = [n for n, (_, _, retained) in cells(found, measure="on_or_after").items() if retained]
    assert (on, after) == ([0, 5], [0, 1, 2, 3, 4, 5])


def test_brackets_count_a_customer_once(run_model: RunModel) -> None:
    """Back on days 2 and 3 is one of days 1 to 7, and none of days 8 to 14."""
    events = touches(
        ("ada", "2026-03-01 09:00:00"),
        ("ada", "2026-03-03 09:00:00"),
        ("ada", "2026-03-04 09:00:00"),
    )

    found = run_model("retention", journey_events=events, parameters=parameters())

    assert cells(found, measure="bracket") == {1: (1, 1, 1), 8: (1, 1, 0), 15: (1, 1, 0)}


def test_recurring_entry_makes_each_active_week_a_cohort(run_model: RunModel) -> None:
    """Active in two weeks, a customer is in both cohorts; by first entry in the earlier one alone."""
    events = touches(("ada", "2026-03-02 09:00:00"), ("ada", "2026-03-16 09:00:00"))

    found = run_model("retention", journey_events=events, parameters=parameters()).filter(
        period="week", clock="calendar", activity="any", measure="on", from_number=2
    )

    assert found.select("entry", "cohort_on", "retained_count").rows() == [
        ("first", date(2026, 3, 2), 1),
        ("recurring", date(2026, 3, 2), 1),
        ("recurring", date(2026, 3, 16), 0),
    ]


def test_only_what_customers_start_is_activity(run_model: RunModel) -> None:
    """A mail that the company sends brings nobody back; one of value does, whoever starts it."""
    events = table("""
        customer_id | position | occurred_at         | touchpoint | initiator | is_value
        ada         | 1        | 2026-03-01 09:00:00 | Visit      | customer  | false
        ada         | 2        | 2026-03-02 09:00:00 | Offer      | company   | false
        ada         | 3        | 2026-03-03 09:00:00 | Delivery   | company   | true
    """)

    found = run_model("retention", journey_events=events, parameters=parameters())

    assert [cells(found)[n][2] for n in (0, 1, 2)] == [1, 0, 1]
    assert cells(found, activity="value")[0] == (1, 1, 1)


def test_shares_carry_wilsons_interval(run_model: RunModel) -> None:
    """The 95 % interval of one of three is the one scipy gives."""
    events = touches(
        *((customer, "2026-03-01 09:00:00") for customer in ("ada", "bob", "cleo")),
        ("ada", "2026-03-02 09:00:00"),
    )

    found = run_model("retention", journey_events=events, parameters=parameters())
    (row,) = found.filter(
        clock="calendar", entry="first", period="day", activity="any", measure="on", from_number=1
    ).rows(named=True)

    interval = binomtest(1, 3).proportion_ci(method="wilson")
    assert row["retained_share"] == pytest.approx(1 / 3)
    assert (row["share_low"], row["share_high"]) == pytest.approx((interval.low, interval.high))


# Around two clock changes and as_of, often near midnight of either clock.
INSTANTS = st.builds(
    lambda day, second: datetime(2026, 3, 20, tzinfo=UTC) + timedelta(days=day, seconds=second),
    st.integers(0, 31),
    st.sampled_from([0, 1, 1800, 3599, 3600, 43_200, 82_799, 82_800, 86_399]),
).filter(lambda at: at <= AS_OF)
WIDTHS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}


def period_of(at: datetime, period: str) -> int:
    """The number of a local day, week or month."""
    local = at.astimezone(ZONE).date()
    days = (local - date(1970, 1, 1)).days
    return {"day": days, "week": (days + 3) // 7, "month": local.year * 12 + local.month}[period]


def expected(seen: dict[str, list[datetime]]) -> Counter[tuple[str, str, str, int, str]]:
    """Counts by clock, period, measure, number and kind of count, one customer after another."""
    found: Counter[tuple[str, str, str, int, str]] = Counter()
    for clock in ("calendar", "rolling"):
        for period, measure, first, last in retention_spans().iter_rows():
            for instants in seen.values():
                entry = min(instants)
                if clock == "calendar":
                    numbers = {period_of(at, period) - period_of(entry, period) for at in instants}
                    reach = period_of(AS_OF, period) - period_of(entry, period) - 1
                else:
                    numbers = {(at - entry) // WIDTHS[period] for at in instants}
                    reach = (AS_OF - entry) // WIDTHS[period] - 1
                key = (clock, period, measure, first)
                found[*key, "cohort"] += 1
                if reach >= (first if last is None else last):
                    found[*key, "possible"] += 1
                    wanted = range(first, (reach if last is None else last) + 1)
                    # A period that is not over tells that later ones were reached, too.
                    late = last is None and max(numbers) > reach
                    found[*key, "retained"] += bool(numbers & set(wanted)) or late
    return found


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(["ada", "bob", "cleo"]), INSTANTS), min_size=1, max_size=14)
)
def test_every_cell_is_what_counting_by_hand_gives(
    run_model: RunModel, rows: list[tuple[str, datetime]]
) -> None:
    """Both clocks, three periods, three measures, around a clock change: as definitions say, customer by customer."""
    seen = defaultdict(list)
    for customer, at in rows:
        seen[customer].append(at)
    events = touches(*((customer, at.replace(tzinfo=None).isoformat()) for customer, at in rows))

    found = run_model(
        "retention", journey_events=events, parameters=parameters(), business_days=LONDON
    ).filter(entry="first", activity="any")

    keys = ["clock", "period", "measure", "from_number"]
    summed = found.group_by(keys).agg(
        cohort=pl.col("cohort_count").sum(),
        possible=pl.col("possible_count").sum(),
        retained=pl.col("retained_count").sum(),
    )
    counted = Counter(
        {
            (*row[:4], kind): row[4 + n]
            for row in summed.select(*keys, "cohort", "possible", "retained").iter_rows()
            for n, kind in enumerate(("cohort", "possible", "retained"))
        }
    )
    assert +counted == +expected(seen)


def test_order_of_rows_changes_nothing(run_model: RunModel) -> None:
    """Rows given backwards make the same table."""
    events = touches(
        ("ada", "2026-03-01 09:00:00"),
        ("ada", "2026-03-02 09:00:00"),
        ("bob", "2026-03-01 10:00:00"),
        ("ada", "2026-03-09 09:00:00"),
    )

    forth = run_model("retention", journey_events=events, parameters=parameters())
    back = run_model("retention", journey_events=events.reverse(), parameters=parameters())

    assert forth.equals(back)


def test_day_0_is_the_cohort(run_model: RunModel) -> None:
    """Whoever enters is active in the period of entry; where it is over, all are retained in it."""
    events = touches(
        ("ada", "2026-03-01 09:00:00"),
        ("bob", "2026-03-05 09:00:00"),
        ("bob", "2026-04-19 09:00:00"),
    )

    found = run_model("retention", journey_events=events, parameters=parameters()).filter(
        pl.col("from_number") == 0, pl.col("possible_count") > 0
    )

    assert found.height > 0
    assert (found["retained_count"] == found["possible_count"]).all()
