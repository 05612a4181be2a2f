"""paths_from, paths_to, paths_between and retention_of, as analysts call them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import gettempdir

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.business_days import business_days
from pipeline.resources import sql_folder
from pipeline.warehouse import Model, connect
from tests.models.provided import make
from tests.paths.ways import Way, read_by, tables, ways

Counted = list[tuple[str, int]]
JOURNEYS = ways("""
    ada  1 completed: Visit Visit Basket Order
    bob  1 completed: Visit Basket Order
    bob  2 ended:     Visit
    cleo 1 ended:     Read Visit Read Visit
    dan  1 open:      Visit Read
    eve  1 ended:     Read
""")


def macros(con: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Install them as a published file has them."""
    for name in names:
        con.execute((sql_folder() / "macros" / f"{name}.sql").read_text())


def with_paths(models: Mapping[str, Model], journeys: list[Way]) -> duckdb.DuckDBPyConnection:
    """A database with the journeys and the macros of paths."""
    con = connect(":memory:", threads=1, memory_gib=1, temp_gib=1, temp_folder=Path(gettempdir()))
    frames = tables(journeys)
    make(
        con, models, "journey_paths", read_by(frames, "journeys", "touchpoint_visits", "path_codes")
    )
    macros(con, "paths_from", "paths_to", "paths_between")
    return con


