"""What the command line says: a progress display on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from pipeline import publish
from pipeline.counted import counted
from pipeline.errors import NothingPublished
from pipeline.landing import ledger
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.rehearsal import Rehearsal
    from pipeline.run import Result
    from pipeline.sniff.proposal import Proposal

COUNTS = (
    ("read", "record_count"),
    ("landed", "landed_count"),
    ("duplicates", "duplicate_count"),
    ("refused", "quarantined_count"),
    ("ignored", "ignored_count"),
)


def lines(texts: Sequence[str]) -> None:
    """Print sentences, one a line, never wrapped."""
    sys.stdout.write("".join(f"{text}\n" for text in texts))
    sys.stdout.flush()


def table(frame: pl.DataFrame) -> None:
    """Print a frame: a ruled table on a terminal, tab-separated text elsewhere."""
    console = Console()
    if not console.is_terminal:
        sys.stdout.write(frame.write_csv(separator="\t", null_value=""))
        return
    ruled = Table(show_edge=False)
    for name in frame.columns:
        ruled.add_column(name, justify="right" if frame[name].dtype.is_numeric() else "left")
    for row in frame.iter_rows():
        ruled.add_row(*("" if value is None else str(value) for value in row))
    console.print(ruled)


@dataclass(slots=True)
class PlainListener:
    """Says each step's end in one line."""

    started: float = field(default_factory=time.monotonic)

    def step(self, _name: str) -> None:
        """A step begins."""
        self.started = time.monotonic()

    def detail(self, _text: str) -> None:
        """A step says how far it is; plain lines leave that out."""

    def done(self, name: str, said: str) -> None:
        """A step has ended."""
        lines([f"{name}: {said} ({time.monotonic() - self.started:.1f} s)"])


@dataclass(slots=True)
class TerminalListener:
    """Shows the step at work with a spinner, and each one that has ended above it."""

    progress: Progress
    started: float = field(default_factory=time.monotonic)
    task: Any = None

    def step(self, name: str) -> None:
        """A step begins."""
        self.started = time.monotonic()
        self.task = self.progress.add_task(name, total=None)

    def detail(self, text: str) -> None:
        """A step says how far it is."""
        self.progress.update(self.task, description=text)

    def done(self, name: str, said: str) -> None:
        """A step has ended."""
        self.progress.remove_task(self.task)
        seconds = time.monotonic() - self.started
        self.progress.console.print(
            f"[bold]{name:<8}[/bold] {said} [dim]{seconds:.1f} s[/dim]", highlight=False
        )


@contextmanager
def progress() -> Iterator[PlainListener | TerminalListener]:
    """A listener for a run: live on a terminal, plain lines elsewhere."""
    console = Console()
    if not console.is_terminal:
        yield PlainListener()
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as display:
        yield TerminalListener(display)


def source_lines(files: pl.DataFrame) -> list[str]:
    """One line per source: records read and what became of each."""
    totals = (
        files.group_by("source")
        .agg(
            pl.len().alias("file_count"),
            *(pl.col(column).sum() for _, column in COUNTS),
            pl.col("revised_count").sum(),
        )
        .sort("source")
    )
    return [
        f"  {row['source']}: {counted(row['file_count'], 'file')}, "
        + ", ".join(
            counted(row[column], "duplicate") if word == "duplicates" else f"{row[column]:,} {word}"
            for word, column in COUNTS
        )
        + (f" ({row['revised_count']:,} of the duplicates revised)" if row["revised_count"] else "")
        for row in totals.iter_rows(named=True)
    ]


def summary(result: "Result") -> list[str]:
    """The end of a run: what was taken, what was refused and why, what was found, where to look."""
    said = []
    if result.files.height:
        said += ["", "landed now:", *source_lines(result.files)]
    for row in result.refused.iter_rows(named=True):
        said.append(f"  refused {row['record_count']:,} of {row['source']}: {row['reasons']}")
    said += [f"! {problem.source}: {problem.path}: {problem.reason}" for problem in result.problems]
    said += [f"! source failed: {source}" for source in result.failed_sources]
    said += [f"! check failed: {check}" for check in result.failed_checks]
    if result.findings:
        said += [
            "",
            "found:",
            *(f"  {number}. {text}" for number, text in enumerate(result.findings, 1)),
        ]
    said += ["", *(f"{name}: {path}" for name, path in result.places)]
    if not result.is_new:
        said += ["nothing new since the last run; the published snapshot stands"]
    return said


def status(settings: Settings, now: datetime) -> list[str]:
    """What is landed, what is published and how fresh each source is."""
    files = ledger.files(settings.lake)
    said = [f"{settings.company.name}: {settings.folder}"]
    said += source_lines(files) if files.height else ["  nothing landed yet; run `wend run`"]
    missing = sorted(set(settings.sources) - set(files["source"].unique()))
    said += [f"  {name}: nothing landed yet" for name in missing]
    try:
        folder = publish.current(settings.published)
    except NothingPublished:
        return [*said, "published: nothing yet"]
    record = publish.current_record(settings.published)
    age = now - datetime.fromisoformat(record["finished_at"])
    said += [
        f"published: {folder.name}, {age.total_seconds() / 3600:.1f} h ago",
        f"as of: {record['as_of']}",
        f"customers: {record['customer_count']:,}, events: {record['event_count']:,}",
        f"checks failed: {', '.join(record['failed_checks']) or 'none'}",
        f"file: {folder / publish.FILE_NAME}",
    ]
    return said


def rehearsal(found: "Rehearsal") -> list[str]:
    """What a run would land and refuse, and the kinds that no touchpoint takes."""
    said = ["wend.toml and the catalogue are in order", "would land:", *source_lines(found.files)]
    said += [
        f"  would refuse {row['record_count']:,} of {row['source']}: {row['reasons']}"
        for row in found.reasons.iter_rows(named=True)
    ]
    said += [f"! {problem.source}: {problem.path}: {problem.reason}" for problem in found.problems]
    if found.unmapped.height:
        said.append("kinds that no touchpoint takes:")
    for row in found.unmapped.head(20).iter_rows(named=True):
        label = f" {row['label']}" if row["label"] else ""
        said.append(
            f"  {row['event_count']:,} x {row['channel']} {row['kind']}{label}: {row['suggestion']}"
        )
    if found.unmapped.height > 20:
        said.append(f"  and {found.unmapped.height - 20:,} more")
    return said


def proposal(found: "Proposal") -> list[str]:
    """What a file is, as a section of wend.toml with what is unsure as comments before it."""
    remarks = [f"# {remark}" for remark in found.remarks]
    return remarks if found.section is None else [*remarks, *found.section.splitlines()]
