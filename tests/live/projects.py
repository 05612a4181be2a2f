"""Projects with one live source, landed night after night; and landings that are killed."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.landing import gate, ledger
from pipeline.landing.gate import Landing
from pipeline.landing.ledger import Night
from pipeline.settings import Settings

NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)

# A landing that is killed at the moment it would commit for the nth time.
KILLED = """
import os, signal, sys
from pathlib import Path
from pipeline.landing import ledger
from pipeline.settings import Settings
from tests.live.projects import land

left = int(sys.argv[2])
whole = ledger.commit

def commit(*arguments):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    whole(*arguments)

ledger.commit = commit
land(Settings.model_validate_json(Path(sys.argv[1]).read_text()))
"""


def project(folder: Path, source: Mapping[str, Any], **others: Mapping[str, Any]) -> Settings:
    """A project whose source `shop` is live."""
    return Settings.model_validate(
        {
            "folder": folder,
            "company": {"name": "Larkspur", "email_domains": ["larkspur.example"]},
            "sources": {"shop": source, **others},
        }
    )


def land(settings: Settings, *, night: int = 1) -> Landing:
    """Fetch and land what is new at a fixed instant."""
    return gate.land(settings, settings.lake, Night(night, frozenset(), NOW), tell=lambda *_: None)


def land_killed(settings: Settings, commit: int) -> None:
    """Land in a process of its own that is killed before its nth commit."""
    path = settings.folder / "settings.json"
    path.write_text(settings.model_dump_json())
    done = subprocess.run(
        [sys.executable, "-c", KILLED, path, str(commit)],
        capture_output=True,
        check=False,
        env=os.environ,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def said(landing: Landing) -> str:
    """Everything a landing complained of."""
    return "\n".join(f"{one.source}: {one.path}: {one.reason}" for one in landing.problems)


def counts(landing: Landing) -> dict[str, int]:
    """Records landed and repeated; the rest must be nothing."""
    rest = landing.files["quarantined_count"].sum() + landing.files["ignored_count"].sum()
    assert rest == 0
    return {name: int(landing.files[f"{name}_count"].sum()) for name in ("landed", "duplicate")}


def labels(settings: Settings) -> Counter[str]:
    """How often each label stands in the lake."""
    return Counter(ledger.landed_table(settings.lake, "events").collect()["label"].to_list())


def fetched(settings: Settings) -> list[str]:
    """The fetched files, relative to the source's folder."""
    home = settings.lake / "fetched" / "shop"
    return sorted(
        path.relative_to(home).as_posix()
        for path in home.rglob("*")
        if path.is_file() and path.name != "cursor.json"
    )
