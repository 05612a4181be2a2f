"""land(): the gate every source passes. Nothing is lost and nothing is silent.

For every file: records read = landed + duplicates + quarantined + ignored by rule, counted from
what was written, not from what was meant.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import duckdb
import orjson
import polars as pl

from pipeline import warehouse
from pipeline.errors import RecordsLost, SourceRefused
from pipeline.landing import ledger, text
from pipeline.landing.clocks import EPOCH, MICROSECOND, Clock, microseconds
from pipeline.landing.formats import Format, format_named
from pipeline.landing.ledger import Night
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, Refused
from pipeline.landing.schema import (
    FILES,
    INSTANT,
    LANDED_EVENTS,
    LANDED_IDENTIFIERS,
    QUARANTINE,
)
from pipeline.resources import sql_folder
from pipeline.settings import Settings, Source

DAY_US = 86_400_000_000
# A batch is what one commit holds: big enough that history is scanned seldom for repeats,
# small enough that a killed run has little to do again.
BATCH_BYTES = 256 * 2**20
BATCH_FILES = 5_000
CHUNK = 20_000
# A smaller file is read sooner than its queries are planned.
FAST_BYTES = 2**20

STAGED_EVENTS = pl.Schema(
    {
        "file_id": pl.String,
        "record_number": pl.Int64,
        "event_ordinal": pl.Int64,
        "own_id": pl.String,
        "source": pl.String,
        "channel": pl.String,
        "kind": pl.String,
        "kind_raw": pl.String,
        "label": pl.String,
        "occurred_at": INSTANT,
        "time_precision": pl.String,
        "time_basis": pl.String,
        "received_at": INSTANT,
        "source_sequence": pl.Int64,
        "actor": pl.String,
        "direction": pl.String,
        "machine_reason": pl.String,
        "device_kind": pl.String,
        "object_kind": pl.String,
        "object_id": pl.String,
        "text": pl.String,
        "amount_cents": pl.Int64,
        "currency": pl.String,
        "score_kind": pl.String,
        "score": pl.Float64,
        "link": pl.String,
        "properties": pl.String,
    }
)
STAGED_IDENTIFIERS = pl.Schema(
    {
        "file_id": pl.String,
        "event_ordinal": pl.Int64,
        "namespace": pl.String,
        "value": pl.String,
        "role": pl.String,
        "is_authenticated": pl.Boolean,
        "is_merge": pl.Boolean,
    }
)
STAGED_REFUSED = pl.Schema(
    {"file_id": pl.String, "record_number": pl.Int64, "raw": pl.String, "reasons": pl.String}
)
STAGED_IGNORED = pl.Schema({"file_id": pl.String, "record_number": pl.Int64, "rule": pl.String})
STAGED = {
    "staged_events": STAGED_EVENTS,
    "staged_identifiers": STAGED_IDENTIFIERS,
    "staged_refused": STAGED_REFUSED,
    "staged_ignored": STAGED_IGNORED,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that could not be taken, or a source without files: said, never silent."""

    source: str
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Landing:
    """What one run landed.

    Attributes:
        files: The ledger rows of the files landed now, columns of FILES.
        problems: What could not be taken; the rest went on.
    """

    files: pl.DataFrame
    problems: tuple[Problem, ...]


Tell = Callable[[str, int, int], None]


def land(settings: Settings, lake: Path, night: Night, *, tell: Tell) -> Landing:
    """Land every new file of every source.

    Args:
        settings: The project's configuration.
        lake: Where to; its ledger says what was landed before.
        night: The publish these files are landed for, and the instant they are: stamps more
            than a day later are refused.
        tell: Called with a source, files done and files to do.

    Raises:
        RecordsLost: The accounting equation of a file does not hold.
    """
    known = set(ledger.files(lake)["file_id"].to_list())
    stamps = ledger.read_stamps(lake)
    rows: list[pl.DataFrame] = []
    problems: list[Problem] = []
    for name, source in settings.sources.items():
        found = discover(settings.folder, source)
        if not found:
            problems.append(Problem(name, source.path, "no file matches this path"))
        new, stamps = fresh_files(settings.folder, name, found, known, stamps)
        known.update(file.file_id for file in new)
        feed = feed_of(settings, name, night.landed_at)
        done = 0
        for batch in batches(new):
            landed, refused = land_batch(settings, lake, feed, batch, night)
            rows.append(landed)
            problems.extend(refused)
            done += len(batch)
            tell(name, done, len(new))
    taken = {problem.path for problem in problems}
    ledger.write_stamps(lake, {path: stamp for path, stamp in stamps.items() if path not in taken})
    return Landing(pl.concat([pl.DataFrame(schema=FILES), *rows]), tuple(problems))


