"""What holds of every graph of who follows whom: random ways, counted plainly."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from typing import NamedTuple

import duckdb
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.warehouse import Model
from tests.models.provided import AS_OF, DAY_US, make_all

ENDS = ("(completed)", "(ended)", "(open)")
STAGES = {"A": ("Look", 1), "B": ("Look", 1), "C": ("Buy", 2), "Z": ("Buy", 2), "X": (None, None)}
Edges = Mapping[tuple[str, str], tuple[int, int]]


class Touch(NamedTuple):
    """One touchpoint of a customer: A, B and C lead on, Z completes, X is of no stage."""

    name: str
    days_ago: int
    hour: int


# Few instants, so that ties are common; long silences, so that one customer has many journeys.
WAYS = st.lists(
    st.lists(
        st.builds(
            Touch,
            name=st.sampled_from("AABBCZX"),
            days_ago=st.sampled_from([1, 2, 31, 32, 33, 70, 101]),
            hour=st.sampled_from([0, 0, 1]),
        ),
        min_size=1,
        max_size=9,
    ),
    min_size=1,
    max_size=4,
)


def ordered(ways: list[list[Touch]]) -> pl.DataFrame:
    """Each way is a customer's, in the order of time."""
    rows = [
        {
            "customer_id": f"c{number}",
            "position": position,
            "event_id": f"{number}-{position}",
            "occurred_at": AS_OF - timedelta(days=touch.days_ago, hours=touch.hour),
            "touchpoint": touch.name,
            "stage": STAGES[touch.name][0],
            "stage_position": STAGES[touch.name][1],
            "channel": "web",
            "owner": "Sales" if touch.name in "AC" else None,
            "initiator": "customer",
            "outcome": "completes" if touch.name == "Z" else None,
        }
        for number, way in enumerate(ways)
        for position, touch in enumerate(
            sorted(way, key=lambda touch: (-touch.days_ago, -touch.hour)), start=1
        )
    ]
    return pl.DataFrame(
        rows,
        schema_overrides={
            "stage": pl.String,
            "stage_position": pl.Int32,
            "owner": pl.String,
            "outcome": pl.String,
        },
    )


def built(
    models: Mapping[str, Model],
    ways: list[list[Touch]],
    *names: str,
    dormancy_days: int = 30,
) -> duckdb.DuckDBPyConnection:
    """The models of these names over the ways."""
    con = duckdb.connect(config={"python_enable_replacements": False, "threads": 1})
    parameters = pl.DataFrame({"as_of": [AS_OF], "dormancy_us": [dormancy_days * DAY_US]})
    make_all(con, models, names, {"parameters": parameters, "ordered_events": ordered(ways)})
    return con


def edges(con: duckdb.DuckDBPyConnection, grain: str) -> Edges:
    """How often, and by how many customers, each edge of a graph was gone."""
    rows = con.sql(
        f"select from_{grain}, to_{grain}, transition_count, customer_count "
        f"from {grain}_transitions"
    ).fetchall()
    return {(one, other): (count, customers) for one, other, count, customers in rows}


def visits(con: duckdb.DuckDBPyConnection, grain: str) -> Counter[str]:
    """How often each stage, touchpoint, channel or owner was visited."""
    table, column = ("stage_visits", "stage") if grain == "stage" else ("touchpoint_visits", grain)
    rows = con.sql(f"select coalesce({column}, '(nobody)'), count(*) from {table} group by 1")
    return Counter(dict(rows.fetchall()))


GRAINS = ("stage", "touchpoint", "channel", "owner")
GRAPHS = tuple(f"{grain}_transitions" for grain in GRAINS)


@given(ways=WAYS)
@settings(max_examples=6)
def test_what_comes_to_a_node_goes_from_it(
    models: Mapping[str, Model], ways: list[list[Touch]]
) -> None:
    """In-flow + starts = out-flow + ends + open = occurrences, node by node, in all grains."""
    with built(models, ways, *GRAPHS) as con:
        for grain in GRAINS:
            found = edges(con, grain)
            came = Counter[str]()
            went = Counter[str]()
            for (one, other), (count, _) in found.items():
                went.update({one: count})
                came.update({other: count})

            occurred = visits(con, grain)
            assert {name: came[name] for name in came.keys() - {*ENDS}} == occurred
            assert {name: went[name] for name in went.keys() - {"(start)"}} == occurred


