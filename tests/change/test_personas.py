"""Which persona of the last snapshot is which of tonight's."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipeline.change.personas import PREVIOUS, persona_changes
from tests.tables import table


def previous(frame: pl.DataFrame) -> pl.DataFrame:
    """PREVIOUS of `customer_id` and `previous_persona`."""
    return (
        frame.with_columns(previous_as_of=pl.datetime(2027, 3, 1))
        .select(PREVIOUS.names())
        .cast(PREVIOUS)
    )


BEFORE = previous(
    table("""
        customer_id | previous_persona
        ada         | 1
        ben         | 1
        cid         | 1
        dee         | 2
        eve         | 2
        gone        | 2
    """)
)


def test_a_persona_is_the_one_that_shares_most_of_its_customers() -> None:
    """Dee and Eve are the first tonight; who left and who is new count on neither side."""
    tonight = table("""
        customer_id | persona
        dee         | 1
        eve         | 1
        cid         | 1
        ada         | 2
        ben         | 2
        new         | 2
    """)

    found = persona_changes(BEFORE, tonight).drop("previous_as_of")

    assert found.rows() == [
        (1, 2, 3, 2, 2, 2 / 3, True),
        (2, 1, 2, 3, 2, 2 / 3, True),
        (1, 1, 3, 3, 1, 1 / 5, False),
    ]


def test_half_of_the_customers_are_not_enough() -> None:
    """Two of four customers of either: a persona that came apart is neither of its halves."""
    before = previous(table("customer_id | previous_persona\nada | 1\nben | 1\ncid | 1\ndee | 1"))
    tonight = table("customer_id | persona\nada | 1\nben | 1\ncid | 2\ndee | 2")

    found = persona_changes(before, tonight)

    assert found.select("overlap", "is_same").rows() == [(0.5, False), (0.5, False)]


def test_without_personas_in_either_snapshot_there_is_nothing_to_tell() -> None:
    """The first night, and a night on which no personas were found."""
    tonight = table("customer_id | persona\nada | 1")

    assert persona_changes(PREVIOUS.to_frame(), tonight).is_empty()
    assert persona_changes(BEFORE, tonight.clear()).is_empty()


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=40))
def test_no_persona_is_the_same_as_two(pairs: list[tuple[int, int]]) -> None:
    """However customers move between personas, each side is matched once at most."""
    customers = [f"c{number}" for number in range(len(pairs))]
    before = previous(
        pl.DataFrame({"customer_id": customers, "previous_persona": [old for old, _ in pairs]})
    )
    tonight = pl.DataFrame({"customer_id": customers, "persona": [new for _, new in pairs]})

    same = persona_changes(before, tonight).filter("is_same")

    assert same["persona"].is_unique().all()
    assert same["previous_persona"].is_unique().all()
