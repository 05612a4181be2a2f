"""What a run takes from its environment: the clock, secrets and the lake's own keys."""

import os
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import BadSettings


def clock() -> datetime:
    """The wall clock in UTC: read once a run, for the ledger only, never by a model.

    WEND_CLOCK, an ISO instant with zone, stands in for it where a run is to be repeated.
    """
    given = os.environ.get("WEND_CLOCK")
    return datetime.fromisoformat(given).astimezone(UTC) if given else datetime.now(tz=UTC)


def secret(name: str) -> str:
    """The value of an environment variable that wend.toml names.

    Raises:
        BadSettings: It is not set, or empty.
    """
    value = os.environ.get(name)
    if not value:
        raise BadSettings(f"the environment variable {name} is not set; wend.toml names it")
    return value


def identity_key(lake: Path) -> bytes:
    """The secret that keys customer ids: WEND_IDENTITY_KEY, or the lake's own, made once."""
    given = os.environ.get("WEND_IDENTITY_KEY")
    return given.encode() if given else _own_key(lake, "identity.key")


def erasure_key(lake: Path) -> bytes:
    """The secret that keys tombstones and suppressions: the lake's own, made once.

    Without it nobody is known to have been erased: it is kept as long as the lake.
    """
    return _own_key(lake, "erasure.key")


def _own_key(lake: Path, name: str) -> bytes:
    """A secret of the lake, readable by its owner only; made where it is not there."""
    path = lake / name
    if not path.exists():
        lake.mkdir(parents=True, exist_ok=True)
        staged = lake / f".{name}.{os.getpid()}"
        with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(os.urandom(32))
            file.flush()
            os.fsync(file.fileno())
        staged.replace(path)
    return path.read_bytes()
