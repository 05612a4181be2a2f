"""The scheduled run on a real Prefect server, once."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.simulate import company
from pipeline.simulate.plan import usual

Wend = Callable[..., subprocess.CompletedProcess[str]]

SCRIPT = """
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from prefect.testing.utilities import prefect_test_harness

from flows.nightly import nightly

with prefect_test_harness(server_startup_timeout=240):
    print("published", nightly(Path(sys.argv[1])))
    print("published", nightly(Path(sys.argv[1])))
"""


@pytest.mark.flow
def test_the_flow_publishes_what_the_command_line_would(tmp_path: Path, wend: Wend) -> None:
    """A nightly flow run publishes a snapshot, and a second one finds nothing to do."""
    project = tmp_path / "company"
    company.simulate(project, usual(40, 30), seed=7)
    quiet = {
        **os.environ,
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_LOGGING_LEVEL": "WARNING",
    }

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, str(project)],
        capture_output=True,
        text=True,
        env=quiet,
        check=False,
        timeout=500,
    )

    published = [line for line in done.stdout.splitlines() if line.startswith("published ")]
    assert len(published) == 2, done.stderr[-2000:]
    assert published[0] == published[1]
    status = wend("status", "--project", project)
    assert published[0].removeprefix("published ") in status.stdout


def test_pipeline_never_imports_prefect() -> None:
    """The pipeline runs where Prefect is not installed."""
    code = (
        "import sys; sys.modules['prefect'] = None; "
        "import pipeline.__main__, pipeline.run, pipeline.words, pipeline.rehearsal"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.flow
@pytest.mark.long
def test_the_schedule_runs_on_a_server(small_company: Path, tmp_path: Path) -> None:
    """On a server on loopback, `wend schedule` serves the run, and cron starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    api = f"http://127.0.0.1:{port}/api"
    told = {
        **os.environ,
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": api,
    }
    tool = Path(sys.executable).parent / "prefect"
    server = subprocess.Popen(
        [tool, "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"],
        env=told,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: urllib.request.urlopen(f"{api}/health").status == 200)
        command = ["schedule", "--project", str(small_company), "--cron", "* * * * *"]
        served = subprocess.Popen(
            [sys.executable, "-m", "pipeline", *command],
            env=told,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for((small_company / "data" / "reports" / "current" / "index.html").is_file)
        finally:
            served.terminate()
            served.wait(30)
    finally:
        server.terminate()
        server.wait(30)


def wait_for(holds: Callable[[], bool]) -> None:
    """Wait until something holds; give up after five minutes."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except urllib.error.URLError:
            pass
        time.sleep(1)
    pytest.fail("it did not come to hold within five minutes")
