"""Customers and their ids: what may change them, and what may not."""

from random import Random
from typing import Any

import networkx as nx
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipeline.landing.schema import LANDED_IDENTIFIERS
from pipeline.settings import Namespace
from tests.identity.partitions import NOBODY, known
from tests.identity.sightings import customers, sightings, stitched
from tests.tables import table

Event = dict[str, Any]
IDENTIFIERS = st.sampled_from(
    [f"user_id:u{n}" for n in range(3)]
    + [f"email:p{n}@example.org" for n in range(4)]
    + [f"anonymous_id:c{n}" for n in range(4)]
    + ["phone:+442079460001", "email:test@test.com"]
)
EVENT = st.fixed_dictionaries(
    {
        "identifiers": st.lists(IDENTIFIERS, min_size=1, max_size=4),
        "source": st.sampled_from(["web", "crm", "chat"]),
        "role": st.sampled_from(["actor", "subject"]),
        "is_authenticated": st.booleans(),
        "is_merge": st.sampled_from([False, False, False, True]),
        "day": st.integers(1, 4),
        "night": st.integers(1, 3),
    }
)
EVENTS = st.lists(EVENT, min_size=1, max_size=14)
# Under this policy nothing is unique, strong or shared: plain components remain.
TRUSTING = {
    name: Namespace(is_strong=False, unique_per_customer=False)
    for name in ("user_id", "email", "anonymous_id", "phone")
}


def landed(events: list[Event]) -> pl.DataFrame:
    """The landed identifiers of generated events."""
    rows = [
        {**event, "event_id": f"e{number}", "namespace": space, "value": value}
        for number, event in enumerate(events)
        for space, value in (one.split(":", 1) for one in event["identifiers"])
    ]
    at = pl.datetime(2026, 1, pl.col("day"), time_unit="us")
    return (
        pl.DataFrame(rows)
        .with_columns(occurred_at=at, known_at=at, is_machine=False)
        .select(LANDED_IDENTIFIERS.names())
        .cast(dict(LANDED_IDENTIFIERS))
    )


def same(left: dict[str, pl.DataFrame], right: dict[str, pl.DataFrame]) -> None:
    """Assert that all four tables are equal, row by row."""
    assert left.keys() == right.keys()
    for name, frame in left.items():
        assert_frame_equal(frame, right[name])


def members(identifiers: pl.DataFrame) -> dict[str, str]:
    """The customer of every identifier that has one."""
    known = identifiers.drop_nulls("customer_id")
    return dict(zip(known["identifier"], known["customer_id"], strict=True))


@given(EVENTS, st.randoms(use_true_random=False), st.sampled_from([1, 2]))
@settings(max_examples=15)
def test_row_order_and_threads_change_nothing(
    events: list[Event], random: Random, threads: int
) -> None:
    """The four tables are the same, row by row, whatever order the rows come in."""
    rows = landed(events)
    order = list(range(rows.height))
    random.shuffle(order)

    _, plain = stitched(rows)
    _, shuffled = stitched(rows[order], threads=threads)

    same(plain, shuffled)


@given(EVENTS)
@settings(max_examples=15)
def test_used_links_join_and_others_do_not(events: list[Event]) -> None:
    """A used link lies within one customer, a rejected one between two, the rest touch nobody."""
    _, tables = stitched(landed(events))

    customer = members(tables["identifiers"])
    for link in tables["customer_links"].iter_rows(named=True):
        ends = [customer.get(link[end]) for end in ("left_identifier", "right_identifier")]
        match link["status"]:
            case "used":
                assert ends[0] == ends[1]
                assert ends[0] is not None
            case "rejected":
                assert ends[0] != ends[1]
                assert None not in ends
            case _:
                assert None in ends


@given(EVENTS)
@settings(max_examples=15)
def test_unique_values_share_a_customer_only_when_declared_merged(events: list[Event]) -> None:
    """Two accounts of one customer are connected by merges that name both of them."""
    _, tables = stitched(landed(events))

    declared = nx.Graph()
    for event in events:
        accounts = sorted(one for one in event["identifiers"] if one.startswith("user_id:"))
        declared.add_nodes_from(accounts)
        if event["is_merge"] and accounts:
            nx.add_path(declared, accounts)
    persons = [frozenset(group) for group in nx.connected_components(declared)]
    accounts_of: dict[str, set[str]] = {}
    for identifier, customer in members(tables["identifiers"]).items():
        if identifier.startswith("user_id:"):
            accounts_of.setdefault(customer, set()).add(identifier)
    for accounts in accounts_of.values():
        assert any(accounts <= person for person in persons)


@given(EVENTS)
@settings(max_examples=15)
def test_without_rules_customers_are_the_connected_components(events: list[Event]) -> None:
    """Networkx, given every pair of every event and role, finds the same customers."""
    graph = nx.Graph()
    for event in events:
        known = [one for one in event["identifiers"] if one != "email:test@test.com"]
        graph.add_nodes_from(known)
        nx.add_path(graph, known)

    found = customers(landed(events), namespaces=TRUSTING)

    assert found == {frozenset(group) for group in nx.connected_components(graph)}


