"""Erasures on a schedule: what the scheduler keeps names nobody."""

import subprocess
import sys

import pytest

SCRIPT = """
from flows import erase
tasks = (erase.resume, erase.erase_first)
print(sorted(erase.erase.parameters.properties))
print([task.retries for task in tasks], [task.cache_policy.key_storage for task in tasks])
"""


@pytest.mark.flow
def test_an_identifier_is_no_parameter() -> None:
    """A flow is told the project alone, and no task is tried again or its result reused."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines() == ["['project']", "[0, 0] [None, None]"]