def discover(folder: Path, source: Source) -> list[Path]:
    """The files that a source's glob names, in the order of their names."""
    return sorted(path for path in folder.glob(source.path) if path.is_file())


def fresh_files(
    folder: Path, name: str, paths: Sequence[Path], known: set[str], stamps: ledger.Stamps
) -> tuple[list[RawFile], ledger.Stamps]:
    """The files whose content was never landed for this source, and the hashes known now."""
    stamps = dict(stamps)
    new: dict[str, RawFile] = {}
    for path in paths:
        relative = path.relative_to(folder).as_posix()
        status = path.stat()
        size, modified, sha = stamps.get(relative, (-1, -1, ""))
        if (size, modified) != (status.st_size, status.st_mtime_ns):
            sha = ledger.content_hash(path)
            stamps[relative] = (status.st_size, status.st_mtime_ns, sha)
        file_id = f"{name}-{sha[:20]}"
        if file_id not in known and file_id not in new:
            new[file_id] = RawFile(path, relative, file_id)
    return list(new.values()), stamps


def batches(files: Sequence[RawFile]) -> Iterator[list[RawFile]]:
    """Files in groups of bounded bytes and number, in order; a large file stands alone."""
    batch: list[RawFile] = []
    size = 0
    for file in files:
        byte_count = file.path.stat().st_size
        if batch and (size + byte_count > BATCH_BYTES or len(batch) >= BATCH_FILES):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += byte_count
    if batch:
        yield batch


def feed_of(settings: Settings, name: str, now: datetime) -> Feed:
    """How one source is to be read, with the limits of a landing at `now`."""
    source = settings.sources[name]
    founded = datetime.combine(settings.company.founded_on, time(), UTC)
    clock = Clock(
        zone=ZoneInfo(source.time_zone) if source.time_zone else None,
        earliest_us=microseconds(founded),
        latest_us=microseconds(now) + DAY_US,
        offset_us=source.clock_offset_seconds * 1_000_000,
    )
    return Feed(name, source, settings.company, clock)


def land_batch(
    settings: Settings,
    lake: Path,
    feed: Feed,
    files: Sequence[RawFile],
    night: Night,
) -> tuple[pl.DataFrame, list[Problem]]:
    """Land some files of one source as one commit; returns their ledger rows and the refusals."""
    lake.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=lake))
    try:
        con = warehouse.connect(
            staging / "batch.duckdb",
            threads=settings.machine.threads,
            memory_gib=settings.machine.memory_gib,
            temp_gib=settings.machine.temp_gib,
            temp_folder=staging / "temp",
        )
        try:
            # The file is thrown away: nothing is gained by tidying it up on the way.
            con.execute("set checkpoint_threshold = '1TiB'")
            problems = stage(con, feed, files)
            refused = {problem.path for problem in problems}
            taken = [file for file in files if file.name not in refused]
            if not taken:
                return pl.DataFrame(schema=FILES), problems
            batch_id = f"{feed.name}__{taken[0].file_id[-20:]}"
            write(con, lake, feed.name, staging, night)
            rows = account(con, feed.name, taken, night).with_columns(batch_id=pl.lit(batch_id))
            rows = rows.select(FILES.names()).cast(FILES)
        finally:
            con.close()
        (staging / "batch.duckdb").unlink()
        shutil.rmtree(staging / "temp", ignore_errors=True)
        rows.write_parquet(staging / "files.parquet")
        ledger.commit(staging, ledger.landed(lake) / batch_id)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return rows, problems


