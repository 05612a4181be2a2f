"""Nights one after another, one rebuild, and any other order of arrival give the same tables."""

import random
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from subprocess import CompletedProcess

import polars as pl
import pytest

from tests.snapshots import OF_THE_RUN, differences, tables

Wend = Callable[..., CompletedProcess[str]]

# Where a record came from and when it was landed changes with its arrival, and so do what was
# known of the past and what households, like customers, are called after.
ARRIVAL = frozenset(
    {"file_id", "record_number", "known_at", "night", "is_backfill", "household_id"}
)
OF_FILES = {"files", "quarantine", "source_health", "restatements"} | OF_THE_RUN


# Files of all days arrive on each night: what one knows of most customers joins those of the
# nights before, as no night of a company that runs every day does.
ALL_MAY_MERGE = """
[identity]
alarm_merged_share = 1.0
"""


@pytest.fixture
def small_company(small_company: Path) -> Path:
    """The small company, where a night may merge as many customers as it likes."""
    with (small_company / "wend.toml").open("a", encoding="utf-8") as settings:
        settings.write(ALL_MAY_MERGE)
    return small_company


def nights(project: Path, batches: Iterable[Iterable[Path]], wend: Wend, as_of: str) -> None:
    """Let files arrive in batches, with a run after each."""
    waiting = project.parent / f"{project.name}-waiting"
    shutil.move(project / "raw", waiting)
    for batch in batches:
        for relative in batch:
            target = project / "raw" / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(waiting / relative, target)
        done = wend("run", "--project", project, "--as-of", as_of)
        assert done.returncode in {0, 3}, done.stdout + done.stderr


def raw_files(project: Path) -> list[Path]:
    """The raw files by name, relative to raw/."""
    return sorted(
        path.relative_to(project / "raw") for path in (project / "raw").rglob("*") if path.is_file()
    )


def split(files: list[Path], parts: int) -> list[list[Path]]:
    """Files in as many batches, in order."""
    return [files[number::parts] for number in range(parts)]


AS_OF = "2026-03-21"


@pytest.mark.parametrize("count", [2, pytest.param(3, marks=pytest.mark.long)])
def test_nights_and_one_rebuild_publish_the_same(
    count: int, small_company: Path, wend: Wend
) -> None:
    """The lake after nights, built anew without what was published, gives the same tables."""
    nights(small_company, split(raw_files(small_company), count), wend, AS_OF)
    after_nights = tables(small_company)
    for name in ("published", "reports", "work"):
        shutil.rmtree(small_company / "data" / name)

    done = wend("run", "--project", small_company, "--as-of", AS_OF)

    assert done.returncode == 0, done.stdout + done.stderr
    assert differences(after_nights, tables(small_company)) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_another_order_of_arrival_publishes_the_same(
    seed: int, small_company: Path, tmp_path: Path, wend: Wend
) -> None:
    """Files shuffled over nights give the tables of one run, up to the customers' names."""
    straight = shutil.copytree(small_company, tmp_path / "straight")
    assert wend("run", "--project", straight, "--as-of", AS_OF).returncode == 0
    files = raw_files(small_company)
    random.Random(seed).shuffle(files)

    nights(small_company, split(files, 3), wend, AS_OF)

    assert differences(renamed(straight), renamed(small_company)) == []


def test_another_batching_of_the_same_records_publishes_the_same(
    raw_company: Path, ran_company: Path, tmp_path: Path, wend: Wend
) -> None:
    """One file for all days of a source, or two for each, hold the same events."""
    rebatched = shutil.copytree(raw_company, tmp_path / "rebatched")
    web = sorted((rebatched / "raw" / "web").iterdir())
    whole = b"".join(path.read_bytes() for path in web)
    for path in web:
        path.unlink()
    (rebatched / "raw" / "web" / web[0].name).write_bytes(whole)
    for path in sorted((rebatched / "raw" / "portal").iterdir()):
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(lines[::2]))
        # An empty file is one that a run says something of.
        if len(lines) > 1:
            path.with_name(f"more-{path.name}").write_bytes(b"".join(lines[1::2]))

    assert wend("run", "--project", rebatched).returncode == 0

    assert differences(renamed(ran_company), renamed(rebatched)) == []


def renamed(project: Path) -> dict[str, pl.DataFrame]:
    """The published tables with customers called after their first event."""
    found = tables(project, leave_out=ARRIVAL)
    names = (
        found["events"]
        .sort("customer_id", "position")
        .group_by("customer_id", maintain_order=True)
        .agg(name=pl.col("event_id").first())
    )
    compared = {}
    for table, frame in found.items():
        if table in OF_FILES:
            continue
        if "customer_id" in frame.columns:
            named = frame.join(names, on="customer_id", how="left").with_columns(
                customer_id=pl.col("name")
            )
            named = named.drop("name")
            compared[table] = named.sort(named.columns)
        else:
            compared[table] = frame
    return compared
