"""Every file in sql/ that makes a table or a claim, held to its form."""

import itertools
import re
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest
from sqlglot import exp

from pipeline.errors import BadModel
from pipeline.resources import sql_folder
from pipeline.warehouse import (
    MODEL_FOLDERS,
    Model,
    build,
    comment,
    heading,
    read_checks,
    read_comments,
    read_models,
)
from tests.models.portable import as_spark, faults, parsed
from tests.models.provided import PROVIDED, provide

MODELS = sorted(path for group in MODEL_FOLDERS for path in (sql_folder() / group).glob("*.sql"))
CHECKS = sorted((sql_folder() / "checks").glob("*.sql"))
# Provided tables that models stand on but analysts do not get.
UNPUBLISHED = {table for table in PROVIDED if table.startswith("landed_")} | {
    "session_cuts",
    "touchpoint_patterns",
}
# What Python makes of the models before the checks run.
DRAWN = {
    *("drop_off_causes", "graph_counts", "graph_edges", "graph_nodes", "graph_summary"),
    *("customer_personas", "learned_stage_visits", "learned_stages", "opportunities", "personas"),
}


def name_of(path: Path) -> str:
    """A file's folder and name, as test id."""
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", MODELS, ids=name_of)
def test_the_header_lists_exactly_what_the_select_reads(
    path: Path, models: Mapping[str, Model]
) -> None:
    """The third header line names the tables that the select names, in order of the alphabet."""
    reads = re.search(r"Reads: ([\w, ]+)\.", heading(path.read_text()))

    assert reads is not None
    assert reads[1].split(", ") == (sorted(models[path.stem].reads) or ["nothing"])


@pytest.mark.parametrize("path", MODELS, ids=name_of)
def test_the_header_says_what_a_row_is(path: Path, models: Mapping[str, Model]) -> None:
    """The purpose is a sentence and the grain begins with `one row per`."""
    model = models[path.stem]

    assert model.purpose.endswith((".", "?"))
    assert model.grain.startswith("one row")


@pytest.mark.parametrize("path", [*MODELS, *CHECKS], ids=name_of)
def test_comments_are_sentences(path: Path) -> None:
    """A comment that begins in lower case is code that sqlfmt took for one: it reads // so."""
    lines = path.read_text().splitlines()[len(_heading_lines(path)) :]
    starts = [line.strip() for line in lines if line.strip().startswith("--")]
    continued = {
        line.strip()
        for before, line in itertools.pairwise(lines)
        if before.strip().startswith("--")
    }

    assert [
        line
        for line in starts
        if line not in continued and not line.startswith("-- fmt: ") and not line[3:4].isupper()
    ] == []


def _heading_lines(path: Path) -> list[str]:
    """The comment lines that open a file."""
    lines = path.read_text().splitlines()
    return lines[: next(n for n, line in enumerate(lines) if not line.startswith("--"))]


@pytest.mark.parametrize("path", MODELS, ids=name_of)
def test_models_stay_inside_the_portable_subset(path: Path) -> None:
    """Nothing in a model is known, or not known, to differ from engine to engine."""
    assert faults(path.read_text()) == []


