# ruff: noqa: E501 - a table as text is as wide as it is

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.business_days import business_days

RunModel = Callable[..., pl.DataFrame]
ZONE = ZoneInfo("Europe/London")
LONDON = business_days("Europe/London", since=date(2025, 12, 1), until=date(2026, 12, 31))
AS_OF = datetime(2026, 5, 13, 12, tzinfo=UTC)
DORMANCY = timedelta(days=30)


def touches(*rows: tuple[str, datetime]) -> pl.DataFrame:
    """Touchpoints that customers started, by customer and instant."""
    return pl.DataFrame(
        [
            (customer, position, at.astimezone(UTC).replace(tzinfo=None), "Visit", "customer")
            for position, (customer, at) in enumerate(rows, start=1)
        ],
        schema=["customer_id", "position", "occurred_at", "touchpoint", "initiator"],
        orient="row",
    )


def parameters() -> pl.DataFrame:
    """The instant the tables speak about; dormant after 30 days."""
    return pl.DataFrame(
        {
            "as_of": [AS_OF.replace(tzinfo=None)],
            "dormancy_us": [DORMANCY // timedelta(microseconds=1)],
        }
    )


def states(run_model: RunModel, *rows: tuple[str, datetime]) -> list[str]:
    """The state of the one customer, week by week."""
    found = run_model("lifecycle", journey_events=touches(*rows), parameters=parameters())
    weekly = found.filter(period="week", activity="any").sort("period_on")
    assert weekly["customer_count"].to_list() == [1] * weekly.height
    return weekly["state"].to_list()


def at(day: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def test_a_customer_comes_stays_fades_and_returns(run_model: RunModel) -> None:
    """New, current, at risk while silent for a month, dormant, and returning."""
    found = states(
        run_model,
        ("ada", at("2026-03-02 09:00")),
        ("ada", at("2026-03-09 09:00")),
        ("ada", at("2026-04-29 09:00")),
    )

    assert found == [
        "new",
        "current",
        "at risk",
        "at risk",
        "at risk",
        # Thirty days after 9 March end in this week.
        "dormant",
        "dormant",
        "dormant",
        "returning",
        "at risk",
    ]


@pytest.mark.parametrize(
    ("last", "state"),
    [("2026-03-14 00:00:00", "at risk"), ("2026-03-13 23:59:59.999999", "dormant")],
)
def test_silent_for_exactly_the_limit_at_a_weeks_end_is_at_risk(
    run_model: RunModel, last: str, state: str
) -> None:
    """Thirty days before Monday 13 April, 00:00, is still at risk; a microsecond more is dormant."""
    found = states(run_model, ("ada", at(last)))

    # Weeks from 9 March on; that of 6 April ends then.
    assert found[4] == state


@pytest.mark.parametrize(
    ("second", "state"),
    [("2026-04-01 09:00:00", "current"), ("2026-04-01 09:00:00.000001", "returning")],
)
def test_back_after_exactly_the_limit_is_current(
    run_model: RunModel, second: str, state: str
) -> None:
    """Silence of exactly thirty days is no return; a microsecond longer is."""
    found = states(run_model, ("ada", at("2026-03-02 09:00:00")), ("ada", at(second)))

    assert found[4] == state


def test_the_week_of_as_of_is_left_out(run_model: RunModel) -> None:
    """It is not over: nobody can be told dormant or at risk in it, and nobody new."""
    found = run_model(
        "lifecycle",
        journey_events=touches(("ada", at("2026-05-12 09:00")), ("bob", at("2026-05-04 09:00"))),
        parameters=parameters(),
    ).filter(period="week", activity="any")

    assert found.select("period_on", "state", "customer_count").rows() == [
        (date(2026, 5, 4), "new", 1)
    ]


def test_a_period_begins_at_midnight_of_the_business_time_zone(run_model: RunModel) -> None:
    """Sunday, 23:30 UTC in summer, is Monday in London."""
    events = touches(("ada", at("2026-04-12 23:30")))

    utc = run_model("lifecycle", journey_events=events, parameters=parameters())
    london = run_model(
        "lifecycle", journey_events=events, parameters=parameters(), business_days=LONDON
    )

    firsts = [
        frame.filter(state="new", period="week")["period_on"].item() for frame in (utc, london)
    ]
    assert firsts == [date(2026, 4, 6), date(2026, 4, 13)]


def bounds(period: str, on: date) -> tuple[date, datetime]:
    """The next period's first day, and the instant it begins."""
    if period == "week":
        following = on + timedelta(days=7)
    else:
        following = (on.replace(day=1) + timedelta(days=32)).replace(day=1)
    return following, datetime(
        following.year, following.month, following.day, tzinfo=ZONE
    ).astimezone(UTC)


def period_on(instant: datetime, period: str) -> date:
    """The first day of the local week or month."""
    local = instant.astimezone(ZONE).date()
    return local - timedelta(days=local.weekday()) if period == "week" else local.replace(day=1)


def by_hand(instants: list[datetime], period: str) -> list[tuple[date, str]]:
    """One customer's state in each period, as the definition says."""
    found = []
    on = period_on(min(instants), period)
    current = period_on(AS_OF, period)
    while on < current:
        following, end = bounds(period, on)
        inside = sorted(one for one in instants if period_on(one, period) == on)
        before = sorted(one for one in instants if period_on(one, period) < on)
        if inside and not before:
            state = "new"
        elif inside:
            state = "returning" if inside[0] - before[-1] > DORMANCY else "current"
        else:
            state = "dormant" if end - before[-1] > DORMANCY else "at risk"
        found.append((on, state))
        on = following
    return found


INSTANTS = st.builds(
    lambda day, second: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day, seconds=second),
    st.integers(0, 131),
    st.sampled_from([0, 1, 3600, 43_200, 82_800, 86_399]),
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(["ada", "bob", "cleo"]), INSTANTS), min_size=1, max_size=12)
)
def test_flows_are_what_following_each_customer_gives(
    run_model: RunModel, rows: list[tuple[str, datetime]]
) -> None:
    """Every customer is in one state a period, and every flow is the step from one to the next."""
    seen = defaultdict(list)
    for customer, instant in rows:
        seen[customer].append(instant)

    flows = run_model(
        "lifecycle_flows",
        journey_events=touches(*rows),
        parameters=parameters(),
        business_days=LONDON,
    ).filter(activity="any")

    counted: Counter[tuple[str, date, str, str]] = Counter()
    for period in ("week", "month"):
        for instants in seen.values():
            before = "(none)"
            for on, state in by_hand(instants, period):
                counted[period, on, before, state] += 1
                before = state
    found = {tuple(row[:4]): row[4] for row in flows.drop("activity").iter_rows()}
    assert found == counted


