"""land(): the gate every source passes. Nothing is lost and nothing is silent.

For every file: records read = landed + duplicates + quarantined + ignored by rule, counted from
what was written, not from what was meant.
"""

import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from pipeline import warehouse
from pipeline.counted import counted
from pipeline.errors import BadSettings, RecordsLost, SourceRefused
from pipeline.landing import fields, ledger, readers, text
from pipeline.landing.arrivals import (
    STILL_WRITTEN,
    batches,
    discover,
    fresh_files,
    is_still_written,
)
from pipeline.landing.clocks import Clock, microseconds
from pipeline.landing.fields import FIELDS, Known
from pipeline.landing.formats import format_named
from pipeline.landing.ledger import Night
from pipeline.landing.live.sources import arrived, is_live
from pipeline.landing.plain import Plain, seen_in
from pipeline.landing.record import Feed, RawFile
from pipeline.landing.schema import (
    FILES,
    INSTANT,
    LANDED_EVENTS,
)
from pipeline.landing.staging import Problem, plain_files, stage
from pipeline.privacy.gate import forget, is_erased, masked_paths, tellable
from pipeline.resources import sql_folder
from pipeline.settings import FILE_NAME, Settings

DAY_US = 86_400_000_000
MESSAGES = pl.Schema(
    {
        "raw_text": pl.String,
        "clean_text": pl.String,
        "sentiment": pl.Float64,
        "sentiment_basis": pl.String,
    }
)
REWORDED = pl.Schema({"raw": pl.String, "kept": pl.String})
REWORDED_ROWS = 2_000
# Of the batch database. Beside it are the libraries and what readers hold, 0.6 GiB for a table of
# which a million nested rows stand in one piece: a landing stays under one GiB.
MEMORY_GIB = 0.35


@dataclass(frozen=True, slots=True)
class Landing:
    """What one run landed.

    Attributes:
        files: The ledger rows of the files landed now, columns of FILES.
        problems: What could not be taken or was taken with a warning; the rest went on.
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
        BadSettings: There is no source.
        RecordsLost: The accounting equation of a file does not hold.
    """
    if not settings.sources:
        raise BadSettings(
            f"{settings.folder / FILE_NAME}: there is no source to read; add a [sources.NAME] "
            "section (`wend sniff FILE` proposes one)"
        )
    known = dict(ledger.files(lake).select("file_id", "path").iter_rows())
    stamps = ledger.read_stamps(lake)
    rows: list[pl.DataFrame] = []
    problems: list[Problem] = []
    left: set[str] = set()
    for name, source in settings.sources.items():
        if is_live(source):
            found, unreached = arrived(settings, name, lake, night.landed_at)
            problems.extend(unreached)
        else:
            try:
                found = discover(settings.folder, source)
            except SourceRefused as refusal:
                found = []
                problems.append(Problem(name, source.path, str(refusal)))
        layout = format_named(source.format)
        identity = readers.file_identity(name, source)
        new, unread, copies, stamps = fresh_files(settings.folder, identity, found, known, stamps)
        problems.extend(Problem(name, path, reason) for path, reason in unread.items())
        # What Wend fetched itself is whole, and may come again; nobody put it there twice.
        if not is_live(source):
            growing = {
                file.name
                for file in new
                if is_still_written(file.path, stamps[file.name], night.landed_at)
            }
            problems.extend(Problem(name, path, STILL_WRITTEN) for path in sorted(growing))
            left |= growing
            new = [file for file in new if file.name not in growing]
            told = tellable({path: stamps[path] for path in copies}, lake)
            problems.extend(of_copies(name, {path: copies[path] for path in told}))
        feed = feed_of(settings, name, night.landed_at)
        encoding = readers.encoding_of(feed)
        new = [replace(file, encoding=encoding) for file in new]
        known.update((file.file_id, file.name) for file in new)
        done = 0
        for batch in readers.one_by_one(layout, new, feed) if layout.is_stateful else batches(new):
            landed, refused = land_batch(settings, lake, feed, batch, night)
            rows.append(landed)
            problems.extend(refused)
            left.update(problem.path for problem in refused if not problem.is_taken)
            done += len(batch)
            tell(name, done, len(new))
    stamps = {path: stamp for path, stamp in stamps.items() if path not in left}
    ledger.write_stamps(lake, tellable(stamps, lake))
    return Landing(pl.concat([pl.DataFrame(schema=FILES), *rows]), tuple(problems))


