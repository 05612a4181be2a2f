from pathlib import Path

import duckdb

from pipeline.pages.dictionary import entries, macros


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


def test_a_macro_is_told_with_its_parameters() -> None:
    """A question that can be asked of the file stands in its dictionary."""
    con = duckdb.connect()
    con.execute("create macro ways(start, steps := 5) as table select start, steps")
    con.execute("comment on macro table ways is 'Where journeys go.'")

    (found,) = macros(con)

    assert (found.name, found.parameters) == ("ways", ("start", "steps"))
    assert found.words == "Where journeys go."


def test_what_lies_between_two_published_tables_is_looked_through(tmp_path: Path) -> None:
    """A reader of the file follows the way of the data by what is in the file."""
    (tmp_path / "core").mkdir()
    for name, reads in (("visits", "stays, steps"), ("stays", "events, steps"), ("steps", "stays")):
        header = f"-- {name}: x.\n-- Grain: one row per x.\n-- Reads: {reads}.\nselect 1\n"
        (tmp_path / "core" / f"{name}.sql").write_text(header)
    con = duckdb.connect()
    con.execute("create table events (x int)")
    con.execute("create table visits (x int)")

    events, visits = entries(con, tmp_path)

    assert (events.reads, visits.reads) == ((), ("events",))


def test_the_ordered_events_are_told_as_events(tmp_path: Path) -> None:
    """Under the name by which a reader finds them."""
    (tmp_path / "core").mkdir()
    for name, reads in (
        ("visits", "ordered_events"),
        ("events", "ordered_events"),
        ("ordered_events", "sources"),
    ):
        header = f"-- {name}: x.\n-- Grain: one row per x.\n-- Reads: {reads}.\nselect 1\n"
        (tmp_path / "core" / f"{name}.sql").write_text(header)
    con = duckdb.connect()
    for name in ("events", "sources", "visits"):
        con.execute(f"create table {name} (x int)")

    events, _, visits = entries(con, tmp_path)

    assert (events.reads, visits.reads) == (("sources",), ("events",))


def test_a_grain_in_the_comment_is_not_said_twice(tmp_path: Path) -> None:
    """The comment's own grain comes before the header's."""
    con = duckdb.connect()
    con.execute("create table visits (stage varchar)")
    con.execute("comment on table visits is 'Stays. Grain: one row per stay.'")

    (visits,) = entries(con, tmp_path)

    assert (visits.words, visits.grain) == ("Stays.", "one row per stay.")
