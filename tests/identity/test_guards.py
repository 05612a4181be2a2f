"""What must not be linked, one guard a test."""

import polars as pl
import pytest

from pipeline.errors import BadSettings
from pipeline.identity.policy import of
from pipeline.resources import sql_folder
from pipeline.settings import Company, Identity, Namespace
from pipeline.warehouse import connect
from tests.identity.sightings import COMPANY, customers, sightings, stitched, written


def people(namespace: str, count: int, shared: str) -> pl.DataFrame:
    """So many people, each with a value of `namespace` and all with one thing in common."""
    rows = [f"{n} | {namespace}:p{n}\n{n} | {shared}" for n in range(count)]
    return sightings("event | identifier\n" + "\n".join(rows))


def test_identifiers_of_one_event_are_one_customer() -> None:
    """An e-mail seen with a cookie, and the cookie with a telephone, are one customer."""
    rows = sightings("""
        event | identifier
        1     | email:ada@example.org
        1     | anonymous_id:c1
        2     | anonymous_id:c1
        2     | phone:+442079460001
        3     | anonymous_id:c2
    """)

    found = customers(rows)

    assert found == written(
        "email:ada@example.org anonymous_id:c1 phone:+442079460001", "anonymous_id:c2"
    )


@pytest.mark.parametrize(
    ("namespace", "shared", "allowed"),
    [
        ("user_id", "anonymous_id:kiosk", 3),
        ("email", "phone:+442079460000", 3),
        ("user_id", "email:the.lovelaces@example.org", 2),
        ("user_id", "visitor:5f2b", 1),
        ("hubspot_contact", "hubspot_deal:7", 2),
    ],
    ids=["kiosk cookie", "call-centre phone", "household e-mail", "router", "deal"],
)
def test_a_value_seen_with_too_many_people_joins_nobody(
    namespace: str, shared: str, allowed: int
) -> None:
    """Up to its cap a value has a customer; one person more and it is nobody's."""
    _, within = stitched(people(namespace, allowed, shared))
    _, beyond = stitched(people(namespace, allowed + 1, shared))

    status = [
        tables["identifiers"].filter(pl.col("identifier") == shared).item(0, "status")
        for tables in (within, beyond)
    ]
    assert status == ["active", "shared"]


def test_a_shared_value_says_whom_it_was_seen_with_and_keeps_its_links() -> None:
    """The reason counts the people; the links stay with the status shared."""
    counts, tables = stitched(people("user_id", 4, "anonymous_id:kiosk"))

    kiosk = tables["identifiers"].filter(pl.col("status") == "shared").row(0, named=True)
    assert kiosk["reason"] == "seen with 4 different user_id values"
    assert kiosk["customer_id"] is None
    assert tables["customer_links"]["status"].to_list() == ["shared"] * 4
    assert set(tables["customer_links"]["reason"]) == {"many people share its anonymous_id"}
    assert counts.customer_count == 4


def test_many_sightings_of_one_person_do_not_make_a_value_shared() -> None:
    """The cap counts people, not rows: a heavy user keeps the cookie."""
    rows = sightings(
        "event | identifier\n"
        + "\n".join(f"{n} | user_id:ada\n{n} | anonymous_id:c1" for n in range(50))
    )

    assert customers(rows) == written("user_id:ada anonymous_id:c1")


def test_strong_identifiers_of_different_namespaces_are_not_added_up() -> None:
    """A cookie seen with one person's account, contact and two addresses is no kiosk."""
    rows = sightings("""
        event | identifier
        1     | anonymous_id:c1
        1     | user_id:ada
        1     | email:ada@example.org
        2     | anonymous_id:c1
        2     | hubspot_contact:7
        2     | email:lovelace@example.org
    """)

    assert len(customers(rows)) == 1


def test_a_crowd_around_one_login_shows_as_a_shared_cookie() -> None:
    """Four addresses seen with a cookie share it, even where one login was always there."""
    rows = sightings(
        "event | identifier\n"
        + "\n".join(
            f"{n} | user_id:till\n{n} | anonymous_id:kiosk\n{n} | email:p{n}@example.org"
            for n in range(4)
        )
    )

    _, tables = stitched(rows)

    shared = tables["identifiers"].filter(pl.col("status") == "shared")
    assert shared["identifier"].to_list() == ["anonymous_id:kiosk"]
    assert shared["reason"].to_list() == ["seen with 4 different email values"]


def test_a_shared_value_does_not_stand_between_others() -> None:
    """On an event whose strongest identifier is shared, the others are linked all the same."""
    rows = pl.concat(
        [
            people("user_id", 3, "email:the.lovelaces@example.org"),
            sightings("""
                event | identifier
                9     | email:the.lovelaces@example.org
                9     | phone:+442079460001
                9     | anonymous_id:c9
            """),
        ]
    )

    assert frozenset({"phone:+442079460001", "anonymous_id:c9"}) in customers(rows)


