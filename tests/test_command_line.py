"""The main job as a person meets it: through the command line."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import duckdb
import polars as pl
import pytest

from tests.conftest import Ran
from tests.snapshots import differences, tables

Wend = Callable[..., CompletedProcess[str]]


def test_a_run_says_what_it_landed_refused_and_found(clean_run: Ran) -> None:
    """The summary names every source's counts, three findings and where to look."""
    done = clean_run.said

    assert re.search(r"portal: [\d,]+ files, [\d,]+ read, [\d,]+ landed", done.stdout)
    assert re.search(r"refused [\d,]+ of \w+: ", done.stdout)
    assert "  3. " in done.stdout
    places = re.findall(
        r"^(?:analysts' file|journey pages|churn \w+): (.+)$", done.stdout, re.MULTILINE
    )
    assert len(places) == 4
    assert all(Path(place).is_file() for place in places)
    assert done.stderr == ""


def test_running_twice_changes_nothing(own_company: Path, wend: Wend) -> None:
    """The second run lands nothing, publishes nothing, and says so."""
    before = (own_company / "data" / "published" / "current").resolve()

    done = wend("run", "--project", own_company)

    assert done.returncode == 0
    assert "nothing new" in done.stdout
    assert (own_company / "data" / "published" / "current").resolve() == before


def test_a_run_taken_up_from_a_step_gives_the_same_tables(own_company: Path, wend: Wend) -> None:
    """--from builds again what a whole run builds."""
    before = tables(own_company)

    done = wend("run", "--project", own_company, "--from", "models")

    assert done.returncode == 0, done.stderr
    assert differences(before, tables(own_company)) == []


def test_a_run_is_not_taken_up_once_the_configuration_changed(
    own_company: Path, wend: Wend
) -> None:
    """Results of other settings are stale, and the message says what to do."""
    path = own_company / "wend.toml"
    path.write_text(path.read_text().replace("dormancy_days = 30", "dormancy_days = 20"))

    done = wend("run", "--project", own_company, "--from", "models")

    assert done.returncode == 1
    assert "run without --from" in done.stderr


def test_as_of_leaves_out_what_came_later(own_company: Path, wend: Wend) -> None:
    """A report about an earlier instant holds no later event."""
    done = wend("run", "--project", own_company, "--as-of", "2026-02-15")

    assert done.returncode == 0, done.stderr
    published = own_company / "data" / "published" / "current" / "wend.duckdb"
    with duckdb.connect(str(published.resolve()), read_only=True) as con:
        (newest,) = con.sql("select max(occurred_at) from events").fetchall()[0]
    assert f"{newest:%Y-%m-%d}" <= "2026-02-15"


@pytest.mark.parametrize(
    ("as_of", "said"),
    [("2001-01-01", "the oldest record is of 20"), ("2999-01-01", "has not come yet")],
)
def test_an_instant_nothing_is_known_of_is_refused(
    own_company: Path, wend: Wend, as_of: str, said: str
) -> None:
    """Before the first record, or in the future; the published snapshot stays."""
    before = (own_company / "data" / "published" / "current").resolve()

    done = wend("run", "--project", own_company, "--as-of", as_of)

    assert (done.returncode, said in done.stderr) == (1, True), done.stderr
    assert (own_company / "data" / "published" / "current").resolve() == before


def test_a_night_that_leaves_a_file_out_says_so_by_its_exit_code(
    own_company: Path, wend: Wend
) -> None:
    """A file of other columns beside good ones: all else is published, and a scheduler sees it."""
    (own_company / "raw" / "calls" / "other.csv").write_text("who,what\n1,2\n")

    done = wend("run", "--project", own_company)

    assert done.returncode == 3, done.stdout + done.stderr
    assert "other.csv" in done.stdout


def test_every_published_table_and_column_has_a_comment(ran_company: Path) -> None:
    """An analyst can read what each number means in the file itself."""
    published = ran_company / "data" / "published" / "current" / "wend.duckdb"
    with duckdb.connect(str(published.resolve()), read_only=True) as con:
        bare = con.sql(
            "select table_name, column_name from duckdb_columns() "
            "where comment is null and not internal "
            "union all select table_name, '' from duckdb_tables() where comment is null "
            "union all select view_name, '' from duckdb_views() where comment is null "
            "and not internal"
        ).fetchall()

    assert bare == []


def test_the_published_file_holds_no_address(ran_company: Path) -> None:
    """Analysts get masked identifiers; no customer's address is anywhere in the file."""
    truth = pl.read_parquet(ran_company / "truth" / "identifiers.parquet")
    addresses = set(truth.filter(pl.col("namespace") == "email")["value"])
    published = ran_company / "data" / "published" / "current" / "wend.duckdb"
    found = set()
    with duckdb.connect(str(published.resolve()), read_only=True) as con:
        for (name,) in con.sql("select table_name from information_schema.tables").fetchall():
            text = con.table(name).pl().write_csv()
            found |= set(re.findall(r"[\w.+-]+@[\w.-]+", text)) & addresses

    assert addresses
    assert found == set()


def test_check_says_what_would_be_refused_and_lands_nothing(
    small_company: Path, wend: Wend
) -> None:
    """A dry read counts each source and names the kinds that no touchpoint takes."""
    done = wend("check", "--project", small_company)

    assert done.returncode == 0, done.stderr
    assert "would refuse" in done.stdout
    assert not list((small_company / "data").glob("lake/landed/*"))


