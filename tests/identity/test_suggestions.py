"""Values that look like nobody's."""

import tomllib
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.identity.policy import of
from pipeline.identity.suggestions import suggested
from pipeline.identity.tables import read_sql
from pipeline.settings import Company, Identity, Namespace, Settings
from tests.identity.sightings import COMPANY, sightings, stitched

NONE = {"identifier": pl.String, "name_count": pl.Int64}


def suspects(rows: pl.DataFrame, names: dict[str, int] | None = None) -> pl.DataFrame:
    """The values of these rows that look like nobody's."""
    _, tables = stitched(rows)
    counts = list((names or {}).items())
    with duckdb.connect(config={"python_enable_replacements": False}) as con:
        con.register("identifiers", tables["identifiers"])
        con.register("customer_links", tables["customer_links"])
        con.register("given_name_counts", pl.DataFrame(counts, schema=NONE, orient="row"))
        found: pl.DataFrame = con.sql(read_sql("suspect_identifiers")).pl()
    return found


@pytest.mark.parametrize(
    "value",
    [
        "email:test@shop.example",
        "email:asdf1@example.org",
        "email:aaaa@example.org",
        "user_id:testing1",
        "user_id:dummy-7",
        "user_id:11111",
        "phone:+447777777000",
        "loyalty_card:unknown-9",
    ],
)
def test_a_value_that_nobody_has_is_suggested(value: str) -> None:
    """Placeholders and repeated characters, in addresses, numbers and ids."""
    found = suspects(sightings(f"event | identifier\n1 | {value}"))

    assert found["identifier"].to_list() == [value]


@pytest.mark.parametrize(
    "value",
    ["email:testa@example.org", "email:contest@example.org", "user_id:1112", "user_id:attest"],
)
def test_a_value_that_a_person_has_is_not(value: str) -> None:
    """A name that contains a placeholder is a name."""
    assert suspects(sightings(f"event | identifier\n1 | {value}")).is_empty()


def test_values_met_by_many_people_or_under_many_names_are_suggested_first() -> None:
    """The reason says how many, and of what."""
    kiosk = "\n".join(f"{n} | user_id:p{n}\n{n} | anonymous_id:till.7" for n in range(10))
    rows = sightings(f"event | identifier\n{kiosk}\n99 | email:front@shop.example")

    found = suspects(rows, {"email:front@shop.example": 12})

    assert found.select("identifier", "reason").rows() == [
        ("email:front@shop.example", "used with 12 different given names"),
        ("anonymous_id:till.7", "seen with 10 user_id values"),
    ]


def test_the_lines_for_wend_toml_block_what_was_found_and_keep_what_was_blocked(
    tmp_path: Path,
) -> None:
    """Pasted as they are, they make the suggested values nobody's and no other's."""
    settings = Settings(
        folder=tmp_path,
        company=Company(name="Larkspur"),
        sources={},
        identity=Identity(namespaces={"shop_login": Namespace(block=("till-.*",))}),
    )
    rows = sightings("event | identifier\n1 | shop_login:test.7 (x)\n2 | shop_login:testy7")

    found = suggested(suspects(rows), settings, limit=10)

    written = tomllib.loads("\n".join(found.toml))["identity"]
    policy = of(Identity.model_validate(written), COMPANY)
    assert policy.namespaces["shop_login"].block == ("till-.*", r"test\.7 \(x\)")
    _, tables = stitched(rows, namespaces=Identity.model_validate(written).namespaces)
    blocked = tables["identifiers"].filter(pl.col("status") == "blocked")
    assert blocked["value"].to_list() == ["test.7 (x)"]
