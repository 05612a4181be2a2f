"""Journeys as an object-centric event log (OCEL 2.0, JSON).

An event is a touchpoint. Its objects are its customer, its journey, and what it was about: the
order, the ticket, the subscription.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

import duckdb
import orjson

from pipeline.exports.rows import Exported, rows, stamp, written

EVENT_ATTRIBUTES = {
    "stage": "string",
    "channel": "string",
    "source": "string",
    "actor": "string",
    "amount_cents": "integer",
    "currency": "string",
}
# An object that has no time of its own has its attributes from the beginning on.
ALWAYS = "1970-01-01T00:00:00.000Z"


def write(con: duckdb.DuckDBPyConnection, path: Path) -> Exported:
    """Write every journey of the published file; how many touchpoints and objects they were."""
    touchpoints = sorted({row["touchpoint"] for row in rows(con, "ocel_events")})
    kinds = sorted({row["object_type"] for row in rows(con, "ocel_objects")})
    attributes = [{"name": name, "type": kind} for name, kind in EVENT_ATTRIBUTES.items()]
    status = [{"name": "status", "type": "string"}]
    with written(path) as file:
        file.write('{"objectTypes":')
        file.write(
            _json([{"name": kind, "attributes": status * (kind == "journey")} for kind in kinds])
        )
        file.write(',"eventTypes":')
        file.write(_json([{"name": name, "attributes": attributes} for name in touchpoints]))
        file.write(',"objects":')
        objects = _array(file, _objects(rows(con, "ocel_objects")))
        file.write(',"events":')
        events = _array(file, _events(rows(con, "ocel_events")))
        file.write("}\n")
    return Exported(events, objects)


def _objects(given: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Objects as the format has them."""
    for row in given:
        made: dict[str, Any] = {"id": row["object_id"], "type": row["object_type"]}
        if row["status"] is not None:
            since = stamp(row["started_at"]) if row["started_at"] else ALWAYS
            made["attributes"] = [{"name": "status", "time": since, "value": row["status"]}]
        if row["belongs_to"] is not None:
            made["relationships"] = [{"objectId": row["belongs_to"], "qualifier": "of"}]
        yield made


def _events(given: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Events as the format has them."""
    for row in given:
        related = (("customer", "by"), ("journey", "in"), ("subject", "about"))
        yield {
            "id": row["event_id"],
            "type": row["touchpoint"],
            "time": stamp(row["occurred_at"]),
            "attributes": [
                {"name": name, "value": row[name]}
                for name in EVENT_ATTRIBUTES
                if row[name] is not None
            ],
            "relationships": [
                {"objectId": row[name], "qualifier": qualifier}
                for name, qualifier in related
                if row[name] is not None
            ],
        }


def _array(file: TextIO, given: Iterable[dict[str, Any]]) -> int:
    """Write a JSON array, one element a line; how many there were."""
    count = 0
    file.write("[")
    for count, each in enumerate(given, start=1):
        file.write(",\n" if count > 1 else "\n")
        file.write(_json(each))
    file.write("]")
    return count


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
