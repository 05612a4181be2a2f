"""Files into the staged tables, as their readers understand them, before repeats are known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
import orjson
import polars as pl

from pipeline.errors import SourceRefused
from pipeline.landing import digests, readers
from pipeline.landing.clocks import EPOCH, MICROSECOND
from pipeline.landing.containers.steady import steady
from pipeline.landing.fields import Known, changes, new_table
from pipeline.landing.formats import format_named
from pipeline.landing.plain import Plain, event_count
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, Refused
from pipeline.landing.schema import INSTANT

# What is held before it is staged: so many outcomes, or fewer with so many characters.
CHUNK, CHUNK_LENGTH = 5_000, 2**24
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
        # An event is what it says and whom it names: a record sent again with more of them, or
        # with another name, is a revision.
        "handles": pl.String,
        "handle_count": pl.Int64,
        "told": pl.String,
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
STAGED_ATTRIBUTES = pl.Schema(
    {
        "file_id": pl.String,
        "event_ordinal": pl.Int64,
        "attribute": pl.String,
        "value": pl.String,
        "stated_at": INSTANT,
    }
)
STAGED_REFUSED = pl.Schema(
    {"file_id": pl.String, "record_number": pl.Int64, "raw": pl.String, "reasons": pl.String}
)
STAGED_IGNORED = pl.Schema({"file_id": pl.String, "record_number": pl.Int64, "rule": pl.String})
STAGED = {
    "staged_events": STAGED_EVENTS,
    "staged_identifiers": STAGED_IDENTIFIERS,
    "staged_attributes": STAGED_ATTRIBUTES,
    "staged_refused": STAGED_REFUSED,
    "staged_ignored": STAGED_IGNORED,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a file or source that a person should know: said, never silent.

    Attributes:
        is_taken: Whether the file landed nevertheless.
    """

    source: str
    path: str
    reason: str
    is_taken: bool = False


def stage(
    con: duckdb.DuckDBPyConnection,
    feed: Feed,
    files: Sequence[RawFile],
    earlier: Known,
    plain: Plain,
) -> list[Problem]:
    """Read files into the staged tables; a file that cannot be read leaves nothing behind.

    Args:
        con: A database of this batch alone.
        feed: The source of the files.
        files: What to read.
        earlier: What the source's records had before; nothing at its first landing.
        plain: Takes the events that need not be staged.
    """
    for name, schema in STAGED.items():
        con.register("empty", pl.DataFrame(schema=schema))
        con.execute(f"create table {name} as from empty")
        con.unregister("empty")
    if format_named(feed.source.format).reads_many and plain.files:
        refused = _take_many(con, feed, plain)
        return [refused[file.name] for file in files if file.name in refused]
    return _take_each(con, feed, files, earlier, plain)


def plain_files(feed: Feed, files: Sequence[RawFile], earlier: Sequence[Path]) -> list[RawFile]:
    """The files of which plain events need not be staged, in the order in which they are read.

    Small files are read together where that pays: all earlier events are looked at for it, and
    each of them costs what the reader needs for a byte. Of a record that stands in two of them
    the gate lands the one of the lower file id, so they come in that order.

    Args:
        feed: The source of the files.
        files: Of one batch.
        earlier: Parquet files with all earlier events of the source.
    """
    layout = format_named(feed.source.format)
    if layout.plain_module is None:
        return []
    sizes = {file.file_id: file.path.stat().st_size for file in files}
    large = [file for file in files if sizes[file.file_id] >= FAST_BYTES]
    if not layout.reads_many:
        return large
    length = sum(sizes.values())
    if length < FAST_BYTES or (not large and length < event_count(earlier)):
        return []
    small = [file for file in files if sizes[file.file_id] < FAST_BYTES]
    return large + sorted(small, key=lambda file: file.file_id)


def _take_each(
    con: duckdb.DuckDBPyConnection,
    feed: Feed,
    files: Sequence[RawFile],
    earlier: Known,
    plain: Plain,
) -> list[Problem]:
    """Read files one after another; the refusals and warnings."""
    problems: list[Problem] = []
    waiting = Waiting()
    for file in files:
        problem = None
        try:
            with steady(file):
                _take(con, feed, file, waiting, plain)
        except SourceRefused as refusal:
            problem = _problem(feed, file, refusal)
        problem = problem or _changed_fields(feed, file, earlier)
        if problem is None:
            continue
        problems.append(problem)
        if not problem.is_taken:
            _drop(con, file, waiting, plain)
    flush(con, waiting)
    return problems


def _take_many(con: duckdb.DuckDBPyConnection, feed: Feed, plain: Plain) -> dict[str, Problem]:
    """Read files together; the refusals by name."""
    refused: dict[str, Problem] = {}
    waiting = Waiting()
    layout = format_named(feed.source.format)
    for file, outcome in readers.read_many(layout, plain.files, feed, plain):
        if isinstance(outcome, SourceRefused):
            refused[file.name] = _problem(feed, file, outcome)
            _drop(con, file, waiting, plain)
            continue
        _add(con, feed, Placed(file.file_id, outcome.record_number, outcome), waiting)
    flush(con, waiting)
    return refused


