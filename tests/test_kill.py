"""A run killed anywhere leaves a whole file behind, and the next run equals a clean one."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import duckdb
import pytest

from tests.conftest import FIXED
from tests.snapshots import differences, tables

READ_ALL = """
import sys
import duckdb
con = duckdb.connect(sys.argv[1], read_only=True)
print(len(con.sql("from customers").fetchall()), len(con.sql("from checks").fetchall()))
con.close()
"""

Wend = Callable[..., CompletedProcess[str]]


def start(project: Path) -> subprocess.Popen[bytes]:
    """A run in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", "run", "--project", str(project)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **FIXED},
    )


def opens_whole(project: Path) -> bool:
    """Whether the published file opens and its events can be read to the end."""
    path = (project / "data" / "published" / "current" / "wend.duckdb").resolve()
    with duckdb.connect(str(path), read_only=True) as con:
        (counted,) = con.sql("select count(*) from events").fetchall()[0]
        (positions,) = con.sql("select sum(event_count) from customers").fetchall()[0]
    return bool(counted == positions)


@pytest.mark.long
@pytest.mark.parametrize("kills", [1, 20])
def test_a_killed_run_leaves_no_trace(
    kills: int, small_company: Path, tmp_path: Path, wend: Wend
) -> None:
    """Killed at random moments, a project still publishes what one clean run publishes."""
    late = sorted((small_company / "raw" / "portal").iterdir())[-10:]
    kept = tmp_path / "late"
    kept.mkdir()
    for path in late:
        path.rename(kept / path.name)
    began = time.monotonic()
    assert wend("run", "--project", small_company).returncode == 0
    seconds = time.monotonic() - began
    for path in late:
        shutil.copy(kept / path.name, path)
    chance = random.Random(kills)

    for _ in range(kills):
        run = start(small_company)
        time.sleep(chance.uniform(0.05, 1) * seconds)
        run.send_signal(signal.SIGKILL)
        run.wait()
        assert opens_whole(small_company)

    assert wend("run", "--project", small_company).returncode == 0
    clean = shutil.copytree(small_company, tmp_path / "clean")
    shutil.rmtree(clean / "data")
    for path in late:
        (clean / "raw" / "portal" / path.name).unlink()
    assert wend("run", "--project", clean).returncode == 0
    for path in late:
        shutil.copy(kept / path.name, clean / "raw" / "portal" / path.name)
    assert wend("run", "--project", clean).returncode == 0
    assert differences(tables(clean), tables(small_company)) == []


@pytest.mark.parametrize("first", ["publish", pytest.param("land", marks=pytest.mark.long)])
def test_readers_never_fail_while_a_run_publishes(
    first: str, own_company: Path, wend: Wend
) -> None:
    """A reader of the old snapshot keeps it; readers that open meanwhile see a whole one."""
    path = own_company / "data" / "published" / "current" / "wend.duckdb"
    old = duckdb.connect(str(path.resolve()), read_only=True)
    (before,) = old.sql("select count(*) from events").fetchall()[0]
    failures: list[str] = []
    done = threading.Event()

    def read() -> None:
        """Open, read and close the published file, again and again."""
        while not done.is_set():
            finished = subprocess.run(
                [
                    sys.executable,
                    "-c",
                    READ_ALL,
                    str(path),
                ],
                capture_output=True,
                text=True,
                check=False,
            )
            if finished.returncode:
                failures.append(finished.stderr)

    reader = threading.Thread(target=read)
    reader.start()
    standing = {path.resolve()}
    try:
        for _ in range(3):
            ran = wend("run", "--project", own_company, "--from", first)
            assert ran.returncode == 0, ran.stderr
            standing.add(path.resolve())
    finally:
        done.set()
        reader.join()

    assert failures == []
    assert len(standing) == 4
    assert old.sql("select count(*) from events").fetchall() == [(before,)]
    old.close()
