"""Why identifiers are one customer, and why others are not."""

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.errors import UnknownIdentifier
from pipeline.identity import lookup
from pipeline.identity.explain import explain, from_folder, of_two, sentences
from tests.identity.sightings import sightings, stitched
from tests.tables import table

IDENTIFIERS = table("""
    identifier | status | reason                             | customer_id
    email:ada  | active |                                    | c1
    user:ada   | active |                                    | c1
    cookie:1   | active |                                    | c1
    phone:1    | active |                                    | c1
    user:bob   | active |                                    | c2
    kiosk:9    | shared | seen with 9 different email values |
""")
LINKS = table("""
    left_identifier | right_identifier | rule          | status   | sources | event_count | day
    user:ada        | email:ada        | merge         | used     | crm     | 1           | 1
    user:ada        | cookie:1         | seen_together | used     | web     | 9           | 2
    email:ada       | cookie:1         | seen_together | used     | chat    | 2           | 3
    cookie:1        | phone:1          | seen_together | used     | tel     | 3           | 3
    user:bob        | cookie:1         | seen_together | rejected | web     | 1           | 6
    email:ada       | kiosk:9          | seen_together | shared   | web     | 1           | 7
""").with_columns(
    reason=pl.when(pl.col("status") != "used").then(pl.concat_str(pl.lit("why "), "status")),
    first_seen_at=pl.datetime(2026, 1, "day", time_unit="us"),
    last_seen_at=pl.datetime(2026, 1, pl.col("day") + 1, time_unit="us"),
)


def test_each_identifier_is_reached_by_the_best_supported_path() -> None:
    """The way to the cookie leads over the log-in, not over the e-mail's rarer sightings."""
    found = explain(IDENTIFIERS, LINKS, "email:ada")

    expected = table("""
        identifier | path                                      | weakest_left | sources
        cookie:1   | email:ada - user:ada - cookie:1           | user:ada     | web
        phone:1    | email:ada - user:ada - cookie:1 - phone:1 | cookie:1     | tel
        user:ada   | email:ada - user:ada                      | user:ada     | crm
    """)
    assert found.customer_id == "c1"
    assert_frame_equal(found.together.select(expected.columns), expected)


def test_links_that_do_not_count_say_why_not() -> None:
    """What touches the customer and was kept apart comes with status and reason."""
    found = explain(IDENTIFIERS, LINKS, "phone:1")

    assert found.apart.select("right_identifier", "status", "reason").rows() == [
        ("kiosk:9", "shared", "why shared"),
        ("cookie:1", "rejected", "why rejected"),
    ]


def test_a_shared_identifier_says_that_it_is_nobody() -> None:
    """It has no customer and nobody beside it, but its status and reason are told."""
    found = explain(IDENTIFIERS, LINKS, "kiosk:9")

    assert (found.status, found.customer_id, found.together.height) == ("shared", "", 0)
    assert sentences(found) == [
        "kiosk:9 belongs to no customer: it is shared, seen with 9 different email values",
        "not joined:",
        "  email:ada - kiosk:9: shared, why shared",
    ]


def test_the_sentences_name_the_weakest_evidence_of_every_path() -> None:
    """A CX person reads who is together, along which way, resting on what."""
    said = sentences(explain(IDENTIFIERS, LINKS, "user:ada"))

    assert said[0] == "user:ada is customer c1, together with 3 other identifiers:"
    assert said[3:7] == [
        "  user:ada - email:ada",
        "      declared one by crm, once, 2026-01-01 to 2026-01-02",
        "  user:ada - cookie:1 - phone:1",
        "      weakest cookie:1 - phone:1: seen together by tel, 3 times, 2026-01-03 to 2026-01-04",
    ]


def test_an_identifier_that_nobody_landed_is_unknown() -> None:
    """The error names what was asked."""
    with pytest.raises(UnknownIdentifier, match="user:eve: no landed record names it"):
        explain(IDENTIFIERS, LINKS, "user:eve")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The identity tables of a handful of stitched records."""
    _, tables = stitched(
        sightings("""
            event | identifier
            1     | email:ada@example.org
            1     | phone:+442079460001
            2     | user_id:7
            2     | anonymous_id:c7
            3     | shop_login:7
            4     | anonymous_id:alone
        """)
    )
    folder = tmp_path_factory.mktemp("identity")
    for name, frame in tables.items():
        frame.write_parquet(folder / f"{name}.parquet")
    return folder


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("email:ada@example.org", ["email:ada@example.org"]),
        (" Ada@Example.org ", ["email:ada@example.org"]),
        ("email:ADA@example.org", ["email:ada@example.org"]),
        ("020 7946 0001", ["phone:+442079460001"]),
        ("phone:020 7946 0001", ["phone:+442079460001"]),
        ("7", ["shop_login:7", "user_id:7"]),
        ("user_id:7", ["user_id:7"]),
    ],
)
def test_an_identifier_is_found_in_any_spelling(folder: Path, asked: str, found: list[str]) -> None:
    """With its namespace or without, as somebody would type it."""
    assert [one.identifier for one in from_folder(folder, asked, region="GB")] == found


def test_an_identifier_that_is_not_in_the_folder_is_unknown(folder: Path) -> None:
    """The error says how else to ask."""
    with pytest.raises(UnknownIdentifier, match=r"eve@example\.org: no landed record names it"):
        from_folder(folder, "eve@example.org", region="GB")


def test_the_tables_of_a_run_explain_a_customer(folder: Path) -> None:
    """What stitching wrote is what the explanation reads."""
    (found,) = from_folder(folder, "c7", region="GB")

    assert found.together["identifier"].to_list() == ["user_id:7"]
    assert found.apart.is_empty()


def test_a_customer_of_one_identifier_is_said_to_be_that(folder: Path) -> None:
    """There is nothing to explain, and the sentence says so."""
    (found,) = from_folder(folder, "alone", region="GB")

    assert found.together.is_empty()
    assert sentences(found) == [
        f"anonymous_id:alone is customer {found.customer_id}, and all that is known of it"
    ]
    assert isinstance(found.apart, pl.DataFrame)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two accounts on one cookie, each with an address, and a third person apart from all."""
    _, tables = stitched(
        sightings("""
            event | identifier
            1     | user_id:1
            1     | email:ada@example.org
            2     | user_id:1
            2     | anonymous_id:c1
            3     | user_id:1
            3     | anonymous_id:c1
            4     | user_id:2
            4     | anonymous_id:c1
            5     | user_id:2
            5     | email:bob@example.org
            6     | user_id:3
            7     | email:info@example.org
            7     | user_id:3
            8     | email:info@example.org
            8     | user_id:2
        """)
    )
    folder = tmp_path_factory.mktemp("people")
    for name, frame in tables.items():
        frame.write_parquet(folder / f"{name}.parquet")
    return folder