def test_a_wrong_key_is_told_by_file_and_line(small_company: Path, wend: Wend) -> None:
    """wend.toml refuses what it does not know."""
    path = small_company / "wend.toml"
    path.write_text("[compny]\nname = 'x'\n" + path.read_text())

    done = wend("run", "--project", small_company)

    assert done.returncode == 1
    assert "wend.toml:1" in done.stderr
    assert "unknown key" in done.stderr


def test_a_wrong_option_is_wrong_usage(wend: Wend) -> None:
    """Usage errors end with 2."""
    assert wend("run", "--no-such-option").returncode == 2


def test_a_failed_check_is_published_and_said(own_company: Path, wend: Wend) -> None:
    """The run ends with 3, names the check, and the file holds it."""
    before = (own_company / "data" / "published" / "current").resolve()
    path = own_company / "wend.toml"
    path.write_text(f"{path.read_text()}\n[identity]\nmax_customer_identifiers = 2\n")

    done = wend("run", "--project", own_company)

    assert done.returncode == 3, done.stderr
    assert "! check failed: no customer has too many identifiers" in done.stdout
    published = (own_company / "data" / "published" / "current").resolve()
    assert published != before
    assert (published / "wend.duckdb").is_file()


def test_outside_a_project_it_says_how_to_make_one(tmp_path: Path, wend: Wend) -> None:
    """A command that finds no wend.toml names `wend init`."""
    done = wend("status", "--project", tmp_path)

    assert done.returncode == 1
    assert "wend init" in done.stderr


@pytest.mark.parametrize("template", ["retail", "software", "telecom", "bank", "health"])
def test_init_writes_a_project_that_loads(template: str, tmp_path: Path, wend: Wend) -> None:
    """Each template gives the settings and the three catalogue files."""
    done = wend("init", tmp_path / "new", "--template", template)

    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        "wend.toml",
        "stages.csv",
        "touchpoints.csv",
        "notes.csv",
    }
    assert wend("status", "--project", tmp_path / "new").returncode == 0


def test_explain_gives_the_evidence(ran_company: Path, wend: Wend) -> None:
    """A customer's identifiers are told with the links that hold them together."""
    identity = ran_company / "data" / "published" / "current" / "identity"
    email = (
        pl.read_parquet(identity / "identifiers.parquet")
        .filter((pl.col("namespace") == "email") & pl.col("customer_id").is_not_null())
        .join(
            pl.read_parquet(identity / "customer_links.parquet").filter(pl.col("status") == "used"),
            left_on="identifier",
            right_on="right_identifier",
            how="semi",
        )
        .sort("identifier")["value"][0]
    )

    done = wend("explain", email, "--project", ran_company)

    assert done.returncode == 0, done.stderr
    assert "seen together by" in done.stdout


def test_explain_sets_two_identifiers_against_one_another(ran_company: Path, wend: Wend) -> None:
    """Of one customer the evidence is told, of two what keeps them apart; names are kept whole."""
    people = (
        pl.read_parquet(
            ran_company / "data" / "published" / "current" / "identity" / "identifiers.parquet"
        )
        .filter(pl.col("customer_id").is_not_null())
        .sort("customer_id", "identifier")
    )
    one, same = people.filter(pl.len().over("customer_id") > 1)["identifier"][:2]
    other = people.filter(pl.col("customer_id") != people["customer_id"][0])["identifier"][-1]

    joined = wend("explain", one, same, "--project", ran_company)
    apart = wend("explain", one, other, "--project", ran_company)

    assert joined.returncode == 0, joined.stderr
    assert "by the strongest evidence:" in joined.stdout
    assert apart.returncode == 0, apart.stderr
    assert "nearest" in apart.stdout or "nothing links" in apart.stdout


def test_query_answers_and_refuses(ran_company: Path, wend: Wend) -> None:
    """A SELECT prints tab-separated rows; what DuckDB does not take is said in a sentence."""
    answered = wend("query", "select count(*) as n from customers", "--project", ran_company)
    refused = wend("query", "select nothing from nowhere", "--project", ran_company)

    assert re.fullmatch(r"n\n\d+\n", answered.stdout)
    assert refused.returncode == 1
    assert "query failed" in refused.stderr


def test_the_published_file_answers_wherever_it_lies(own_company: Path, tmp_path: Path) -> None:
    """The file alone, elsewhere, and its project gone: events and the views over them."""
    published = own_company / "data" / "published" / "current" / "wend.duckdb"
    moved = shutil.copy2(published.resolve(), tmp_path / "taken along.duckdb")
    shutil.rmtree(own_company)

    with duckdb.connect(str(moved), read_only=True) as con:
        counts = con.sql(
            "select (from (select count(*) from events)), "
            "(from (select count(*) from activity_stream))"
        ).fetchall()

    ((event_count, activity_count),) = counts
    assert event_count == activity_count > 0


def test_status_says_what_stands(ran_company: Path, wend: Wend) -> None:
    """Landed counts by source, the snapshot and its checks."""
    done = wend("status", "--project", ran_company)

    assert "web: " in done.stdout
    assert "checks failed: none" in done.stdout


def test_the_run_record_names_its_steps(ran_company: Path) -> None:
    """The snapshot says what made it and how long each step took."""
    record = json.loads((ran_company / "data" / "published" / "current" / "run.json").read_text())

    assert record["failed_checks"] == []
    assert set(record["step_seconds"]) >= {"stitch", "order", "models", "checks"}
