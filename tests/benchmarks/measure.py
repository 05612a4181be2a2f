"""What a job costs as a process of its own: CPU seconds and peak memory."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple


class Cost(NamedTuple):
    """CPU seconds of user and system together, and peak resident memory in GiB."""

    cpu_seconds: float
    peak_gib: float


def cost(job: str, project: Path, *, module: str = "tests.benchmarks.jobs") -> Cost:
    """The cost of one job of a module over a project, start-up included on both sides alike."""
    child = subprocess.Popen([sys.executable, "-m", module, job, str(project)])
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"benchmark job {job} failed")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20)


class Costs(NamedTuple):
    """The costs of one job run several times, in the order of the runs."""

    runs: tuple[Cost, ...]

    @property
    def cpu_seconds(self) -> float:
        """The median of CPU seconds."""
        return median(run.cpu_seconds for run in self.runs)

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the most CPU seconds that a run took."""
        seconds = [run.cpu_seconds for run in self.runs]
        return min(seconds), max(seconds)

    @property
    def peak_gib(self) -> float:
        """The most memory that a run took, in GiB."""
        return max(run.peak_gib for run in self.runs)


def in_turn(
    jobs: Sequence[str], project: Path, *, rounds: int, module: str = "tests.benchmarks.jobs"
) -> dict[str, Costs]:
    """The costs of jobs that are compared.

    They run one after another, and again: what else the machine does weighs on all alike.
    """
    runs = [{job: cost(job, project, module=module) for job in jobs} for _ in range(rounds)]
    return {job: Costs(tuple(each[job] for each in runs)) for job in jobs}