def of_copies(source: str, copies: Mapping[str, str]) -> list[Problem]:
    """What to say of files that hold what another one does: one for all of a source.

    Tables that seldom change are exported again and again.
    """
    if not copies:
        return []
    (path, first), *others = copies.items()
    more = f"; {counted(len(others), 'more file')} likewise" if others else ""
    reason = f"the same as {first}, byte for byte, and landed once{more}"
    return [Problem(source, path, reason, is_taken=True)]


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
            memory_gib=min(settings.machine.memory_gib, MEMORY_GIB),
            temp_gib=settings.machine.temp_gib,
            temp_folder=staging / "temp",
        )
        try:
            # The file is thrown away: nothing is gained by tidying it up on the way.
            con.execute("set checkpoint_threshold = '1TiB'")
            state = tuple(ledger.parquet(lake, "state", feed.name))
            feed = replace(feed, folder=staging, earlier=state)
            plain = plain_of(lake, feed, files, night, staging)
            problems = stage(con, feed, files, earlier_fields(lake, feed, night), plain)
            refused = {problem.path for problem in problems if not problem.is_taken}
            taken = [file for file in files if file.name not in refused]
            if not taken:
                return pl.DataFrame(schema=FILES), problems
            batch_id = f"{feed.name}__{taken[0].file_id[-20:]}"
            write(con, lake, feed.name, staging, night)
            rows = account(con, feed.name, taken, night).with_columns(batch_id=pl.lit(batch_id))
            rows = masked_paths(rows, lake).select(FILES.names()).cast(FILES)
        finally:
            con.close()
        (staging / "batch.duckdb").unlink()
        shutil.rmtree(staging / "temp", ignore_errors=True)
        rows.write_parquet(staging / "files.parquet")
        fields.table(taken).write_parquet(staging / "fields.parquet")
        ledger.commit(staging, ledger.landed(lake) / batch_id)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return rows, problems


def earlier_fields(lake: Path, feed: Feed, night: Night) -> Known:
    """What the source's records had before; a source that is new this night has yet to teach."""
    is_new = feed.name not in night.seen_sources
    paths = [] if is_new else ledger.parquet(lake, "fields", feed.name)
    earlier = pl.concat([pl.DataFrame(schema=FIELDS), *map(pl.read_parquet, paths)])
    return fields.known(earlier, readers.documented_fields(format_named(feed.source.format)))


def plain_of(
    lake: Path, feed: Feed, files: Sequence[RawFile], night: Night, staging: Path
) -> Plain:
    """Where the plain events of a batch go, which knows all earlier events of its source."""
    earlier = history(lake, feed.name)
    taken = plain_files(feed, files, earlier)
    return Plain(
        staging,
        taken,
        seen_in(
            earlier if taken else [], byte_count=sum(file.path.stat().st_size for file in taken)
        ),
        is_backfill=feed.name not in night.seen_sources,
        landed_us=microseconds(night.landed_at),
        night=night.number,
        is_erased=is_erased(lake),
    )


def history(lake: Path, source: str) -> list[Path]:
    """Parquet files with every version of every event of a source that ever landed."""
    return ledger.parquet(lake, "events", source) + ledger.parquet(lake, "revisions", source)


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
    clean(con)
    reword(con, "staged_labels", "doubtful_labels", text.kept_label)
    reword(con, "staged_properties", "doubtful_properties", text.kept_properties)
    _table(con, "hashed_events", "hashed_events")
    forget(con, lake, staging)
    plain = sorted(staging.glob("events_*.parquet"))
    _parquet_view(con, "plain_events", plain)
    _parquet_view(con, "lake_events", [*history(lake, source), *plain])
    _table(con, "known_events", "known_events")
    _table(con, "placed_events", "placed_events")
    for name, model, given in (
        ("events", "fated_events", {"fate": "landed"}),
        ("revisions", "fated_events", {"fate": "revision"}),
        ("identifiers", "fresh_identifiers", {}),
        ("attributes", "fresh_attributes", {}),
        ("quarantine", "fresh_quarantine", {}),
    ):
        path = warehouse.quoted((staging / f"{name}.parquet").as_posix())
        con.execute(f"copy ({_sql(model)}) to {path} (format parquet, compression zstd)", given)


