"""Trying a policy: what it would change is told, and nothing published is touched."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import duckdb
import pytest

from pipeline.errors import BadSettings
from pipeline.settings import load_identity
from tests.conftest import FIXED

Wend = Callable[..., CompletedProcess[str]]

# Accounts may be one person's, and a third of all cookies names nobody.
LOOSE = """
[identity.namespaces.user_id]
unique_per_customer = false
is_strong = false
[identity.namespaces.hubspot_contact]
unique_per_customer = false
is_strong = false
[identity.namespaces.salesforce_contact]
unique_per_customer = false
is_strong = false
[identity.namespaces.email]
is_strong = false
[identity.namespaces.anonymous_id]
block = ["[0-4].*"]
"""

TINY = "[identity]\nmax_customer_identifiers = 2\nalarm_customer_identifiers = 3\n"


def written(folder: Path, text: str) -> Path:
    """A policy file."""
    path = folder / "policy.toml"
    path.write_text(text)
    return path


def bytes_below(*folders: Path) -> dict[str, str]:
    """The hash of every file there is."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def one_row(project: Path, sql: str) -> tuple[Any, ...]:
    """What the published file answers."""
    path = project / "data" / "published" / "current" / "wend.duckdb"
    with duckdb.connect(str(path.resolve()), read_only=True) as con:
        (row,) = con.sql(sql).fetchall()
    return tuple(row)


def test_the_policy_that_stands_changes_nothing(
    ran_company: Path, tmp_path: Path, wend: Wend
) -> None:
    """Every customer, event, share and risk stays; so does every file of the project."""
    data = ran_company / "data"
    before = bytes_below(data)

    done = wend(
        *("identity", "--try", written(tmp_path, "[identity]\n"), "--project", ran_company),
        *("--out", tmp_path / "trial.json"),
    )

    assert done.returncode == 0, done.stderr
    assert "against what is published" in done.stdout
    told = json.loads((tmp_path / "trial.json").read_text())
    counts = told["customers"]
    assert counts["before"] == counts["after"] == counts["unchanged"] > 0
    assert (counts["renamed"], told["merges"], told["splits"]) == (0, [], [])
    assert told["events"]["moved_count"] == 0
    assert [(row["before_share"], row["before_low"]) for row in told["drop_offs"]] == [
        (row["after_share"], row["after_low"]) for row in told["drop_offs"]
    ]
    assert told["churn"]["before"]["mean_risk"] == told["churn"]["after"]["mean_risk"]
    assert bytes_below(data) == before
    assert not list((data / "work").glob("trial-*"))


def test_a_trial_foretells_what_a_run_with_the_policy_publishes(
    own_company: Path, tmp_path: Path, wend: Wend
) -> None:
    """Counts, merges, drop-offs and risks are those of the run that takes it; nobody is named."""
    policy = written(tmp_path, LOOSE)
    tried = wend(
        *("identity", "--try", policy, "--project", own_company),
        *("--out", tmp_path / "trial.json"),
    )
    toml = own_company / "wend.toml"
    toml.write_text(f"{toml.read_text()}\n{LOOSE}")
    taken = wend("run", "--project", own_company)

    assert tried.returncode == 0, tried.stderr
    assert taken.returncode == 0, taken.stderr
    for text in (tried.stdout + tried.stderr, (tmp_path / "trial.json").read_text()):
        assert "@" not in text
        assert "user_id:" not in text
    assert "largest merges:" in tried.stdout
    told = json.loads((tmp_path / "trial.json").read_text())
    assert told["customers"]["merged"] > 0
    assert told["customers"]["dissolved"] > 0
    assert told["events"]["moved_count"] > 0
    customers = one_row(own_company, "select count(*) from customers")
    assert customers == (told["customers"]["after"],)
    merged = one_row(
        own_company,
        "select count(*), string_agg(other_customer_id, ' ' order by other_customer_id) "
        "from customer_changes where change = 'merged'",
    )
    assert merged[0] == sum(row["customer_count"] - 1 for row in told["merges"])
    assert set(merged[1].split()) <= {row["customer_id"] for row in told["merges"]}
    shares = one_row(
        own_company,
        "select list(drop_off_share order by name) from drop_offs where grain = 'stage'",
    )
    foretold = sorted(told["drop_offs"], key=lambda row: row["stage"])
    assert shares[0] == [row["after_share"] for row in foretold]
    assert [row["after_share"] for row in foretold] != [row["before_share"] for row in foretold]
    risk = one_row(own_company, "select avg(churn_risk) from churn_scores")
    assert risk[0] == pytest.approx(told["churn"]["after"]["mean_risk"], rel=1e-12)


