"""CRM tables as JSON, JSON lines or CSV: each record's fields as the cells of a row."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from pipeline.landing.clocks import Clock
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.containers.unpacked import ending
from pipeline.landing.crm.rows import Reading, Row, Table, canonical, read_tables, recognise
from pipeline.landing.record import Feed, Outcome, RawFile, outcomes

JSON = {".json", ".jsonl", ".ndjson"}


def read_documents(
    file: RawFile,
    feed: Feed,
    system: str,
    tables: Sequence[Table],
    unpack: Callable[[Mapping[str, Any]], Mapping[str, Any]],
) -> Iterator[Outcome]:
    """What each record became; its fields, or a CSV's header, say of which table it is.

    A JSON file is a list of records, one a line, or an API's answer with a list under `value` or
    `data`. `unpack` takes a record out of the envelope that the API puts around it.

    Raises:
        SourceRefused: Of no known table.
    """
    if ending(file) not in JSON:
        yield from read_tables(file, feed, system, tables)
        return
    known: dict[tuple[str, ...], Table] = {}

    def interpret(number: int, value: dict[str, Any]) -> Reading:
        record = unpack(value)
        fields = tuple(record)
        if fields not in known:
            known[fields] = recognise(f"{file.name}, record {number}", fields, system, tables)
        cells: dict[str, str] = {}
        for name, given in record.items():
            if text := flat(given):
                cells.setdefault(canonical(name), text)
        return known[fields].read(Row(number, cells, feed, feed.clock))

    yield from outcomes(json_array(file, "value", "data"), interpret)


def flat(value: Any) -> str:
    """A JSON value as a cell: of a list its parts between semicolons, of `{"value": x}` x."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        inner = value.get("value", value)
        return orjson.dumps(value).decode() if isinstance(inner, dict) else flat(inner)
    if isinstance(value, list):
        return ";".join(filter(None, map(flat, value)))
    return str(value).strip()


def in_zone(row: Row, clock: Clock) -> Row:
    """The row, its stamps without a zone read by `clock`."""
    return Row(row.number, row.cells, row.feed, clock)
