"""What people decide and what was matched, against what was seen."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import BadSettings
from tests.identity.sightings import customers, links, sightings, stitched, written

ADA_AND_BOB = """
    event | identifier            | day
    1     | user_id:ada           | 1
    1     | anonymous_id:c        | 1
    2     | user_id:bob           | 2
    2     | phone:+442079460002   | 2
    3     | email:ada@example.org | 3
    4     | email:ada@example.org | 4
"""


def status_of(rows: pl.DataFrame, left: str, right: str, **more: Any) -> tuple[str, str, str]:
    """Rule, status and reason of one link."""
    _, tables = stitched(rows, **more)
    found = tables["customer_links"].filter(
        (pl.col("left_identifier") == left) & (pl.col("right_identifier") == right)
    )
    return found.select("rule", "status", "reason").row(0)


def test_a_forced_link_joins_what_no_event_joins() -> None:
    """Two identifiers never seen together are one customer once somebody says so."""
    rows = sightings(ADA_AND_BOB)
    decided = links("""
        rule  | left        | right
        force | user_id:ada | email:ada@example.org
    """)

    found = customers(rows, given=decided)

    assert found == written(
        "user_id:ada anonymous_id:c email:ada@example.org", "user_id:bob phone:+442079460002"
    )
    assert status_of(rows, "user_id:ada", "email:ada@example.org", given=decided) == (
        "force",
        "used",
        "line 2",
    )


def test_a_forced_link_makes_two_accounts_one_person() -> None:
    """Neither the unique namespace nor a third identifier between them stands against it."""
    rows = sightings(ADA_AND_BOB)

    straight = customers(
        rows, given=links("rule | left | right\nforce | user_id:bob | user_id:ada")
    )
    around = customers(
        rows,
        given=links("""
            rule  | left                  | right
            force | email:ada@example.org | user_id:ada
            force | email:ada@example.org | user_id:bob
        """),
    )

    assert frozenset({"user_id:ada", "user_id:bob"}) <= min(straight, key=lambda one: -len(one))
    assert len(around) == 1


def test_a_forced_identifier_is_its_persons_alone_however_many_share_it() -> None:
    """The other links of a shared cookie or a blocked address stay without effect."""
    kiosk = "\n".join(f"{n} | user_id:p{n}\n{n} | anonymous_id:kiosk" for n in range(4))
    rows = sightings(f"event | identifier\n{kiosk}\n9 | email:info@shop.example")
    decided = links("""
        rule  | left        | right
        force | user_id:p0  | anonymous_id:kiosk
        force | user_id:p1  | email:info@shop.example
    """)

    _, tables = stitched(rows, given=decided)

    assert customers(rows, given=decided) == written(
        "user_id:p0 anonymous_id:kiosk",
        "user_id:p1 email:info@shop.example",
        "user_id:p2",
        "user_id:p3",
    )
    status = tables["customer_links"].filter(pl.col("rule") == "seen_together")["status"]
    assert status.to_list() == ["shared"] * 3


def test_a_veto_cuts_a_path_at_its_weakest_link() -> None:
    """Two addresses joined through a cookie and a telephone part where the evidence is least."""
    rows = sightings("""
        event | identifier
        1     | email:ada@example.org
        1     | anonymous_id:c
        2     | email:ada@example.org
        2     | anonymous_id:c
        3     | email:bob@example.org
        3     | anonymous_id:c
    """)
    decided = links("""
        rule | left                  | right
        veto | email:bob@example.org | email:ada@example.org
    """)

    assert customers(rows, given=decided) == written(
        "email:ada@example.org anonymous_id:c", "email:bob@example.org"
    )
    assert status_of(rows, "email:bob@example.org", "anonymous_id:c", given=decided) == (
        "seen_together",
        "vetoed",
        "line 2",
    )


def test_a_veto_outranks_a_declared_merge() -> None:
    """What a CRM merged, a person may take apart; each account keeps what is its own."""
    rows = sightings("""
        event | identifier     | is_merge
        1     | user_id:ada    | true
        1     | user_id:bob    | true
        2     | user_id:bob    | false
        2     | anonymous_id:c | false
    """)
    decided = links("rule | left | right\nveto | user_id:ada | user_id:bob")

    assert customers(rows, given=decided) == written("user_id:ada", "user_id:bob anonymous_id:c")
    assert status_of(rows, *_in_order(rows, decided), given=decided)[:2] == ("merge", "vetoed")


def _in_order(rows: pl.DataFrame, decided: pl.DataFrame) -> tuple[str, str]:
    """The merged pair, the stronger end first."""
    _, tables = stitched(rows, given=decided)
    merge = tables["customer_links"].filter(pl.col("rule") == "merge")
    return merge.select("left_identifier", "right_identifier").row(0)


@pytest.mark.parametrize(
    "forced",
    [
        "force | user_id:ada | user_id:bob",
        "force | user_id:ada | anonymous_id:c\nforce | anonymous_id:c | user_id:bob",
    ],
    ids=["straight", "through another"],
)
def test_a_veto_against_a_force_is_refused(forced: str) -> None:
    """Nobody can be forced together and kept apart; the message names both decisions."""
    decided = links(f"rule | left | right\n{forced}\nveto | user_id:bob | user_id:ada")

    with pytest.raises(BadSettings, match=r"line \d: keeps apart what line 2.* joins; take one"):
        stitched(sightings(ADA_AND_BOB), given=decided)


def test_a_match_joins_with_less_confidence_than_one_sighting() -> None:
    """The surer of two matches leaves less doubt, and both more than having been seen once."""
    rows = sightings(ADA_AND_BOB)

    confidences = []
    for weight in (1.0, 0.99, 0.9499, 0.95):
        _, tables = stitched(
            rows,
            given=links(f"""
                rule  | left        | right                 | weight
                match | user_id:ada | email:ada@example.org | {weight}
            """),
        )
        confidences.append(tables["customer_confidence"]["identity_confidence"].min())

    assert confidences == [0.7425, 0.7425, 0.675, 0.7125]


def test_a_match_never_joins_two_accounts() -> None:
    """Against a unique namespace it is rejected, however sure, and says why."""
    rows = sightings(ADA_AND_BOB)
    matched = links("""
        rule  | left           | right               | weight
        match | anonymous_id:c | phone:+442079460002 | 0.999
    """)

    assert customers(rows, given=matched) == customers(rows)
    assert status_of(rows, "phone:+442079460002", "anonymous_id:c", given=matched) == (
        "match",
        "rejected",
        "two different user_id values would share a customer",
    )


def test_of_two_matches_that_exclude_each_other_the_surer_joins() -> None:
    """An address that matches two accounts goes to the likelier one."""
    matched = links("""
        rule  | left        | right                 | weight
        match | user_id:ada | email:ada@example.org | 0.91
        match | user_id:bob | email:ada@example.org | 0.97
    """)

    found = customers(sightings(ADA_AND_BOB), given=matched)

    assert written("user_id:bob phone:+442079460002 email:ada@example.org") <= found


def test_a_match_of_two_that_were_seen_together_says_nothing_new() -> None:
    """The link keeps its rule, evidence and confidence."""
    rows = sightings(ADA_AND_BOB)
    matched = links("rule | left | right | weight\nmatch | user_id:ada | anonymous_id:c | 0.9")

    assert status_of(rows, "user_id:ada", "anonymous_id:c", given=matched)[0] == "seen_together"


def test_a_decision_about_somebody_nobody_has_seen_is_kept_and_told() -> None:
    """It changes nothing tonight and is no error."""
    rows = sightings(ADA_AND_BOB)
    decided = links("""
        rule  | left          | right
        force | user_id:carol | user_id:ada
        veto  | user_id:carol | user_id:bob
    """)

    counts, _ = stitched(rows, given=decided)

    assert counts.unseen == ("line 2", "line 3")
    assert customers(rows, given=decided) == customers(rows)


NAMES = st.sampled_from(
    ["user_id:u0", "user_id:u1", "email:a@example.org", "email:b@example.org", "anonymous_id:c"]
)
EVENTS = st.lists(st.tuples(NAMES, NAMES, st.integers(1, 4)), min_size=1, max_size=10)
VETOES = st.lists(st.tuples(NAMES, NAMES).filter(lambda two: two[0] != two[1]), max_size=3)


@given(EVENTS, VETOES)
@settings(max_examples=12)
def test_no_customer_holds_both_ends_of_a_veto(
    events: list[tuple[str, str, int]], vetoes: list[tuple[str, str]]
) -> None:
    """Whatever was seen, and by whatever path; and the order of the decisions changes nothing."""
    rows = sightings(
        "event | identifier | day\n"
        + "\n".join(
            f"{n} | {one} | {day}" for n, two in enumerate(events) for one, day in _ends(two)
        )
    )
    lines = [f"veto | {left} | {right}" for left, right in vetoes]

    decided = links("\n".join(["rule | left | right", *lines])) if lines else None
    found = customers(rows, given=decided)

    assert not [two for two in vetoes for one in found if set(two) <= one]
    if lines:
        turned = links("\n".join(["rule | left | right", *reversed(lines)]))
        assert customers(rows, given=turned) == found


def _ends(seen: tuple[str, str, int]) -> list[tuple[str, int]]:
    """Both identifiers of an event with its day."""
    return [(seen[0], seen[2]), (seen[1], seen[2])]
