"""Ids of customers stay where their identifiers stay, whatever the policy and people say."""

import tempfile
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipeline.identity.customers import stitch
from pipeline.identity.policy import of
from pipeline.settings import Identity, Namespace
from tests.identity.partitions import known
from tests.identity.sightings import COMPANY, links, sightings, stitched

ROWS = sightings("""
    event | identifier            | night | is_authenticated
    1     | user_id:ada           | 1     | true
    1     | email:ada@example.org | 1     | true
    1     | anonymous_id:c1       | 1     | true
    2     | email:bob@example.org | 1     | false
    2     | phone:+442079460002   | 1     | false
    3     | anonymous_id:c1       | 2     | false
    3     | phone:+442079460002   | 2     | false
    4     | user_id:bob           | 2     | true
    4     | email:bob@example.org | 2     | true
    5     | user_id:eve           | 3     | true
""")
CHANGES: dict[str, dict[str, Any]] = {
    "priority": {"namespaces": {"email": Namespace(priority=5), "phone": Namespace(priority=1)}},
    "cap": {"namespaces": {"anonymous_id": Namespace(max_strong=1)}},
    "rule": {"namespaces": {"user_id": Namespace(unique_per_customer=False)}},
    "limit": {"namespaces": {"phone": Namespace(limit_count=1, limit_days=9)}},
    "force": {"given": links("rule | left | right\nforce | user_id:ada | user_id:bob")},
    "veto": {
        "given": links("rule | left | right\nveto | user_id:ada | anonymous_id:c1"),
    },
}


def groups(tables: dict[str, pl.DataFrame]) -> dict[frozenset[str], str]:
    """The id of each customer, by its identifiers."""
    grouped = (
        tables["identifiers"]
        .drop_nulls("customer_id")
        .group_by("customer_id")
        .agg(pl.col("identifier"))
    )
    return {frozenset(members): one for one, members in grouped.iter_rows()}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_policy_or_mind_renames_nobody_who_stays_the_same(change: str) -> None:
    """Customers with the same identifiers have the same id, and all of them have it back after."""
    _, before = stitched(ROWS)
    _, after = stitched(ROWS, previous=known(before), **CHANGES[change])
    _, again = stitched(ROWS, previous=known(after))

    changed = groups(after)
    assert {one: name for one, name in groups(before).items() if one in changed} == {
        one: name for one, name in changed.items() if one in groups(before)
    }
    assert groups(again) == groups(before)


def test_forced_together_and_parted_again_each_has_its_former_id() -> None:
    """The older id holds while they are one; the other half's own comes back with the split."""
    together = CHANGES["force"]["given"]
    _, apart = stitched(ROWS)
    _, one = stitched(ROWS, given=together, previous=known(apart))
    _, again = stitched(ROWS, previous=known(one))

    ids = [
        dict(tables["identifiers"].select("identifier", "customer_id").iter_rows())
        for tables in (apart, one, again)
    ]
    assert ids[1]["user_id:bob"] == ids[1]["user_id:ada"] == ids[0]["user_id:ada"]
    assert ids[2] == ids[0]
    assert set(one["customer_changes"]["change"]) == {"merged"}
    assert set(again["customer_changes"]["change"]) == {"split"}


def test_two_identifiers_with_one_key_are_told_apart() -> None:
    """Keys are hashes; where two fall together another salt is taken, and nothing else changes."""
    with duckdb.connect() as con:
        con.register("linkable_identifiers", ROWS)
        # All values of one length have one key, until there is a salt.
        con.execute(
            "create temp macro hash(text) as case "
            "when getvariable('identifier_salt') = 0 and text not like '.%' "
            "then cast(length(text) as ubigint) else md5_number_lower(text) end, "
            "(event, role) as md5_number_lower(event || role)"
        )
        with tempfile.TemporaryDirectory() as folder:
            stitch(con, policy=of(Identity(), COMPANY), key=b"key", out=Path(folder))
            found = {"identifiers": pl.read_parquet(Path(folder) / "identifiers.parquet")}

    assert groups(found) == groups(stitched(ROWS)[1])