def stage(con: duckdb.DuckDBPyConnection, feed: Feed, files: Sequence[RawFile]) -> list[Problem]:
    """Read files into the staged tables; a file that cannot be read leaves nothing behind."""
    for name, schema in STAGED.items():
        con.register("empty", pl.DataFrame(schema=schema))
        con.execute(f"create table {name} as from empty")
        con.unregister("empty")
    layout = format_named(feed.source.format)
    problems: list[Problem] = []
    pending: list[Placed] = []
    for file in files:
        before = file.path.stat()
        reason = None
        try:
            for placed in places(con, layout, feed, file):
                pending.append(placed)
                if len(pending) >= CHUNK:
                    flush(con, feed.name, pending)
                    pending = []
        except SourceRefused as refusal:
            reason = str(refusal)
        after = file.path.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            reason = "changed while it was read; the next run takes it"
        if reason is not None:
            problems.append(Problem(feed.name, file.name, reason))
            pending = [placed for placed in pending if placed.file_id != file.file_id]
            for name in STAGED:
                con.execute(f"delete from {name} where file_id = ?", [file.file_id])  # noqa: S608
    flush(con, feed.name, pending)
    return problems


class Placed(NamedTuple):
    """An outcome, the file it is of, and its place among the file's outcomes."""

    file_id: str
    ordinal: int
    outcome: Outcome


def places(
    con: duckdb.DuckDBPyConnection, layout: Format, feed: Feed, file: RawFile
) -> Iterator[Placed]:
    """What a file's records became, numbered; those that a fast path staged itself are not told."""
    is_fast = layout.fast_module is not None and file.path.stat().st_size >= FAST_BYTES
    read = layout.stage(con, file, feed) if is_fast else layout.read(file, feed)
    for ordinal, outcome in enumerate(read, start=1):
        yield Placed(file.file_id, ordinal, outcome)


def flush(con: duckdb.DuckDBPyConnection, source: str, pending: Sequence[Placed]) -> None:
    """Add outcomes to the staged tables."""
    events = [
        (file_id, ordinal, outcome)
        for file_id, ordinal, outcome in pending
        if isinstance(outcome, Event)
    ]
    rows: dict[str, list[tuple[object, ...]]] = {
        "staged_events": [
            _event_row(source, file_id, ordinal, event) for file_id, ordinal, event in events
        ],
        "staged_identifiers": [
            (file_id, ordinal, *identifier, event.is_merge)
            for file_id, ordinal, event in events
            for identifier in dict.fromkeys(event.identifiers)
        ],
        "staged_refused": [
            (file_id, outcome.record_number, outcome.raw, outcome.reasons)
            for file_id, _, outcome in pending
            if isinstance(outcome, Refused)
        ],
        "staged_ignored": [
            (file_id, outcome.record_number, outcome.rule)
            for file_id, _, outcome in pending
            if isinstance(outcome, Ignored)
        ],
    }
    for name, found in rows.items():
        if found:
            con.register("chunk", pl.DataFrame(found, schema=STAGED[name], orient="row"))
            con.execute(f"insert into {name} from chunk")
            con.unregister("chunk")


def _event_row(source: str, file_id: str, ordinal: int, event: Event) -> tuple[object, ...]:
    """An event as a row of STAGED_EVENTS."""
    received = event.received_us
    return (
        file_id,
        event.record_number,
        ordinal,
        event.own_id,
        source,
        event.channel,
        event.kind,
        event.kind_raw,
        event.label,
        (EPOCH + event.occurred.us * MICROSECOND).replace(tzinfo=None),
        event.occurred.precision,
        event.occurred.basis,
        None if received is None else (EPOCH + received * MICROSECOND).replace(tzinfo=None),
        event.source_sequence,
        event.actor,
        event.direction,
        event.machine_reason,
        event.device_kind,
        event.object_kind,
        event.object_id,
        event.text,
        event.amount_cents,
        event.currency,
        event.score_kind,
        event.score,
        event.link,
        orjson.dumps(event.properties, option=orjson.OPT_SORT_KEYS, default=str).decode(),
    )


