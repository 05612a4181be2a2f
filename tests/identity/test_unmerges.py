"""Merges that a source takes back, and declares again."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline.landing import ledger
from pipeline.settings import load
from tests.identity.projects import brief_nights, night, project
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


CONTACTS = """
[sources.contacts]
format = "generic"
channel = "crm"
path = "raw/contacts.csv"
[sources.contacts.columns]
occurred_at = "at"
kind = "what"
identifiers = { hubspot_contact = "contact" }
merged = { hubspot_contact = "other" }
"""


def test_a_table_of_merges_and_unmerges_joins_and_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any CSV can tell of two contacts: 7 and 8 are merged and parted, 9 stays with 10."""
    brief_nights(monkeypatch)
    folder = project(tmp_path)
    (folder / "wend.toml").write_text((folder / "wend.toml").read_text() + CONTACTS)
    (folder / "raw").mkdir()
    (folder / "raw" / "contacts.csv").write_text(
        "at,what,contact,other\n"
        "2026-01-02T10:00:00Z,Note taken,7,\n"
        "2026-01-03T10:00:00Z,Identity merged,7,8\n"
        "2026-01-03T11:00:00Z,Identity merged,9,10\n"
        "2026-01-04T10:00:00Z,Identity unmerged,7,8\n"
        "2026-01-05T10:00:00Z,Identity merged,7,\n"
        "2026-01-05T11:00:00Z,Identity unmerged,7,7\n"
        "2026-01-05T12:00:00Z,Note taken,7,8\n"
    )

    found = night(folder, datetime(2026, 3, 1, tzinfo=UTC))

    owners = dict(found["identifiers"].select("value", "customer_id").rows())
    assert owners["7"] != owners["8"]
    assert owners["9"] == owners["10"]
    (link,) = found["customer_links"].filter(status="rejected").iter_rows(named=True)
    assert link["reason"] == "its source took the merge back"
    refused = ledger.landed_table(load(folder).lake, "quarantine").collect().sort("record_number")
    assert refused["reasons"].to_list() == [
        "an identity_merged that names no other hubspot_contact",
        "needs two different values of hubspot_contact, to merge or to part",
        "a note_taken names two of one namespace; only identity_merged and identity_unmerged may",
    ]
