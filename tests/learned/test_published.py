"""What a whole run publishes of stages and personas, over raw files."""

import csv
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import duckdb
import polars as pl
import pytest

from pipeline.change.personas import PERSONA_CHANGES
from pipeline.learned.agreement import adjusted_rand
from pipeline.learned.models import FITS, MODELS
from pipeline.learned.personas import CUSTOMERS, PERSONAS
from pipeline.learned.representatives import JOURNEYS
from pipeline.learned.stages import STAGES, VISITS
from pipeline.learned.traits import TRAITS
from pipeline.simulate import behaviour

Wend = Callable[..., CompletedProcess[str]]
TABLES = {
    "customer_personas": CUSTOMERS,
    "learned_fits": FITS,
    "learned_models": MODELS,
    "learned_stage_visits": VISITS,
    "learned_stages": STAGES,
    "persona_changes": PERSONA_CHANGES,
    "persona_journeys": JOURNEYS,
    "persona_traits": TRAITS,
    "personas": PERSONAS,
}
TOUCHPOINTS = (
    "touchpoint,stage,channel,events,visibility,initiator,owner,importance,outcome,is_value"
)
PROJECT = """
[company]
name = "Larkspur Broadband"

[journeys]
dormancy_days = 30

[sources.app]
format = "generic"
path = "data/raw/*.csv"
channel = "web"

[sources.app.columns]
occurred_at = "at"
own_id = "id"
kind = "what"
identifiers = { email = "who" }
"""


def published(project: Path, table: str) -> pl.DataFrame:
    """A table of the current snapshot."""
    file = project / "data" / "published" / "current" / "wend.duckdb"
    with duckdb.connect(str(file.resolve()), read_only=True) as con:
        return con.table(table).pl()


@pytest.mark.parametrize("name", TABLES)
def test_each_table_is_published_with_its_columns(ran_company: Path, name: str) -> None:
    """With or without rows; each column has a comment."""
    file = ran_company / "data" / "published" / "current" / "wend.duckdb"
    with duckdb.connect(str(file.resolve()), read_only=True) as con:
        comments = con.execute(
            "select column_name, comment from duckdb_columns() where table_name = ?", [name]
        ).fetchall()

    assert [column for column, _ in comments] == TABLES[name].names()
    assert all(comment for _, comment in comments)
    assert published(ran_company, name).schema == TABLES[name]


def test_a_company_of_one_behaviour_is_told_so(ran_company: Path) -> None:
    """The invented company has one planted way and a stage for every touchpoint."""
    models = published(ran_company, "learned_models")

    assert dict(models.select("model", "status").iter_rows()) == {
        "stages": "nothing unseen",
        "personas": "no separate behaviours found",
    }
    assert published(ran_company, "customers")["persona"].null_count() > 0
    index = ran_company / "data" / "reports" / "current" / "index.html"
    assert "One way of moving describes all" in index.read_text(encoding="utf-8")


def kind(touchpoint: str) -> str:
    """A touchpoint as an app writes it."""
    return touchpoint.lower().replace(" ", "_")


@pytest.mark.long
def test_planted_behaviour_comes_through_a_whole_run(tmp_path: Path, wend: Wend) -> None:
    """Personas of mapped events and stages of unmapped ones: adjusted Rand 0.8 or more each."""
    movers = behaviour.movers(behaviour.PERSONAS, 500, 1)
    travellers = behaviour.travellers(behaviour.HIDDEN_STAGES, 400, 1)
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    for name, events in (("mover", movers.events), ("traveller", travellers.events)):
        with (raw / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["id", "at", "what", "who"])
            for person, position, at, touchpoint in events.select(
                "person_id", "position", "occurred_at", "touchpoint"
            ).iter_rows():
                who = f"{name}{person}@example.org"
                own = f"{name}-{person}-{position}"
                rows.writerow([own, f"{at.isoformat()}Z", kind(touchpoint), who])
    (tmp_path / "wend.toml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "stages.csv").write_text("stage,goal\nEverything,\n", encoding="utf-8")
    (tmp_path / "notes.csv").write_text("about,kind,note,author,written_on\n", encoding="utf-8")
    names = movers.events["touchpoint"].unique().sort()
    lines = [
        f"{name},Everything,web,{kind(name)},onstage,customer,Sales,major,,no" for name in names
    ]
    catalogue = "\n".join([TOUCHPOINTS, *lines, ""])
    (tmp_path / "touchpoints.csv").write_text(catalogue, encoding="utf-8")

    done = wend("run", "--project", tmp_path)

    assert done.returncode in {0, 3}, done.stdout + done.stderr
    people = own_customers(tmp_path)
    planted = movers.personas.with_columns(
        email=pl.format("mover{}@example.org", "person_id")
    ).join(people, on="email")
    both = planted.join(published(tmp_path, "customers"), on="customer_id", suffix="_found")
    both = both.drop_nulls("persona_found")
    assert both.height > 450
    found, told = both["persona_found"].to_numpy(), both["persona"].to_numpy()
    assert adjusted_rand(found, told) >= 0.8
    stood = travellers.stages.with_columns(
        email=pl.format("traveller{}@example.org", "person_id")
    ).join(people, on="email")
    stays = (
        published(tmp_path, "learned_stage_visits")
        .with_columns(position=pl.int_ranges("first_position", pl.col("last_position") + 1))
        .explode("position")
    )
    placed = stood.join(stays, on=["customer_id", "position"])
    assert placed.height == travellers.events.height
    found, told = placed["learned_stage"].to_numpy(), placed["stage"].to_numpy()
    assert adjusted_rand(found, told) >= 0.8
    assert published(tmp_path, "persona_changes").is_empty()
    late = f"id,at,what,who\nlate,2026-10-14T16:00:00Z,{kind(names[0])},new@example.org\n"
    (raw / "late.csv").write_text(late, encoding="utf-8")
    assert wend("run", "--project", tmp_path).returncode in {0, 3}
    again = published(tmp_path, "persona_changes").filter("is_same")
    assert again["persona"].sort().equals(published(tmp_path, "personas")["persona"].sort())
    assert (again["previous_persona"] == again["persona"]).all()


def own_customers(project: Path) -> pl.DataFrame:
    """The customer of each address."""
    snapshot = (project / "data" / "published" / "current").resolve()
    return (
        pl.read_parquet(snapshot / "identity" / "identifiers.parquet")
        .filter(pl.col("namespace") == "email")
        .select("customer_id", email="value")
    )
