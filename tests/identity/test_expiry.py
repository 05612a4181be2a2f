"""Recycled cookies and telephones, and limits within a time; each boundary on both sides."""

from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.identity.expiry import expiry
from pipeline.settings import Namespace
from tests.identity.sightings import customers, sightings, stitched, written

TEN_DAYS = {"phone": Namespace(expires_days=10)}


def recycled(day: int) -> pl.DataFrame:
    """A telephone that ada gave on the first of January, and bob's cookie on that day."""
    return sightings(f"""
        event | identifier          | day
        1     | user_id:ada         | 1
        1     | phone:+442079460001 | 1
        2     | anonymous_id:bob    | {day}
        2     | phone:+442079460001 | {day}
    """)


def test_a_telephone_carries_new_links_until_its_last_link_has_expired() -> None:
    """On the tenth day after it was last seen with ada it is hers; a day later it may be bob's."""
    at_last = customers(recycled(11), namespaces=TEN_DAYS)
    too_late = customers(recycled(12), namespaces=TEN_DAYS)

    assert at_last == written("user_id:ada phone:+442079460001 anonymous_id:bob")
    # What it had linked before stays: history is not rewritten.
    assert too_late == written("user_id:ada phone:+442079460001", "anonymous_id:bob")


def test_an_expired_link_says_so_and_the_one_before_it_says_when_it_ended() -> None:
    """The late link has the status expired; ada's ends ten days after it was last seen."""
    _, tables = stitched(recycled(20), namespaces=TEN_DAYS)

    found = tables["customer_links"].sort("first_seen_at").select("status", "reason", "ended_at")
    ended, expired = found.rows(named=True)
    assert (ended["status"], ended["reason"], ended["ended_at"].day) == ("used", None, 11)
    assert (expired["status"], expired["ended_at"]) == ("expired", None)
    assert expired["reason"] == "its phone was silent too long before and may be another's"


def test_a_telephone_that_comes_back_with_whom_it_had_was_never_anybody_elses() -> None:
    """Seen with ada again after its silence, it carries what else is seen with it then."""
    back = sightings("""
        event | identifier            | day
        1     | user_id:ada           | 1
        1     | phone:+442079460001   | 1
        2     | user_id:ada           | 25
        2     | phone:+442079460001   | 25
        3     | email:ada@example.org | 26
        3     | phone:+442079460001   | 26
    """)

    assert len(customers(back, namespaces=TEN_DAYS)) == 1


def test_what_never_expires_carries_links_for_ever() -> None:
    """Zero days is no limit, which is how a project switches a shipped one off."""
    assert len(customers(recycled(31), namespaces={"phone": Namespace(expires_days=0)})) == 1
    assert len(customers(recycled(31))) == 1  # the shipped limit is two years


LINK = st.tuples(st.integers(0, 3), st.integers(4, 7), st.integers(0, 30), st.integers(0, 8))


@given(
    st.lists(LINK, max_size=14, unique_by=lambda link: link[:2]),
    st.lists(st.sampled_from([0, 3, 9]), min_size=8, max_size=8),
    st.randoms(use_true_random=False),
)
def test_expiry_is_that_of_walking_through_time(
    links: list[tuple[int, int, int, int]], lives: list[int], random: Random
) -> None:
    """Link by link in the order of time, whatever order they are given in."""
    walked: set[int] = set()
    ended: dict[int, int] = {}
    for one, life in enumerate(lives):
        own = sorted(
            (n for n, link in enumerate(links) if one in link[:2]), key=lambda n: links[n][2]
        )
        latest = -1
        carried: list[int] = []
        for number in own if life else []:
            _, _, began, held = links[number]
            if carried and began > latest + life:
                walked.update(own[len(carried) :])
                ended.update({n: min(ended.get(n, 999), latest + life) for n in carried})
                break
            latest = max(latest, began + held)
            carried.append(number)
    order = list(range(len(links)))
    random.shuffle(order)

    left, right, first, lasted = (
        np.array([links[n][at] for n in order], dtype=np.int64) for at in range(4)
    )
    found = expiry(
        left,  # type: ignore[arg-type]
        right,  # type: ignore[arg-type]
        first,
        first + lasted,
        may_link=np.ones(len(links), dtype=np.bool_),
        life_us=np.array(lives, dtype=np.int64),
    )

    assert {order[n] for n in found.expired.tolist()} == walked
    told: dict[int, int] = {}
    for n, at in zip(found.closed.tolist(), found.closed_us.tolist(), strict=True):
        told[order[n]] = min(at, told.get(order[n], at))
    assert told == ended


def visits(*days: int, namespace: str = "email") -> pl.DataFrame:
    """One cookie, with another person on each of these days."""
    rows = [
        f"{n} | {namespace}:p{n}{'@example.org' if namespace == 'email' else ''} | {day}\n"
        f"{n} | anonymous_id:till | {day}"
        for n, day in enumerate(days)
    ]
    return sightings("event | identifier | day\n" + "\n".join(rows))


@pytest.mark.parametrize(
    ("days", "status"),
    [
        ((1, 2, 9), "active"),
        ((1, 2, 8), "shared"),
        ((1, 8, 15, 22, 29), "active"),
        ((1, 20, 21, 22), "shared"),
    ],
    ids=["three in eight days", "three in seven", "one a week", "three at the end"],
)
def test_a_value_with_too_many_people_within_a_time_is_shared(
    days: tuple[int, ...], status: str
) -> None:
    """Two in any seven days may be, from instant to instant; three may not."""
    policy = {"anonymous_id": Namespace(max_strong=10, limit_count=2, limit_days=7)}

    _, tables = stitched(visits(*days), namespaces=policy)

    till = tables["identifiers"].row(by_predicate=pl.col("value") == "till", named=True)
    assert till["status"] == status
    if status == "shared":
        assert till["reason"] == "seen with 3 different email values within 7 days"


def test_a_limit_counts_crowds_and_persons_too() -> None:
    """Identifiers of three people on one event are within any time; one person's count once."""
    policy = {"anonymous_id": Namespace(max_strong=10, limit_count=2, limit_days=1)}
    crowd = sightings("""
        event | identifier     | is_merge
        1     | anonymous_id:c | false
        1     | user_id:ada    | false
        1     | user_id:bob    | false
        1     | user_id:cyd    | false
    """)
    merge = sightings("""
        event | identifier  | is_merge
        2     | user_id:bob | true
        2     | user_id:cyd | true
    """)

    def status(rows: pl.DataFrame) -> str:
        _, tables = stitched(rows, namespaces=policy)
        found = tables["identifiers"].row(by_predicate=pl.col("value") == "c", named=True)
        return str(found["status"])

    assert status(crowd) == "shared"
    assert status(pl.concat([crowd, merge])) == "active"
