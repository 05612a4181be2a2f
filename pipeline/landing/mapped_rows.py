"""The rows of a CSV, JSON lines, Parquet or .xlsx file whose columns wend.toml maps."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from pipeline.errors import BadRecord, SourceRefused
from pipeline.landing import id_columns, layout_proof
from pipeline.landing.containers.csv_records import csv_header, csv_rows
from pipeline.landing.containers.json_records import json_array, json_lines
from pipeline.landing.containers.parquet_records import parquet_header, parquet_rows
from pipeline.landing.containers.unpacked import ending
from pipeline.landing.containers.xlsx_records import xlsx_header, xlsx_rows
from pipeline.landing.mapped_columns import Get, Plan, check, plan_of, refuse_unexpected
from pipeline.landing.record import Feed, Raw, RawFile
from pipeline.settings import Columns

SHEETS = {".xlsx", ".xlsm"}
OTHER_SHEETS = {".xls", ".xlsb", ".ods", ".numbers"}


def settled(file: RawFile, feed: Feed, columns: Columns, times: Iterable[Get]) -> Feed:
    """The feed with the layout of time that this file proves, where wend.toml leaves it to that.

    Raises:
        SourceRefused: The stamps are of two layouts, or prove none.
    """
    takes = tuple(times)

    def stamps(again: RawFile) -> Iterator[Any]:
        rows = rows_of(again, feed, columns, plan_of(columns))
        return (_taken(take, raw.value) for raw in rows if raw.problem is None for take in takes)

    return layout_proof.settled(file, feed, stamps)


def _taken(take: Get, row: Mapping[str, Any]) -> Any:
    """What stands in a row's column; None where the row will be refused for it."""
    try:
        return take(row)
    except BadRecord:
        return None


def records(file: RawFile, feed: Feed, columns: Columns, plan: Plan) -> Iterator[Raw]:
    """The rows of a file, once its columns are found to be as mapped.

    Raises:
        SourceRefused: They are not, or at the end: a column of ids is damaged.
    """
    takes = {
        spec: partial(_taken, take)
        for namespace, spec, take in (*plan.identifiers, *plan.merged)
        if not (spec.startswith("=") or namespace == "email" or spec in feed.source.sound_ids)
    }
    rows = rows_of(file, feed, columns, plan)
    return id_columns.sound(file.name, rows, takes, plan.widths) if takes else rows


def rows_of(file: RawFile, feed: Feed, columns: Columns, plan: Plan) -> Iterator[Raw]:
    """The rows of a file, once its columns are found to be as mapped.

    Raises:
        SourceRefused: They are not, or the file is of a kind that is not read.
    """
    kind = ending(file)
    if kind in {".jsonl", ".ndjson", ".json"}:
        rows = json_array(file) if kind == ".json" else json_lines(file)
        yield from _checked(file, rows, columns, plan)
    elif kind == ".parquet":
        check(file.name, parquet_header(file), columns, plan)
        yield from parquet_rows(file)
    elif kind in SHEETS:
        check(file.name, xlsx_header(file, feed.source.sheet), columns, plan)
        yield from xlsx_rows(file, feed.source.sheet)
    elif kind in OTHER_SHEETS:
        raise SourceRefused(f"{file.name}: of spreadsheets .xlsx is read; save it as that or CSV")
    else:
        given = feed.source.delimiter
        delimiter = "\t" if kind == ".tsv" and given == "," else given
        check(file.name, csv_header(file, delimiter), columns, plan)
        yield from csv_rows(file, delimiter)


def _checked(file: RawFile, rows: Iterable[Raw], columns: Columns, plan: Plan) -> Iterator[Raw]:
    """JSON rows; a field is looked at when it first appears, since absent means empty here."""
    seen: set[str] = set()
    for raw in rows:
        if raw.problem is None and (new := raw.value.keys() - seen):
            seen |= new
            refuse_unexpected(f"{file.name}, record {raw.number}", new, columns, plan)
        yield raw
