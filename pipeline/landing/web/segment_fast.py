"""Segment calls, set by set: what `segment.read` gives, in SQL where a line leaves no doubt.

A line is certain when every part of it has the common form: then SQL and the reader cannot
differ, because what takes thought (names, amounts, properties, agents) is computed by the
reader's own functions, once for each distinct text. Every other line goes to the reader.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from typing import Any

import duckdb
import orjson
import polars as pl

from pipeline.errors import BadRecord
from pipeline.landing.agents import agent
from pipeline.landing.containers.json_records import json_object
from pipeline.landing.containers.text_lines import Block, blocks, line_record
from pipeline.landing.formats import channel_of
from pipeline.landing.identifiers import normalise
from pipeline.landing.record import Feed, Outcome, Raw, RawFile, outcomes
from pipeline.landing.web import segment
from pipeline.resources import sql_folder

NAMESPACES = ("user_id", "anonymous_id", "email", "phone", "device_id")
CONTENTS = pl.Schema(
    {
        "content": pl.String,
        "kind": pl.String,
        "kind_raw": pl.String,
        "label": pl.String,
        "object_kind": pl.String,
        "object_id": pl.String,
        "amount_cents": pl.Int64,
        "currency": pl.String,
        "email": pl.String,
        "phone": pl.String,
        "properties": pl.String,
    }
)
AGENTS = pl.Schema({"user_agent": pl.String, "device_kind": pl.String, "machine_reason": pl.String})
DEVICES = pl.Schema({"device": pl.String, "device_id": pl.String, "device_kind": pl.String})
# Column of segment_lines -> the table of what its distinct texts say.
TABLES = {
    "content": "segment_contents",
    "user_agent": "segment_agents",
    "device": "segment_devices",
}


Judge = Callable[[str], Sequence[object]]
# Distinct contents held at once: some 100 MiB at most of common ones.
REMEMBERED = 100_000


class Doubtful(Exception):
    """A part that only the reader can judge."""


def stage(con: duckdb.DuckDBPyConnection, file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """Put certain calls into `staged_events` and `staged_identifiers`; give the other outcomes.

    An event's ordinal is its line number.
    """
    names = [feed.namespace(name) for name in NAMESPACES]
    if len(set(names)) < len(names):
        # Two handles may be one and the same: the reader tells.
        yield from segment.read(file, feed)
        return
    _register_feed(con, file, feed, names)
    # Contents come again in later blocks.
    content = lru_cache(maxsize=REMEMBERED)(partial(_content, feed=feed))
    for block in blocks(file):
        yield from _stage_block(con, block, feed, content)


def _register_feed(
    con: duckdb.DuckDBPyConnection, file: RawFile, feed: Feed, names: Sequence[str]
) -> None:
    """What is the same for every line of the file."""
    clock = feed.clock
    limits = {
        "file_id": file.file_id,
        "source": feed.name,
        "channel": channel_of(feed),
        "earliest_us": clock.earliest_us,
        "latest_us": clock.latest_us,
        "offset_us": clock.offset_us,
    }
    con.register("feed_limits", pl.DataFrame([limits]))
    con.register(
        "segment_namespaces",
        pl.DataFrame({"file_id": file.file_id, "given": NAMESPACES, "namespace": names}),
    )
    fields = sorted(segment.USED | segment.LEFT_OUT)
    con.execute("set variable segment_fields = ?", [fields])


def _stage_block(
    con: duckdb.DuckDBPyConnection, block: Block, feed: Feed, content: Judge
) -> Iterator[Outcome]:
    """Stage one block of lines."""
    con.register("raw_lines", block.lines)
    _table(con, "segment_lines")
    _table(con, "segment_stray_lines")
    _table(con, "segment_strays")
    _judge(con, "content", CONTENTS, content)
    _judge(con, "user_agent", AGENTS, _agent)
    _judge(con, "device", DEVICES, _device)
    con.execute(f"insert into staged_events by name {_sql('segment_events')}")
    _table(con, "segment_sure")
    con.execute(f"insert into staged_identifiers by name {_sql('segment_identifiers')}")
    doubtful = con.execute(_sql("segment_doubtful")).fetchall()
    found = [_raw(number, line) for number, line in doubtful]
    records = sorted([*found, *block.problems])
    channel = channel_of(feed)
    yield from outcomes(
        records, lambda number, call: segment.interpret(feed, channel, number, call)
    )


def _raw(number: int, line: str) -> Raw:
    """A doubtful line as the reader gets it."""
    raw = line_record(number, line.rstrip("\r\n"))
    return raw if raw.problem is not None else json_object(number, raw.text)


def _judge(
    con: duckdb.DuckDBPyConnection,
    column: str,
    schema: pl.Schema,
    judge: Judge,
) -> None:
    """Make the table of what is said by each distinct text that leaves no doubt."""
    distinct = con.execute(
        f"select distinct {column} from segment_lines where {column} is not null"  # noqa: S608
    ).fetchall()
    rows = []
    for (text,) in distinct:
        try:
            rows.append((text, *judge(text)))
        except (BadRecord, Doubtful, orjson.JSONDecodeError):
            continue
    name = TABLES[column]
    con.register("judged", pl.DataFrame(rows, schema=schema, orient="row"))
    # A table has statistics, which a registered frame has not: joins depend on them.
    con.execute(f"create or replace temp table {name} as from judged")
    con.unregister("judged")


def _content(text: str, feed: Feed) -> tuple[object, ...]:
    """The particulars of a call, as the reader has them.

    Raises:
        BadRecord: The reader will refuse the call.
        Doubtful: The reader needs more of the call than this.
    """
    values: list[Any] = [orjson.loads(part) if part else None for part in text.split("\x1f")]
    call_type, event, name, group_id, properties, traits, known_traits, campaign = values
    whole = {
        "properties": properties,
        "traits": traits,
        "known": known_traits,
        "campaign": campaign,
    }
    content = segment.Content(
        call_type,
        event,
        name,
        group_id,
        segment.part(whole, "properties"),
        segment.part(whole, "traits"),
        segment.part(whole, "known"),
        {},
        segment.part(whole, "campaign"),
    )
    said = segment.particulars(content, feed.company.currency)
    if said.kind == "identity_merged" or (
        call_type == "page" and segment.path_of(content.properties) is None
    ):
        raise Doubtful
    return (
        said.kind,
        said.kind_raw,
        said.label,
        said.object_kind,
        said.object_id,
        said.amount_cents,
        said.currency,
        _normal("email", said.email, feed),
        _normal("phone", said.phone, feed),
        orjson.dumps(said.properties, option=orjson.OPT_SORT_KEYS, default=str).decode(),
    )


def _normal(namespace: str, value: Any, feed: Feed) -> str | None:
    """A handle's normal form, where one is given.

    Raises:
        Doubtful: It has none.
    """
    if value is None or value == "":
        return None
    normal = normalise(namespace, value, region=feed.company.phone_region)
    if normal is None:
        raise Doubtful
    return normal


def _agent(text: str) -> tuple[object, ...]:
    """The agent that a JSON text names."""
    return tuple(agent(segment.text({"userAgent": orjson.loads(text)}, "userAgent")))


def _device(text: str) -> tuple[object, ...]:
    """The id and kind of the device that a JSON object describes.

    Raises:
        BadRecord: It is no object.
        Doubtful: Its id has no normal form.
    """
    device = segment.part({"device": orjson.loads(text)}, "device")
    given = segment.text(device, "id")
    normal = None if not given else normalise("device_id", given, region="")
    if given and normal is None:
        raise Doubtful
    return normal, segment.device_kind(device)


def _sql(name: str) -> str:
    """The text of one landing query."""
    return (sql_folder() / "landing" / f"{name}.sql").read_text(encoding="utf-8")


def _table(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Compute a query's table anew."""
    con.execute(f"create or replace temp table {name} as {_sql(name)}")