def test_a_recycled_cookie_goes_to_who_used_it_more() -> None:
    """A cookie seen with two accounts within its cap stays with the one that has more events."""
    rows = sightings("""
        event | identifier     | day
        1     | user_id:ada    | 1
        1     | anonymous_id:c | 1
        2     | user_id:ada    | 2
        2     | anonymous_id:c | 2
        3     | user_id:bob    | 9
        3     | anonymous_id:c | 9
    """)

    _, tables = stitched(rows)

    assert customers(rows) == written("user_id:ada anonymous_id:c", "user_id:bob")
    rejected = tables["customer_links"].filter(pl.col("status") == "rejected")
    assert rejected["left_identifier"].to_list() == ["user_id:bob"]
    assert rejected["reason"].to_list() == ["two different user_id values would share a customer"]


def test_between_equal_claims_the_later_one_wins() -> None:
    """With as many events on both sides, a cookie belongs to who was seen with it last."""
    rows = sightings("""
        event | identifier     | day
        1     | user_id:ada    | 1
        1     | anonymous_id:c | 1
        2     | user_id:bob    | 9
        2     | anonymous_id:c | 9
    """)

    assert customers(rows) == written("user_id:bob anonymous_id:c", "user_id:ada")


def test_a_declared_claim_outweighs_a_frequent_one() -> None:
    """A cookie that an account took over by an alias is its own, however often another used it."""
    rows = sightings("""
        event | identifier     | is_merge | day
        1     | user_id:ada    | true     | 1
        1     | anonymous_id:c | true     | 1
        2     | user_id:bob    | false    | 8
        2     | anonymous_id:c | false    | 8
        3     | user_id:bob    | false    | 9
        3     | anonymous_id:c | false    | 9
    """)

    assert customers(rows) == written("user_id:ada anonymous_id:c", "user_id:bob")


def test_two_unique_values_far_apart_never_meet() -> None:
    """Two accounts joined through e-mail, telephone and cookie are cut at the weakest link."""
    rows = sightings("""
        event | identifier
        1     | user_id:ada
        1     | email:ada@example.org
        2     | email:ada@example.org
        2     | phone:+442079460001
        3     | phone:+442079460001
        3     | anonymous_id:c
        4     | user_id:bob
        4     | anonymous_id:c
    """)

    # A link is as good as its weaker end, then as its stronger: of the two that end in the
    # cookie, the account's claim comes before the telephone's.
    assert customers(rows) == written(
        "user_id:ada email:ada@example.org phone:+442079460001", "user_id:bob anonymous_id:c"
    )


def test_values_that_were_declared_merged_share_a_customer() -> None:
    """A merge in the source lets two accounts be one, and counts as one person in a fan-out."""
    rows = sightings("""
        event | identifier              | is_merge
        1     | user_id:ada             | true
        1     | user_id:ada2            | true
        2     | user_id:ada             | false
        2     | email:ada@example.org   | false
        3     | user_id:ada2            | false
        3     | email:ada@example.org   | false
        4     | user_id:ada             | false
        4     | visitor:5f2b            | false
        5     | user_id:ada2            | false
        5     | visitor:5f2b            | false
    """)

    _, tables = stitched(rows)

    assert customers(rows) == written("user_id:ada user_id:ada2 email:ada@example.org visitor:5f2b")
    merge = tables["customer_links"].filter(pl.col("rule") == "merge")
    assert merge["status"].to_list() == ["used"]


def test_contacts_merged_in_a_crowd_share_a_customer() -> None:
    """A merge that names an account and two contacts makes the two contacts one."""
    rows = sightings("""
        event | identifier        | is_merge
        1     | user_id:ada       | true
        1     | hubspot_contact:7 | true
        1     | hubspot_contact:8 | true
    """)

    assert len(customers(rows)) == 1


def test_an_alias_through_a_cookie_does_not_merge_two_accounts() -> None:
    """Two accounts that each claim one cookie were not declared one person."""
    rows = sightings("""
        event | identifier     | is_merge | day
        1     | user_id:ada    | true     | 1
        1     | anonymous_id:c | true     | 1
        2     | user_id:bob    | true     | 2
        2     | anonymous_id:c | true     | 2
    """)

    assert customers(rows) == written("user_id:ada", "user_id:bob anonymous_id:c")