def test_both_sides_are_about_the_same_records(
    own_company: Path, tmp_path: Path, wend: Wend
) -> None:
    """Where settings changed since, the former side is new, too; alarms and checks are said."""
    toml = own_company / "wend.toml"
    toml.write_text(toml.read_text().replace("dormancy_days = 30", "dormancy_days = 20"))

    done = wend(
        *("identity", "--try", written(tmp_path, TINY), "--project", own_company),
        *("--out", tmp_path / "trial.json"),
    )

    assert done.returncode == 3, done.stderr
    assert re.search("! nothing would be published: .* more than 3 identifiers", done.stdout)
    assert "! check would fail: no customer has too many identifiers" in done.stdout
    assert "against the landed records of now" in done.stdout
    told = json.loads((tmp_path / "trial.json").read_text())
    assert told["customers"]["unchanged"] == told["customers"]["before"]
    assert told["drop_offs"][0]["before_share"] == told["drop_offs"][0]["after_share"]


@pytest.mark.long
def test_identifiers_are_shown_when_asked_for(
    ran_company: Path, tmp_path: Path, wend: Wend
) -> None:
    """--show-identifiers adds the strongest identifiers of the customers that are named."""
    out = tmp_path / "trial.json"

    done = wend(
        *("identity", "--try", written(tmp_path, LOOSE), "--project", ran_company),
        *("--out", out, "--show-identifiers"),
    )

    assert "largest merges:" in done.stdout
    assert "email:" in done.stdout
    assert "email:" in out.read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[identity.namespaces.email]\nmax_stong = 3\n", r"policy\.toml:2: .*max_stong: unknown"),
        ("[journeys]\ndormancy_days = 3\n", r"policy\.toml:1: journeys: unknown key"),
        ("", r"policy\.toml:1: identity: is missing"),
        ("[identity.namespaces.email]\nmax_strong = 0\n", r"policy\.toml:2: .*greater than"),
        ("[identity", r"policy\.toml: not valid TOML"),
    ],
    ids=["unknown key", "another section", "empty", "out of range", "not TOML"],
)
def test_a_policy_that_cannot_be_meant_is_told_by_file_and_line(
    text: str, message: str, tmp_path: Path
) -> None:
    """The same keys as in wend.toml are taken, and no others."""
    with pytest.raises(BadSettings, match=message):
        load_identity(written(tmp_path, text))


def test_a_policy_that_is_not_there_fails_before_anything_is_done(
    ran_company: Path, tmp_path: Path, wend: Wend
) -> None:
    """The error says what to write, and the exit code is that of a failure."""
    done = wend("identity", "--try", tmp_path / "no.toml", "--project", ran_company)

    assert done.returncode == 1
    assert "no.toml: no such file; write the [identity] section" in done.stderr
    assert done.stdout == ""


def test_a_killed_trial_leaves_nothing_that_the_next_does_not_clear(
    own_company: Path, tmp_path: Path, wend: Wend
) -> None:
    """The published file stands, and the scratch folder goes with the next run."""
    published = own_company / "data" / "published"
    before = bytes_below(published)
    work = own_company / "data" / "work"
    command = ["identity", "--try", written(tmp_path, LOOSE), "--project", own_company]
    trial = subprocess.Popen(
        [sys.executable, "-m", "pipeline", *map(str, command)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **FIXED},
    )
    while not list(work.glob("trial-*/after/data/work/*.duckdb")) and trial.poll() is None:
        time.sleep(0.02)
    trial.send_signal(signal.SIGKILL)
    trial.wait()
    assert list(work.glob("trial-*"))

    done = wend("run", "--project", own_company)

    assert done.returncode == 0, done.stderr
    assert "nothing new" in done.stdout
    assert bytes_below(published) == before
    assert not list(work.glob("trial-*"))


def test_asking_for_nothing_is_wrong_usage(ran_company: Path, wend: Wend) -> None:
    """The command needs to be told what is asked."""
    assert wend("identity", "--project", ran_company).returncode == 2
