"""What a landing holds at once has a limit in bytes, however long single records are."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.landing import digests, staging
from pipeline.landing.record import Attribute, Identifier
from pipeline.landing.staging import Waiting
from pipeline.resources import sql_folder
from tests.landing.test_gate import counts, land, mail, project, write


def test_long_records_do_not_wait_for_many_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three of a thousand characters are staged before a fourth is read; none is lost."""
    held: list[int] = []
    flush = staging.flush

    def noted(con: duckdb.DuckDBPyConnection, waiting: Waiting) -> None:
        held.append(waiting.outcome_count)
        flush(con, waiting)

    monkeypatch.setattr(staging, "CHUNK_LENGTH", 3_000)
    monkeypatch.setattr(staging, "flush", noted)
    long = {"reason": "x" * 1_000}
    broken = "y" * 3_000
    mails = [mail(number, event="bounce", **long) for number in range(7)]
    write(tmp_path, "1.json", [*mails, broken, mail(8)])

    landing = land(project(tmp_path))

    assert held == [3, 3, 2, 1]
    assert (counts(landing)["landed"], counts(landing)["quarantined"]) == (8, 1)


def test_texts_are_cleaned_in_groups_that_can_be_held() -> None:
    """Of 2,000, or of 16 MiB and one more text."""
    short = [f"{number:05}" for number in range(4_500)]
    long = [letter * 2**23 for letter in "wxyz"]
    staged = pl.DataFrame({"text": [*short, *short, *long, None]})
    query = (sql_folder() / "landing" / "distinct_texts.sql").read_text()
    with duckdb.connect() as con:
        con.register("staged_events", staged)
        groups = con.sql(
            f"select count(*), sum(strlen(raw_text)) from ({query}) group by turn order by turn"
        ).fetchall()

    assert sum(count for count, _ in groups) == 4_504
    assert all(count <= 2_000 and size <= 2**24 + 2**23 for count, size in groups)
    assert len(groups) <= 6


def test_whom_an_event_names_is_told_in_one_order() -> None:
    """Sorted as pairs of name space and value are, whatever stands between them."""
    people = [
        Identifier("user_id", "7", "actor"),
        Identifier("a-b", "2", "actor"),
        Identifier("a", "9", "actor"),
        Identifier("a", "10", "mentioned"),
    ]

    assert digests.handles(people) == "a:10\x1ea:9\x1ea-b:2\x1euser_id:7"
    assert digests.handles([]) is None
    assert digests.told([Attribute("full_name", "Ada", 5)]) == b"\x1ffull_name=Ada@5"