@pytest.fixture(scope="module")
def snapshot(models: Mapping[str, Model]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The six journeys above."""
    with with_paths(models, JOURNEYS) as con:
        yield con


def asked(con: duckdb.DuckDBPyConnection, call: str) -> Counted:
    """Paths and journeys of a macro, in its order."""
    return con.sql(f"select path, journey_count from {call}").fetchall()


def test_paths_from_a_touchpoint_end_with_the_journey(snapshot: duckdb.DuckDBPyConnection) -> None:
    """From the first visit on, repeats once; a journey over sooner shows its end."""
    assert asked(snapshot, "paths_from('Visit', steps := 2)") == [
        ("Visit > Basket > Order", 2),
        ("Visit > (ended)", 1),
        ("Visit > Read > (open)", 1),
        ("Visit > Read > Visit", 1),
    ]


def test_what_is_not_among_the_first_is_other(snapshot: duckdb.DuckDBPyConnection) -> None:
    """One row for the top way and one for the rest: the sum is all journeys with a visit."""
    found = snapshot.sql(
        "select rank, path, journey_count, customer_count, journey_share "
        "from paths_from('Visit', steps := 2, top := 1)"
    ).fetchall()

    assert found == [(1, "Visit > Basket > Order", 2, 2, 0.4), (2, "(other)", 3, 3, 0.6)]


def test_paths_to_a_touchpoint_begin_with_the_journey(snapshot: duckdb.DuckDBPyConnection) -> None:
    """What came before the first visit; (start) where nothing more did."""
    assert asked(snapshot, "paths_to('Visit', steps := 1)") == [
        ("(start) > Visit", 4),
        ("Read > Visit", 1),
    ]
    assert asked(snapshot, "paths_to('Order', steps := 2)") == [("Visit > Basket > Order", 2)]


def test_paths_between_tell_of_those_who_never_came(snapshot: duckdb.DuckDBPyConnection) -> None:
    """Ways that arrive first, then journeys that did not, by their end."""
    found = snapshot.sql(
        "select path, is_reached, journey_count from paths_between('Visit', 'Order')"
    ).fetchall()

    assert found == [
        ("Visit > Basket > Order", True, 2),
        ("Visit > (ended)", False, 2),
        ("Visit > (open)", False, 1),
    ]


def test_between_a_touchpoint_and_itself_lies_its_return(
    snapshot: duckdb.DuckDBPyConnection,
) -> None:
    """The first visit is no return."""
    assert asked(snapshot, "paths_between('Visit', 'Visit')")[0] == ("Visit > Read > Visit", 1)


@pytest.mark.parametrize(
    "call",
    [
        "paths_from('Nowhere')",
        "paths_to('Nowhere')",
        "paths_between('Visit', 'Nowhere')",
        "paths_between('Nowhere', 'Visit')",
    ],
)
def test_an_unknown_touchpoint_is_an_error(snapshot: duckdb.DuckDBPyConnection, call: str) -> None:
    """An empty answer would look like a finding."""
    with pytest.raises(
        duckdb.Error, match="no touchpoint is named Nowhere; see the table touchpoints"
    ):
        snapshot.sql(f"from {call}").fetchall()


WAYS = st.lists(
    st.tuples(
        st.sampled_from(["completed", "ended", "open"]),
        st.lists(st.sampled_from(["Visit", "Read", "Basket", "Order"]), max_size=6),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WAYS, st.integers(0, 4), st.integers(1, 4))
def test_macros_count_what_the_journeys_say(
    models: Mapping[str, Model], drawn: list[tuple[str, list[str]]], steps: int, top: int
) -> None:
    """Against plain lists: every path among the top has its count, and all add up exactly."""
    journeys = [
        Way("ada", n, status, [(name, float(hour)) for hour, name in enumerate(names)])
        for n, (status, names) in enumerate(drawn)
    ]
    forward: Counter[str] = Counter()
    backward: Counter[str] = Counter()
    between: Counter[str] = Counter()
    for status, touched in drawn:
        way = [name for name, after in pairwise([*touched, None]) if name != after]
        if "Visit" not in way:
            continue
        place = way.index("Visit")
        ahead = way[place : place + steps + 1]
        forward[" > ".join([*ahead, *([f"({status})"] if len(ahead) <= steps else [])])] += 1
        start = ["(start)"] if place < steps else []
        backward[" > ".join([*start, *way[max(place - steps, 0) : place + 1]])] += 1
        rest = way[place + 1 :]
        reached = (
            ["Visit", *rest[: rest.index("Order") + 1]]
            if "Order" in rest
            else ["Visit", f"({status})"]
        )
        between[" > ".join(reached)] += 1

    with with_paths(models, journeys) as con:
        for call, whole in (
            (f"paths_from('Visit', steps := {steps}, top := {top})", forward),
            (f"paths_to('Visit', steps := {steps}, top := {top})", backward),
            (f"paths_between('Visit', 'Order', top := {top})", between),
        ):
            found = dict(asked(con, call))
            assert sum(found.values()) == whole.total()
            found.pop("(other)", None)
            assert found.items() <= whole.items()


def days(rows: list[tuple[str, str, float]]) -> pl.DataFrame:
    """Touchpoints by customer, name and days since Monday, 2 March 2026, 09:00 UTC."""
    start = datetime(2026, 3, 2, 9)  # noqa: DTZ001 - the models' instants are naive UTC
    return pl.DataFrame(
        [
            (customer, position, start + timedelta(days=day), name, "customer", False)
            for position, (customer, name, day) in enumerate(rows, start=1)
        ],
        schema=["customer_id", "position", "occurred_at", "touchpoint", "initiator", "is_value"],
        orient="row",
    )


def shaped(con: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Give tables the form in which they are published, with numbers of customers."""
    con.execute(
        "create table customer_numbers as select customer_id, "
        "cast(row_number() over (order by customer_id) as integer) as customer_number "
        "from customer_ranks"
    )
    for name in names:
        query = (sql_folder() / "publish" / f"{name}.sql").read_text()
        con.execute(f"create table published as {query}")
        con.execute(f"drop table {name}")
        con.execute(f"alter table published rename to {name}")


def retained(
    models: Mapping[str, Model], rows: list[tuple[str, str, float]], call: str
) -> pl.DataFrame:
    """What retention_of answers at noon on 20 April 2026, in London."""
    with connect(
        ":memory:", threads=1, memory_gib=1, temp_gib=1, temp_folder=Path(gettempdir())
    ) as con:
        make(
            con,
            models,
            "retention",
            {
                "journey_events": days(rows),
                "parameters": pl.DataFrame({"as_of": [datetime(2026, 4, 20, 12)]}),  # noqa: DTZ001
                "business_days": business_days(
                    "Europe/London",
                    since=datetime(2026, 2, 1).date(),  # noqa: DTZ001
                    until=datetime(2026, 6, 1).date(),  # noqa: DTZ001
                ),
            },
        )
        con.execute("insert into touchpoints (touchpoint) values ('Visit'), ('Order')")
        shaped(con, "touchpoint_days", "activity_days")
        macros(con, "retention_of")
        return con.sql(call).pl()


ROWS = [
    ("ada", "Visit", 0),
    ("ada", "Order", 0.5),
    ("ada", "Order", 1),
    ("bob", "Visit", 0),
    ("bob", "Order", -3),
    ("bob", "Visit", 8),
    ("bob", "Order", 15.2),
]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        # Bob's order before his first visit is no return.
        (
            "'Visit', 'Order', upto := 2",
            [(0, 0, 2, 2, 1, 2), (1, 1, 2, 2, 1, 2), (2, 2, 2, 2, 0, 1)],
        ),
        (
            "'Visit', 'Order', upto := 2, clock := 'rolling'",
            [(0, 0, 2, 2, 1, 2), (1, 1, 2, 2, 1, 2), (2, 2, 2, 2, 0, 1)],
        ),
        (
            "'Visit', 'Order', upto := 14, width := 7",
            [(0, 0, 2, 2, 1, 2), (1, 7, 2, 2, 1, 2), (8, 14, 2, 2, 0, 1)],
        ),
        ("'Visit', upto := 1, period := 'week'", [(0, 0, 2, 2, 2, 2), (1, 1, 2, 2, 1, 1)]),
        (
            "'Visit', 'Order', upto := 1, period := 'week', entry := 'recurring'",
            [(0, 0, 3, 3, 1, 3), (1, 1, 3, 3, 1, 2)],
        ),
    ],
)
def test_retention_of_any_two_touchpoints(
    models: Mapping[str, Model], arguments: str, expected: list[tuple[int, ...]]
) -> None:
    """Bracket, cohort, possible, retained in the bracket, and then or later: all cohorts."""
    found = retained(models, ROWS, f"from retention_of({arguments})").filter(
        pl.col("cohort_on").is_null()
    )

    columns = (
        "from_number",
        "to_number",
        "cohort_count",
        "possible_count",
        "retained_count",
        "later_count",
    )
    assert found.select(columns).rows() == expected


