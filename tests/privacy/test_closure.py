"""Whom an erasure is about: the customer as stitched now, never what several people share."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from pipeline.privacy import requests
from pipeline.privacy.person import Person
from pipeline.settings import load
from tests.identity.sightings import customers, written
from tests.privacy.visits import erase, land, landed, project, visit, write
from tests.snapshots import tables

Wend = Callable[..., CompletedProcess[str]]

SHOP = """
[company]
name = "Larkspur"

[sources.visits]
format = "generic"
channel = "web"
path = "raw/*.jsonl"
[sources.visits.columns]
occurred_at = "at"
kind = "kind"
own_id = "id"
text = "said"
object_id = "about"
identifiers = { email = "email", user_id = "user", phone = "phone" }
properties = ["note"]
"""


def test_others_joined_only_through_an_erased_identifier_come_apart(tmp_path: Path) -> None:
    """Ann and Bea shared a telephone; without it they are two customers by the next stitching."""
    company = project(tmp_path)
    write(
        company,
        "1.jsonl",
        [
            visit(1, email="ann@home.example", phone="+447200673115"),
            visit(2, email="bea@home.example", phone="+447200673115"),
            visit(3, email="ann@home.example"),
            visit(4, email="bea@home.example"),
        ],
    )
    land(company)
    before = customers(landed(company, "identifiers"))

    erase(company, Person((("phone", "+447200673115"),), (), ()))

    assert before == written("email:ann@home.example email:bea@home.example phone:+447200673115")
    after = customers(landed(company, "identifiers"))
    assert after == written("email:ann@home.example", "email:bea@home.example")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, wend: Wend) -> Path:
    """A shop that ran once: four people share a telephone, and two have one number each, alike."""
    folder = tmp_path_factory.mktemp("shop") / "shop"
    assert wend("init", folder).returncode == 0
    (folder / "wend.toml").write_text(SHOP)
    people = [
        visit(number, id=f"v{number}", email=f"{name}@home.example", phone="+447200673115")
        for number, name in enumerate(["ann", "bea", "cyd", "dot"])
    ]
    people += [
        visit(10, id="v10", email="ann@home.example", user="AN10001"),
        visit(11, id="v11", user="BO10002"),
    ]
    (folder / "raw").mkdir()
    (folder / "raw" / "1.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in people))
    done = wend("run", "--project", folder)
    assert done.returncode in {0, 3}, done.stdout + done.stderr
    return folder


def test_the_person_is_the_customer_and_keeps_no_shared_value(shop: Path, wend: Wend) -> None:
    """Ann is her address and her account; the telephone of four people is not hers."""
    done = wend("erase", "AN10001", "--dry-run", "--project", shop)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].endswith(": 2 identifiers")
    assert "  events: 2" in done.stdout


def test_a_shared_value_names_nobody(shop: Path, wend: Wend) -> None:
    """The message says why, and what to do."""
    done = wend("erase", "07200 673115", "--dry-run", "--project", shop)

    assert done.returncode == 1
    assert "shared" in done.stderr
    assert "another identifier" in done.stderr
    assert "673115" not in done.stderr


def test_the_shared_value_stays_for_the_others(shop: Path, wend: Wend) -> None:
    """With requests in a file, each line is one person; the other three keep their telephone."""
    folder = shop
    (folder / requests.REQUESTS).write_text("BO10002\n\nann@home.example\n")
    company = load(folder)
    assert requests.waiting(company) == ["BO10002", "ann@home.example"]

    done = wend("erase", *requests.waiting(company), "--yes", "--project", folder)

    assert done.returncode in {0, 3}, done.stdout + done.stderr
    kept = set(landed(company, "identifiers").select("namespace", "value").rows())
    assert kept == {
        ("phone", "+447200673115"),
        *(("email", f"{name}@home.example") for name in ("bea", "cyd", "dot")),
    }
    customers_left = tables(folder)["customers"]["customer_id"]
    assert len(customers_left) == 3, (
        "the telephone of three would join them, had it not been shared"
    )
    (manifest,) = (company.lake / "erasures").glob("*.json")
    told = json.loads(manifest.read_text())
    assert told["identifiers_by_namespace"] == {"email": 1, "user_id": 2}
    assert told["counts"]["events"] == 3
    assert told["yours_to_remove"] == ["erase_requests.txt", "raw/1.jsonl"]
    assert "ann" not in manifest.read_text()