def _parquet_view(con: duckdb.DuckDBPyConnection, name: str, paths: Sequence[Path]) -> None:
    """A view of Parquet files with events; there may be none."""
    if paths:
        con.read_parquet([path.as_posix() for path in paths]).create_view(name)
    else:
        con.register(name, pl.DataFrame(schema=LANDED_EVENTS))


def clean(con: duckdb.DuckDBPyConnection) -> None:
    """Make `staged_messages`: the distinct texts of the batch, cleaned, scored and redacted."""
    _table(con, "distinct_texts", "distinct_texts")
    con.register("chunk", pl.DataFrame(schema=MESSAGES))
    con.execute("create table staged_messages as from chunk")
    turns = con.sql("select distinct turn from distinct_texts order by turn").fetchall()
    for turn in turns:
        con.execute("select raw_text from distinct_texts where turn = ?", turn)
        rows = [(raw, *text.message(raw)) for (raw,) in con.fetchall()]
        con.register("chunk", pl.DataFrame(rows, schema=MESSAGES, orient="row"))
        con.execute("insert into staged_messages from chunk")
    con.unregister("chunk")


def reword(
    con: duckdb.DuckDBPyConnection, table: str, query: str, keep: Callable[[str], str]
) -> None:
    """Make a table of the texts of a query that are kept otherwise: `raw` and `kept`.

    Args:
        con: The batch's database.
        table: Its name.
        query: Gives the distinct texts that may tell who somebody is, as `raw`. There may be as
            many as records: they are never held together.
        keep: What is kept of one.
    """
    con.register("chunk", pl.DataFrame(schema=REWORDED))
    con.execute(f"create table {table} as from chunk")
    con.unregister("chunk")
    # What is read goes on while what was made of it is written.
    with con.cursor() as reading:
        for batch in reading.sql(_sql(query)).to_arrow_reader(REWORDED_ROWS):
            rows = [(raw, kept) for raw in batch["raw"].to_pylist() if (kept := keep(raw)) != raw]
            con.register("chunk", pl.DataFrame(rows, schema=REWORDED, orient="row"))
            con.execute(f"insert into {table} from chunk")
            con.unregister("chunk")


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
    _view(con, "plain_counts", "plain_counts")
    counted = con.sql(_sql("file_counts")).pl()
    counts = {row["file_id"]: row for row in counted.iter_rows(named=True)}
    nothing = dict.fromkeys(counted.columns, 0)
    rules: dict[str, dict[str, int]] = defaultdict(dict)
    for file_id, rule, record_count in (
        con.sql(_sql("ignored_rules")).pl().select("file_id", "rule", "record_count").iter_rows()
    ):
        rules[file_id][rule] = record_count
    rows = []
    for file in files:
        count = counts.get(file.file_id, nothing)
        parts = ("landed_count", "duplicate_count", "quarantined_count", "ignored_count")
        if count["record_count"] != sum(count[part] for part in parts):
            raise RecordsLost(
                f"{file.name}: {count['record_count']} records read, but "
                + ", ".join(f"{part} {count[part]}" for part in parts)
                + "; this is a fault in Wend, please report it with the file's format"
            )
        rows.append(
            {
                **count,
                "file_id": file.file_id,
                "source": source,
                "path": file.name,
                "byte_count": file.path.stat().st_size,
                "ignored_rules": json.dumps(rules.get(file.file_id, {}), sort_keys=True),
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
