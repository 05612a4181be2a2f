"""The beginning of a file: what kind it is, how it is encoded, and its first records."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from charset_normalizer import from_bytes

from pipeline.errors import SourceRefused
from pipeline.landing.containers.csv_records import csv_header, csv_rows
from pipeline.landing.containers.json_records import json_array, json_lines
from pipeline.landing.containers.parquet_records import parquet_rows
from pipeline.landing.containers.text_lines import lines
from pipeline.landing.containers.unpacked import CHUNK, ending, members, packing
from pipeline.landing.containers.xlsx_records import xlsx_header, xlsx_rows
from pipeline.landing.mapped_rows import SHEETS
from pipeline.landing.record import Raw, RawFile

RECORDS = 5_000
# A list of records or one record; `[16:59]` begins a line of talk.
JSON = re.compile(r"[\ufeff\s]*(?:\{|\[\s*(?:[\[{\]]|$))")
# A line of talk begins with its stamp, which no column is called after.
SAID = re.compile(r"[\ufeff\u200e]*\[?\d{1,4}[./:-]\d")
DELIMITERS = (",", ";", "\t", "|")
LOGS = {".log", ".eml", ".mbox", ".xes", ".xml", ".html", ""}
# Where text is not UTF-8 it is one of these, in the order of their use.
ENCODINGS = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "koi8_r", "mac_roman"),
    *("shift_jis", "euc_jp", "gb18030", "big5", "euc_kr"),
]


@dataclass(frozen=True, slots=True)
class Sample:
    """The beginning of a file.

    Attributes:
        kind: csv, jsonl, json, parquet, xlsx or text.
        delimiter: Of a CSV.
        header: The columns of a table; of JSON the fields seen, in the order of their coming.
        rows: The first records, RECORDS at most; of text its lines.
        is_whole: Whether these are all.
        damaged: How many records could not even be parsed.
        doubts: What could not be made sure.
    """

    file: RawFile
    kind: str
    delimiter: str
    header: Sequence[str]
    rows: Sequence[Any]
    is_whole: bool
    damaged: int
    doubts: tuple[str, ...]


def sample(path: Path, name: str) -> Sample:
    """The beginning of a file; `name` is what messages call it.

    Raises:
        SourceRefused: It cannot be opened, is empty, or is a broken table.
    """
    file, doubts = encoded(RawFile(path, name, "sniffed"))
    kind, delimiter = kind_of(file)
    raws = list(islice(_records(file, kind, delimiter), RECORDS + 1))
    rows = [raw.value for raw in raws[:RECORDS] if raw.problem is None]
    return Sample(
        file=file,
        kind=kind,
        delimiter=delimiter,
        header=_header(file, kind, delimiter, rows),
        rows=rows,
        is_whole=len(raws) <= RECORDS,
        damaged=sum(raw.problem is not None for raw in raws[:RECORDS]),
        doubts=doubts,
    )


def encoded(file: RawFile) -> tuple[RawFile, tuple[str, ...]]:
    """The file with its encoding where it is not UTF-8, and what is unsure of that.

    Raises:
        SourceRefused: It is no text.
    """
    if ending(file) in {".parquet", *SHEETS}:
        return file, ()
    if _is_binary(file):
        raise SourceRefused(
            f"{file.name}: it is no text, and neither Parquet nor a spreadsheet; name a log or an "
            "export"
        )
    telling = b"".join(_not_utf8(stream) for _, stream in members(file))
    if not telling:
        return file, ()
    guesses = from_bytes(telling[: 2**18], cp_isolation=ENCODINGS)
    best = guesses.best()
    if best is None:
        return file, ("encoding: some of it is neither UTF-8 nor any other that could be told",)
    # Several encodings may say the same of these bytes: then the commonest is meant.
    named = {best.encoding, *best.could_be_from_charset}
    same = [name for name in ENCODINGS if name in named and _text(telling, name) == str(best)]
    encoding = min(same, key=ENCODINGS.index, default=best.encoding)
    others = [guess.encoding for guess in guesses if guess.encoding not in {encoding, *same}][:3]
    doubt = f"encoding: the text is not UTF-8; it reads best as {encoding}"
    return replace(file, encoding=encoding), (
        doubt + (f", and nearly as well as {', '.join(others)}" if others else ""),
    )


def _is_binary(file: RawFile) -> bool:
    """Whether a file is no text: it holds zeros where no encoding of two bytes a sign puts them."""
    for _, stream in members(file):
        start = stream.read(CHUNK)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            continue
        if b"\0\0" in start:
            return True
    return False


def _text(telling: bytes, encoding: str) -> str | None:
    """Bytes as text; None when they are none in this encoding."""
    try:
        return telling[: 2**18].decode(encoding)
    except UnicodeError:
        return None


def _not_utf8(stream: BinaryIO) -> bytes:
    """The lines with other than ASCII signs around the first that is not UTF-8; none if all is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    while found := stream.read(CHUNK):
        try:
            decoder.decode(found)
        except UnicodeDecodeError:
            return b"\n".join(line for line in found.splitlines() if not line.isascii())
    return b""


