"""`make bench`: simulate a company, run each step, print its cost and the ratio to its floor."""

import shutil
import sys
import tempfile
from pathlib import Path

from pipeline.simulate import company
from pipeline.simulate.plan import usual
from tests.benchmarks.measure import Cost, cost

# Measured at 20,000 customers and 270 days; only how many customers to simulate rests on it.
EVENTS_PER_CUSTOMER = 51
DAYS = 270

# Step, its floor, and the ratio that DESIGN aims at; None where the step has no floor.
STEPS: tuple[tuple[str, str | None, str], ...] = (
    ("land_web", "floor_land_web", "1.5"),
    ("land", None, ""),
    ("stitch", "floor_stitch", "3"),
    ("order_and_models", "floor_order", "4"),
    ("graph", None, ""),
    ("churn", None, ""),
    ("checks", None, ""),
    ("publish", None, ""),
    ("pages", None, ""),
    # One more day on the whole history, against one more day on a tenth of it.
    ("night", "night, tenth of it", "3"),
)


def simulated(folder: Path, *, customers: int, days: int) -> Path:
    """A company whose last day has not arrived yet, and whose web calls are one large file."""
    company.simulate(folder, usual(customers, days), seed=1)
    last = max(path.name for path in (folder / "raw" / "portal").iterdir())[:10]
    for path in [path for path in (folder / "raw").rglob(f"{last}*") if path.is_file()]:
        target = folder / "last-day" / path.relative_to(folder / "raw")
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    calls = sorted((folder / "raw" / "web").iterdir())
    with (folder / "all.jsonl").open("wb") as whole:
        for path in calls:
            whole.write(path.read_bytes())
            path.unlink()
    (folder / "all.jsonl").rename(calls[0])
    return folder


def last_day(project: Path) -> Cost:
    """The cost of the night on which the last day arrives."""
    shutil.copytree(project / "last-day", project / "raw", dirs_exist_ok=True)
    return cost("night", project)


def main(event_count: int) -> None:
    """Print one line per step."""
    customers = max(500, event_count // EVENTS_PER_CUSTOMER)
    with tempfile.TemporaryDirectory(prefix="wend-bench-") as folder:
        project = simulated(Path(folder) / "long", customers=customers, days=DAYS)
        short = simulated(Path(folder) / "short", customers=customers // 10, days=DAYS // 10)
        start_up = cost("nothing", project).cpu_seconds
        costs: dict[str, Cost] = {}
        jobs = ["land_web", "floor_land_web", "land", "begin", "stitch", "floor_stitch"]
        jobs += ["order_and_models", "graph", "churn", "checks", "publish", "pages", "floor_order"]
        for job in jobs:
            costs[job] = cost(job, project)
        cost("night", short)
        costs["night, tenth of it"] = last_day(short)
        costs["night"] = last_day(project)
    print(f"{'step':<18}{'CPU s':>8}{'GiB':>7}{'floor CPU s':>13}{'ratio':>7}{'target':>8}")
    for job, floor, target in STEPS:
        own = costs[job].cpu_seconds - start_up
        line = f"{job:<18}{own:>8.1f}{costs[job].peak_gib:>7.2f}"
        if floor:
            bare = max(0.01, costs[floor].cpu_seconds - start_up)
            line += f"{bare:>13.1f}{own / bare:>7.1f}{'<= ' + target:>8}"
        print(line)
    print(f"start-up, taken off each: {start_up:.1f} CPU s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
