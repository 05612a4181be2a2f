# ruff: noqa: E501 - a table as text is as wide as it is
"""Ties: how many there are, what broke them, and what hangs on it."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import groupby, pairwise

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.models.provided import AS_OF
from tests.tables import table

RunModel = Callable[..., pl.DataFrame]

SOURCES = table("""
    source | rank
    crm    | 1
    web    | 2
    chat   | 2
""")
# One pair of each kind: by rank, by sequence, by id within a source, by id between two sources
# of one rank, and none.
LANDED = table("""
    event_id | source | source_sequence | occurred_at         | channel | kind   | time_precision
    a1       | web    | 0               | 2026-01-05 09:00:00 | web     | viewed | second
    a2       | crm    | 0               | 2026-01-05 09:00:00 | crm     | noted  | day
    b1       | web    | 2               | 2026-01-05 09:00:00 | web     | viewed | second
    b2       | web    | 1               | 2026-01-05 09:00:00 | web     | viewed | second
    c1       | web    | 0               | 2026-01-05 09:00:00 | web     | viewed | second
    c2       | web    | 0               | 2026-01-05 09:00:00 | web     | bought | second
    d1       | web    | 1               | 2026-01-05 09:00:00 | web     | viewed | second
    d2       | chat   | 2               | 2026-01-05 09:00:00 | chat    | asked  | second
    e1       | web    | 0               | 2026-01-05 09:00:00 | web     | viewed | second
    e2       | web    | 0               | 2026-01-05 09:00:01 | web     | viewed | second
""")
OWNERS = LANDED.select("event_id", customer_id=pl.col("event_id").str.head(1))


def ties(run_model: RunModel, landed: pl.DataFrame) -> pl.DataFrame:
    """The tie report of some events."""
    return run_model("ties", event_customers=OWNERS, landed_events=landed, sources=SOURCES)


def test_each_tie_is_counted_under_what_broke_it(run_model: RunModel) -> None:
    """Five pairs, four tied: by rank, by sequence, and two by nothing that is known."""
    found = ties(run_model, LANDED)

    expected = table("""
        grain     | name   | other_name | pair_count | tied_count | tied_share         | by_rank_count | by_sequence_count | by_id_count
        all       | (all)  | (all)      | 5          | 4          | 0.8                | 1             | 1                 | 2
        kind      | asked  | viewed     | 1          | 1          | 1.0                | 0             | 0                 | 1
        kind      | bought | viewed     | 1          | 1          | 1.0                | 0             | 0                 | 1
        kind      | noted  | viewed     | 1          | 1          | 1.0                | 1             | 0                 | 0
        kind      | viewed | viewed     | 2          | 1          | 0.5                | 0             | 1                 | 0
        precision | second | second     | 4          | 3          | 0.75               | 0             | 1                 | 2
        precision | day    | second     | 1          | 1          | 1.0                | 1             | 0                 | 0
        source    | web    | web        | 3          | 2          | 0.6666666666666666 | 0             | 1                 | 1
        source    | chat   | web        | 1          | 1          | 1.0                | 0             | 0                 | 1
        source    | crm    | web        | 1          | 1          | 1.0                | 1             | 0                 | 0
    """)
    assert_frame_equal(found, expected)


@pytest.mark.parametrize(
    ("customer", "broken_by"),
    [("a", "source rank"), ("b", "sequence"), ("c", "event id"), ("d", "event id"), ("e", None)],
)
def test_an_event_says_what_put_it_after_the_one_before(
    run_model: RunModel, customer: str, broken_by: str | None
) -> None:
    """The second of a tied pair alone; sequences of two sources say nothing of each other."""
    ordered = run_model(
        "ordered_events", event_customers=OWNERS, landed_events=LANDED, sources=SOURCES
    )

    mine = ordered.filter(customer_id=customer).sort("position")
    assert mine["tie_broken_by"].to_list() == [None, broken_by]


@given(order=st.permutations(range(LANDED.height)))
@settings(max_examples=5)
def test_the_order_of_rows_changes_no_count(run_model: RunModel, order: list[int]) -> None:
    """The same events in any order of rows make the same report."""
    assert_frame_equal(ties(run_model, LANDED[order]), ties(run_model, LANDED))


BEGIN = datetime(2026, 1, 5)  # noqa: DTZ001 - the models' instants are naive UTC
STAGES = {"A": ("Look", 1), "B": ("Look", 1), "C": ("Buy", 2), "Z": ("Buy", 2)}
Touch = tuple[str, int]


def ordered(journeys: list[list[Touch]]) -> pl.DataFrame:
    """Each journey is a customer's, by touchpoint and day; Z completes it."""
    rows = [
        {
            "customer_id": f"c{number}",
            "position": position,
            "event_id": f"{number}-{position}",
            "occurred_at": BEGIN + timedelta(days=day),
            "touchpoint": name,
            "stage": STAGES[name][0],
            "stage_position": STAGES[name][1],
            "channel": "web",
            "initiator": "customer",
            "outcome": "completes" if name == "Z" else None,
        }
        for number, journey in enumerate(journeys)
        for position, (name, day) in enumerate(journey, 1)
    ]
    return pl.DataFrame(rows, schema_overrides={"outcome": pl.String})


