"""`make bench`: simulate a company, run each step, print its cost and the ratio to its floor."""

import sys
import tempfile
from pathlib import Path

from pipeline.simulate import company
from tests.benchmarks.measure import Cost, cost

# Measured at 20,000 customers and 270 days; only how many customers to simulate rests on it.
EVENTS_PER_CUSTOMER = 50
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
)


def main(event_count: int) -> None:
    """Print one line per step."""
    with tempfile.TemporaryDirectory(prefix="wend-bench-") as folder:
        project = Path(folder)
        company.simulate(
            project, customers=max(500, event_count // EVENTS_PER_CUSTOMER), days=DAYS, seed=1
        )
        start_up = cost("nothing", project)
        costs: dict[str, Cost] = {}
        order = ["land_web", "floor_land_web", "land", "begin", "stitch", "floor_stitch"]
        order += ["order_and_models", "graph", "churn", "checks", "publish", "pages"]
        for job in [*order, "floor_order"]:
            costs[job] = cost(job, project)
    print(f"{'step':<18}{'CPU s':>8}{'GiB':>7}{'floor CPU s':>13}{'ratio':>7}{'target':>8}")
    for job, floor, target in STEPS:
        own = costs[job].cpu_seconds - start_up.cpu_seconds
        line = f"{job:<18}{own:>8.1f}{costs[job].peak_gib:>7.2f}"
        if floor:
            bare = max(0.01, costs[floor].cpu_seconds - start_up.cpu_seconds)
            line += f"{bare:>13.1f}{own / bare:>7.1f}{'<= ' + target:>8}"
        print(line)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
