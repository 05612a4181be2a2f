"""What was fetched from live sources, and how far: raw files that land like any other.

A batch is one folder, `fetched/<source>/<number>/`, of the lake: `files/` holds what was fetched
and `cursor.json` how far the source was read. Both are renamed into place at once, so a fetch that
is killed has either happened or not; what is not there is fetched again.
"""

import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

from pipeline.landing import ledger
from pipeline.settings import Machine

CURSOR = "cursor.json"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the batches of one live source lie.

    Attributes:
        source: Its name in wend.toml.
        kept: The lakes with batches fetched before.
        target: The lake for new batches: the kept one, or one that `wend check` throws away.
    """

    source: str
    kept: tuple[Path, ...]
    target: Path

    @property
    def folders(self) -> list[Path]:
        """The source's folders of batches, each once."""
        lakes = dict.fromkeys([*self.kept, self.target])
        return [lake / "fetched" / self.source for lake in lakes]


@dataclass(frozen=True, slots=True)
class Visit:
    """One fetch from one live source.

    Attributes:
        now: The instant of the fetch.
        zone: Of the source's stamps that name none.
        machine: The limits for comparing what came with what was there.
    """

    shelf: Shelf
    now: datetime
    zone: ZoneInfo | None
    machine: Machine

    def file_name(self, ending: str, number: int) -> str:
        """The name of a file: when it was fetched (UTC), and which it is of that fetch."""
        nth = "" if number == 1 else f"_{number:04}"
        return f"{self.now.astimezone(UTC):%Y-%m-%dT%H%M%SZ}{nth}{ending}"


@dataclass(frozen=True, slots=True)
class Batch:
    """One committed fetch.

    Attributes:
        origin: What was asked, such as host and query; another question has another cursor.
        cursor: How far the source was read, in its module's own terms.
    """

    folder: Path
    origin: str
    cursor: dict[str, Any]

    @property
    def files(self) -> list[Path]:
        """The raw files, in the order of their names."""
        return sorted(path for path in (self.folder / "files").rglob("*") if path.is_file())


def batches(shelf: Shelf, origin: str) -> list[Batch]:
    """The committed batches that answer `origin`, oldest first."""
    found = [_batch(folder) for folder in _folders(shelf)]
    return [batch for batch in found if batch.origin == origin]


def files(shelf: Shelf) -> list[Path]:
    """Every file ever fetched, in the order of fetching."""
    return [path for folder in _folders(shelf) for path in _batch(folder).files]


def _folders(shelf: Shelf) -> list[Path]:
    """The committed folders, oldest first."""
    found = (path for folder in shelf.folders for path in folder.glob("[0-9]*"))
    return sorted(found, key=lambda path: path.name)


def _batch(folder: Path) -> Batch:
    told = json.loads((folder / CURSOR).read_text(encoding="utf-8"))
    return Batch(folder, told["origin"], told["cursor"])


@contextmanager
def staged(shelf: Shelf) -> Iterator[Path]:
    """A folder for files to come; gone at the end, unless it was committed."""
    home = shelf.target / "fetched" / shelf.source
    home.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=home))
    (staging / "files").mkdir()
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def clear(shelf: Shelf) -> None:
    """Take away what a killed fetch left; only one fetch of a project runs at a time."""
    for leftover in (shelf.target / "fetched" / shelf.source).glob(".staging-*"):
        shutil.rmtree(leftover)


def commit(shelf: Shelf, staging: Path, origin: str, cursor: dict[str, Any]) -> Batch:
    """Make fetched files and how far they reach count, both at once."""
    told = json.dumps({"origin": origin, "cursor": cursor}, sort_keys=True)
    (staging / CURSOR).write_text(told, encoding="utf-8")
    for folder in [staging, *(path for path in staging.rglob("*") if path.is_dir())]:
        ledger.sync(folder)
    number = 1 + max((int(folder.name) for folder in _folders(shelf)), default=0)
    target = shelf.target / "fetched" / shelf.source / f"{number:08}"
    ledger.commit(staging, target)
    return Batch(target, origin, cursor)


def redacted(error: BaseException, secrets: Iterable[str]) -> str:
    """What an error says, on one line, without any of the secrets in any spelling."""
    said = re.sub(r"\s+", " ", str(error)).strip() or type(error).__name__
    spellings = {
        spelling
        for secret in secrets
        for spelling in (secret, unquote(secret), quote(secret), quote(secret, safe=""))
        if spelling
    }
    for spelling in sorted(spellings, key=len, reverse=True):
        said = said.replace(spelling, "...")
    return said[:500]
