"""A project of two sources, its records as plain values, and nights without models or pages."""

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipeline import publish, run, steps
from pipeline.catalogue import templates
from pipeline.job import Job, begin, lock, plan
from pipeline.privacy import closure, erasure
from pipeline.settings import Settings, load

CONFIGURATION = """
[company]
name = "Larkspur"
founded_on = 2020-01-01
[sources.web]
format = "generic"
path = "raw/web/*.jsonl"
channel = "web"
[sources.web.columns]
occurred_at = "at"
kind = "=form_sent"
own_id = "id"
identifiers = { user_id = "user", email = "email", anonymous_id = "cookie", phone = "phone" }
[sources.desk]
format = "generic"
path = "raw/desk/*.jsonl"
channel = "crm"
[sources.desk.columns]
occurred_at = "at"
kind = "=note_taken"
own_id = "id"
identifiers = { user_id = "user", email = "email", anonymous_id = "cookie", phone = "phone" }
"""
DECISIONS = "rule,left,right,decided_by,decided_on,why\n"
FIELDS = ("user", "email", "cookie", "phone")


@dataclass(frozen=True)
class Record:
    """A line of a source's file: `hour` of 2026, and whom it names by FIELDS."""

    source: str
    own_id: int
    hour: int
    named: tuple[str | None, ...]

    def line(self) -> str:
        """The record as its source writes it."""
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=self.hour)
        told = dict(zip(FIELDS, self.named, strict=True))
        return json.dumps({"id": f"{self.source}-{self.own_id}", "at": at.isoformat(), **told})


class Silent:
    """A listener that says nothing."""

    def step(self, name: str) -> None:
        """A step begins."""

    def detail(self, text: str) -> None:
        """A step says how far it is."""

    def done(self, name: str, said: str) -> None:
        """A step has ended."""


def project(folder: Path) -> Path:
    """A new project without a record."""
    templates.init(folder, "retail")
    (folder / "wend.toml").write_text(CONFIGURATION)
    return folder


def configure(folder: Path, policy: str, decisions: Iterable[Sequence[str]]) -> None:
    """Let a policy and people's decisions stand from now on."""
    (folder / "wend.toml").write_text(CONFIGURATION + policy)
    lines = [f"{rule},{left},{right},Grace,2026-01-01,known\n" for rule, left, right in decisions]
    (folder / "identity_links.csv").write_text(DECISIONS + "".join(lines))


def deliver(folder: Path, name: str, records: Iterable[Record]) -> None:
    """Let records arrive, in one file of each source."""
    told = list(records)
    for source in sorted({record.source for record in told}):
        path = folder / "raw" / source / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [record.line() for record in told if record.source == source]
        path.write_text("".join(f"{line}\n" for line in lines))


def brief_nights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run be land, stitch and publish, and publish who is who alone."""
    monkeypatch.setattr(run, "STEPS", ("land", "stitch", "publish"))
    monkeypatch.setattr(steps, "STEPS", {"stitch": steps.stitch, "publish": _publish})


def _publish(settings: Settings, job: Job) -> str:
    """Publish the identity of a run; the name of its snapshot."""
    folder = publish.fresh_folder(settings.published, job.run_id)
    shutil.copytree(settings.work / "identity", folder / "identity")
    duckdb.connect((folder / publish.FILE_NAME).as_posix()).close()
    publish.switch(folder, {"night": job.night, "digest": job.digest, "run_id": job.run_id})
    return folder.name


def night(folder: Path, now: datetime) -> dict[str, pl.DataFrame]:
    """Land what has arrived, stitch and publish; the identity tables."""
    settings = load(folder)
    with lock(settings):
        steps.land(settings, now=now)
        job = plan(settings, None, now)
        begin(settings, job)
        for name in run.STEPS[1:]:
            steps.perform(settings, job, name)
    return tables(folder)


def erase(folder: Path, identifier: str, now: datetime) -> None:
    """Erase one identifier and all that happened to it."""
    settings = load(folder)
    with lock(settings):
        person = closure.alone(settings, identifier, now=now)
        erased = erasure.erase(settings, person, now=now, listener=Silent())
    assert erased.left == ()


def tables(folder: Path) -> dict[str, pl.DataFrame]:
    """The identity tables of the last night."""
    identity: Any = folder / "data" / "published" / "current" / "identity"
    return {path.stem: pl.read_parquet(path) for path in sorted(identity.glob("*.parquet"))}
