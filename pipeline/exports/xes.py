"""Journeys as an XES event log (IEEE 1849-2016), which process-mining tools read.

A trace is a journey, an event one of its touchpoints. Concept, time, organizational and lifecycle
are the standard's extensions; what begins with `wend:` is ours.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import duckdb

from pipeline.exports.rows import Exported, rows, stamp, written

EXTENSIONS = (
    ("Concept", "concept", "http://www.xes-standard.org/concept.xesext"),
    ("Time", "time", "http://www.xes-standard.org/time.xesext"),
    ("Organizational", "org", "http://www.xes-standard.org/org.xesext"),
    ("Lifecycle", "lifecycle", "http://www.xes-standard.org/lifecycle.xesext"),
)
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">
"""
# No escape makes these characters XML.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write(con: duckdb.DuckDBPyConnection, path: Path) -> Exported:
    """Write every journey of the published file; how many touchpoints and journeys they were."""
    events = journeys = 0
    with written(path) as file:
        file.write(HEAD)
        for name, prefix, uri in EXTENSIONS:
            file.write(f'  <extension name="{name}" prefix="{prefix}" uri="{uri}"/>\n')
        file.write(
            '  <global scope="trace">\n'
            '    <string key="concept:name" value=""/>\n'
            "  </global>\n"
            '  <global scope="event">\n'
            '    <string key="concept:name" value=""/>\n'
            '    <date key="time:timestamp" value="1970-01-01T00:00:00.000Z"/>\n'
            "  </global>\n"
            '  <classifier name="Touchpoint" keys="concept:name"/>\n'
            '  <classifier name="Stage" keys="wend:stage"/>\n'
        )
        for _, trace in groupby(rows(con, "xes_events"), _journey):
            told = list(trace)
            file.writelines(_trace(told))
            events += len(told)
            journeys += 1
        file.write("</log>\n")
    return Exported(events, journeys)


def _journey(row: dict[str, Any]) -> tuple[str, int]:
    """What the events of one trace have in common."""
    return row["customer_id"], row["journey_number"]


def _trace(events: list[dict[str, Any]]) -> Iterator[str]:
    """The lines of one journey."""
    first = events[0]
    yield "  <trace>\n"
    yield _text("concept:name", f"{first['customer_id']}/{first['journey_number']}", depth=4)
    yield _text("wend:customer_id", first["customer_id"], depth=4)
    yield _text("wend:status", first["status"], depth=4)
    for event in events:
        yield "    <event>\n"
        yield _text("concept:name", event["touchpoint"], depth=6)
        yield f'      <date key="time:timestamp" value="{stamp(event["occurred_at"])}"/>\n'
        yield _text("lifecycle:transition", "complete", depth=6)
        yield _text("org:resource", event["actor"], depth=6)
        yield _text("org:group", event["channel"], depth=6)
        yield _text("wend:event_id", event["event_id"], depth=6)
        yield _text("wend:source", event["source"], depth=6)
        if event["stage"] is not None:
            yield _text("wend:stage", event["stage"], depth=6)
        if event["amount_cents"] is not None:
            yield f'      <int key="wend:amount_cents" value="{event["amount_cents"]}"/>\n'
            yield _text("wend:currency", event["currency"] or "", depth=6)
        yield "    </event>\n"
    yield "  </trace>\n"


def _text(key: str, value: str, *, depth: int) -> str:
    """One attribute."""
    clean = FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", value)
    return f'{" " * depth}<string key="{key}" value={quoteattr(clean)}/>\n'
