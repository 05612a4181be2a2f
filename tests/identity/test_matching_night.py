import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess

import polars as pl
import pytest

from tests.identity.people import register
from tests.identity.scores import scores

pytest.importorskip("splink", reason="matching needs the extra `match`")
Wend = Callable[..., CompletedProcess[str]]

SETTINGS = """
[company]
name = "Larkspur"
time_zone = "Europe/London"

[sources.desk]
format = "generic"
channel = "store"
path = "raw/desk.csv"
[sources.desk.columns]
occurred_at = "at"
kind = "=visit_noted"
own_id = "id"
identifiers = { desk_card = "card", user_id = "account" }
[sources.desk.columns.attributes]
given_name = "given_name"
family_name = "family_name"
birth_on = "birth_on"
street = "street"
postcode = "postcode"
"""


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    """Records of 150 persons, each with a card of its own; some with the same account."""
    columns = ("given_name", "family_name", "birth_on", "street", "postcode")
    return register("shop", persons=150, seed=4, columns=columns).sort("id")


@pytest.fixture(scope="module")
def matched(people: pl.DataFrame, wend: Wend, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose run matched them; two records of each name have accounts of their own."""
    folder = tmp_path_factory.mktemp("matched") / "project"
    done = wend("init", folder)
    assert done.returncode == 0, done.stderr
    (folder / "wend.toml").write_text(SETTINGS + "\n[identity.match]\n", encoding="utf-8")
    (folder / "raw").mkdir()
    rows = people.with_columns(
        at=pl.lit("2026-03-01T10:00:00Z"),
        card=pl.format("card-{}", "id"),
        account=pl.when(pl.col("id") < 12).then(pl.format("account-{}", "id")),
    )
    rows.drop("person").write_csv(folder / "raw" / "desk.csv")
    done = wend("run", "--project", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def identity(project: Path, name: str) -> pl.DataFrame:
    """A table of the published snapshot's identity folder."""
    return pl.read_parquet(
        project / "data" / "published" / "current" / "identity" / f"{name}.parquet"
    )


def test_customers_who_share_no_identifier_become_one(people: pl.DataFrame, matched: Path) -> None:
    """Cards are all different; names, birthdays and addresses say whose they are."""
    cards = identity(matched, "identifiers").filter(pl.col("namespace") == "desk_card")
    told = cards.with_columns(id=pl.col("value").str.split("-").list.last().cast(pl.Int64))
    told = told.join(people.select("id", "person"), on="id")

    found = scores(told["customer_id"], told["person"])

    assert found.precision >= 0.98
    assert found.recall >= 0.9


def test_two_accounts_never_become_one_customer(matched: Path) -> None:
    """A unique identifier of each is a veto, however alike two customers are."""
    accounts = identity(matched, "identifiers").filter(pl.col("namespace") == "user_id")

    assert accounts["customer_id"].n_unique() == accounts.height


def test_the_links_of_matching_are_told(matched: Path) -> None:
    """Every accepted pair is a link whose reason names model and features, not values."""
    pairs = identity(matched, "match_pairs")
    links = identity(matched, "customer_links").filter(pl.col("rule") == "match")

    assert set(pairs["status"]) >= {"accepted"}
    assert links.height > 100
    assert (links["status"] == "used").sum() > 100


def test_a_run_without_new_records_changes_nothing(
    matched: Path, wend: Wend, tmp_path: Path
) -> None:
    """The kept model finds the same pairs, and customers keep their ids."""
    again = shutil.copytree(matched, tmp_path / "again", symlinks=True)

    done = wend("run", "--project", again, "--from", "stitch")

    assert done.returncode == 0, done.stdout + done.stderr
    assert identity(again, "match_pairs").equals(identity(matched, "match_pairs"))
    assert identity(again, "identifiers").equals(identity(matched, "identifiers"))


def test_a_decision_of_the_review_holds_in_the_next_run(
    matched: Path, wend: Wend, tmp_path: Path
) -> None:
    """What people call the same is one customer then, and is not asked again."""
    project = shutil.copytree(matched, tmp_path / "decided", symlinks=True)
    file = project / "data" / "reports" / "current" / "match_review.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) > 1
    decided = tmp_path / "mine.csv"
    decided.write_text("\n".join([lines[0], lines[1] + "same"]) + "\n", encoding="utf-8")

    taken = wend("match", "--take", decided, "--by", "ada", "--project", project)
    done = wend("run", "--project", project)

    assert taken.returncode == 0, taken.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    pair = lines[1].split(",")[0]
    assert pair not in (project / "data" / "reports" / "current" / "match_review.csv").read_text(
        encoding="utf-8"
    )
    written = (project / "identity_links.csv").read_text(encoding="utf-8")
    assert written.splitlines()[1].startswith("force,desk_card:")
    assert date.fromisoformat(written.splitlines()[1].split(",")[4])


def test_training_anew_forgets_the_model(matched: Path, wend: Wend, tmp_path: Path) -> None:
    """The next run learns another; until then nothing else changes."""
    project = shutil.copytree(matched, tmp_path / "trained", symlinks=True)
    model = project / "data" / "lake" / "identity_model" / "model.json"
    assert model.is_file()

    done = wend("match", "--train", "--project", project)

    assert done.returncode == 0, done.stderr
    assert not model.exists()
