"""Landing of long tables: one file of each kind, in a process of its own.

`python -m tests.benchmarks.long_landing 1000000` measures all kinds with so many records each;
kinds named after the number are measured alone. No landing should take more than one GiB, however
long its file is.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pipeline.landing import gate, ledger
from pipeline.landing.ledger import Night
from pipeline.settings import clock, load
from tests.benchmarks.long_tables import TABLES
from tests.benchmarks.measure import cost

MODULE = "tests.benchmarks.long_landing"
MOST_GIB = 1.0
PROJECT = """
[company]
name = "Larkspur Broadband"
currency = "EUR"

[sources.long]
path = "raw/*"
time_zone = "UTC"
format = "{format}"
"""
CALL_COLUMNS = """
channel = "phone"

[sources.long.columns]
occurred_at = "started"
kind = "=call_answered"
own_id = "call_id"
label = "queue"
amount = "amount"
device_kind = "device"
properties = ["*"]
identifiers = { phone = "caller", user_id = "customer", email = "email" }
"""


def write(folder: Path, kind: str, count: int) -> None:
    """A project in `folder` with one long file."""
    ending, writes = TABLES[kind]
    name = kind.partition("_")[0]
    (folder / "raw").mkdir(parents=True)
    text = PROJECT.format(format="generic" if name == "calls" else name)
    (folder / "wend.toml").write_text(text + (CALL_COLUMNS if name == "calls" else ""))
    writes(folder / "raw" / f"long.{ending}", count)


def land(folder: Path) -> None:
    """Land the long file into a lake of its own.

    Raises:
        SystemExit: It did not land.
    """
    lake = folder / "lake"
    night = Night(1, frozenset(), clock())
    found = gate.land(load(folder), lake, night, tell=lambda *_: None)
    if refused := [problem.reason for problem in found.problems if not problem.is_taken]:
        raise SystemExit(refused[0])


def nothing(folder: Path) -> None:
    """What starting Python and importing the pipeline costs; taken off every figure."""
    load(folder)


JOBS = {"land": land, "nothing": nothing}


def main(count: int, kinds: Sequence[str]) -> None:
    """Print what landing each kind costs."""
    print(
        f"{'one long table':<18}{'MB':>8}{'records':>12}{'CPU s':>8}{'per CPU s':>11}{'GiB':>7}"
        f"{'target':>10}"
    )
    for kind in kinds:
        with tempfile.TemporaryDirectory(prefix="wend-bench-") as name:
            folder = Path(name) / "project"
            # Elsewhere: what this process has held would count as held by its children.
            command = [sys.executable, "-m", MODULE, "write", str(folder), kind, str(count)]
            subprocess.run(command, check=True)
            (path,) = (folder / "raw").iterdir()
            start_up = cost("nothing", folder, module=MODULE).cpu_seconds
            found = cost("land", folder, module=MODULE)
            files = ledger.files(folder / "lake")
            records = int(files["record_count"].sum())
            used = found.cpu_seconds - start_up
            print(
                f"{kind:<18}{path.stat().st_size / 1e6:>8,.0f}{records:>12,}{used:>8.1f}"
                f"{records / used:>11,.0f}{found.peak_gib:>7.2f}{f'<= {MOST_GIB:.0f} GiB':>10}"
            )
            shutil.rmtree(folder)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", folder, kind, count]:
            write(Path(folder), kind, int(count))
        case [job, folder] if job in JOBS:
            JOBS[job](Path(folder))
        case [count, *kinds]:
            main(int(count), kinds or list(TABLES))
