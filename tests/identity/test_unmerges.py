"""Merges that a source takes back, and declares again."""

import polars as pl
import pytest

from tests.identity.sightings import customers, sightings, stitched, written

MERGED = """
    event | identifier        | is_merge | day
    1     | hubspot_contact:7 | true     | {first}
    1     | hubspot_contact:8 | true     | {first}
    2     | hubspot_contact:7 | true     | {last}
    2     | hubspot_contact:8 | true     | {last}
"""
TOGETHER = written("hubspot_contact:7 hubspot_contact:8")
APART = written("hubspot_contact:7", "hubspot_contact:8")


def unmerged(day: int) -> pl.DataFrame:
    """The source parts the two contacts on that day."""
    return sightings(f"""
        event | identifier        | role    | day
        9     | hubspot_contact:7 | subject | {day}
        9     | hubspot_contact:8 | subject | {day}
    """)


@pytest.mark.parametrize(
    ("merges", "unmerge", "customers_then"),
    [
        ((2, 2), 3, APART),
        ((2, 2), 2, TOGETHER),
        ((2, 2), 1, TOGETHER),
        ((2, 4), 3, TOGETHER),
        ((2, 4), 5, APART),
    ],
    ids=["after", "at once", "before", "merged again", "parted again"],
)
def test_the_later_of_merge_and_unmerge_holds(
    merges: tuple[int, int], unmerge: int, customers_then: set[frozenset[str]]
) -> None:
    """In event time: a merge stands unless the same two were parted after its last one."""
    rows = sightings(MERGED.format(first=merges[0], last=merges[1]))

    assert customers(rows, unmerged=unmerged(unmerge)) == customers_then


def test_a_merge_taken_back_keeps_its_link_and_says_when() -> None:
    """The link stays with the status rejected, the reason and the instant."""
    _, tables = stitched(sightings(MERGED.format(first=2, last=2)), unmerged=unmerged(3))

    link = tables["customer_links"].row(0, named=True)
    assert (link["rule"], link["status"]) == ("merge", "rejected")
    assert link["reason"] == "its source took the merge back"
    assert link["ended_at"].day == 3


def test_what_else_shows_two_together_outlives_an_unmerge() -> None:
    """Two addresses seen together stay one customer's; only the merge is no evidence any more."""
    rows = sightings("""
        event | identifier            | is_merge
        1     | email:ada@example.org | true
        1     | email:lovelace@a.org  | true
        2     | email:ada@example.org | false
        2     | email:lovelace@a.org  | false
    """)
    apart = sightings("""
        event | identifier            | day
        9     | email:ada@example.org | 5
        9     | email:lovelace@a.org  | 5
    """)

    _, tables = stitched(rows, unmerged=apart)

    link = tables["customer_links"].row(0, named=True)
    assert (link["rule"], link["status"], link["event_count"]) == ("seen_together", "used", 1)
    assert tables["customer_confidence"]["identity_confidence"].to_list() == [0.75]


def test_contacts_merged_in_a_crowd_are_parted_too() -> None:
    """A merge of an account and two contacts leaves the account with one of them."""
    rows = sightings("""
        event | identifier        | is_merge
        1     | user_id:ada       | true
        1     | hubspot_contact:7 | true
        1     | hubspot_contact:8 | true
    """)

    found = customers(rows, unmerged=unmerged(5))

    assert sorted(len(one) for one in found) == [1, 2]
