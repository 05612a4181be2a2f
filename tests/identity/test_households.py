import duckdb
import polars as pl
import pytest

from pipeline.identity.households import HOUSEHOLD_MEMBERS, members
from pipeline.resources import sql_folder
from tests.models.provided import provide
from tests.tables import table

IDENTIFIERS = table("""
    namespace    | value            | status | customer_id | is_strong | priority | night
    user_id      | u1               | active | ada         | true      | 10       | 1
    user_id      | u2               | active | bob         | true      | 10       | 1
    user_id      | u3               | active | cleo        | true      | 10       | 1
    email        | home@example.org | active | ada         | true      | 30       | 1
    phone        | +447200000001    | active | bob         | false     | 40       | 2
    anonymous_id | c1               | active | dora        | false     | 60       | 1
""")
LINKS = table("""
    left_identifier        | right_identifier       | status
    user_id:u1             | email:home@example.org | used
    user_id:u2             | email:home@example.org | rejected
    user_id:u2             | phone:+447200000001    | used
    user_id:u3             | phone:+447200000001    | vetoed
    email:home@example.org | anonymous_id:c1        | rejected
""")


def households(
    con: duckdb.DuckDBPyConnection, *, persons: int = 6, **frames: pl.DataFrame
) -> pl.DataFrame:
    """The households of small tables; each left out is the usual one."""
    given = {
        "identifiers": IDENTIFIERS,
        "customer_links": LINKS,
        **{name: frame for name, frame in frames.items() if name != "event_customers"},
    }
    provide(con, given)
    owners = pl.DataFrame(schema={"event_id": pl.String, "customer_id": pl.String})
    owners = frames.get("event_customers", owners)
    con.register("event_customers", owners.rename({"event_id": "event_key"}))
    return members(con, persons=persons, key=b"key")


def test_who_shares_an_address_or_a_number_is_one_household(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """Ada and bob share an e-mail, bob and cleo a telephone: one household of three persons."""
    found = households(con)

    assert found["household_id"].n_unique() == 1
    assert found["household_id"][0].startswith("h")
    assert found.select("customer_id", "namespace").sort(pl.all()).rows() == [
        ("ada", "email"),
        ("bob", "email"),
        ("bob", "phone"),
        ("cleo", "phone"),
    ]


def test_a_household_is_named_after_what_it_shared_first(con: duckdb.DuckDBPyConnection) -> None:
    """Without the telephone, which came a night later, the household is still the same one."""
    whole = households(con)["household_id"][0]

    with duckdb.connect() as other:
        fewer = households(other, customer_links=LINKS.filter(pl.col("status") != "vetoed"))

    assert fewer["household_id"].unique().to_list() == [whole]
    assert sorted(fewer["customer_id"]) == ["ada", "bob"]


@pytest.mark.parametrize(("persons", "count"), [(3, 3), (2, 0)])
def test_more_persons_than_live_together_are_none(
    con: duckdb.DuckDBPyConnection, persons: int, count: int
) -> None:
    """Three are a household where three may be one, and none where only two may."""
    assert households(con, persons=persons)["customer_id"].n_unique() == count


def test_a_shared_number_has_no_owner_and_makes_a_household(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """A phone of four people joins nobody in stitching, but they live together."""
    people = [f"u{n}" for n in range(4)]
    accounts = pl.DataFrame(
        {
            "namespace": ["user_id"] * 4 + ["phone"],
            "value": [*people, "+447200000009"],
            "status": ["active"] * 4 + ["shared"],
            "customer_id": [*people, None],
            "is_strong": [True] * 4 + [False],
        }
    )
    links = pl.DataFrame(
        {
            "left_identifier": [f"user_id:{one}" for one in people],
            "right_identifier": "phone:+447200000009",
            "status": "shared",
        }
    )

    found = households(con, identifiers=accounts, customer_links=links)

    assert found["customer_id"].to_list() == people
    assert found["namespace"].unique().to_list() == ["phone"]


def test_one_postal_address_is_one_household_however_it_is_written(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """Capitals, commas and blanks make no other street; another postcode does."""
    attributes = table("""
        event_id | attribute | value
        e1       | street    | 12, Mill Lane
        e1       | postcode  | AB1 2CD
        e2       | street    | 12 MILL LANE
        e2       | postcode  | ab12cd
        e3       | street    | 12 Mill Lane
        e3       | postcode  | ZZ9 9ZZ
    """)
    owners = pl.DataFrame({"event_id": ["e1", "e2", "e3"], "customer_id": ["ada", "erin", "finn"]})

    found = households(
        con,
        identifiers=IDENTIFIERS.clear(),
        customer_links=LINKS.clear(),
        landed_attributes=attributes,
        event_customers=owners,
    )

    assert found.select("customer_id", "namespace", "value").rows() == [
        ("ada", "address", "AB12CD 12 mill lane"),
        ("erin", "address", "AB12CD 12 mill lane"),
    ]


def test_what_is_published_is_masked(con: duckdb.DuckDBPyConnection) -> None:
    """Enough to recognise an address; nothing of whom processing was stopped for."""
    rows = pl.DataFrame(
        {
            "household_id": ["h1"] * 4,
            "customer_id": ["ada"] * 3 + ["bob"],
            "namespace": ["address", "email", "phone", "phone"],
            "value": ["AB12CD 12 mill lane", "home@example.org", "+447200000001", "+447200000001"],
        },
        schema=HOUSEHOLD_MEMBERS,
    )
    con.register("household_members", rows)
    con.execute("create table parameters as select false as show_identifiers")
    con.execute("create table suppressed_customers as select 'bob' as customer_id")

    shown = con.sql((sql_folder() / "publish" / "households.sql").read_text()).pl()

    assert shown["value"].to_list() == ["AB***", "h***@example.org", "+44***01"]
    assert shown["customer_id"].unique().to_list() == ["ada"]
