import hashlib
from pathlib import Path

import polars as pl
import pytest

from pipeline.errors import WendError
from pipeline.settings import load
from pipeline.simulate.company import simulate
from pipeline.simulate.plan import usual, without_incident
from tests.simulate.conftest import Written

PLAN = without_incident(60, 40)


def digests(folder: Path) -> dict[str, str]:
    """The hash of every file below `folder`, by relative path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_in_chunks_of_any_size(tmp_path: Path) -> None:
    """Sixty persons at once or seven at a time: every file, truth and all, is the same."""
    simulate(tmp_path / "whole", PLAN, seed=5)
    simulate(tmp_path / "parts", PLAN, seed=5, persons_at_once=7)

    assert digests(tmp_path / "parts") == digests(tmp_path / "whole")


def test_another_seed_gives_another_company(tmp_path: Path) -> None:
    """No raw file is the same under two seeds."""
    for seed in (5, 6):
        simulate(tmp_path / str(seed), PLAN, seed=seed)

    first, second = digests(tmp_path / "5" / "raw"), digests(tmp_path / "6" / "raw")
    same = {name for name in first if first[name] == second.get(name)}
    # The names of the deal stages are the same in every company.
    assert {name.rsplit("/", 1)[-1] for name in same} <= {"deal_pipeline_stage_data.csv"}


def test_raw_logs_are_never_overwritten(company: Written) -> None:
    """A folder with raw logs is refused by name."""
    with pytest.raises(WendError, match="holds raw logs already"):
        simulate(company.folder, PLAN, seed=1)


def test_the_project_is_ready_to_run(company: Written) -> None:
    """wend.toml is valid, names every source that was written, and stands beside the catalogue."""
    settings = load(company.folder)

    assert set(settings.sources) == {path.name for path in (company.folder / "raw").iterdir()}
    assert all(list(company.folder.glob(source.path)) for source in settings.sources.values())
    assert (company.folder / "touchpoints.csv").is_file()


def test_the_truth_counts_each_kind_of_dirt(company: Written) -> None:
    """Duplicates, late files, bots, skewed clocks and the clock change are there and counted."""
    dirt = company.truth("dirt").filter(pl.col("count") > 0)

    kinds = {(row["source"], row["kind"]) for row in dirt.iter_rows(named=True)}
    assert kinds >= {
        ("web", "duplicate"),
        ("web", "redelivered"),
        ("web", "late"),
        ("web", "unknown field"),
        ("web", "bot"),
        ("portal", "bot"),
        ("portal", "asset"),
        ("messenger", "skewed"),
        ("calls", "clock change"),
        ("salesforce", "tied"),
        ("chat", "made-up e-mail"),
    }


def test_planted_chances_leave_every_stage_once(company: Written) -> None:
    """The chances out of a stage sum to one."""
    sums = company.truth("transitions").group_by("from_stage").agg(pl.col("probability").sum())

    assert sums.height == 7
    assert sums["probability"].to_list() == pytest.approx([1.0] * 7)


def test_the_usual_plan_breaks_orders_on_phones_midway() -> None:
    """Ten days in the middle; a short demo has no incident; a long one begins earlier."""
    plan = usual(1000, 180)
    assert plan.incident is not None
    assert (plan.incident.device_kind, plan.incident.days) == ("mobile", 10)
    assert plan.starts_on < plan.incident.starts_on < plan.ends_on
    assert usual(1000, 59).incident is None
    assert usual(1000, 600).ends_on == usual(1000, 270).ends_on
