"""What files land by the plain path and by the reader, and that both are the same.

A test of one format says which source its files are of. Everything that the gate writes is
compared: all landed tables, the fields that records had, the ledger and what is told of a file.
"""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.landing import gate, ledger, staging
from pipeline.landing.fields import FIELDS
from pipeline.landing.ledger import Night
from pipeline.privacy import tombstones
from pipeline.settings import Company, Settings, Source

NOW = datetime(2026, 5, 31, tzinfo=UTC)
LARKSPUR = Company(name="Larkspur Broadband")
# What an event has beside what its content hash is made of: of records that say the same, one
# stands for all.
UNHASHED = ("record_number", "device_kind", "is_machine", "machine_reason")


class Landed(NamedTuple):
    """What some files became.

    Attributes:
        fields: Which fields the records had.
        files: The ledger.
        problems: What was told of a file.
    """

    events: pl.DataFrame
    revisions: pl.DataFrame
    identifiers: pl.DataFrame
    attributes: pl.DataFrame
    quarantine: pl.DataFrame
    fields: pl.DataFrame
    files: pl.DataFrame
    problems: pl.DataFrame


def landed(
    source: Source,
    *contents: bytes,
    is_plain: bool,
    name: str = "file",
    company: Company = LARKSPUR,
    night: int = 1,
    erased: Sequence[str] = (),
) -> Landed:
    """What files of one source become, each landed on a night of its own.

    Args:
        source: Its `path` does not matter.
        contents: Of the files, in the order of their nights.
        is_plain: Whether the plain path takes them, whatever their size, or the reader alone.
        name: What they are called, after their night.
        company: Whose logs they are.
        night: The first one.
        erased: `namespace:value` of people who must not come back.
    """
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(staging, "FAST_BYTES", 0 if is_plain else 2**60)
        sources = {"shop": source.model_copy(update={"path": "raw/*/*"})}
        settings = Settings(folder=Path(folder), company=company, sources=sources)
        lake = settings.lake
        if erased:
            tombstones.add(lake, NOW, [tombstones.Name("identifier", each) for each in erased])
        told = []
        for number, content in enumerate(contents, start=night):
            path = settings.folder / "raw" / str(number) / name
            path.parent.mkdir(parents=True)
            path.write_bytes(content)
            # A source is a backfill on its first night alone.
            seen = frozenset({"shop"} if number > 1 else ())
            found = gate.land(settings, lake, Night(number, seen, NOW), tell=lambda *_: None)
            told += [(each.path, each.reason, each.is_taken) for each in found.problems]
        return _found(lake, told)


def landed_together(
    source: Source, files: Mapping[str, bytes], *, fast_bytes: int, company: Company = LARKSPUR
) -> Landed:
    """What files of one source become that land on one night.

    Args:
        source: Its `path` does not matter.
        files: What they hold, by name.
        fast_bytes: How long a file, or all that are read together, must be for the plain path.
        company: Whose logs they are.
    """
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(staging, "FAST_BYTES", fast_bytes)
        sources = {"shop": source.model_copy(update={"path": "raw/*"})}
        settings = Settings(folder=Path(folder), company=company, sources=sources)
        (settings.folder / "raw").mkdir()
        for name, content in files.items():
            (settings.folder / "raw" / name).write_bytes(content)
        night = Night(1, frozenset(), NOW)
        found = gate.land(settings, settings.lake, night, tell=lambda *_: None)
        told = [(each.path, each.reason, each.is_taken) for each in found.problems]
        return _found(settings.lake, told)


def _found(lake: Path, told: Sequence[tuple[str, str, bool]]) -> Landed:
    """All that landed, and what was told of it."""
    tables = [ledger.landed_table(lake, table).collect() for table in Landed._fields[:5]]
    fields = map(pl.read_parquet, ledger.parquet(lake, "fields"))
    tables += [pl.concat([pl.DataFrame(schema=FIELDS), *fields]), ledger.files(lake)]
    tables += [pl.DataFrame(told, schema=["path", "reason", "is_taken"], orient="row")]
    return Landed(*(table.sort(table.columns) for table in tables))


def assert_same(plain: Landed, slow: Landed) -> None:
    """Both ways landed the same.

    Where records came again, the two may differ in one thing: of the versions of one event in one
    batch the reader's way lands the one received first, and the plain path one that was certain.
    Every version is there all the same, the others as revisions.
    """
    assert plain.events["event_id"].is_unique().all()
    if slow.files["duplicate_count"].sum():
        plain, slow = _settled(plain), _settled(slow)
    for one, other in zip(plain, slow, strict=True):
        assert_frame_equal(one, other)


def _settled(found: Landed) -> Landed:
    """The same, whichever version of an event landed first.

    Whom versions name and what they say of somebody counts once, as the models count it.
    """
    events, revisions = (frame.drop(UNHASHED) for frame in found[:2])
    is_alone = ~pl.col("event_id").is_in(revisions["event_id"].implode())
    identifiers = (
        found.identifiers.drop("is_machine")
        .group_by("event_id", "source", "namespace", "value", "role", "occurred_at")
        .agg(pl.col("is_authenticated", "is_merge").any(), pl.col("known_at", "night").min())
    )
    attributes = found.attributes.group_by(
        "event_id", "source", "attribute", "value", "occurred_at"
    ).agg(pl.col("known_at", "night").min())
    versions = pl.concat([events.filter(~is_alone), revisions])
    tables = (events.filter(is_alone), versions, identifiers, attributes)
    return Landed(*(table.sort(table.columns) for table in tables), *found[4:])
