"""What a job costs as a process of its own: CPU seconds and peak memory."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """CPU seconds of user and system together, and peak resident memory in GiB."""

    cpu_seconds: float
    peak_gib: float


def cost(job: str, project: Path) -> Cost:
    """The cost of one job of jobs.py over a project, start-up included on both sides alike."""
    child = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.jobs", job, str(project)])
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"benchmark job {job} failed")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20)