def kind_of(file: RawFile) -> tuple[str, str]:
    """What kind of file it is, by its ending or else its beginning; and a CSV's delimiter."""
    suffix = ending_of_first(file)
    if suffix in SHEETS:
        return "xlsx", ","
    if suffix == ".parquet":
        return "parquet", ","
    start = beginning(file)
    if JSON.match(start) and suffix not in {".csv", ".tsv"}:
        return ("jsonl" if suffix in {".jsonl", ".ndjson"} or _is_lines(start) else "json"), ","
    first = start.partition("\n")[0]
    # A log's lines may hold any number of commas; Snowplow's 131 fields have no header.
    if suffix in LOGS or first.count("\t") == 130 or (suffix == ".txt" and SAID.match(first)):
        return "text", ","
    delimiter = delimiter_of(start)
    return ("csv", delimiter) if delimiter else ("text", ",")


def ending_of_first(file: RawFile) -> str:
    """The ending of a file or, of an archive, of the first file in it that is not empty."""
    for name, _ in members(file):
        return packing(name).ending
    return ""


def beginning(file: RawFile) -> str:
    """The first 64 KiB of a file as text, to the end of a line."""
    for _, stream in members(file):
        found = stream.read(2**16)
        text = found.decode("utf-8", "replace")
        return text if len(found) < 2**16 else text[: text.rfind("\n") + 1] or text
    return ""


def _is_lines(start: str) -> bool:
    """Whether JSON text is one object a line."""
    first, _, rest = start.strip().partition("\n")
    return first.rstrip().endswith("}") and (not rest or rest.lstrip().startswith("{"))


def delimiter_of(start: str) -> str | None:
    """What parts a CSV's cells: what gives nearly all rows the header's width; None: no CSV."""
    best, width = None, 1
    for delimiter in DELIMITERS:
        try:
            rows = [row for row in csv.reader(io.StringIO(start), delimiter=delimiter) if row]
        except csv.Error:
            continue
        same = sum(len(row) == len(rows[0]) for row in rows) if rows else 0
        if rows and same >= 0.9 * (len(rows) - 1) and same > 0 and len(rows[0]) > width:
            best, width = delimiter, len(rows[0])
    return best


def _records(file: RawFile, kind: str, delimiter: str) -> Iterator[Raw]:
    """The records of a file of a kind."""
    if kind == "csv":
        return csv_rows(file, delimiter)
    if kind == "text":
        return lines(file)
    table = {"jsonl": json_lines, "json": json_array, "parquet": parquet_rows, "xlsx": xlsx_rows}
    return table[kind](file)


def _header(
    file: RawFile, kind: str, delimiter: str, rows: Sequence[Mapping[str, Any]]
) -> list[str]:
    """The columns of a table, or the fields of its records."""
    if kind == "csv":
        return csv_header(file, delimiter)
    if kind == "xlsx":
        return xlsx_header(file)
    if kind == "text":
        return []
    return list(dict.fromkeys(name for row in rows for name in row))
