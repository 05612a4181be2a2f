import polars as pl

from pipeline.simulate import truth
from pipeline.simulate.raw import written


def evidence(*rows: dict[str, object]) -> pl.DataFrame:
    """Records that show handles together."""
    return pl.concat([written.evidence(pl.DataFrame(row)) for row in rows])


def groups(found: pl.DataFrame) -> dict[tuple[int, str], tuple[int, bool]]:
    """By person and value: group and whether it is reachable."""
    return {
        (row["person_id"], row["value"]): (row["group_number"], row["is_reachable"])
        for row in found.iter_rows(named=True)
    }


def test_handles_are_one_group_when_records_connect_them() -> None:
    """A cookie and a number meet in an e-mail; a cookie that nothing connects is out of reach."""
    found = truth.known_identifiers(
        evidence(
            {"person_id": [1], "anonymous_id": ["c1"], "email": ["ada@example.org"]},
            {"person_id": [1], "email": ["ada@example.org"], "user_id": ["LB1"]},
            {"person_id": [1], "anonymous_id": ["c2"]},
        )
    )

    assert groups(found) == {
        (1, "c1"): (0, True),
        (1, "ada@example.org"): (0, True),
        (1, "LB1"): (0, True),
        (1, "c2"): (1, False),
    }


def test_a_shared_handle_connects_nothing() -> None:
    """An e-mail that two persons use cannot prove that the chat visitor is the customer."""
    found = truth.known_identifiers(
        evidence(
            {"person_id": [1], "user_id": ["LB1"], "email": ["the.smiths@example.org"]},
            {"person_id": [1], "zendesk_visitor": ["v1"], "email": ["the.smiths@example.org"]},
            {"person_id": [2], "user_id": ["LB2"], "email": ["the.smiths@example.org"]},
        )
    )

    assert found.filter("is_shared")["value"].unique().to_list() == ["the.smiths@example.org"]
    numbers = groups(found)
    assert numbers[1, "LB1"][0] != numbers[1, "v1"][0]
    assert not numbers[1, "the.smiths@example.org"][1]


def test_merged_contacts_are_one_namespace() -> None:
    """The contact that another one swallowed is a HubSpot contact like it."""
    found = truth.known_identifiers(
        evidence({"person_id": [1], "hubspot_contact": ["20"], "hubspot_contact:merged": ["21"]})
    )

    assert found.select("namespace", "value", "group_number").rows() == [
        ("hubspot_contact", "20", 0),
        ("hubspot_contact", "21", 0),
    ]