def write(
    con: duckdb.DuckDBPyConnection,
    lake: Path,
    source: str,
    staging: Path,
    night: Night,
) -> None:
    """Turn the staged tables into the batch's Parquet files, repeats taken out."""
    landing = pl.DataFrame(
        {
            "is_backfill": [source not in night.seen_sources],
            "landed_at": [night.landed_at.replace(tzinfo=None)],
            "night": [night.number],
        },
        schema={"is_backfill": pl.Boolean, "landed_at": INSTANT, "night": pl.Int32},
    )
    con.register("landing", landing)
    con.register("staged_messages", messages(con))
    _view(con, "staged_handles", "handles")
    _table(con, "hashed_events", "hashed_events")
    history = ledger.parquet(lake, "events", source) + ledger.parquet(lake, "revisions", source)
    con.register(
        "lake_events",
        pl.scan_parquet(history).select("event_id", "content_hash")
        if history
        else pl.LazyFrame(schema={"event_id": pl.String, "content_hash": pl.String}),
    )
    _table(con, "known_events", "known_events")
    _table(con, "placed_events", "placed_events")
    for name, model in (
        ("events", "fresh_events"),
        ("revisions", "revised_events"),
        ("identifiers", "fresh_identifiers"),
        ("quarantine", "fresh_quarantine"),
    ):
        path = warehouse.quoted((staging / f"{name}.parquet").as_posix())
        con.execute(f"copy ({_sql(model)}) to {path} (format parquet, compression zstd)")


def messages(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The distinct texts of the batch, cleaned, scored and redacted."""
    raw = con.sql("select distinct text from staged_events where text is not null").pl()
    read = [text.message(value) for value in raw["text"]]
    return pl.DataFrame(
        {
            "raw_text": raw["text"],
            "clean_text": [message.text for message in read],
            "sentiment": [message.sentiment for message in read],
            "sentiment_basis": [message.basis for message in read],
        },
        schema={
            "raw_text": pl.String,
            "clean_text": pl.String,
            "sentiment": pl.Float64,
            "sentiment_basis": pl.String,
        },
    )


def account(
    con: duckdb.DuckDBPyConnection,
    source: str,
    files: Sequence[RawFile],
    night: Night,
) -> pl.DataFrame:
    """The ledger rows of a batch, after the accounting equation of each file was checked.

    Raises:
        RecordsLost: A record of the file is in no place, or in two.
    """
    _table(con, "record_fates", "record_fates")
    counted = con.sql(_sql("file_counts")).pl()
    rules = con.sql(_sql("ignored_rules")).pl()
    rows = []
    for file in files:
        own = counted.filter(pl.col("file_id") == file.file_id)
        count = own.row(0, named=True) if own.height else dict.fromkeys(counted.columns, 0)
        parts = ("landed_count", "duplicate_count", "quarantined_count", "ignored_count")
        if count["record_count"] != sum(count[part] for part in parts):
            raise RecordsLost(
                f"{file.name}: {count['record_count']} records read, but "
                + ", ".join(f"{part} {count[part]}" for part in parts)
                + "; this is a fault in Wend, please report it with the file's format"
            )
        ignored = rules.filter(pl.col("file_id") == file.file_id)
        rows.append(
            {
                **count,
                "file_id": file.file_id,
                "source": source,
                "path": file.name,
                "byte_count": file.path.stat().st_size,
                "ignored_rules": json.dumps(
                    dict(ignored.select("rule", "record_count").iter_rows()), sort_keys=True
                ),
                "batch_id": "",
                "landed_at": night.landed_at.replace(tzinfo=None),
                "night": night.number,
                "is_backfill": source not in night.seen_sources,
            }
        )
    return pl.DataFrame(rows, schema=FILES)


def _sql(name: str) -> str:
    """The text of one landing query."""
    return (sql_folder() / "landing" / f"{name}.sql").read_text(encoding="utf-8")


def _table(con: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
    con.execute(f"create table {name} as {_sql(query)}")


def _view(con: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
    con.execute(f"create temp view {name} as {_sql(query)}")


def landed_table(lake: Path, name: str) -> pl.LazyFrame:
    """A landed table over all batches; empty with its schema where nothing landed yet."""
    schema = {
        "events": LANDED_EVENTS,
        "revisions": LANDED_EVENTS,
        "identifiers": LANDED_IDENTIFIERS,
        "quarantine": QUARANTINE,
    }[name]
    paths = ledger.parquet(lake, name)
    return pl.scan_parquet(paths) if paths else pl.LazyFrame(schema=schema)
