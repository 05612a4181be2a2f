from pathlib import Path

import duckdb
import pytest

from pipeline.errors import BadModel, UnknownTable
from pipeline.warehouse import (
    Failed,
    Model,
    build,
    check,
    comment,
    connect,
    heading,
    in_order,
    read_checks,
    read_comments,
    read_models,
    tables_read,
)


def model(name: str, *reads: str, view: str = "") -> str:
    """A file that counts up from the largest `a` of what it reads."""
    tables = " cross join ".join(reads)
    return (
        f"-- {name}: the next.\n-- Grain: one row.\n-- Reads: {', '.join(reads)}.\n{view}"
        f"select max({reads[0]}.a) + 1 as a from {tables}\n"
    )


def write(folder: Path, group: str, **files: str) -> Path:
    """The files as <folder>/<group>/<name>.sql."""
    (folder / group).mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / group / f"{name}.sql").write_text(text)
    return folder


def names(models: list[Model]) -> list[str]:
    """Their names."""
    return [one.name for one in models]


def test_models_are_built_after_what_they_read(
    tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    """The order comes from the selects, whatever the files and folders are called."""
    write(tmp_path, "core", alpha=model("alpha", "omega"), zeta=model("zeta", "alpha", "omega"))
    write(tmp_path, "journeys", omega=model("omega", "given"))
    con.execute("create table given as select 1 as a")

    built = list(build(con, read_models(tmp_path), {"given"}))

    assert [one.name for one in built] == ["omega", "alpha", "zeta"]
    assert [one.row_count for one in built] == [1, 1, 1]
    assert con.execute("select a from zeta").fetchall() == [(4,)]


def test_building_is_told_model_by_model(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    """The first record comes before the second model is begun, so that progress can be shown."""
    write(tmp_path, "core", first=model("first", "given"), second=model("second", "first"))
    con.execute("create table given as select 1 as a")

    building = build(con, read_models(tmp_path), {"given"})

    assert next(building).name == "first"
    assert con.execute(
        "select count(*) from duckdb_tables() where table_name = 'second'"
    ).fetchall() == [(0,)]


def test_a_view_is_kept_as_one_when_its_header_argues_so(
    tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    """It has no rows of its own to count."""
    write(tmp_path, "core", wide=model("wide", "given", view="-- Kept as a view: it is wide.\n"))
    con.execute("create table given as select 1 as a")

    (built,) = build(con, read_models(tmp_path), {"given"})

    assert built.row_count is None
    assert con.execute("select view_name from duckdb_views() where not internal").fetchall() == [
        ("wide",)
    ]


def test_building_again_replaces_the_tables(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    """A run after a run leaves what one run leaves."""
    write(tmp_path, "core", next=model("next", "given"))
    con.execute("create table given as select 1 as a")

    for _ in range(2):
        list(build(con, read_models(tmp_path), {"given"}))

    assert con.execute("select a from next").fetchall() == [(2,)]


def test_a_table_that_nothing_makes_is_named(tmp_path: Path) -> None:
    """The message says who reads it, before anything is built."""
    models = read_models(write(tmp_path, "core", next=model("next", "nowhere")))

    with pytest.raises(UnknownTable, match=r"next reads \['nowhere'\], which no file"):
        in_order(models, frozenset())


def test_models_in_a_circle_are_refused(tmp_path: Path) -> None:
    """The message shows the circle."""
    models = read_models(write(tmp_path, "core", one=model("one", "two"), two=model("two", "one")))

    with pytest.raises(
        BadModel, match=r"in a circle: one <- two <- one|in a circle: two <- one <- two"
    ):
        in_order(models, frozenset())


def test_files_in_other_folders_are_no_models(tmp_path: Path) -> None:
    """Landing, identity and publishing run their own files; checks make no table."""
    for group in ("landing", "identity", "macros", "checks", "publish"):
        write(tmp_path, group, other="select 1")
    write(tmp_path, "churn", mine=model("mine", "given"))

    assert names(read_models(tmp_path)) == ["mine"]


@pytest.mark.parametrize(
    ("sql", "reads"),
    [
        ("select a from t join u on t.a = u.a", {"t", "u"}),
        ("with c as (select a from t) select a from c", {"t"}),
        ("select a from t where exists (select 1 from u)", {"t", "u"}),
        ("select (select max(a) from u) as a from t", {"t", "u"}),
        ("select a from t union all select a from u", {"t", "u"}),
        ("with c as (with d as (select a from t) select a from d) select a from c", {"t"}),
        ("select a from t asof join u on t.a >= u.a", {"t", "u"}),
        ("select 1 as a", set()),
    ],
)
def test_what_a_select_reads_is_parsed_from_it(sql: str, reads: set[str]) -> None:
    """Tables are found wherever a select may name one; steps of its own are no tables."""
    with duckdb.connect() as con:
        found, _ = tables_read(con, Path("model.sql"), sql)

    assert found == reads


def test_a_wrapped_header_is_one_sentence() -> None:
    """The formatter may break a long line; the header ends where the select begins."""
    assert (
        heading("-- events: what\n-- happened.\nselect 1\n-- not this\n")
        == "events: what happened."
    )


def test_a_check_that_finds_rows_has_failed(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    """It says how many rows contradict the claim and shows three; a claim that holds is silent."""
    write(
        tmp_path,
        "checks",
        nothing_is_over_four="-- Our choice.\nselect a from given where a > 4 order by a\n",
        nothing_is_negative="-- Counts.\nselect a from given where a < 0\n",
    )
    con.execute("create table given as select range as a from range(10)")

    failed = check(con, read_checks(tmp_path))

    assert failed == [
        Failed("nothing is over four", "Our choice.", 5, ({"a": 5}, {"a": 6}, {"a": 7}))
    ]


def test_a_check_must_say_why(tmp_path: Path) -> None:
    """A claim without a reason is refused by file name."""
    write(tmp_path, "checks", bare="select 1 as a where false")

    with pytest.raises(BadModel, match=r"bare\.sql: the first line must be a comment"):
        read_checks(tmp_path)


def test_tables_columns_and_views_get_their_comments(
    tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    """A table's own text beats the one for every table; headers describe what they make."""
    write(tmp_path, "core", made=model("made", "given"))
    (tmp_path / "comments.csv").write_text(
        "table,column,comment\n*,a,It's a number.\ngiven,a,The first number.\nseen,,What is seen.\n"
    )
    con.execute("create table given as select 1 as a")
    con.execute("create view seen as select a from given")
    list(build(con, read_models(tmp_path), {"given"}))

    comment(con, read_comments(tmp_path))

    columns = con.execute(
        "select table_name, comment from duckdb_columns() where not internal order by all"
    ).fetchall()
    assert columns == [
        ("given", "The first number."),
        ("made", "It's a number."),
        ("seen", "It's a number."),
    ]
    assert con.execute(
        "select comment from duckdb_tables() where table_name = 'made'"
    ).fetchall() == [("The next. Grain: one row.",)]
    assert con.execute(
        "select comment from duckdb_views() where view_name = 'seen'"
    ).fetchall() == [("What is seen.",)]


def test_a_connection_keeps_its_limits(tmp_path: Path) -> None:
    """Threads, memory and spill are as configured, the zone is UTC, no extension is fetched."""
    with connect(
        tmp_path / "a.duckdb",
        threads=1,
        memory_gib=0.5,
        temp_gib=1.5,
        temp_folder=tmp_path / "temp",
    ) as con:
        settings = dict(con.execute("select name, value from duckdb_settings()").fetchall())

    assert settings["threads"] == "1"
    assert settings["memory_limit"] == "512.0 MiB"
    assert settings["max_temp_directory_size"] == "1.5 GiB"
    assert settings["temp_directory"] == str(tmp_path / "temp")
    assert settings["TimeZone"] == "UTC"
    assert settings["autoload_known_extensions"] == "false"


def test_a_python_variable_is_no_table(con: duckdb.DuckDBPyConnection) -> None:
    """A misspelt table is an error, whatever the caller's variables are called."""
    landed_event = [1]

    with pytest.raises(duckdb.CatalogException, match="landed_event"):
        con.execute("select * from landed_event")

    assert landed_event