@pytest.mark.parametrize("path", MODELS, ids=name_of)
def test_every_model_translates_to_spark(path: Path) -> None:
    """Our two rules are all that sqlglot lacks; no percentile becomes an approximation."""
    spark = as_spark(path.read_text())

    assert "APPROX" not in spark.upper()
    assert "EPOCH_US" not in spark.upper()


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("select * from events", "the last select must list its columns"),
        ("select a.x from a join b using (x)", "spell the join with on"),
        ("select a.x from a asof join b on a.x >= b.x", "no ASOF join"),
        ("select sum(x) as x from a", "cast the sum to bigint"),
        ("select median(x) as x from a", "Median is not in the subset"),
        ("select hash(x) as x from a", "is not in the subset"),
        ("select x // 2 as x from a", "IntDiv is not in the subset"),
        ("select cast(x / 2 as bigint) as x from a", "floor before the cast"),
        ("select b - a as x from a where b - a > interval 1 day", "Interval is not in the subset"),
        ("select date_trunc('week', x) as x from a", "cast to a date"),
        ("select string_agg(x, ',') as x from a", "string_agg without an order"),
        (
            "select row_number() over (partition by x order by occurred_at) as n from a",
            "the order must end in a unique key",
        ),
        (
            "select max(x) over (partition by y order by position) as n from a",
            "spell the frame out in rows",
        ),
        (
            "select max(x) over way as n from a window way as (order by position)",
            "spell the frame out in rows",
        ),
        (
            "select x, row_number() over (order by event_id) as n from a qualify n = 1",
            "Qualify is not in the subset",
        ),
        ("select x from a group by all", "name the columns"),
        ("select list(x order by y) as x from a", "is not in the subset"),
    ],
)
def test_the_linter_refuses_what_engines_do_differently(sql: str, fault: str) -> None:
    """Each line of the do-not column of DESIGN section 7 is caught."""
    assert any(fault in one for one in faults(sql)), faults(sql)


@pytest.mark.parametrize("path", CHECKS, ids=name_of)
def test_every_check_lists_its_columns_and_no_personal_data(path: Path) -> None:
    """A failing check shows rows on a page: never an address, a name or a text."""
    columns = {column.alias_or_name for column in parsed(path.read_text()).selects}

    assert columns.isdisjoint({"*", "value", "identifier", "text", "properties", "raw", "link"})


def test_every_check_reads_known_tables(models: Mapping[str, Model]) -> None:
    """A check of a table that nothing makes could only crash."""
    known = models.keys() | PROVIDED.keys() | DRAWN

    assert {table for one in read_checks(sql_folder()) for table in one.reads} <= known


def test_every_published_table_and_column_has_a_comment(
    con: duckdb.DuckDBPyConnection, models: Mapping[str, Model]
) -> None:
    """An analyst who opens the file finds out there what each name means."""
    provide(con, {})
    list(build(con, models.values(), PROVIDED.keys()))

    comment(con, read_comments(sql_folder()))

    bare_tables = con.execute(
        "select table_name from duckdb_tables() where comment is null "
        "union all select view_name from duckdb_views() where not internal and comment is null"
    ).fetchall()
    bare_columns = con.execute(
        "select table_name, column_name from duckdb_columns() "
        "where not internal and schema_name = 'main' and comment is null"
    ).fetchall()
    assert {name for (name,) in bare_tables} <= UNPUBLISHED
    assert [(table, column) for table, column in bare_columns if table not in UNPUBLISHED] == []


def test_every_model_lists_the_columns_it_publishes(models: Mapping[str, Model]) -> None:
    """The last select names each column once: keys, times, measures, flags."""
    for model in models.values():
        tree = parsed(model.sql)
        names = [column.alias_or_name for column in tree.selects]
        assert isinstance(tree, exp.Select | exp.Union)
        assert len(names) == len(set(names)), model.name


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select 1 as a", "the first comment lines must be"),
        ("-- other: x.\n-- Grain: one row.\n-- Reads: t.\nselect a from t", "must be `-- wrong:"),
        ("-- wrong: x.\n-- Grain: one row.\n-- Reads: t.\ndrop table t", "not a select"),
        (
            "-- wrong: x.\n-- Grain: one row.\n-- Reads: t.\nselect a from t; select a from t",
            "holds 2 statements",
        ),
        (
            "-- wrong: x.\n-- Grain: one row.\n-- Reads: t.\nwith wrong as (from t) from wrong",
            "hides a table of that name",
        ),
    ],
)
def test_a_file_that_breaks_the_form_is_refused(tmp_path: Path, sql: str, message: str) -> None:
    """The message names the file and what to do."""
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "wrong.sql").write_text(sql)

    with pytest.raises(BadModel, match=message) as raised:
        read_models(tmp_path)

    assert "wrong.sql" in str(raised.value)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    """A table has one file."""
    for folder in ("core", "churn"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "twice.sql").write_text("select 1")

    with pytest.raises(BadModel, match="twice"):
        read_models(tmp_path)
