"""Funnels over a published file: the macros, the command line and the other tables agree."""

import csv
import itertools
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline import publish
from pipeline.resources import sql_folder

Wend = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def published(ran_company: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The small company's published file."""
    with publish.connect(ran_company / "data" / "published") as con:
        yield con


def test_every_macro_is_there_and_says_what_it_means(
    published: duckdb.DuckDBPyConnection,
) -> None:
    """Each file of sql/macros is a macro of the published file, commented by its header."""
    rows = published.sql(
        "select distinct function_name, comment from duckdb_functions() "
        "where function_type in ('macro', 'table_macro') and not internal"
    ).fetchall()

    assert {name for name, _ in rows} == set(publish.macros(sql_folder()))
    assert all(comment.startswith(name) for name, comment in rows)


def test_totals_of_one_step_are_the_entries_of_drop_offs(
    published: duckdb.DuckDBPyConnection,
) -> None:
    """Each touchpoint of a stage is entered as often as drop_offs says."""
    entries = published.sql(
        "select name, entries from drop_offs where grain = 'touchpoint' order by name"
    ).fetchall()
    for name, count in entries:
        found = published.execute(
            "select reached_count from funnel([?], counting := 'totals', named := 'touchpoint')",
            [name],
        ).fetchall()
        assert found == [(count,)], name


def test_a_funnel_over_stages_counts_the_journeys_of_stage_visits(
    published: duckdb.DuckDBPyConnection,
) -> None:
    """Journeys that visit one stage and a later time another: the same from either table."""
    stages = [
        name for (name,) in published.sql("select stage from stages order by position").fetchall()
    ]
    for one, two in itertools.pairwise(stages):
        found = published.execute(
            "select reached_count from funnel([?, ?], counting := 'journeys', "
            "window_days := null, named := 'stage') order by step",
            [one, two],
        ).fetchall()
        expected = published.execute(
            """
            with
                firsts as (
                    select customer_id, journey_number, min(visit_number) as visit_number
                    from stage_visits
                    where stage = ?
                    group by customer_id, journey_number
                )
            select count(distinct (firsts.customer_id, firsts.journey_number))
            from firsts
            union all
            select count(distinct (firsts.customer_id, firsts.journey_number))
            from firsts
            join
                stage_visits
                on firsts.customer_id = stage_visits.customer_id
                and firsts.journey_number = stage_visits.journey_number
                and firsts.visit_number < stage_visits.visit_number
            where stage_visits.stage = ?
            """,
            [one, two],
        ).fetchall()
        assert sorted(found) == sorted(expected), (one, two)


def test_customers_of_a_transition_are_all_in_its_funnel(
    published: duckdb.DuckDBPyConnection,
) -> None:
    """Who goes right from one stage to another is among those who go there at all."""
    rows = published.sql(
        "select from_stage, to_stage, customer_count from stage_transitions "
        "where left(from_stage, 1) <> '(' and left(to_stage, 1) <> '(' "
        "and from_stage <> to_stage order by customer_count desc, 1, 2 limit 5"
    ).fetchall()
    for one, two, count in rows:
        (reached,) = published.execute(
            "select reached_count from funnel([?, ?], window_days := null, named := 'stage') "
            "where step = 2",
            [one, two],
        ).fetchall()[0]
        assert reached >= count, (one, two)
    assert rows


def test_the_command_line_gives_the_numbers_of_the_macro(
    ran_company: Path, published: duckdb.DuckDBPyConnection, wend: Wend, tmp_path: Path
) -> None:
    """One engine serves both; what is printed is also written."""
    steps = ("Visit site", "Compare plans", "Order placed")
    done = wend(
        "funnel", *steps, "--window", "30d", "--project", ran_company, "--out", tmp_path / "f.csv"
    )
    expected = published.execute(
        "select step, reached_count, settled_count from funnel(?, window_days := 30)", [list(steps)]
    ).fetchall()

    assert done.returncode == 0, done.stderr
    with (tmp_path / "f.csv").open(newline="") as file:
        found = [
            (int(row["step"]), int(row["reached_count"]), int(row["settled_count"]))
            for row in csv.DictReader(file)
        ]
    assert found == expected
    assert expected[0][1] > expected[2][1] > 0
    assert all(name in done.stdout for name in steps)


def test_the_command_line_compares_segments_and_tells_a_trend(
    ran_company: Path, wend: Wend, tmp_path: Path
) -> None:
    """A breakdown ends with its comparison; a trend marks what is not over."""
    by = wend(
        "funnel", "Visit site", "Order placed", "--by", "device_kind", "--project", ran_company
    )
    trend = wend(
        *("funnel", "Visit site", "Order placed", "--trend", "week", "--project", ran_company),
        *("--out", tmp_path / "trend.json"),
    )

    assert "each segment against all others" in by.stdout, by.stderr
    assert "not over" in trend.stdout, trend.stderr
    weeks = json.loads((tmp_path / "trend.json").read_text())
    assert {week["is_finished"] for week in weeks} == {True, False}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Visit site", "Order place"), "did you mean 'Order placed'?"),
        (("Visit site", "--window", "3"), "no length of time"),
        (("Visit site", "Order placed", "--optional", "1"), "the first step"),
        (("Visit site", "--by", "mood"), "no breakdown by mood"),
        (("Visit site", "--by", "attribute:full_nme"), "did you mean 'full_name'?"),
        (("Visit site", "--by", "property:mood"), "no event has a property 'mood'"),
        (("Visit site", "--hold", "property:mood"), "no event has a property 'mood'"),
        (("Visit site", "--hold", "mood"), "hold is object_id or property:NAME"),
    ],
)
def test_the_command_line_says_what_cannot_be_meant(
    ran_company: Path, wend: Wend, arguments: tuple[str, ...], said: str
) -> None:
    """One sentence, no traceback, exit code 1."""
    done = wend("funnel", *arguments, "--project", ran_company)

    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
