"""What records say of a person comes out in one form, or not at all."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.landing import gate, ledger
from pipeline.landing.attributes import attributes, objection, value
from pipeline.landing.ledger import Night
from pipeline.landing.schema import LANDED_ATTRIBUTES
from pipeline.settings import ATTRIBUTES, Settings

AT = datetime(2026, 2, 1, 10)  # noqa: DTZ001 - landed instants are naive UTC
NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attribute", "raw", "normal"),
    [
        ("full_name", "  Ada \u00a0 Lovelace\u200b ", "Ada Lovelace"),
        ("full_name", "Zoe\u0308 Müller", "Zoë Müller"),
        ("company", "n/a", None),
        ("company", "Private", None),
        ("full_name", "ada@example.org", None),
        ("given_name", "Test", None),
        ("family_name", "---", None),
        ("street", "x" * 201, None),
        ("birth_on", "1985-12-10T00:00:00Z", "1985-12-10"),
        ("birth_on", date(1985, 12, 10), "1985-12-10"),
        ("birth_on", "25.12.1985", "1985-12-25"),
        ("birth_on", "12/25/1985", "1985-12-25"),
        ("birth_on", "07/07/1985", "1985-07-07"),
        ("birth_on", "03/04/1985", None),
        ("birth_on", "1985-02-30", None),
        ("birth_on", "19151111", "1915-11-11"),
        ("birth_on", "25121985", "1985-12-25"),
        ("birth_on", "03041985", None),
        ("birth_on", "19850230", None),
        ("birth_on", "1900-01-01", None),
        ("country", "de", "DE"),
        ("country", "Deutschland", "DE"),
        ("country", "UK", "GB"),
        ("country", "Absurdistan", "Absurdistan"),
        ("country", "NA", "NA"),
        ("postcode", "sw1a 1aa", "SW1A 1AA"),
        ("language", "en-GB", "en"),
        ("language", "Deutsch", "de"),
        ("language", "no idea", None),
        ("gender", "Frau", "female"),
        ("gender", "X", "other"),
        ("consent_email", True, "given"),
        ("consent_email", "unsubscribed", "withdrawn"),
        ("consent_sms", "perhaps", None),
        ("full_name", None, None),
        ("full_name", {"first": "Ada"}, None),
    ],
)
def test_a_value_has_one_normal_form_or_none(attribute: str, raw: Any, normal: str | None) -> None:
    """Trimmed and composed; doubtful dates and words that name nobody are no attribute."""
    assert value(attribute, raw) == normal


@given(st.sampled_from([*ATTRIBUTES, "consent_email"]), st.text(max_size=40))
def test_a_normal_form_is_its_own_normal_form(attribute: str, raw: str) -> None:
    """Normalising twice is normalising once."""
    once = value(attribute, raw)

    assert once is None or value(attribute, once) == once


def test_that_nobody_objects_is_no_consent() -> None:
    """An unticked opt-out says nothing; a ticked one withdraws."""
    assert [objection(raw) for raw in ("true", "1", "false", "", None)] == [
        "withdrawn",
        "withdrawn",
        None,
        None,
        None,
    ]


@pytest.mark.parametrize("names", [("First Name", "Last Name"), ("vorname", "NACHNAME")])
def test_fields_are_known_by_what_tools_call_them(names: tuple[str, str]) -> None:
    """Case, blanks and language differ; the full name is put together from its parts."""
    found = attributes([(names[0], "Ada"), (names[1], "Lovelace"), ("Plan", "gold")])

    assert [one[:2] for one in found] == [
        ("family_name", "Lovelace"),
        ("full_name", "Ada Lovelace"),
        ("given_name", "Ada"),
    ]


def test_an_address_and_a_company_may_be_objects() -> None:
    """Of a company only its name is the person's."""
    found = attributes(
        [
            ("address", {"street": "1 Elm St", "postalCode": "12345", "country": "USA"}),
            ("company", {"name": "Acme", "city": "Rome"}),
        ]
    )

    assert {one.name: one.value for one in found} == {
        "street": "1 Elm St",
        "postcode": "12345",
        "country": "US",
        "company": "Acme",
    }


def project(folder: Path, *rows: str) -> Settings:
    """A project whose one source is a table of callers, a file a row."""
    for number, row in enumerate(rows):
        header = "id,when,email,Client,Born"
        (folder / f"calls-{number}.csv").write_text(f"{header}\n{row}\n")
    columns = {
        "own_id": "id",
        "occurred_at": "when",
        "kind": "=call_answered",
        "identifiers": {"email": "email"},
        "attributes": {"full_name": "Client", "birth_on": "Born", "consent_phone": "=yes"},
    }
    return Settings.model_validate(
        {
            "folder": folder,
            "company": {"name": "Larkspur"},
            "sources": {
                "calls": {
                    "format": "generic",
                    "channel": "phone",
                    "path": "calls-*.csv",
                    "columns": columns,
                }
            },
        }
    )


def test_attributes_land_beside_the_event_and_nowhere_else(tmp_path: Path) -> None:
    """A row an attribute; the event's own properties name nobody."""
    settings = project(tmp_path, "7,2026-02-01T10:00:00Z,ada@example.org, Ada  Lovelace,n/a")

    gate.land(settings, settings.lake, Night(1, frozenset(), NOW), tell=lambda *_: None)

    landed = ledger.landed_table(settings.lake, "attributes").collect()
    assert landed.schema == LANDED_ATTRIBUTES
    assert landed.select("source", "attribute", "value", "occurred_at", "night").rows() == [
        ("calls", "consent_phone", "given", AT, 1),
        ("calls", "full_name", "Ada Lovelace", AT, 1),
    ]
    (event,) = ledger.landed_table(settings.lake, "events").collect().iter_rows(named=True)
    assert event["properties"] == "{}"
    assert landed["event_id"].unique().to_list() == [event["event_id"]]


def test_a_lake_without_attributes_has_an_empty_table(tmp_path: Path) -> None:
    """Batches that landed before there were attributes are read as they are."""
    assert ledger.landed_table(tmp_path, "attributes").collect().schema == LANDED_ATTRIBUTES


def test_an_attribute_that_wend_does_not_know_is_refused() -> None:
    """The names are fixed but for the purpose of a consent."""
    with pytest.raises(ValueError, match="shoe_size"):
        Settings.model_validate(
            {
                "folder": Path(),
                "company": {"name": "Larkspur"},
                "sources": {
                    "calls": {
                        "format": "generic",
                        "path": "*.csv",
                        "columns": {
                            "occurred_at": "when",
                            "kind": "=call",
                            "attributes": {"shoe_size": "size"},
                        },
                    }
                },
            }
        )
