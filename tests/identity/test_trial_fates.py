"""What a policy tried would make of each customer, told by who keeps which identifiers."""

import duckdb
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.identity.tables import read_sql
from tests.tables import table


def sides(text: str) -> dict[str, pl.DataFrame]:
    """The identifiers of both sides, from a table with the columns before and after."""
    rows = table(text)
    return {
        f"{side}_identifiers": rows.select("identifier", customer_id=side)
        for side in ("before", "after")
    }


def fates(con: duckdb.DuckDBPyConnection, **frames: pl.DataFrame) -> dict[str, tuple[str, bool]]:
    """What would become of each customer, and whether its id stays."""
    for name, frame in frames.items():
        con.register(name, frame)
    con.execute(f"create or replace temp table trial_moves as {read_sql('trial_moves')}")
    rows = con.sql(read_sql("trial_fates")).fetchall()
    return {customer: (fate, has_kept_id) for customer, fate, has_kept_id in rows}


def test_each_customer_has_one_fate(con: duckdb.DuckDBPyConnection) -> None:
    """Merged and split are whole customers; who swaps a cookie is regrouped."""
    found = fates(
        con,
        **sides("""
            identifier | before    | after
            a1         | same      | same
            a2         | same      | same
            b1         | one       | one
            c1         | other     | one
            d1         | halves    | halves
            d2         | halves    | half
            e1         | giver     | giver
            e2         | giver     | taker
            f1         | taker     | taker
            g1         | lost_one  | lost_one
            g2         | lost_one  |
            h1         | gone      |
            i1         | gained    | gained
            i2         |           | gained
            j1         | old_name  | new_name
            k1         |           | newcomer
        """),
    )

    assert found == {
        "same": ("unchanged", True),
        "one": ("merged", True),
        "other": ("merged", False),
        "halves": ("split", True),
        "giver": ("regrouped", True),
        "taker": ("regrouped", True),
        "lost_one": ("resized", True),
        "gone": ("dissolved", False),
        "gained": ("resized", True),
        "old_name": ("unchanged", False),
    }


ASSIGNED = st.lists(
    st.tuples(st.sampled_from([None, *"pqr"]), st.sampled_from([None, *"pqr"])), max_size=9
)


@given(ASSIGNED)
@settings(max_examples=40)
def test_fates_are_those_of_sets(assigned: list[tuple[str | None, str | None]]) -> None:
    """Unchanged: the same set. Merged: a union of whole sets. Split: parts of it alone."""
    rows = [(str(place), *ends) for place, ends in enumerate(assigned)]
    schema = {"identifier": pl.String, "before": pl.String, "after": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    with duckdb.connect(config={"python_enable_replacements": False}) as con:
        found = fates(
            con,
            before_identifiers=frame.select("identifier", customer_id="before"),
            after_identifiers=frame.select("identifier", customer_id="after"),
        )

    def groups(column: str) -> dict[str, set[str]]:
        held: dict[str, set[str]] = {}
        for row in frame.iter_rows(named=True):
            if row[column] is not None:
                held.setdefault(row[column], set()).add(row["identifier"])
        return held

    before, after = groups("before"), groups("after")
    assert found.keys() == before.keys()
    for customer, (fate, _) in found.items():
        own = before[customer]
        met = [other for other in after.values() if other & own]
        beside = [other for other in before.values() if any(other & one for one in met)]
        known = set().union(*before.values())
        assert (fate == "unchanged") == (own in met)
        assert (fate == "dissolved") == (not met)
        if fate == "merged":
            assert len(met) == 1
            assert len(beside) > 1
            assert all(sum(bool(one & other) for one in after.values()) == 1 for other in beside)
        if fate == "split":
            assert len(met) > 1
            assert set().union(*met) & known <= own
        if fate == "resized":
            assert (len(met), len(beside)) == (1, 1)
