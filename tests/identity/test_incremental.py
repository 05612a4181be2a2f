"""Nights one after another equal one rebuild exactly, and the order of arrival names nobody else.

Random logs, late records, policies and decisions that change from night to night, and erasures.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipeline.identity.customers import stitch
from pipeline.identity.policy import of
from pipeline.landing.schema import LANDED_IDENTIFIERS
from pipeline.settings import Identity, Namespace
from pipeline.warehouse import connect
from tests.identity.partitions import (
    NOBODY,
    Link,
    Tables,
    as_given,
    known,
    lasting,
    possible,
    unnamed,
)
from tests.identity.sightings import COMPANY

Policy = dict[str, Namespace]

PEOPLE = [
    *(f"user_id:u{n}" for n in range(4)),
    *(f"hubspot_contact:{n}" for n in range(10, 13)),
    *(f"email:p{n}@example.org" for n in range(4)),
    *(f"anonymous_id:c{n}" for n in range(5)),
    *("phone:+442079460001", "phone:+442079460002", "email:test@test.com"),
]
NAMESPACES = sorted({one.split(":")[0] for one in PEOPLE})
IDENTIFIER = st.sampled_from(PEOPLE)
EVENT = st.fixed_dictionaries(
    {
        "identifiers": st.lists(IDENTIFIER, min_size=1, max_size=4),
        "source": st.sampled_from(["web", "crm", "chat"]),
        "role": st.sampled_from(["actor", "actor", "subject"]),
        "is_authenticated": st.booleans(),
        "is_merge": st.sampled_from([False, False, False, True]),
        # Of January: a night may bring what happened long before it.
        "day": st.integers(1, 20),
    }
)
NAMESPACE = st.builds(
    Namespace,
    priority=st.integers(10, 14),
    unique_per_customer=st.booleans(),
    is_strong=st.booleans(),
    max_strong=st.integers(1, 4),
    limit_count=st.integers(0, 2),
    limit_days=st.sampled_from([1, 5]),
    expires_days=st.sampled_from([0, 2, 9]),
    is_device=st.booleans(),
    block=st.sampled_from([(), (), ("u0|c1",)]),
)
POLICY = st.dictionaries(st.sampled_from(NAMESPACES), NAMESPACE, max_size=3)
LINK = st.one_of(
    st.tuples(st.just("force"), IDENTIFIER, IDENTIFIER, st.none()),
    st.tuples(st.just("veto"), IDENTIFIER, IDENTIFIER, st.none()),
    st.tuples(st.just("match"), IDENTIFIER, IDENTIFIER, st.sampled_from([0.9, 0.99])),
)


@dataclass(frozen=True)
class Night:
    """What a night brings, and how things stand from then on."""

    events: list[dict[str, Any]]
    policy: Policy
    links: list[Link]
    erased: frozenset[str]


NIGHT = st.builds(
    Night,
    events=st.lists(EVENT, max_size=8),
    policy=POLICY,
    links=st.lists(LINK, max_size=4).map(possible),
    erased=st.frozensets(IDENTIFIER, max_size=1),
)
NIGHTS = st.lists(NIGHT, min_size=1, max_size=4)


def landed(nights: Sequence[Night], *, arrival: Mapping[int, int] | None = None) -> pl.DataFrame:
    """The linkable identifiers after these nights; no record of an erased person is left.

    Args:
        nights: In order.
        arrival: The night in which each event landed instead, by its place among all.
    """
    erased = frozenset().union(*(one.erased for one in nights))
    rows: list[dict[str, Any]] = []
    place = 0
    for number, night in enumerate(nights, start=1):
        for event in night.events:
            came = number if arrival is None else arrival[place]
            told = {**event, "event_id": f"e{place}", "night": came}
            place += 1
            if erased.isdisjoint(event["identifiers"]):
                rows += [
                    {**told, "namespace": space, "value": value}
                    for space, value in (one.split(":", 1) for one in event["identifiers"])
                ]
    if not rows:
        return pl.DataFrame(schema=LANDED_IDENTIFIERS)
    at = pl.datetime(2026, 1, pl.col("day"), time_unit="us")
    return (
        pl.DataFrame(rows)
        .with_columns(occurred_at=at, known_at=at, is_machine=False)
        .select(LANDED_IDENTIFIERS.names())
        .cast(dict(LANDED_IDENTIFIERS))
    )


def stitched(
    con: duckdb.DuckDBPyConnection, rows: pl.DataFrame, night: Night, previous: pl.DataFrame
) -> Tables:
    """The identity tables of these records, as things stand in that night."""
    con.register("linkable_identifiers", rows)
    con.register("given_links", as_given(night.links))
    con.register("previous_identifiers", previous)
    with tempfile.TemporaryDirectory() as folder:
        stitch(
            con,
            policy=of(Identity(namespaces=night.policy), COMPANY),
            key=b"key",
            out=Path(folder),
        )
        return {path.stem: pl.read_parquet(path) for path in sorted(Path(folder).glob("*.parquet"))}


def database() -> duckdb.DuckDBPyConnection:
    """A database in which nothing was ever stitched."""
    folder = Path(tempfile.gettempdir())
    return connect(":memory:", threads=1, memory_gib=1, temp_gib=1, temp_folder=folder)


def shuffled(rows: pl.DataFrame, random: Random) -> pl.DataFrame:
    """The same rows in another order."""
    order = list(range(rows.height))
    random.shuffle(order)
    return rows[order]


@given(NIGHTS, st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_nights_one_after_another_equal_one_rebuild(nights: list[Night], random: Random) -> None:
    """What earlier nights, policies, decisions and persons erased since left behind is nothing."""
    with database() as con:
        previous = NOBODY
        for number in range(1, len(nights) + 1):
            rows = shuffled(landed(nights[:number]), random)
            tables = stitched(con, rows, nights[number - 1], previous)
            previous = known(tables)
    with database() as con:
        rebuilt = stitched(con, landed(nights), nights[-1], NOBODY)

    assert rebuilt.keys() == tables.keys()
    for name, frame in lasting(rebuilt).items():
        assert_frame_equal(tables[name], frame)


@given(NIGHTS, st.data())
@settings(max_examples=20)
def test_another_order_of_arrival_changes_nothing_but_names(
    nights: list[Night], data: st.DataObject
) -> None:
    """Each record in another night: the same customers, links, reasons, evidence, confidence."""
    count = sum(len(night.events) for night in nights)
    came = data.draw(st.lists(st.integers(1, 4), min_size=count, max_size=count))
    with database() as con:
        straight = stitched(con, landed(nights), nights[-1], NOBODY)
        otherwise = stitched(con, landed(nights, arrival=dict(enumerate(came))), nights[-1], NOBODY)

    again = unnamed(otherwise)
    for name, frame in unnamed(straight).items():
        assert_frame_equal(again[name], frame)
