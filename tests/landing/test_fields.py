"""A field that is new, missing or of another type than before is stopped or reported."""

from pathlib import Path

import pytest

from pipeline.landing.containers.csv_records import csv_rows
from pipeline.landing.containers.json_records import json_lines
from pipeline.landing.fields import (
    ALWAYS_RECORDS,
    Documented,
    changes,
    known,
    new_table,
    table,
)
from pipeline.landing.record import RawFile


def read(folder: Path, content: str, name: str = "day-1.jsonl") -> RawFile:
    """A file with this content, read to its end."""
    path = folder / name
    path.write_text(content)
    file = RawFile(path, name, f"source-{name}")
    list(csv_rows(file) if name.endswith(".csv") else json_lines(file))
    return file


FIRST = '{"id": 1, "mail": "ada@example.com", "note": null}\n' * ALWAYS_RECORDS


@pytest.mark.parametrize(
    ("later", "said"),
    [
        ('{"id": 2, "mail": "b@example.com", "note": null}', []),
        ('{"id": 2.5, "mail": null, "note": null}', []),
        ('{"id": 2, "mail": "b", "note": "first words"}', []),
        ('{"id": 2, "mail": "b", "note": null, "coupon": true}', ["new field coupon (boolean)"]),
        ('{"id": "2", "mail": "b", "note": null}', ["field id was number and now is text"]),
        (
            '{"id": 2, "email": "b", "note": 1}',
            ["new field email (text)", "field mail is missing"],
        ),
    ],
)
def test_what_differs_from_all_earlier_records_is_named(
    later: str, said: list[str], tmp_path: Path
) -> None:
    """Values of one kind, and a first value where there never was one, are no change."""
    earlier = known(table([read(tmp_path, FIRST)]))

    assert changes(read(tmp_path, later, "day-2.jsonl"), earlier) == said


def test_a_field_that_the_format_documents_is_not_new(tmp_path: Path) -> None:
    """The first click of a webhook has fields that no delivery had."""
    earlier = known(table([read(tmp_path, FIRST)]), Documented(frozenset({"url"})))
    click = '{"id": 2, "mail": "b", "note": null, "url": "/", "coupon": "x"}'

    assert changes(read(tmp_path, click, "day-2.jsonl"), earlier) == ["new field coupon (text)"]


def test_a_field_that_is_documented_with_several_kinds_of_value_turns_into_none(
    tmp_path: Path,
) -> None:
    """A text that becomes a list where words are marked is as it always was."""
    earlier = known(table([read(tmp_path, FIRST)]), Documented(varied=frozenset({"mail"})))
    later = '{"id": "x", "mail": ["b", {"bold": "c"}], "note": null}'

    assert changes(read(tmp_path, later, "day-2.jsonl"), earlier) == [
        "field id was number and now is text"
    ]


def test_an_annotation_is_known_with_its_field(tmp_path: Path) -> None:
    """OData notes a label on a field only where it has a value; its own notes are on no field."""
    earlier = known(table([read(tmp_path, FIRST)]))
    later = '{"id": 2, "mail": "b", "note": 1, "note@label": "x", "more@label": "x", "@etag": "1"}'

    assert changes(read(tmp_path, later, "day-2.jsonl"), earlier) == [
        "new field @etag (text)",
        "new field more@label (text)",
    ]


def test_few_records_do_not_show_that_a_field_is_always_there(tmp_path: Path) -> None:
    """Under ALWAYS_RECORDS records a field that then stays away is no news."""
    earlier = known(table([read(tmp_path, FIRST[: len(FIRST) // 2])]))

    assert changes(read(tmp_path, '{"id": 2, "note": null}', "day-2.jsonl"), earlier) == []


def test_a_damaged_value_does_not_make_another_type(tmp_path: Path) -> None:
    """Its record is refused by itself; most values of another kind are a change."""
    earlier = known(table([read(tmp_path, FIRST)]))
    good = '{"id": 2, "mail": "b", "note": null}\n'
    bad = '{"id": "x", "mail": "b", "note": null}\n'

    assert changes(read(tmp_path, 2 * good + bad, "day-2.jsonl"), earlier) == []
    assert changes(read(tmp_path, good + 2 * bad, "day-3.jsonl"), earlier) == [
        "field id was number and now is text"
    ]


def test_another_table_of_the_same_export_is_no_change_of_the_first(tmp_path: Path) -> None:
    """Deals that come a night after contacts are a new table, not many new fields."""
    contacts = read(tmp_path, "id,mail,phone\n1,a,b\n", "contacts.csv")
    deals = read(tmp_path, "deal,stage,amount\n1,won,5\n", "deals.csv")
    earlier = known(table([contacts]))

    assert new_table(deals, earlier) == ["amount", "deal", "stage"]
    assert new_table(contacts, earlier) == []


def test_a_table_is_compared_with_its_own_files(tmp_path: Path) -> None:
    """Contacts and deals in one source do not miss each other's columns."""
    contacts = read(tmp_path, "id,mail,phone\n" + "1,a,b\n" * ALWAYS_RECORDS, "contacts_1.csv")
    deals = read(tmp_path, "deal,stage,amount\n" + "1,won,5\n" * ALWAYS_RECORDS, "deals_1.csv")
    earlier = known(table([contacts, deals]))

    assert changes(read(tmp_path, "deal,stage,amount\n2,won,5\n", "deals_2.csv"), earlier) == []
    assert changes(read(tmp_path, "deal,stage\n2,won\n", "deals_3.csv"), earlier) == [
        "field amount is missing"
    ]
