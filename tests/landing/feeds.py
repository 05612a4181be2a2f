"""A reader's surroundings for tests: a company, a clock, and a file with given bytes."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.landing.clocks import Clock, microseconds
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, Refused
from pipeline.settings import Company, Source

Reader = Callable[[RawFile, Feed], Iterator[Outcome]]


def feed(
    layout: str, *, zone: str | None = None, domains: tuple[str, ...] = (), **more: Any
) -> Feed:
    """A source of Larkspur Broadband, read on 2026-06-01."""
    return Feed(
        name="source",
        source=Source(format=layout, path="*", **more),
        company=Company(name="Larkspur Broadband", email_domains=domains),
        clock=Clock(
            zone=ZoneInfo(zone) if zone else None,
            earliest_us=microseconds(datetime(1995, 1, 1, tzinfo=UTC)),
            latest_us=microseconds(datetime(2026, 6, 1, tzinfo=UTC)),
        ),
    )


def outcomes_of(
    read: Reader, content: bytes | str, folder: Path, source: Feed, *, name: str = "file"
) -> list[Outcome]:
    """What a reader makes of a file with this content."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read(RawFile(path, name, "source-1"), source))


def events(found: list[Outcome]) -> list[Event]:
    """The events among the outcomes."""
    return [outcome for outcome in found if isinstance(outcome, Event)]


def refused(found: list[Outcome]) -> list[tuple[int, str]]:
    """Record number and reason of each refusal."""
    return [(each.record_number, each.reasons) for each in found if isinstance(each, Refused)]


def ignored(found: list[Outcome]) -> list[tuple[int, str]]:
    """Record number and rule of each record left out."""
    return [(each.record_number, each.rule) for each in found if isinstance(each, Ignored)]


def at(event: Event) -> str:
    """When an event occurred, in UTC."""
    return datetime.fromtimestamp(event.occurred.us / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S")


def people(event: Event) -> dict[str, str]:
    """An event's identifiers, `role namespace` -> value, the first of each."""
    found: dict[str, str] = {}
    for person in event.identifiers:
        found.setdefault(f"{person.role} {person.namespace}", person.value)
    return found
