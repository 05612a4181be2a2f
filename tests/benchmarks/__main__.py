"""`make bench`: simulate a company, run each step, print its cost and the ratio to its floor."""

import shutil
import sys
import tempfile
from pathlib import Path

from pipeline.simulate import company
from pipeline.simulate.plan import usual
from tests.benchmarks import asking, long_files, long_mailbox, stitching
from tests.benchmarks.measure import Cost, Costs, cost, in_turn

# Measured at 20,000 customers and 270 days; only how many customers to simulate rests on it.
EVENTS_PER_CUSTOMER = 51
DAYS = 270
# Mails in the long mailbox: one for so many of the other records.
RECORDS_PER_MAIL = 50
# A floor of some seconds varies from run to run by as much as it must be compared to.
ROUNDS = 3

# Step, its floor, and the ratio that DESIGN aims at; None where the step has no floor.
STEPS: tuple[tuple[str, str | None, str], ...] = (
    ("land_web", "floor_land_web", "1.5"),
    ("land", None, ""),
    ("stitch", "floor_stitch", "3"),
    ("attribute", None, ""),
    ("order_and_models", "floor_order", "4"),
    ("graph", None, ""),
    ("learned", None, ""),
    ("causes", None, ""),
    ("changes", None, ""),
    ("churn", None, ""),
    ("checks", None, ""),
    ("publish", None, ""),
    ("pages", None, ""),
    # As many new records on a long history as on one of a tenth of its length.
    ("night", "night, short history", "3"),
)
# What lands one long file, and how many of its records a CPU second should land at least.
RATES = (("land_web", None), ("land_access", 100_000), ("land_mail", 1_500))


def simulated(folder: Path, *, customers: int, days: int) -> Path:
    """A company whose web calls are one large file, as a backfill brings them."""
    company.simulate(folder, usual(customers, days), seed=1)
    calls = sorted((folder / "raw" / "web").iterdir())
    with (folder / "all.jsonl").open("wb") as whole:
        for path in calls:
            whole.write(path.read_bytes())
            path.unlink()
    (folder / "all.jsonl").rename(calls[0])
    return folder


def lengthened(folder: Path, project: Path, counts: dict[str, int]) -> Path:
    """A project with one long file each of web calls, of requests and of mails.

    They are the company's own records, each round under new ids.
    """
    shutil.copytree(project, folder, ignore=shutil.ignore_patterns("raw", "truth", "waiting"))
    for job, source, name, write in (
        ("land_web", "web", "all.jsonl", long_files.calls),
        ("land_access", "portal", "all.log", long_files.requests),
        ("land_mail", "mailbox", "all.mbox", long_mailbox.mails),
    ):
        target = folder / "raw" / source / name
        target.parent.mkdir(parents=True)
        write(project / "raw" / source, target, counts[job])
    return folder


def hold_back(project: Path, share: float) -> Path:
    """Take the newest files of the busiest source away; where they wait."""
    portal = sorted((project / "raw" / "portal").iterdir())
    waiting = project / "waiting"
    waiting.mkdir()
    for path in portal[-max(1, round(share * len(portal))) :]:
        path.rename(waiting / path.name)
    return waiting


def arrive(project: Path, waiting: Path) -> Cost:
    """The cost of the night on which what was held back arrives."""
    for path in waiting.iterdir():
        path.rename(project / "raw" / "portal" / path.name)
    return cost("night", project)


def main(event_count: int) -> None:
    """Print one line per step."""
    customers = max(500, event_count // EVENTS_PER_CUSTOMER)
    with tempfile.TemporaryDirectory(prefix="wend-bench-") as folder:
        project = simulated(Path(folder) / "long", customers=customers, days=DAYS)
        waiting = hold_back(project, 0.1)
        short = simulated(Path(folder) / "short", customers=customers // 10, days=DAYS // 10)
        waiting_short = hold_back(short, 0.9)
        counts = {"land_web": event_count, "land_access": event_count}
        counts["land_mail"] = max(1, event_count // RECORDS_PER_MAIL)
        long = lengthened(Path(folder) / "lengthened", project, counts)
        costs: dict[str, Cost | Costs] = {}
        timed = ("nothing", "land_web", "floor_land_web", "land_access", "land_mail")
        costs |= in_turn(timed, long, rounds=ROUNDS)
        start_up = costs["nothing"].cpu_seconds
        jobs = ["land", "begin", "stitch", "floor_stitch", "attribute", "order_and_models"]
        jobs += ["graph", "learned", "causes", "changes", "churn", "checks", "publish", "pages"]
        for job in jobs:
            costs[job] = cost(job, project)
        # Its floor sorts what is published.
        costs |= in_turn(("order_and_models", "floor_order"), project, rounds=ROUNDS)
        cost("night", short)
        costs["night, short history"] = arrive(short, waiting_short)
        costs["night"] = arrive(project, waiting)
        answers = asking.answers(project / "data" / "published")
    print(f"{'step':<18}{'CPU s':>8}{'GiB':>7}{'floor CPU s':>13}{'ratio':>7}{'target':>8}")
    for job, floor, target in STEPS:
        own = costs[job].cpu_seconds - start_up
        line = f"{job:<18}{own:>8.1f}{costs[job].peak_gib:>7.2f}"
        if floor:
            bare = max(0.01, costs[floor].cpu_seconds - start_up)
            line += f"{bare:>13.1f}{own / bare:>7.1f}{'<= ' + target:>8}"
        print(line)
    print(f"start-up, taken off each: {start_up:.1f} CPU s")
    print(
        f"{'one long file':<18}{'CPU s':>8}{'GiB':>7}{'records':>13}{'per CPU s':>11}{'target':>12}"
    )
    for job, least_rate in RATES:
        own = costs[job].cpu_seconds - start_up
        line = f"{job:<18}{own:>8.1f}{costs[job].peak_gib:>7.2f}"
        line += f"{counts[job]:>13,}{counts[job] / own:>11,.0f}"
        print(f"{line}{f'>= {least_rate:,}' if least_rate else '':>12}")
    print(f"{ROUNDS} rounds; CPU s with start-up:")
    for job, found in costs.items():
        if isinstance(found, Costs):
            least, most = found.spread
            print(f"{job:<18}{found.cpu_seconds:>8.1f}  ({least:.1f} to {most:.1f})")
    asking.show(answers)
    # As many links as events: more than a company of that size has, so that it counts.
    stitching.main(event_count)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