@given(EVENTS, st.permutations([1, 2, 3]))
@settings(max_examples=15)
def test_another_order_of_arrival_gives_the_same_customers(
    events: list[Event], nights: list[int]
) -> None:
    """The night a record landed in names customers; it does not make them."""
    otherwise = [{**event, "night": nights[event["night"] - 1]} for event in events]

    assert customers(landed(events)) == customers(landed(otherwise))


@given(EVENTS)
@settings(max_examples=15)
def test_a_later_night_renames_only_who_is_merged_into_an_older_customer(
    events: list[Event],
) -> None:
    """Where nothing is split, an id stays, or its customer joins one that landed before it."""
    rows = landed(events)
    before = members(
        stitched(rows.filter(pl.col("night") < 3), namespaces=TRUSTING)[1]["identifiers"]
    )
    _, tables = stitched(rows, namespaces=TRUSTING)
    after = members(tables["identifiers"])
    born = {
        customer: min(
            night
            for name, night in tables["identifiers"].select("identifier", "night").iter_rows()
            if before.get(name) == customer
        )
        for customer in before.values()
    }

    for identifier, customer in before.items():
        survivor = after[identifier]
        assert survivor == customer or born[survivor] <= born[customer]


@given(EVENTS)
@settings(max_examples=15)
def test_nights_one_after_another_equal_one_rebuild_and_changes_account_for_all(
    events: list[Event],
) -> None:
    """State left by earlier nights changes no table but customer_changes, which is complete.

    It is the same after a release that did not publish `belonging`. Former ids less the merged
    and retired, plus the created and split off, are the present ids.
    """
    rows = landed(events)
    previous = NOBODY
    for night in (1, 2, 3):
        known_rows = rows.filter(pl.col("night") <= night)
        _, tables = stitched(known_rows, previous=previous)
        older = previous.with_columns(belonging=pl.lit(0, pl.UInt64))
        _, after_older = stitched(known_rows, previous=older)
        assert_frame_equal(after_older["customer_changes"], tables["customer_changes"])
        former, present = (
            set(previous["customer_id"]),
            set(tables["customer_confidence"]["customer_id"]),
        )
        of = {
            change: set(
                tables["customer_changes"].filter(pl.col("change") == change)["customer_id"]
            )
            for change in ("created", "merged", "split", "retired")
        }
        assert of["created"] | (of["split"] - former) == present - former
        assert of["merged"] | of["retired"] == former - present
        assert not of["created"] & of["split"]
        assert not of["merged"] & of["retired"]
        previous = known(tables)
    _, rebuilt = stitched(rows)

    for name in ("identifiers", "customer_links", "customer_confidence"):
        assert_frame_equal(tables[name], rebuilt[name])


def changes(
    rows: pl.DataFrame, *, since: int
) -> tuple[pl.DataFrame, dict[str, str], dict[str, str]]:
    """customer_changes since a night, with who was whom before and after."""
    _, before = stitched(rows.filter(pl.col("night") <= since))
    _, after = stitched(rows, previous=known(before))
    was, became = members(before["identifiers"]), members(after["identifiers"])
    return after["customer_changes"], was, became


def test_a_merge_is_reported_and_the_older_id_survives() -> None:
    """A log-in on the second cookie makes two customers one, under the first one's id."""
    found, was, became = changes(
        sightings("""
            event | identifier            | night
            1     | anonymous_id:z        | 1
            2     | email:ada@example.org | 2
            3     | email:ada@example.org | 3
            3     | anonymous_id:z        | 3
            4     | anonymous_id:new      | 3
        """),
        since=2,
    )

    assert set(became.values()) == {was["anonymous_id:z"], became["anonymous_id:new"]}
    expected = table(f"""
        change  | customer_id                      | other_customer_id       | identifier_count
        created | {became["anonymous_id:new"]}     |                         | 1
        merged  | {was["email:ada@example.org"]}   | {was["anonymous_id:z"]} | 1
    """)
    assert_frame_equal(found, expected)


def test_a_split_gives_the_other_half_its_former_id() -> None:
    """Two customers whom a cookie joined part again once the cookie is seen to be shared."""
    rows = sightings("""
        event | identifier            | night
        1     | phone:+442079460001   | 1
        2     | phone:+442079460002   | 1
        3     | phone:+442079460001   | 2
        3     | anonymous_id:kiosk    | 2
        4     | phone:+442079460002   | 2
        4     | anonymous_id:kiosk    | 2
        5     | email:p5@example.org  | 3
        5     | anonymous_id:kiosk    | 3
        6     | email:p6@example.org  | 3
        6     | anonymous_id:kiosk    | 3
        7     | email:p7@example.org  | 3
        7     | anonymous_id:kiosk    | 3
        8     | email:p8@example.org  | 3
        8     | anonymous_id:kiosk    | 3
    """)
    _, first = stitched(rows.filter(pl.col("night") <= 1))

    found, was, became = changes(rows, since=2)

    one, other = "phone:+442079460001", "phone:+442079460002"
    original = members(first["identifiers"])
    assert was[one] == was[other]
    assert (became[one], became[other]) == (original[one], original[other])
    split = found.filter(pl.col("change") == "split").row(0, named=True)
    assert {split["customer_id"], split["other_customer_id"]} == {original[one], original[other]}
    assert split["other_customer_id"] == was[one]


