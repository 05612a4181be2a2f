"""The erasure at work: kept until it has ended, so that a killed one is taken up again.

It names the person in clear, is readable by its owner only, and is the last thing to go.
"""

import json
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import ErasurePending
from pipeline.privacy.person import Person
from pipeline.privacy.tombstones import replace


class Pending(NamedTuple):
    """Who is being erased, and since when."""

    person: Person
    erased_at: datetime


def path_of(lake: Path) -> Path:
    """Where it is kept."""
    return lake / "erasures" / "pending.json"


def read(lake: Path) -> Pending | None:
    """The erasure that has not ended."""
    path = path_of(lake)
    if not path.is_file():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))
    identifiers = tuple((namespace, value) for namespace, value in told["identifiers"])
    shared = tuple((namespace, value) for namespace, value in told["shared"])
    person = Person(
        identifiers,
        tuple(told["customer_ids"]),
        tuple(told["event_ids"]),
        shared,
        *(tuple(told[name]) for name in ("asked", "hashes", "pairs")),
    )
    return Pending(person, datetime.fromisoformat(told["erased_at"]))


def write(lake: Path, begun: Pending) -> None:
    """Note an erasure before anything is done."""
    path = path_of(lake)
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    told = {**asdict(begun.person), "erased_at": begun.erased_at.isoformat()}
    with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(told, file)
    replace(staged, path)


def refuse(lake: Path) -> None:
    """Let nothing be landed while an erasure has not ended.

    Raises:
        ErasurePending: One was interrupted.
    """
    if (lake / "erasures" / "pending.json").is_file():
        raise ErasurePending(
            f"{lake}: an erasure was interrupted; run `wend erase --resume` to finish it"
        )