@pytest.mark.parametrize("clock", ["calendar", "rolling"])
@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_the_macro_and_the_table_agree(
    models: Mapping[str, Model], clock: str, period: str
) -> None:
    """Where every touchpoint is a visit, retention_of('Visit') is the table's first entry."""
    rows = [
        (f"c{n % 9}", "Visit", float((n * 37) % 49) + (n % 4) / 4 - (0.375 if n % 3 else 0.0))
        for n in range(60)
    ]
    upto = {"day": 30, "week": 12, "month": 12}[period]
    call = f"retention_of('Visit', period := '{period}', clock := '{clock}', upto := {upto})"
    together = f"""
        select
            cells.from_number,
            cells.possible_count,
            cells.retained_count,
            after.retained_count as later_count,
            asked.possible_count as p,
            asked.retained_count as r,
            asked.later_count as l
        from retention as cells
        join retention as after using (clock, entry, period, activity, cohort_on, from_number)
        join {call} as asked using (cohort_on, from_number)
        where clock = '{clock}' and entry = 'first' and period = '{period}' and activity = 'any'
            and cells.measure = 'on' and after.measure = 'on_or_after'
    """

    found = retained(models, rows, together)

    assert found.height > upto
    for one, other in (("possible_count", "p"), ("retained_count", "r"), ("later_count", "l")):
        assert found[one].to_list() == found[other].to_list()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("'Nowhere'", "no touchpoint is named Nowhere"),
        ("'Visit', 'Nothing'", "no touchpoint is named Nothing"),
        ("'Visit', period := 'year'", "period is day, week or month, not year"),
        ("'Visit', clock := 'utc'", "clock is calendar or rolling, not utc"),
        ("'Visit', entry := 'last'", "entry is first or recurring, not last"),
    ],
)
def test_what_retention_of_cannot_answer_is_an_error(
    models: Mapping[str, Model], arguments: str, said: str
) -> None:
    """It says what to write."""
    with pytest.raises(duckdb.Error, match=said):
        retained(models, ROWS, f"from retention_of({arguments})")
