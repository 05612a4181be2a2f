"""Why identifiers are one customer, and why others are not."""

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.errors import UnknownIdentifier
from pipeline.identity.explain import explain, from_folder, sentences
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