def _problem(feed: Feed, file: RawFile, refusal: SourceRefused) -> Problem:
    """What to say of a file that is refused."""
    reason = str(refusal).removeprefix(f"{file.name}: ")
    # Readers of many sources do not know which one this is.
    reason = reason.replace("[sources.NAME.", f"[sources.{feed.name}.")
    return Problem(feed.name, file.name, reason)


def _drop(con: duckdb.DuckDBPyConnection, file: RawFile, waiting: "Waiting", plain: Plain) -> None:
    """Leave nothing of a file behind."""
    plain.drop(file)
    flush(con, waiting)
    for name in STAGED:
        con.execute(f"delete from {name} where file_id = ?", [file.file_id])  # noqa: S608


def _take(
    con: duckdb.DuckDBPyConnection,
    feed: Feed,
    file: RawFile,
    waiting: "Waiting",
    plain: Plain,
) -> None:
    """Read one file; what it became waits with others until that is much."""
    for placed in places(feed, file, plain):
        _add(con, feed, placed, waiting)


def _add(con: duckdb.DuckDBPyConnection, feed: Feed, placed: "Placed", waiting: "Waiting") -> None:
    """Let an outcome wait, until much does."""
    add(waiting, feed.name, placed)
    if waiting.outcome_count >= CHUNK or waiting.text_length >= CHUNK_LENGTH:
        flush(con, waiting)


def _changed_fields(feed: Feed, file: RawFile, earlier: Known) -> Problem | None:
    """What to say of a file whose fields are not those of all earlier records."""
    if table := new_table(file, earlier):
        told = f"a table not seen before, with the fields {', '.join(table)}"
        return Problem(feed.name, file.name, told, is_taken=True)
    turned = "; ".join(changes(file, earlier))
    if not turned:
        return None
    if feed.source.on_new_field == "warn":
        return Problem(feed.name, file.name, turned, is_taken=True)
    advice = f'if that is right, take it with on_new_field = "warn" in [sources.{feed.name}]'
    return Problem(feed.name, file.name, f"{turned}; {advice}")


class Placed(NamedTuple):
    """An outcome, the file it is of, and its place among the file's outcomes."""

    file_id: str
    ordinal: int
    outcome: Outcome


def places(feed: Feed, file: RawFile, plain: Plain) -> Iterator[Placed]:
    """What a file's records became, numbered; those that took a shorter way are not told."""
    layout = format_named(feed.source.format)
    read = (
        readers.read_plain(layout, file, feed, plain)
        if file in plain.files
        else readers.read(layout, file, feed)
    )
    for ordinal, outcome in enumerate(read, start=1):
        yield Placed(file.file_id, ordinal, outcome)


@dataclass(slots=True)
class Waiting:
    """Rows that are to be added to the staged tables, many at once.

    Attributes:
        rows: Table -> its rows, each with its file's id first.
        text_length: Characters of all that may be long in them.
    """

    rows: dict[str, list[tuple[object, ...]]] = field(
        default_factory=lambda: {name: [] for name in STAGED}
    )
    outcome_count: int = 0
    text_length: int = 0


def add(waiting: Waiting, source: str, placed: Placed) -> None:
    """Let an outcome wait."""
    file_id, ordinal, outcome = placed
    waiting.outcome_count += 1
    if isinstance(outcome, Ignored):
        row = (file_id, outcome.record_number, outcome.rule)
        waiting.rows["staged_ignored"].append(row)
        return
    if isinstance(outcome, Refused):
        told = (file_id, outcome.record_number, outcome.raw, outcome.reasons)
        waiting.rows["staged_refused"].append(told)
        waiting.text_length += len(outcome.raw)
        return
    properties = orjson.dumps(outcome.properties, option=orjson.OPT_SORT_KEYS, default=str).decode()
    waiting.text_length += len(outcome.text or "") + len(properties)
    people, facts = dict.fromkeys(outcome.identifiers), dict.fromkeys(outcome.attributes)
    waiting.rows["staged_events"].append(
        (
            *_event_row(source, file_id, ordinal, outcome),
            *(properties, digests.handles(people), len(people)),
            digests.told(facts).decode() or None,
        )
    )
    waiting.rows["staged_identifiers"].extend(
        (file_id, ordinal, *person, outcome.is_merge) for person in people
    )
    waiting.rows["staged_attributes"].extend(
        (file_id, ordinal, fact.name, fact.value, _instant(fact.stated_us)) for fact in facts
    )


def flush(con: duckdb.DuckDBPyConnection, waiting: Waiting) -> None:
    """Add what waits to the staged tables."""
    for name, rows in waiting.rows.items():
        if rows:
            con.register("chunk", pl.DataFrame(rows, schema=STAGED[name], orient="row"))
            con.execute(f"insert into {name} from chunk")
            con.unregister("chunk")
            rows.clear()
    waiting.outcome_count = waiting.text_length = 0


def _instant(us: int | None) -> datetime | None:
    """Unix microseconds as landed instants are, naive UTC."""
    return None if us is None else (EPOCH + us * MICROSECOND).replace(tzinfo=None)


def _event_row(source: str, file_id: str, ordinal: int, event: Event) -> tuple[object, ...]:
    """An event as the first columns of STAGED_EVENTS."""
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
    )
