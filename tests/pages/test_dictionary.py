from pathlib import Path

import duckdb

from pipeline.pages.dictionary import entries


def test_a_table_is_told_with_its_columns_and_what_it_is_made_of(tmp_path: Path) -> None:
    """Words come from comments; grain and origin from the header; what is not published is not."""
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "visits.sql").write_text(
        "-- visits: stays.\n-- Grain: one row per visit.\n-- Reads: events, secrets.\nselect 1\n"
    )
    con = duckdb.connect()
    con.execute("create table visits (stage varchar, hours double)")
    con.execute("insert into visits values ('Buy', 1), ('Use', 2)")
    con.execute("comment on table visits is 'Stays in a stage.'")
    con.execute("comment on column visits.hours is 'How long.'")
    con.execute("create view events as from visits")

    events, visits = entries(con, tmp_path)

    assert (visits.words, visits.grain) == ("Stays in a stage.", "one row per visit.")
    assert (visits.reads, visits.row_count) == (("events",), 2)
    assert [(one.name, one.type, one.words) for one in visits.columns] == [
        ("stage", "varchar", ""),
        ("hours", "double", "How long."),
    ]
    assert (events.name, events.row_count) == ("events", None)


def test_a_grain_in_the_comment_is_not_said_twice(tmp_path: Path) -> None:
    """The comment's own grain comes before the header's."""
    con = duckdb.connect()
    con.execute("create table visits (stage varchar)")
    con.execute("comment on table visits is 'Stays. Grain: one row per stay.'")

    (visits,) = entries(con, tmp_path)

    assert (visits.words, visits.grain) == ("Stays.", "one row per stay.")
