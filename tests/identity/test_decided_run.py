"""Decisions, alarms and suggestions as a person meets them: through the command line."""

import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import polars as pl
import pytest

Wend = Callable[..., CompletedProcess[str]]
HEADER = "rule,left,right,decided_by,decided_on,why\n"


@pytest.fixture
def project(ran_company: Path, tmp_path: Path) -> Path:
    """A copy of the company that ran once."""
    return shutil.copytree(ran_company, tmp_path / "company", symlinks=True)


def current(project: Path) -> Path:
    """The current snapshot's folder."""
    return (project / "data" / "published" / "current").resolve()


def identity(project: Path, table: str) -> pl.DataFrame:
    """An identity table of the current snapshot."""
    return pl.read_parquet(current(project) / "identity" / f"{table}.parquet")


def test_a_veto_takes_a_customer_apart_and_its_end_brings_the_id_back(
    project: Path, wend: Wend
) -> None:
    """The half that split off is a customer; without the veto all is as it was, id by id."""
    before = identity(project, "identifiers").select("identifier", "customer_id")
    left, right = (
        identity(project, "customer_links")
        .filter(pl.col("status") == "used", pl.col("left_identifier").str.starts_with("user_id:"))
        .sort("left_identifier", "right_identifier")
        .select("left_identifier", "right_identifier")
        .row(0)
    )
    decisions = project / "identity_links.csv"
    decisions.write_text(f"{HEADER}veto,{left},{right},grace,2026-03-31,two people\n")

    done = wend("run", "--project", project)

    assert done.returncode == 0, done.stderr
    customer = dict(
        identity(project, "identifiers").select("identifier", "customer_id").iter_rows()
    )
    assert customer[left] != customer[right]
    apart = identity(project, "customer_links").filter(pl.col("status") == "vetoed")
    assert apart["reason"].unique().to_list() == [
        "decided on 2026-03-31, identity_links.csv line 2"
    ]

    decisions.write_text(f"{HEADER}force,user_id:nobody-yet,{right},grace,2026-04-01,she called\n")
    again = wend("run", "--project", project)

    assert again.returncode == 0, again.stderr
    assert "not seen yet: decided on 2026-04-01, identity_links.csv line 2" in again.stdout
    assert identity(project, "identifiers").select("identifier", "customer_id").equals(before)


def test_an_alarm_leaves_the_former_publish_and_says_what_to_do(project: Path, wend: Wend) -> None:
    """The run ends with 1, names customers by id, and cannot be taken up past the alarm."""
    published = current(project)
    settings = project / "wend.toml"
    text = settings.read_text()
    settings.write_text(f"{text}\n[identity]\nalarm_customer_identifiers = 2\n")

    done = wend("run", "--project", project)
    resumed = wend("run", "--project", project, "--from", "publish")

    assert done.returncode == 1
    assert "nothing is published, the former publish stays" in done.stderr
    assert "raise identity.alarm_customer_identifiers" in done.stderr
    assert "@" not in done.stderr
    assert resumed.returncode == 1
    assert current(project) == published


def test_a_decision_that_cannot_be_meant_stops_the_run_by_file_and_line(
    project: Path, wend: Wend
) -> None:
    """The message names identity_links.csv, the line and what to write."""
    (project / "identity_links.csv").write_text(f"{HEADER}force,ada,user_id:7,grace,2026-03-31,x\n")

    done = wend("run", "--project", project)

    assert done.returncode == 1
    assert "identity_links.csv:2: left names no namespace" in done.stderr


def test_suggest_blocks_prints_a_table_and_the_lines_to_paste(project: Path, wend: Wend) -> None:
    """Each suggested value stands in the lines for wend.toml, or there is none and it says so."""
    done = wend("suggest-blocks", "--project", project, "--limit", "5")

    assert done.returncode == 0, done.stderr
    assert "looks like nobody's" in done.stdout or "[identity.namespaces." in done.stdout