def reversals(run_model: RunModel, journeys: list[list[Touch]]) -> pl.DataFrame:
    """What would be counted otherwise."""
    return run_model("tie_reversals", ordered_events=ordered(journeys))


def test_a_tie_reversed_changes_the_steps_beside_it(run_model: RunModel) -> None:
    """A, then B and C at once, then Z: turned, it is A, C, B, Z. Another A leads to B untied."""
    found = reversals(
        run_model, [[("A", 0), ("B", 1), ("C", 1), ("Z", 2)], [("A", 0), ("B", 1)]]
    ).filter(grain="touchpoint")

    expected = table("""
        from_name | to_name | transition_count | reversed_count | share | reversed_share
        A         | B       | 2                | 1              | 1.0   | 0.5
        A         | C       | 0                | 1              | 0.0   | 0.5
        B         | C       | 1                | 0              | 0.5   | 0.0
        B         | Z       | 0                | 1              | 0.0   | 0.5
        C         | B       | 0                | 1              | 0.0   | 1.0
        C         | Z       | 1                | 0              | 1.0   | 0.0
    """)
    assert_frame_equal(found.select(expected.columns).sort("from_name", "to_name"), expected)
    assert found.sort("rank")["from_name"].head(2).to_list() == ["C", "C"]


def test_without_a_tie_nothing_hangs_on_one(run_model: RunModel) -> None:
    """A day between all touchpoints: no row."""
    assert reversals(run_model, [[("A", 0), ("B", 1), ("Z", 2)], [("B", 0)]]).is_empty()


def test_a_tie_of_one_touchpoint_with_itself_changes_nothing(run_model: RunModel) -> None:
    """A twice at once is A twice at once, either way round."""
    assert reversals(run_model, [[("A", 0), ("A", 0), ("Z", 2)]]).is_empty()


def test_what_is_open_counts_but_has_no_share(run_model: RunModel) -> None:
    """A was left in time to have settled; B and C, tied at the open end, have settled nothing."""
    last = (AS_OF - BEGIN).days - 15
    found = reversals(run_model, [[("A", last - 25), ("B", last), ("C", last)]]).filter(
        grain="touchpoint"
    )

    expected = table("""
        from_name | to_name | transition_count | reversed_count | share | reversed_share
        A         | B       | 1                | 0              | 1.0   | 0.0
        A         | C       | 0                | 1              | 0.0   | 1.0
        B         | (open)  | 0                | 1              |       |
        B         | C       | 1                | 0              |       |
        C         | (open)  | 1                | 0              |       |
        C         | B       | 0                | 1              |       |
    """)
    assert_frame_equal(found.select(expected.columns).sort("from_name", "to_name"), expected)


def moves(journey: list[Touch], column: int) -> list[tuple[str, str]]:
    """The steps of a journey by touchpoint, or of its stays in stages, from start to end."""
    names = [name for name, _ in journey]
    if column:
        names = [stage for stage, _ in groupby(STAGES[name][0] for name in names)]
    status = "completed" if any(name == "Z" for name, _ in journey) else "ended"
    return list(pairwise(["(start)", *names, f"({status})"]))


def turned(journey: list[Touch]) -> list[Touch]:
    """A journey with the touchpoints of each instant the other way round."""
    backwards = journey[::-1]
    return sorted(backwards, key=lambda touch: touch[1])


@given(
    journeys=st.lists(
        st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 3)), min_size=1, max_size=6).map(
            lambda touches: sorted(touches, key=lambda touch: touch[1])
        ),
        min_size=1,
        max_size=4,
    ),
    last=st.sampled_from(["", "Z"]),
)
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
def test_reversed_counts_are_those_of_the_journeys_told_backwards(
    run_model: RunModel, journeys: list[list[Touch]], last: str
) -> None:
    """A plain count over each journey with its ties turned gives reversed_count, in both grains.

    All are over by then.
    """
    journeys = [[*journey, *((name, journey[-1][1]) for name in last)] for journey in journeys]

    found = reversals(run_model, journeys)

    for column, grain in enumerate(("touchpoint", "stage")):
        before = Counter(move for journey in journeys for move in moves(journey, column))
        after = Counter(move for journey in journeys for move in moves(turned(journey), column))
        told = {
            (row["from_name"], row["to_name"]): (row["transition_count"], row["reversed_count"])
            for row in found.filter(grain=grain).iter_rows(named=True)
        }
        assert all(told[move] == (before[move], after[move]) for move in told)
        assert {move for move in before | after if before[move] != after[move]} <= told.keys()
        whole = {one: sum(n for (name, _), n in after.items() if name == one) for one, _ in after}
        for row in found.filter(grain=grain).iter_rows(named=True):
            assert row["reversed_share"] == pytest.approx(
                row["reversed_count"] / whole[row["from_name"]]
            )
