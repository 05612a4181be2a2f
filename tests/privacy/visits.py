"""A small company whose visits are JSON lines, landed and erased in this process."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.landing import gate, ledger
from pipeline.landing.gate import Landing
from pipeline.landing.ledger import Night
from pipeline.privacy import erasure, lake, tombstones
from pipeline.privacy.person import Person
from pipeline.privacy.search import needles, places
from pipeline.settings import Settings

NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
ADA = (("email", "ada@home.example"), ("user_id", "AD10001"), ("phone", "+447200673115"))
ADA_ALONE = Person(ADA, (), ())
COUNTS = ("landed_count", "duplicate_count", "quarantined_count", "ignored_count")


def project(folder: Path) -> Settings:
    """A project whose one source is its visits, a file a night."""
    columns = {
        "occurred_at": "at",
        "kind": "kind",
        "own_id": "id",
        "text": "said",
        "object_id": "about",
        "identifiers": {"email": "email", "user_id": "user", "phone": "phone"},
        "properties": ["note"],
    }
    return Settings.model_validate(
        {
            "folder": folder,
            "company": {"name": "Larkspur"},
            "sources": {
                "visits": {
                    "format": "generic",
                    "channel": "web",
                    "path": "raw/*.jsonl",
                    "columns": columns,
                    "on_new_field": "warn",
                }
            },
        }
    )


def visit(minute: int, **said: Any) -> dict[str, Any]:
    """A visit in a minute of the day, by nobody unless it is said by whom."""
    fields = ("id", "email", "user", "phone", "said", "about", "note")
    return {
        "at": f"2026-02-01T{minute // 60:02}:{minute % 60:02}:00Z",
        "kind": "page_viewed",
        **dict.fromkeys(fields),
        **said,
    }


def write(settings: Settings, name: str, lines: Iterable[Mapping[str, Any] | str]) -> Path:
    """A raw file; a text goes in as it is."""
    path = settings.folder / "raw" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    )
    return path


def land(settings: Settings) -> Landing:
    """Land what is new at a fixed instant."""
    return gate.land(settings, settings.lake, Night(1, frozenset(), NOW), tell=lambda *_: None)


def landed(settings: Settings, table: str) -> pl.DataFrame:
    """A landed table."""
    return ledger.landed_table(settings.lake, table).collect()


def erase(settings: Settings, person: Person = ADA_ALONE) -> Counter[str]:
    """Take a person out of the lake, tombstones first."""
    with lake.connect(settings) as con:
        doomed = lake.doom(con, settings, person)
        told = doomed.filter(~pl.col("is_told_by_names"))["event_id"].to_list()
        tombstones.add(settings.lake, NOW, erasure.names(person, told))
        return lake.rewrite(con, settings.lake, person)


def where(settings: Settings, person: Person = ADA_ALONE) -> list[str]:
    """The files of the lake that name a person."""
    wanted = needles(person.identifiers, erasure.derived(settings, person.identifiers))
    return [path.name for path in places(settings.lake, wanted)]


def is_accounted(settings: Settings) -> bool:
    """Whether the ledger's equation holds, and its counts are those of what is there."""
    files = ledger.files(settings.lake)
    events = landed(settings, "events")
    records = events.select("file_id", "record_number").n_unique() if events.height else 0
    return bool(
        (files["record_count"] == files.select(pl.sum_horizontal(*COUNTS)).to_series()).all()
        and files["landed_count"].sum() == records
        and files["event_count"].sum() == events.height
        and files["quarantined_count"].sum() == landed(settings, "quarantine").height
    )
