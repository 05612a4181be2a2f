"""Erasing and suppressing where people meet them: at the command line, on a simulated company."""

import gzip
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import duckdb
import polars as pl
import pytest

from pipeline.landing import ledger
from tests.conftest import FIXED
from tests.snapshots import differences, tables

Wend = Callable[..., CompletedProcess[str]]


def customer(project: Path) -> tuple[str, list[tuple[str, str]]]:
    """The customer with the most identifiers among those with an address, and the identifiers."""
    path = project / "data" / "published" / "current" / "identity" / "identifiers.parquet"
    known = pl.read_parquet(path).filter(pl.col("customer_id").is_not_null())
    addressed = known.filter(namespace="email")["customer_id"]
    count = (
        known.filter(pl.col("customer_id").is_in(addressed.to_list()))
        .group_by("customer_id")
        .agg(pl.len())
        .sort("len", "customer_id", descending=True)
    )
    customer_id = count["customer_id"][0]
    rows = known.filter(customer_id=customer_id).select("namespace", "value").rows()
    return customer_id, rows


def holds(frame: pl.DataFrame, text: str) -> bool:
    """Whether a text stands anywhere in a table."""
    columns = frame.select(pl.selectors.string())
    return any(bool(column.str.contains(text, literal=True).any()) for column in columns)


def address(rows: list[tuple[str, str]]) -> str:
    """The e-mail address among identifiers."""
    return next(value for namespace, value in rows if namespace == "email")


def naming(project: Path, wanted: list[str]) -> set[str]:
    """The files under data/ in which any of these stands: in bytes, in values or as a hash.

    Written without a line of Wend's own search.
    """
    said = [one.lower() for one in wanted]
    said += [
        hashlib.new(kind, one.encode()).hexdigest()
        for one in wanted
        for kind in ("md5", "sha1", "sha256")
    ]
    found = set()
    for path in (project / "data").rglob("*"):
        if not path.is_file() or path.is_symlink():
            continue
        content = path.read_bytes()
        texts = [path.name, content.decode("latin-1")]
        if path.suffix == ".parquet":
            texts += map(str, pl.read_parquet(path).rows())
        elif path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as con:
                for (name,) in con.sql("select table_name from duckdb_tables()").fetchall():
                    texts += map(str, con.sql(f'from "{name}"').fetchall())
        elif content.startswith(b"\x1f\x8b"):
            texts.append(gzip.decompress(content).decode("latin-1"))
        whole = "\n".join(texts).lower()
        if any(one in whole for one in said):
            found.add(path.relative_to(project / "data").as_posix())
    return found


def is_accounted(project: Path) -> bool:
    """Whether every record of every file is in one place."""
    files = ledger.files(project / "data" / "lake")
    parts = ("landed_count", "duplicate_count", "quarantined_count", "ignored_count")
    return bool(
        (files["record_count"] == files.select(pl.sum_horizontal(*parts)).to_series()).all()
    )


@pytest.mark.long
def test_nothing_of_an_erased_person_is_left_or_comes_back(
    ran_company: Path, wend: Wend, tmp_path: Path
) -> None:
    """Erased, searched for byte by byte, landed again from the first raw file on, searched again.

    What is landed of others then is what the erasure left of them.
    """
    project = shutil.copytree(ran_company, tmp_path / "company", symlinks=True)
    customer_id, rows = customer(project)
    names = [value for _, value in rows if len(value) >= 8] + [customer_id]
    assert naming(project, names)

    done = wend("erase", address(rows).title(), "--yes", "--project", project)

    assert done.returncode == 0, done.stdout + done.stderr
    assert naming(project, names) == set()
    assert is_accounted(project)
    for value in names[:-1]:
        assert value not in done.stdout + done.stderr
    verified = wend("erase", "--verify", *(":".join(row) for row in rows), "--project", project)
    assert verified.returncode == 0, verified.stdout
    left = identities(project)

    shutil.rmtree(project / "data" / "lake" / "landed")
    (project / "data" / "lake" / "stamps.json").unlink()
    again = wend("run", "--project", project)

    assert again.returncode == 0, again.stdout + again.stderr
    assert naming(project, names) == set()
    assert is_accounted(project)
    assert identities(project) == left
    assert customer_id not in tables(project)["customers"]["customer_id"]