def test_two_identifiers_of_one_customer_are_joined_by_the_strongest_way(people: Path) -> None:
    """Link by link with its evidence, the weakest marked."""
    said = list(of_two(people, "ada@example.org", "c1", region="GB"))

    assert said[0].startswith("email:ada@example.org and anonymous_id:c1 are customer c")
    assert [line.split(":")[0].strip() for line in said[1::2]] == ["user_id", "user_id"]
    assert [line for line in said if line.endswith("<- weakest")] == [
        "  user_id:1 - email:ada@example.org   <- weakest"
    ]


def test_the_link_that_was_rejected_says_why_two_are_not_one(people: Path) -> None:
    """The guard is named, and on what the link would have rested."""
    said = list(of_two(people, "ada@example.org", "bob@example.org", region="GB"))

    assert (
        said[1] == "what comes nearest to joining email:ada@example.org and email:bob@example.org:"
    )
    assert said[2] == (
        "  user_id:2 - anonymous_id:c1: rejected, "
        "two different user_id values would share a customer"
    )
    assert said[3].strip().startswith("seen together by")


def test_a_blocked_value_between_two_is_named(people: Path) -> None:
    """Both used the address of a role; that is a chain of two links."""
    said = list(of_two(people, "user_id:2", "user_id:3", region="GB"))

    assert said[1].endswith(", by a chain of 2 links:")
    assert [line.split(": ")[-1] for line in said[2::2]] == ["blocked, its email is blocked"] * 2


def test_an_identifier_of_nobody_says_so_against_another(people: Path) -> None:
    """A blocked address belongs to no customer; its own link says why."""
    said = list(of_two(people, "info@example.org", "user_id:3", region="GB"))

    assert said[0].startswith("email:info@example.org belongs to no customer: it is blocked, ")
    assert said[2] == "  user_id:3 - email:info@example.org: blocked, its email is blocked"


def test_where_nothing_links_two_it_is_said_with_the_nearest(folder: Path) -> None:
    """No chain of links leads from one to the other."""
    said = list(of_two(folder, "alone", "user_id:7", region="GB"))

    (told,) = said[1:]
    assert told == (
        "nothing links anonymous_id:alone and user_id:7, nor does a chain of three links that "
        "were not taken"
    )


def test_one_identifier_in_two_spellings_is_one(people: Path) -> None:
    """Nothing has to join it with itself."""
    said = list(of_two(people, "user_id:1", " user_id:1", region="GB"))

    assert said == ["user_id:1 is one identifier, written in two ways"]


def test_a_second_identifier_that_nobody_landed_is_unknown(people: Path) -> None:
    """The error names the one that is not there."""
    with pytest.raises(UnknownIdentifier, match="user_id:99"):
        list(of_two(people, "user_id:1", "user_id:99", region="GB"))


@pytest.mark.parametrize("spoilt", ["none", "values", "missing"])
def test_the_arrays_beside_the_tables_change_nothing_but_the_time(
    people: Path, tmp_path: Path, spoilt: str
) -> None:
    """Whole, of another release of the hash, or not there: the explanation is the same."""
    folder = tmp_path / "identity"
    shutil.copytree(people, folder)
    rows = pl.read_parquet(folder / "identifiers.parquet")
    ends = pl.read_parquet(folder / "customer_links.parquet")
    place = {name: row for row, name in enumerate(rows["identifier"])}
    customer = rows["customer_id"].rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1
    lookup.write(
        folder,
        values=rows["value"],
        customer=customer,
        left=ends["left_identifier"].replace_strict(place).to_numpy(),
        right=ends["right_identifier"].replace_strict(place).to_numpy(),
    )
    if spoilt == "values":
        np.save(folder / lookup.FOLDER / "values.npy", np.zeros(rows.height + 1, np.uint32))
    if spoilt == "missing":
        (folder / lookup.FOLDER / "groups.npy").unlink()

    for asked in ("c1", "info@example.org", "user_id:3"):
        with_arrays, without = (
            [line for one in from_folder(each, asked, region="GB") for line in sentences(one)]
            for each in (folder, people)
        )
        assert with_arrays == without
    assert list(of_two(folder, "user_id:1", "user_id:3", region="GB")) == list(
        of_two(people, "user_id:1", "user_id:3", region="GB")
    )
