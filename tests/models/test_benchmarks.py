# ruff: noqa: E501 - the rows of a table stay whole

from pathlib import Path

import polars as pl
import pytest

from pipeline.catalogue.benchmarks import BENCHMARKS, read
from pipeline.errors import BadSettings
from tests.conftest import RunModel, Wend
from tests.tables import table

HEADER = "measure,about,value,source,as_of_on,note\n"


def test_a_verdict_needs_the_whole_interval_on_one_side(run_model: RunModel) -> None:
    """At an end of the interval nobody can tell, nor where too few answered or nobody came."""
    found = run_model(
        "benchmarks",
        given_benchmarks=table("""
            number | measure | grain | name     | value | source
            1      | csat    | stage | Buy      | 0.59  | report
            2      | csat    | stage | Buy      | 0.6   | ours
            3      | csat    | stage | Buy      | 0.8   | theirs
            4      | csat    | stage | Buy      | 0.81  | others
            5      | nps     | stage | Buy      | 20    | report
            6      | ces     | stage | Discover | 5     | report
        """),
        voice_measures=table("""
            grain | name | measure | answer_count | value | value_low | value_high
            stage | Buy  | csat    | 60           | 0.7   | 0.6       | 0.8
            stage | Buy  | nps     | 29           |       |           |
        """),
    )

    assert found["verdict"].to_list() == [
        "above",
        "cannot tell",
        "cannot tell",
        "below",
        "cannot tell",
        "cannot tell",
    ]
    assert found["base_count"].to_list() == [60, 60, 60, 60, 29, 0]
    assert found["value"].to_list() == [0.7, 0.7, 0.7, 0.7, None, None]


def test_effort_drop_off_and_who_begins_have_benchmarks_too(run_model: RunModel) -> None:
    """Each is compared on the scale on which it is published."""
    found = run_model(
        "benchmarks",
        given_benchmarks=table("""
            number | measure                 | grain      | name         | value | source
            1      | contacts_per_resolution | stage      | Get help     | 1.2   | report
            2      | repeated_share          | touchpoint | Support chat | 0.3   | report
            3      | drop_off_share          | stage      | Get help     | 0.3   | report
            4      | company_started_share   | stage      | Get help     | 0.3   | report
            5      | single_contact_share    | stage      | Get help     | 0.7   | report
        """),
        effort=table("""
            grain      | name         | resolved_count | contacts_per_resolution | contacts_low | contacts_high | single_contact_share | single_contact_low | single_contact_high | settled_contact_count | repeated_share | repeated_low | repeated_high
            stage      | Get help     | 50             | 1.5                     | 1.4          | 1.6           | 0.6                  | 0.5                | 0.71                | 70                    | 0.2            | 0.1          | 0.4
            touchpoint | Support chat | 40             | 1.5                     | 1.3          | 1.7           | 0.6                  | 0.5                | 0.71                | 60                    | 0.2            | 0.1          | 0.29
        """),
        drop_offs=table("""
            grain | name     | settled_count | drop_off_share | share_low | share_high
            stage | Get help | 100           | 0.4            | 0.31      | 0.5
        """),
        contact_starts=table("""
            grain | name     | contact_count | company_started_share | company_started_low | company_started_high
            stage | Get help | 90            | 0.3                   | 0.2                 | 0.4
        """),
    )

    assert found["verdict"].to_list() == ["above", "below", "above", "cannot tell", "cannot tell"]


def test_lines_are_read_with_their_grain_and_place(tmp_path: Path) -> None:
    """A stage or a touchpoint, in the order of the file; day and note may be empty."""
    (tmp_path / "benchmarks.csv").write_text(
        HEADER + "NPS,Buy,-5,Report 2025,2025-12-31,telecoms\ncsat,Order placed,0.8,Our own,,\n"
    )

    found = read(tmp_path, ["Buy"], ["Order placed"])

    assert found.schema == BENCHMARKS
    assert found.select("number", "measure", "grain", "name", "value").rows() == [
        (1, "nps", "stage", "Buy", -5.0),
        (2, "csat", "touchpoint", "Order placed", 0.8),
    ]
    assert found["note"].to_list() == ["telecoms", None]


def test_lines_that_cannot_be_meant_are_told_all_at_once(tmp_path: Path) -> None:
    """By file and line, with what was found and what to do."""
    (tmp_path / "benchmarks.csv").write_text(
        HEADER
        + "nps,Buy,101,Report,,\n"
        + "csat,Buy,85%,Report,,\n"
        + "csta,Buy,0.8,Report,,\n"
        + "ces,Buys,5,Report,,\n"
        + "ces,Buy,nan,,31.12.2025,\n"
        + "nps,Buy,10,Report,,\n"
    )

    with pytest.raises(BadSettings) as caught:
        read(tmp_path, ["Buy"], ["Order placed"])

    said = str(caught.value)
    assert "benchmarks.csv:2: value is '101'; write nps as a number from -100 to 100" in said
    assert (
        "benchmarks.csv:3: value is '85%'; write csat as a number from 0 to 1, such as 0.85" in said
    )
    assert "benchmarks.csv:4: measure is 'csta'; write 'nps'" in said
    assert (
        "benchmarks.csv:5: about is 'Buys', neither a stage nor a touchpoint; did you mean 'Buy'?"
        in said
    )
    assert "benchmarks.csv:6: value is 'nan'; write ces as a number from 1 to 7" in said
    assert "benchmarks.csv:6: source is empty" in said
    assert "benchmarks.csv:6: as_of_on is '31.12.2025'; write it as 2026-01-31" in said
    assert "benchmarks.csv:7: nps of 'Buy' by 'Report' stands on line 2 too; take one out" in said


def test_no_file_is_no_benchmark(tmp_path: Path) -> None:
    """Most companies have none."""
    assert read(tmp_path, ["Buy"], ["Order placed"]).is_empty()
    assert read(tmp_path, ["Buy"], []).schema == pl.Schema(BENCHMARKS)


def test_a_check_of_the_project_reads_them(small_company: Path, wend: Wend) -> None:
    """Before a night is spent on it: file, line, what was found and what to do."""
    (small_company / "benchmarks.csv").write_text(HEADER + "csat,Get hlp,0.8,Report,,\n")

    done = wend("check", "--project", small_company)

    assert done.returncode == 1
    assert "benchmarks.csv:2: about is 'Get hlp'" in done.stderr
    assert "did you mean 'Get help'?" in done.stderr