def identities(project: Path) -> set[tuple[str, str, str]]:
    """Every landed event with whom it names."""
    rows = ledger.landed_table(project / "data" / "lake", "identifiers").collect()
    events = ledger.landed_table(project / "data" / "lake", "events").collect()
    named = set(rows.select("event_id", "namespace", "value").rows())
    return named | {(event_id, "", "") for event_id in events["event_id"]}


@pytest.mark.long
def test_a_killed_erasure_is_finished(ran_company: Path, wend: Wend, tmp_path: Path) -> None:
    """Until it is finished nothing else runs; finished, it has left nothing."""
    project = shutil.copytree(ran_company, tmp_path / "company", symlinks=True)
    customer_id, rows = customer(project)
    names = [value for _, value in rows if len(value) >= 8] + [customer_id]
    pending = project / "data" / "lake" / "erasures" / "pending.json"
    erasing = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "erase", address(rows), "--yes", "--project", project],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **FIXED},
    )
    while not pending.exists() and erasing.poll() is None:
        time.sleep(0.05)
    time.sleep(1)
    erasing.send_signal(signal.SIGKILL)
    erasing.wait()

    refused = wend("run", "--project", project)
    done = wend("erase", "--resume", "--project", project)

    assert refused.returncode == 1
    assert "wend erase --resume" in refused.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    assert naming(project, names) == set()
    assert is_accounted(project)


def test_a_rehearsal_changes_nothing_and_names_nobody(ran_company: Path, wend: Wend) -> None:
    """`--dry-run` counts what would go; the snapshot and the lake stand as they were."""
    customer_id, rows = customer(ran_company)
    before = sorted(str(path) for path in (ran_company / "data" / "lake").rglob("*"))

    done = wend("erase", address(rows), "--dry-run", "--project", ran_company)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"{customer_id}: {len(rows)} identifiers")
    assert "  events: " in done.stdout
    assert not any(value in done.stdout for _, value in rows)
    assert sorted(str(path) for path in (ran_company / "data" / "lake").rglob("*")) == before


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("nobody-we-know", "no landed record names it"),
        (None, "name whom to erase"),
    ],
)
def test_who_is_not_one_person_is_refused(
    asked: str | None, said: str, ran_company: Path, wend: Wend
) -> None:
    """The message says what to write instead."""
    done = wend("erase", *filter(None, [asked]), "--yes", "--project", ran_company)

    assert done.returncode == 1
    assert said in done.stderr


@pytest.mark.long
def test_processing_stops_and_goes_on(ran_company: Path, wend: Wend, tmp_path: Path) -> None:
    """A suppressed customer is in no published table and no sum; lifted, all is back."""
    project = shutil.copytree(ran_company, tmp_path / "company", symlinks=True)
    before = tables(project)
    pained = set(before["pain_evidence"]["customer_id"])
    path = project / "data" / "published" / "current" / "identity" / "identifiers.parquet"
    known = pl.read_parquet(path).filter(
        pl.col("customer_id").is_in(sorted(pained)), namespace="email"
    )
    customer_id, value = known.sort("customer_id").select("customer_id", "value").row(0)

    assert wend("suppress", value, "--project", project).returncode == 0
    assert wend("run", "--project", project).returncode == 0
    stopped = tables(project)
    assert wend("suppress", value, "--lift", "--project", project).returncode == 0
    assert wend("run", "--project", project).returncode == 0

    assert [name for name, frame in stopped.items() if holds(frame, customer_id)] == []
    others = before["events"].filter(pl.col("customer_id") != customer_id)
    assert stopped["events"].equals(others)
    assert others.height < before["events"].height
    assert differences(tables(project), before) == []


@pytest.mark.long
def test_who_is_suppressed_is_erased_whole(ran_company: Path, tmp_path: Path, wend: Wend) -> None:
    """What is published nowhere is found all the same: the same events would go as before."""
    project = shutil.copytree(ran_company, tmp_path / "company", symlinks=True)
    _, rows = customer(project)
    rehearse = ("erase", address(rows), "--dry-run", "--project", project)
    before = wend(*rehearse).stdout

    assert wend("suppress", address(rows), "--project", project).returncode == 0
    assert wend("run", "--project", project).returncode == 0

    events = [line for line in before.splitlines() if "events" in line]
    assert events
    assert [line for line in wend(*rehearse).stdout.splitlines() if "events" in line] == events
