"""The main job: every step from land to pages, one run at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import polars as pl

from pipeline import publish, steps
from pipeline.counted import counted
from pipeline.job import begin, lock, plan, resume
from pipeline.landing import arrivals, gate, ledger
from pipeline.landing.schema import FILES, QUARANTINE
from pipeline.landing.staging import Problem
from pipeline.settings import Settings

STEPS = ("land", *steps.STEPS)


@dataclass(frozen=True, slots=True)
class Result:
    """What a run did.

    Attributes:
        is_new: False when nothing had changed and the published snapshot stands.
        files: Ledger rows of the files landed now.
        refused: `source`, `reasons`, `record_count` of the records refused now.
        problems: Files that could not be taken.
        failed_checks: Claims that do not hold in what was published.
        failed_sources: Sources of which nothing that landed can be used.
        findings: Three sentences.
        places: Name and path of what was made.
    """

    is_new: bool
    files: pl.DataFrame
    refused: pl.DataFrame
    problems: tuple[Problem, ...]
    failed_checks: tuple[str, ...]
    failed_sources: tuple[str, ...]
    findings: tuple[str, ...]
    places: tuple[tuple[str, Path], ...]

    @property
    def is_short(self) -> bool:
        """Whether a file of tonight or a whole source is not in what was published."""
        left_out = [
            one for one in self.problems if not one.is_taken and one.reason != arrivals.NO_FILE
        ]
        return bool(left_out or self.failed_sources)


class Listener(Protocol):
    """Whoever shows a run's progress."""

    def step(self, name: str) -> None:
        """A step begins."""

    def detail(self, text: str) -> None:
        """A step says how far it is."""

    def done(self, name: str, said: str) -> None:
        """A step has ended."""


def run(
    settings: Settings,
    *,
    now: datetime,
    as_of: datetime | None,
    first: str | None,
    listener: Listener,
) -> Result:
    """Do the main job, or take it up again from the step `first`.

    Args:
        settings: The project's configuration.
        now: The landing instant.
        as_of: The instant the reports speak about; None: the newest record's.
        first: One of STEPS; None: all, unless nothing changed since the last publish.
        listener: Told of each step.

    Raises:
        RunInProgress: Another run holds the project.
        Stale: `first` would build on results that no longer belong to the landed records.
    """
    with lock(settings):
        return _run(settings, now=now, as_of=as_of, first=first, listener=listener)


def _run(
    settings: Settings,
    *,
    now: datetime,
    as_of: datetime | None,
    first: str | None,
    listener: Listener,
) -> Result:
    """The main job, once the lock is held."""
    landing = gate.Landing(pl.DataFrame(schema=FILES), ())
    if first is not None and first != "land":
        job = resume(settings, first)
    else:
        with _announced("land", listener) as said:
            landing = steps.land(
                settings,
                now=now,
                tell=lambda name, done, todo: listener.detail(f"land {name} {done}/{todo} files"),
            )
            said.append(_landed(landing.files))
        job = plan(settings, as_of, now)
        if first is None and publish.current_record(settings.published).get("digest") == job.digest:
            return _standing(settings, landing, listener)
        begin(settings, job)
    for name in STEPS[max(1, STEPS.index(first or "land")) :]:
        with _announced(name, listener) as said:
            said.append(steps.perform(settings, job, name))
    return result(settings, landing, is_new=True)


def _standing(settings: Settings, landing: gate.Landing, listener: Listener) -> Result:
    """Nothing changed since the last publish; pages that a killed run left undone are made."""
    if not steps.has_pages(settings):
        with _announced("pages", listener) as said:
            said.append(steps.draw_pages(settings))
    return result(settings, landing, is_new=False)


@contextmanager
def _announced(name: str, listener: Listener) -> Iterator[list[str]]:
    """Announce a step, and say at its end what was appended."""
    listener.step(name)
    said: list[str] = []
    yield said
    listener.done(name, "; ".join(said))


def _landed(files: pl.DataFrame) -> str:
    """A sentence on the files landed now."""
    if not files.height:
        return "nothing new"
    landed, refused = int(files["landed_count"].sum()), int(files["quarantined_count"].sum())
    taken = f"{counted(landed, 'record')} of {counted(files.height, 'file')}"
    return f"{taken}, {refused:,} refused"


def result(settings: Settings, landing: gate.Landing, *, is_new: bool) -> Result:
    """What to tell at the end, read back from what is published."""
    folder = publish.current(settings.published)
    batches = set(landing.files["batch_id"])
    refused = (
        pl.concat(
            [
                pl.DataFrame(schema=QUARANTINE),
                *(
                    pl.read_parquet(path)
                    for path in ledger.parquet(settings.lake, "quarantine")
                    if path.parent.name in batches
                ),
            ]
        )
        .with_columns(
            # One line for a kind of fault: what and where differs from record to record.
            reasons=pl.col("reasons")
            .str.replace_all(r"'[^']*'", "...")
            .str.replace_all(r"(not valid JSON|time in the future): [^;]*", "${1}")
        )
        .group_by("source", "reasons")
        .agg(record_count=pl.len())
        .sort("source", "record_count", "reasons", descending=[False, True, False])
    )
    con = publish.connect(settings.published)
    try:
        failed = con.sql("from checks where not is_met order by claim").pl()
        findings = con.sql("from findings order by rank").pl()["finding"].to_list()
        health = con.table("source_health").pl().filter(state="failed").sort("source")
    finally:
        con.close()
    return Result(
        is_new=is_new,
        files=landing.files,
        refused=refused,
        problems=landing.problems,
        failed_checks=tuple(
            f"{claim}: {reason}" for claim, reason in failed["claim", "reason"].iter_rows()
        ),
        failed_sources=tuple(
            f"{source}: {reason}" for source, reason in health["source", "reason"].iter_rows()
        ),
        findings=tuple(findings),
        places=(
            ("analysts' file", folder / publish.FILE_NAME),
            *steps.page_places(settings),
        ),
    )
