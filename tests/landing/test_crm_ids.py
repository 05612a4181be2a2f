"""Columns of ids that a spreadsheet has damaged, in tables of CRMs, surveys and posts."""

import zipfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from pipeline.errors import SourceRefused
from pipeline.landing import readers
from pipeline.landing.crm.rows import RECORD_IDS
from pipeline.landing.formats import format_named
from pipeline.landing.record import Outcome
from tests.landing.feeds import events, feed, outcomes_of, refused

# Three Salesforce contacts, and what a lookup in a spreadsheet makes of them.
CONTACTS = ["0031G00000qAfq1", "0031G00000qBfR2", "0031G00000ZcDs3", "0031G00000qDfT4"]
LOWER = [each.lower() for each in CONTACTS]
BIG = [f"5.7030{number}E+17" for number in range(4)]
ROUNDED = [f"57030612345678{number}000" for number in range(5)]


def table(layout: str, ids: Sequence[str]) -> str:
    """An export of one table with these ids."""
    match layout:
        case "salesforce":
            head = "Id,IsDeleted,LastName,Email,CreatedDate,LastModifiedDate,SystemModstamp"
            row = "{0},false,L,ada@example.org,{1},{1},{1}"
        case "hubspot":
            head, row = "Record ID,Email,Create Date", "{0},ada@example.org,{1}"
        case "pipedrive":
            head = "id,name,emails,add_time,update_time,owner_id,active_flag,first_name"
            row = "{0},Ada,ada@example.org,{1},{1},1,true,Ada"
        case "survey":
            head, row = "user_id,submitted_at,nps", "{0},{1},9"
        case _:
            head = "tweet_id,author_id,inbound,created_at,text"
            row = "{0},ada,True,{1},Hello"
    return "\n".join([head, *(row.format(each, "2026-01-05T09:20:00Z") for each in ids)]) + "\n"


def read(layout: str, ids: Sequence[str], folder: Path, *sound: str) -> list[Outcome]:
    """What the reader makes of such a table; `sound` columns are said to be sound."""
    source = feed(layout, sound_ids=sound)
    content = table(layout, ids)
    return outcomes_of(
        partial(readers.read, format_named(layout)), content, folder, source, name="table.csv"
    )


TABLES = {
    "salesforce": "Id",
    "hubspot": "Record ID",
    "pipedrive": "id",
    "survey": "user_id",
    "tweets": "tweet_id",
}


@pytest.mark.parametrize(("layout", "column"), TABLES.items())
@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (BIG, r"4 of 4 ids such as 5\.70300E\+17 have lost their digits"),
        (ROUNDED, "all long ids, such as 570306123456780000, .*noughts"),
        (LOWER, "Salesforce ids of 15 characters in one case"),
    ],
    ids=["scientific", "rounded", "lower case"],
)
def test_a_damaged_column_of_ids_refuses_its_table(
    tmp_path: Path, layout: str, column: str, ids: list[str], said: str
) -> None:
    """Loudly, with the column, an example and what to do; nothing of it is merged on."""
    with pytest.raises(SourceRefused, match=f"damaged column {column}: .*{said}.*export it again"):
        read(layout, ids, tmp_path)


def test_ids_in_both_cases_are_sound(tmp_path: Path) -> None:
    """Salesforce tells records apart by their case."""
    assert len(events(read("salesforce", CONTACTS, tmp_path))) == 4


def test_one_damaged_id_is_refused_with_its_row(tmp_path: Path) -> None:
    """The column is sound."""
    ids = [*(str(number) for number in range(1, 41)), "5.7E+17"]

    found = read("hubspot", ids, tmp_path)

    assert [number for number, _ in refused(found)] == [41]
    assert len(events(found)) == 40


def test_a_column_said_to_be_sound_is_not_judged(tmp_path: Path) -> None:
    """Short lower-case ids of a sandbox may really be so."""
    assert len(events(read("salesforce", LOWER, tmp_path, "Id"))) == 4


def test_each_table_of_an_archive_is_judged_by_itself(tmp_path: Path) -> None:
    """Deals with sound ids do not hide contacts with damaged ones."""
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", table("salesforce", CONTACTS))
        archive.writestr("b.csv", table("salesforce", LOWER).replace("LastName", "FirstName"))
    content = path.read_bytes()

    with pytest.raises(SourceRefused, match="in one case, such as 0031g00000"):
        outcomes_of(
            partial(readers.read, format_named("salesforce")),
            content,
            tmp_path,
            feed("salesforce"),
            name="x.zip",
        )


@pytest.mark.parametrize(
    ("column", "is_id"),
    [
        *((name, True) for name in ("id", "recordid", "whoid", "hsmergedobjectids", "vid")),
        *((name, True) for name in ("associatedcontactids", "customeridc", "contactidvalue")),
        *((name, False) for name in ("paid", "valid", "amountpaid", "grid", "width", "email")),
    ],
)
def test_columns_of_ids_are_known_by_what_they_name(column: str, is_id: bool) -> None:  # noqa: FBT001
    """Money that was paid may well be 5.7E+17."""
    assert (RECORD_IDS.fullmatch(column) is not None) is is_id