def test_flows_add_up_to_states(run_model: RunModel) -> None:
    """Into each state flow those who are in it; out of each, those who were in it the period before."""
    events = touches(
        *(
            (f"c{n}", at("2026-01-01 00:00") + timedelta(days=7 * n + step * (n % 5 + 1) * 9))
            for n in range(12)
            for step in range(n % 4 + 1)
        )
    )
    flows = run_model("lifecycle_flows", journey_events=events, parameters=parameters())
    lifecycle = run_model("lifecycle", journey_events=events, parameters=parameters())

    here = {
        (period, on, state): count
        for period, on, state, count in lifecycle.filter(activity="any")
        .select("period", "period_on", "state", "customer_count")
        .iter_rows()
    }
    into: Counter[tuple[str, date, str]] = Counter()
    out_of: Counter[tuple[str, date, str]] = Counter()
    for period, on, before, after, count in (
        flows.filter(activity="any").drop("activity").iter_rows()
    ):
        into[period, on, after] += count
        if before != "(none)":
            out_of[period, on, before] += count
    last = {period: max(on for p, on, _ in here if p == period) for period in ("week", "month")}
    left = {
        (period, bounds(period, on)[0], state): count
        for (period, on, state), count in here.items()
        if on < last[period]
    }
    assert into == here
    assert out_of == left
