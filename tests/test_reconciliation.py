# ruff: noqa: E501 - a table as text is as wide as it is
"""Tables that show the same thing are set against each other every night, and a slip is seen.

One ordered table of events is what all of them are counted from. Here the build database of a
whole company stands for the right ones; each case takes one row of one table and changes one
count in it.
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline.build import BUILD
from pipeline.resources import sql_folder
from pipeline.warehouse import shipped_models
from tests.tables import table

# Of these rows of the table one has one less.
ONE_LESS = """
    claim                                       | table                  | column                  | rows
    transitions_leave_every_visit               | stage_transitions      | transition_count        | from_stage = 'Buy'
    transitions_leave_every_visit               | touchpoint_transitions | transition_count        | from_touchpoint <> '(start)'
    transitions_leave_every_visit               | channel_transitions    | transition_count        | from_channel <> '(start)'
    transitions_leave_every_visit               | owner_transitions      | transition_count        | from_owner <> '(start)'
    journeys_start_and_end_once_in_every_graph  | stage_transitions      | transition_count        | from_stage = '(start)'
    journeys_start_and_end_once_in_every_graph  | touchpoint_transitions | transition_count        | to_touchpoint = '(open)'
    journeys_start_and_end_once_in_every_graph  | owner_transitions      | transition_count        | to_owner = '(ended)'
    journeys_start_and_end_once_in_every_graph  | channel_transitions    | transition_count        | from_channel = '(start)'
    journeys_start_and_end_once_in_every_graph  | graph_summary          | journey_count           | true
    drop_offs_and_nodes_count_every_arrival     | drop_offs              | entries                 | true
    drop_offs_and_nodes_count_every_arrival     | graph_nodes            | entries                 | true
    drop_offs_and_nodes_count_every_arrival     | stage_transitions      | transition_count        | to_stage = 'Buy'
    edges_of_the_graph_are_the_transitions      | graph_edges            | transition_count        | true
    edges_of_the_graph_are_the_transitions      | graph_edges            | settled_count           | true
    edges_of_the_graph_are_the_transitions      | graph_counts           | transition_count        | true
    edges_of_the_graph_are_the_transitions      | graph_counts           | settled_count           | true
    paths_begin_and_end_as_transitions_do       | stage_transitions      | transition_count        | from_stage = '(start)'
    paths_begin_and_end_as_transitions_do       | touchpoint_transitions | transition_count        | to_touchpoint = '(ended)'
    runs_of_two_are_transitions                 | ngram_counts           | occurrence_count        | step_count = 2
    runs_of_two_are_transitions                 | path_windows           | followed_count          | within_steps = 1
    runs_of_two_are_transitions                 | touchpoint_transitions | transition_count        | from_touchpoint <> to_touchpoint and from_touchpoint <> '(start)' and left(to_touchpoint, 1) <> '('
    collapsed_transitions_leave_out_loops_alone | collapsed_transitions  | transition_count        | true
    collapsed_transitions_leave_out_loops_alone | collapsed_transitions  | repeated_count          | true
    first_cohorts_hold_everybody                | retention              | cohort_count            | entry = 'first' and measure = 'on' and from_number = 0
    days_add_up_to_drop_offs                    | drop_off_days          | settled_count           | true
    days_add_up_to_drop_offs                    | drop_off_days          | ended_count             | true
    days_add_up_to_drop_offs                    | drop_offs              | settled_count           | grain = 'touchpoint'
    detours_agree_with_drop_offs                | drop_off_detours       | visit_count             | true
    detours_agree_with_drop_offs                | drop_offs              | settled_ended_count     | grain = 'stage'
    hand_overs_agree_with_transitions           | hand_overs             | hand_over_count         | true
    touchpoints_add_up_to_the_journey_map       | journey_map            | event_count             | true
    touchpoints_add_up_to_the_journey_map       | journey_map            | left_count              | true
    touchpoints_add_up_to_the_journey_map       | journey_map            | left_base_count         | true
    touchpoints_add_up_to_the_journey_map       | touchpoint_measures    | event_count             | stage is not null
    customers_count_every_journey               | customers              | journey_count           | true
    customers_count_every_journey               | customers              | completed_journey_count | true
    customers_count_every_journey               | customers              | ended_journey_count     | true
    customers_count_every_journey               | customers              | open_journey_count      | true
    journeys_hold_every_touchpoint              | journeys               | touchpoint_count        | true
    journeys_hold_every_touchpoint              | journeys               | staged_count            | true
    ties_are_counted_of_all_neighbours          | ties                   | pair_count              | grain <> 'kind'
    a_funnel_of_one_step_holds_whoever_met_it   | touchpoint_measures    | customer_count          | touchpoint = 'Visit site'
    ties_are_counted_of_all_neighbours          | ties                   | tied_count              | true
    ties_are_counted_of_all_neighbours          | ties                   | by_id_count             | true