@given(ways=WAYS)
@settings(max_examples=6)
def test_starts_and_ends_are_the_journeys_and_all_else_is_the_steps(
    models: Mapping[str, Model], ways: list[list[Touch]]
) -> None:
    """Starts = ends + open = journeys; all other edges = visits - journeys."""
    with built(models, ways, *GRAPHS) as con:
        ((journeys,),) = con.sql("select count(*) from journeys where staged_count > 0").fetchall()
        for grain in GRAINS:
            found = edges(con, grain)
            starts = sum(count for (one, _), (count, _) in found.items() if one == "(start)")
            ends = sum(count for (_, other), (count, _) in found.items() if other in ENDS)
            steps = sum(count for count, _ in found.values()) - starts - ends

            assert starts == ends == journeys
            assert steps == visits(con, grain).total() - journeys


@given(ways=WAYS)
@settings(max_examples=6)
def test_no_edge_has_more_customers_than_its_count_or_its_ends(
    models: Mapping[str, Model], ways: list[list[Touch]]
) -> None:
    """Customers of an edge <= its frequency, and <= the customers of each of its two nodes."""
    with built(models, ways, *GRAPHS) as con:
        for grain in ("stage", "touchpoint"):
            table = f"{grain}_visits"
            met = dict(
                con.sql(
                    f"select {grain}, count(distinct customer_id) from {table} group by 1"
                ).fetchall()
            )
            for (one, other), (count, customers) in edges(con, grain).items():
                assert customers <= count
                assert customers <= min(met.get(name, customers) for name in (one, other))


@given(ways=WAYS)
@settings(max_examples=6)
def test_collapsing_loops_takes_away_the_self_edges_and_no_more(
    models: Mapping[str, Model], ways: list[list[Touch]]
) -> None:
    """All other edges stay, and a node has as many fewer occurrences as it had self-edges."""
    with built(models, ways, "collapsed_transitions") as con:
        for grain in GRAINS:
            found = edges(con, grain)
            rows = con.execute(
                "select from_name, to_name, transition_count, repeated_count "
                "from collapsed_transitions where grain = ?",
                [grain],
            ).fetchall()

            assert {(one, other): count for one, other, count, _ in rows} == {
                (one, other): count for (one, other), (count, _) in found.items() if one != other
            }
            left = Counter[str]()
            for one, _, count, _ in rows:
                left.update({one: count})
            for one, _, _, repeated in rows:
                assert repeated == found.get((one, one), (0, 0))[0]
                if one != "(start)":
                    assert left[one] == visits(con, grain)[one] - repeated


@given(ways=WAYS)
@settings(max_examples=6)
def test_splitting_cases_by_silence_takes_away_the_edges_across_it_and_no_more(
    models: Mapping[str, Model], ways: list[list[Touch]]
) -> None:
    """With a dormancy limit, the steps of a customer's whole way stay but for those over it."""
    # A journey also ends at Z: without it, silence is all that splits.
    kept = [[touch for touch in way if touch.name in "ABC"] or [Touch("A", 1, 0)] for way in ways]
    counts = []
    for days in (10_000, 30):
        with built(models, kept, "touchpoint_transitions", dormancy_days=days) as con:
            found = edges(con, "touchpoint")
        counts.append(Counter({edge: n for edge, (n, _) in found.items() if edge[0] != "(start)"}))
    whole, split = ({e: n for e, n in count.items() if e[1] not in ENDS} for count in counts)

    across = Counter[tuple[str, str]]()
    for _, way in ordered(kept).group_by("customer_id", maintain_order=True):
        for one, other in pairwise(way.iter_rows(named=True)):
            if other["occurred_at"] - one["occurred_at"] > timedelta(days=30):
                across.update([(one["touchpoint"], other["touchpoint"])])
    assert Counter(whole) - across == Counter(split)
    assert Counter(split) + across == Counter(whole)


@given(ways=WAYS)
@settings(max_examples=6)
def test_splitting_into_sessions_takes_away_the_neighbours_across_them(
    models: Mapping[str, Model], ways: list[list[Touch]]
) -> None:
    """In one channel: neighbours within sessions = events - sessions, cut where it is silent."""
    with built(models, ways, "sessions") as con:
        ((within, sessions),) = con.sql(
            "select sum(event_count - 1), count(*) from sessions"
        ).fetchall()

    events = ordered(ways)
    gaps = events.select(
        gap=pl.col("occurred_at").diff().over("customer_id", order_by="position")
    ).drop_nulls()["gap"]
    assert within == events.height - sessions
    # The usual gap of these tests is half an hour, and the ways have whole hours.
    assert within == int((gaps <= timedelta(minutes=30)).sum())