def test_a_customer_known_by_a_shared_value_alone_is_retired() -> None:
    """A cookie that turns out to be a kiosk takes its customer with it."""
    people = "\n".join(
        f"{n} | email:p{n}@example.org | 2\n{n} | anonymous_id:kiosk | 2" for n in range(2, 6)
    )
    rows = sightings(f"event | identifier | night\n1 | anonymous_id:kiosk | 1\n{people}")

    found, was, _ = changes(rows, since=1)

    retired = found.filter(pl.col("change") == "retired")
    assert retired["customer_id"].to_list() == [was["anonymous_id:kiosk"]]
    assert found.filter(pl.col("change") == "created").height == 4


def test_of_identifiers_landed_in_one_night_the_strongest_names_the_customer() -> None:
    """A cookie that is lost to a kiosk does not take the id of an account with it."""
    kiosk = "\n".join(f"{n} | user_id:p{n} | 2\n{n} | anonymous_id:a | 2" for n in range(2, 6))
    rows = sightings(f"""
        event | identifier     | night
        1     | user_id:zoe    | 1
        1     | anonymous_id:a | 1
        {kiosk}
    """)

    found, was, became = changes(rows, since=1)

    assert became["user_id:zoe"] == was["user_id:zoe"]
    assert set(found["change"]) == {"created"}


def test_ids_are_keyed_and_show_nothing_of_the_customer() -> None:
    """An id is c and 20 hexadecimal digits, and the same key gives the same id."""
    rows = sightings("""
        event | identifier
        1     | email:ada@example.org
    """)

    _, tables = stitched(rows)

    # A release that changed this would rename every customer there is.
    assert tables["customer_confidence"]["customer_id"].to_list() == ["c0bbb6efaecf3cdcf0fa8"]


def test_confidence_is_that_of_the_weakest_link_a_customer_rests_on() -> None:
    """A log-in is near certain, sightings count by powers of two, one alone rests on nothing."""
    rows = sightings("""
        event | identifier              | is_authenticated
        1     | user_id:ada             | true
        1     | anonymous_id:c1         | false
        2     | email:bob@example.org   | false
        2     | phone:+442079460002     | false
        3     | email:bob@example.org   | false
        3     | phone:+442079460002     | false
        4     | email:bob@example.org   | false
        4     | phone:+442079460002     | false
        5     | anonymous_id:alone      | false
        6     | user_id:eve             | true
        6     | anonymous_id:c6         | false
        7     | anonymous_id:c6         | false
        7     | phone:+442079460006     | false
    """)

    _, tables = stitched(rows)

    confidence = tables["identifiers"].join(tables["customer_confidence"], on="customer_id")
    found = dict(confidence.select("identifier", "identity_confidence").iter_rows())
    assert found["user_id:ada"] == 0.99
    assert found["email:bob@example.org"] == 1 - 0.5 / 3  # seen 3 times, counted as 2
    assert found["anonymous_id:alone"] == 1
    assert found["user_id:eve"] == 0.75  # the telephone was seen but once


def test_evidence_is_counted_by_event_with_its_sources_and_times() -> None:
    """A link knows how many events, which sources and what span; repeats in an event are one."""
    rows = sightings("""
        event | identifier            | source | day
        1     | email:ada@example.org | web    | 2
        1     | anonymous_id:c1       | web    | 2
        2     | email:ada@example.org | chat   | 5
        2     | email:ada@example.org | chat   | 5
        2     | anonymous_id:c1       | chat   | 5
    """)

    _, tables = stitched(rows)

    link = tables["customer_links"].row(0, named=True)
    assert (link["left_identifier"], link["right_identifier"]) == (
        "email:ada@example.org",
        "anonymous_id:c1",
    )
    assert (link["event_count"], link["sources"], link["rule"]) == (2, "chat,web", "seen_together")
    assert (link["first_seen_at"].day, link["last_seen_at"].day) == (2, 5)
    assert tables["identifiers"]["event_count"].to_list() == [2, 2]


def test_nothing_landed_gives_empty_tables() -> None:
    """A project without a record has no customers, and says so without failing."""
    counts, tables = stitched(LANDED_IDENTIFIERS.to_frame())

    assert counts.customer_count == 0
    assert [frame.height for frame in tables.values()] == [0, 0, 0, 0]