@pytest.mark.parametrize(
    "nobody",
    [
        "email:test@test.com",
        "email:noreply@shop.example",
        "email:info+spring@shop.example",
        "email:grace@larkspur.example",
        "email:grace@help.larkspur.example",
        "phone:+442071838750",
        "phone:+440000000000",
        "user_id:null",
        "user_id:NaN",
        "user_id:-1",
        "user_id:0000",
        "anonymous_id:00000000-0000-0000-0000-000000000000",
        "loyalty_card:[object Object]",
    ],
)
def test_a_value_that_names_nobody_joins_nobody(nobody: str) -> None:
    """Place-holders, role accounts and the company's own addresses are blocked, with a reason."""
    rows = sightings(f"""
        event | identifier
        1     | {nobody}
        1     | anonymous_id:c1
        1     | device_id:d1
        2     | {nobody}
        2     | anonymous_id:c2
    """)

    _, tables = stitched(rows)

    blocked = tables["identifiers"].filter(pl.col("status") == "blocked")
    assert blocked["identifier"].to_list() == [nobody]
    assert blocked["reason"].null_count() == 0
    assert tables["customer_links"]["status"].value_counts(sort=True).rows() == [
        ("blocked", 2),
        ("used", 1),
    ]
    # What else an event names is linked as if the value were not there.
    assert customers(rows) == written("device_id:d1 anonymous_id:c1", "anonymous_id:c2")


@pytest.mark.parametrize(
    "somebody",
    [
        "email:information@shop.example",
        "email:grace@notlarkspur.example",
        "user_id:10",
        "user_id:nullah",
    ],
)
def test_a_value_that_only_looks_like_nobody_is_kept(somebody: str) -> None:
    """Blocking compares whole values, domains and mailboxes."""
    rows = sightings(f"""
        event | identifier
        1     | {somebody}
        1     | anonymous_id:c1
    """)

    assert customers(rows) == written(f"{somebody} anonymous_id:c1")


def test_two_roles_of_one_event_are_not_linked() -> None:
    """Who wrote and whom it was about are different people."""
    rows = sightings("""
        event | identifier              | role
        1     | email:ada@example.org   | actor
        1     | user_id:ada             | actor
        1     | email:bob@example.org   | subject
        1     | user_id:bob             | subject
    """)

    assert customers(rows) == written(
        "email:ada@example.org user_id:ada", "email:bob@example.org user_id:bob"
    )


def test_staff_and_people_mentioned_are_not_linked() -> None:
    """Only actor, recipient and subject reach stitching, no event of a machine, no un-merge."""
    landed = sightings("""
        event | identifier            | role      | is_machine
        1     | email:ada@example.org | actor     | false
        1     | email:bob@example.org | mentioned | false
        1     | email:eve@example.org | agent     | false
        2     | email:ada@example.org | actor     | true
        3     | email:cyd@example.org | actor     | false
        4     | email:dan@example.org | subject   | false
    """)
    sql = (sql_folder() / "identity" / "linkable_identifiers.sql").read_text()
    with connect(":memory:", threads=1, memory_gib=1, temp_gib=1, temp_folder=sql_folder()) as con:
        con.register("landed_identifiers", landed)
        con.execute("create table parameters as select timestamp '2026-02-01' as as_of")
        con.execute("create table machine_events as select '3' as event_id")
        con.execute(
            "create table landed_events as select '4' as event_id, 'identity_unmerged' as kind"
        )
        rows = con.sql(sql).pl()

    assert customers(rows) == written("email:ada@example.org")


def test_a_project_overrides_the_policy_key_by_key() -> None:
    """wend.toml changes what it names and leaves the rest of a namespace as shipped."""
    policy = of(
        Identity(namespaces={"email": Namespace(max_strong=9, block=(r".*@kiosk\.example",))}),
        COMPANY,
    )

    email = policy.namespaces["email"]
    assert (email.max_strong, email.is_strong, email.priority) == (9, True, 30)
    blocked = [namespace for namespace, _, _ in policy.patterns]
    assert blocked.count("email") == 3  # the shipped one, the project's and the company's domain


def test_a_project_may_block_values_of_its_own() -> None:
    """A pattern from wend.toml blocks whole values of its namespace only."""
    rows = sightings("""
        event | identifier
        1     | shop_login:till-7
        1     | anonymous_id:till-7
    """)

    found = customers(rows, namespaces={"shop_login": Namespace(block=(r"till-\d",))})

    assert found == written("anonymous_id:till-7")


@pytest.mark.parametrize(
    ("identity", "company", "message"),
    [
        (
            Identity(namespaces={"email": Namespace(block=("(",))}),
            COMPANY,
            r"identity\.namespaces\.email\.block: '\(' is not a regular expression",
        ),
        (
            Identity(),
            Company(name="Larkspur", phones=("ask Grace",)),
            r"company\.phones: 'ask Grace' is not a telephone number",
        ),
    ],
    ids=["pattern", "phone"],
)
def test_a_policy_that_cannot_be_meant_is_refused(
    identity: Identity, company: Company, message: str
) -> None:
    """The error names the key and what was found."""
    with pytest.raises(BadSettings, match=message):
        of(identity, company)