"""
CASES = [
    tuple(cell.strip() for cell in line.split(" | ")) for line in ONE_LESS.strip().splitlines()[1:]
]


@pytest.fixture(scope="module")
def built(ran_company: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables of the small company's run as its checks found them."""
    with duckdb.connect(str(ran_company / "data" / "work" / BUILD), read_only=True) as con:
        yield con


def rows_against(con: duckdb.DuckDBPyConnection, claim: str) -> int:
    """How many rows contradict a claim."""
    sql = (sql_folder() / "checks" / f"{claim}.sql").read_text()
    return len(con.sql(sql).fetchall())


@pytest.mark.parametrize("claim", sorted({claim for claim, *_ in CASES}))
def test_the_claim_holds_for_a_whole_company(built: duckdb.DuckDBPyConnection, claim: str) -> None:
    """Nothing contradicts it where nothing was changed."""
    assert rows_against(built, claim) == 0


@pytest.mark.parametrize(("claim", "name", "column", "where"), CASES)
def test_one_count_that_is_off_by_one_is_seen(
    built: duckdb.DuckDBPyConnection, claim: str, name: str, column: str, where: str
) -> None:
    """The claim fails once one row of one of its tables has one less."""
    catalogue = BUILD.removesuffix(".duckdb")
    rows = f"select *, row_number() over () as place, {where} as is_meant from {catalogue}.{name}"
    first = f"(select min(place) from ({rows}) where is_meant)"
    # A temporary table stands before one of the database.
    built.execute(
        f"create temp table {name} as select * exclude (place, is_meant) replace "
        f"({column} - case when place = {first} then 1 else 0 end as {column}) from ({rows})"
    )
    # A view of the database reads the tables there; one of the same text reads the changed one.
    views = [one for one in shipped_models() if one.is_view and name in one.reads]
    for view in views:
        built.execute(f"create temp view {view.name} as {view.sql}")
    try:
        assert rows_against(built, claim) > 0
    finally:
        for view in views:
            built.execute(f"drop view temp.{view.name}")
        built.execute(f"drop table temp.{name}")


CAUSES = table("""
    grain | name | factor | value  | from_on | settled_count | other_settled_count | lost_count | other_lost_count | sampled_share
    stage | Buy  | device | mobile |         | 40            | 50                  | 8          | 4                | 1.0
""")
PLACE = table("""
    grain | name | settled_count | settled_ended_count
    stage | Buy  | 90            | 12
""")
WON = table("""
    grain | name | factor | value  | from_on | reach
    stage | Buy  | device | mobile |         | 40
""")


@pytest.mark.parametrize(
    ("settled", "lost", "reach", "is_seen"),
    [(40, 8, 40, False), (41, 8, 41, True), (40, 9, 40, True), (40, 8, 39, True)],
)
def test_a_cause_has_no_more_visits_than_its_place(
    settled: int, lost: int, reach: int, *, is_seen: bool
) -> None:
    """Both arms together fit into drop_offs to the last visit, and the reach is the cause's."""
    with duckdb.connect(config={"python_enable_replacements": False}) as con:
        for name, frame in {
            "drop_off_causes": CAUSES.with_columns(settled_count=settled, lost_count=lost),
            "drop_offs": PLACE,
            "opportunities": WON.with_columns(reach=reach),
        }.items():
            con.register(name, frame)

        assert (rows_against(con, "causes_lie_within_drop_offs") > 0) == is_seen


def test_every_claim_here_is_one_of_the_nightly_ones() -> None:
    """A claim is checked every night because its file is there."""
    files = {path.stem for path in (sql_folder() / "checks").glob("*.sql")}

    assert {claim for claim, *_ in CASES} < files
