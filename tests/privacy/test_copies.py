"""Raw copies: Wend's own go, the company's are rewritten only where a line is a record."""

import gzip
import json
from pathlib import Path

import pytest

from pipeline.landing import ledger
from pipeline.privacy import copies
from pipeline.privacy.search import needles
from tests.privacy.visits import ADA, erase, land, landed, project, visit, write

WANTED = needles(ADA, ())
HERS = b'{"email":"ada@home.example"}\n'
HIS = b'{"email":"bob@home.example"}\n'


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("a.jsonl", HIS + HERS + HIS, HIS + HIS),
        ("a.jsonl.gz", gzip.compress(HIS + HERS, mtime=0), HIS),
        (
            "a.csv",
            b"id,email\n1,ada@home.example\n2,bob@home.example\n",
            b"id,email\n2,bob@home.example\n",
        ),
        ("a.csv", b'id,said\n1,"to\nada@home.example"\n', None),
        ("a.txt", b"Dear ada@home.example\n,\nall the best\n", None),
        ("a.json", b'[{"email":\n"ada@home.example"}]\n', None),
    ],
)
def test_lines_go_where_a_line_is_a_record(
    name: str, before: bytes, after: bytes | None, tmp_path: Path
) -> None:
    """A cell with a line end, a letter and a document over lines are left as they are, and told."""
    company = project(tmp_path)
    path = tmp_path / "data" / "drop" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(before)

    found = copies.rewrite_own(company, WANTED)

    content = gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes()
    assert content == (before if after is None else after)
    assert found == ({"left": 1} if after is None else {"lines": 1})
    assert copies.holders(company, WANTED) == ([] if after else [f"data/drop/{name}"])


def test_a_fetched_file_that_names_the_person_is_removed(tmp_path: Path) -> None:
    """The others in it have landed; how far the source was read is kept."""
    company = project(tmp_path)
    batch = company.lake / "fetched" / "orders" / "00000001"
    (batch / "files" / "below").mkdir(parents=True)
    (batch / "cursor.json").write_text('{"origin": "x", "cursor": {}}')
    (batch / "files" / "below" / "1.jsonl").write_bytes(HERS)
    (batch / "files" / "2.jsonl").write_bytes(HIS)

    assert copies.remove_fetched(company.lake, WANTED) == 1

    assert [path.name for path in copies.fetched(company.lake)] == ["2.jsonl"]
    assert (batch / "cursor.json").is_file()


def test_a_file_fetched_later_goes_once_it_has_landed(tmp_path: Path) -> None:
    """The ledger tells that it held an erased person's record."""
    company = project(tmp_path).model_copy(deep=True)
    source = company.sources["visits"].model_copy(
        update={"path": "data/lake/fetched/visits/*/files/*.jsonl"}
    )
    company = company.model_copy(update={"sources": {"visits": source}})
    erase(company)
    folder = company.lake / "fetched" / "visits" / "00000001" / "files"
    folder.mkdir(parents=True)
    lines = [visit(1, user="AD10001"), visit(2, user="BO10002")]
    (folder / "1.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    (folder / "2.jsonl").write_text(f"{json.dumps(visit(3, user='BO10002'))}\n")
    land(company)

    copies.settle(company)

    assert [path.name for path in folder.iterdir()] == ["2.jsonl"]
    assert landed(company, "events").height == 2


def test_a_rewritten_file_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    """What is left of it has landed: nothing lands twice and nothing is cut off."""
    company = project(tmp_path)
    company = company.model_copy(
        update={
            "sources": {
                "visits": company.sources["visits"].model_copy(update={"path": "data/raw/*.jsonl"})
            }
        }
    )
    path = write(company, "1.jsonl", [visit(1, user="AD10001"), visit(2, user="BO10002")])
    (tmp_path / "data" / "raw").mkdir(parents=True)
    path = path.rename(tmp_path / "data" / "raw" / "1.jsonl")
    land(company)
    erase(company)

    copies.rewrite_own(company, WANTED)

    assert b"AD10001" not in path.read_bytes()
    landing = land(company)
    assert landing.files.is_empty()
    assert landing.problems == ()
    assert ledger.files(company.lake).height == 1
