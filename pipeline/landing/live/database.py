"""Rows of a PostgreSQL database to Parquet files, over ADBC.

Used: the configured table or query, whole; the cursor column and the key columns for order. Columns
of a plain type (truth values, integers, floats, text, instants, dates) keep it; any other (numeric,
uuid, json, inet, interval, arrays, enumerations, bytea) comes as the text PostgreSQL writes for it.

Each fetch begins `overlap` before the newest row fetched, and at its very instant at the latest, so
rows of the same instant and rows written late are seen; rows fetched before are taken out again.
Rows without a cursor value are looked at in each fetch. A cursor value in the future moves the
cursor no further than the present.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

import adbc_driver_manager as adbc
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from adbc_driver_manager.dbapi import Cursor
from adbc_driver_postgresql.dbapi import connect  # type: ignore[import-untyped]

from pipeline.errors import BadSettings, Unreachable
from pipeline.landing.live.cursors import KINDS, before, literal, newest, present, refuse_endless
from pipeline.landing.live.fetched import Visit, batches, commit, redacted, staged
from pipeline.landing.live.repeats import are_equal, unseen
from pipeline.settings import Database, secret

SCHEMES = ("postgresql", "postgres")
LOOPBACK = ("", "localhost", "127.0.0.1", "::1")
# What Arrow holds as PostgreSQL does; the text of any other type is exact, its Arrow form is not.
PLAIN = {*KINDS, "bool", "float4", "float8", "text", "varchar", "bpchar", "name"}
# So much is held in memory, and committed before the fetch goes on.
PART_ROWS = 1_000_000
PART_BYTES = 128 * 2**20


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a database.

    Attributes:
        inner: The table or query, as it stands in FROM under the name `fetched`.
        columns: What stands in SELECT.
        order: What stands in ORDER BY.
        cursor: The cursor column, quoted; empty without one.
        kind: What the cursor column holds: instant, local, date, number; empty without one.
    """

    inner: str
    columns: str
    order: str
    cursor: str
    kind: str


def fetch(visit: Visit, database: Database) -> None:
    """Fetch the rows that are new since the last fetch, some at a time.

    Raises:
        BadSettings: The URL is not set or is none; a column that is named is not there.
        SourceRefused: A row holds an instant that no calendar has.
        Unreachable: The database cannot be reached, or refuses us or the query.
    """
    url = secret(database.url_env)
    parts = _parts(database.url_env, url)
    secrets = [url, parts.netloc.rpartition("@")[0].partition(":")[2]]
    secrets += [value for name, value in parse_qsl(parts.query) if "password" in name]
    place = parts.netloc.rpartition("@")[2] + parts.path
    origin = "\n".join([place, str(database.table or database.query), str(database.cursor)])
    try:
        with connect(_guarded(parts)) as connection, connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read, read only")
            question = _question(cursor, database)
            take = _take_newer if question.kind else _take_whole
            take(cursor, visit, database, question, origin)
    except (adbc.Error, pa.ArrowException) as error:
        raise Unreachable(f"{place}: {redacted(error, secrets)}") from None


def _parts(name: str, url: str) -> SplitResult:
    """The parts of a database URL, checked here, since libpq shows what it cannot read.

    Raises:
        BadSettings: It is none of PostgreSQL's; says so without any of it.
    """
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in SCHEMES and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or re.search("%(?![0-9A-Fa-f]{2})", url):
        raise BadSettings(
            f"the environment variable {name} holds no URL such as "
            "postgresql://user:password@host:5432/name; in a password % is %25, @ is %40, / is %2F"
        )
    return parts


def _guarded(parts: SplitResult) -> str:
    """The URL with a limit to waiting, and with encryption where it leaves the machine."""
    said = dict(parse_qsl(parts.query, keep_blank_values=True))
    host = said.get("host") or parts.hostname or ""
    usual = {"connect_timeout": "30", "application_name": "wend"}
    if host not in LOOPBACK and not host.startswith("/"):
        usual["sslmode"] = "require"
    return parts._replace(query=urlencode({**usual, **said}, quote_via=quote)).geturl()


def quoted(name: str) -> str:
    """A name as an identifier of SQL, whatever characters it has."""
    return '"' + name.replace('"', '""') + '"'


def _question(cursor: Cursor, database: Database) -> Question:
    """What to ask, once the columns are known.

    Raises:
        BadSettings: The cursor or a key is no column, or the cursor no instant, date or integer.
    """
    if database.table is not None:
        inner = ".".join(map(quoted, database.table.split("."))) + " as fetched"
    else:
        # A line of its own: the query may end in a comment.
        inner = f"(\n{(database.query or '').strip().rstrip(';')}\n) as fetched"
    schema = cursor.adbc_execute_schema(f"select * from {inner}")  # noqa: S608 - the user's query
    types = {field.name: (field.metadata or {}).get(b"POSTGRESQL:type", b"") for field in schema}
    named = [*([database.cursor] if database.cursor else []), *database.key]
    if absent := [name for name in named if name not in types]:
        raise BadSettings(f"no column {', '.join(absent)}; there are {', '.join(types)}")
    held = types[database.cursor].decode() if database.cursor else ""
    if database.cursor and held not in KINDS:
        raise BadSettings(
            f"cursor {database.cursor} is of type {held}; it must be an instant, a date or an "
            "integer: cast it in a query"
        )
    columns = [
        quoted(name) if held.decode() in PLAIN else f"{quoted(name)}::text as {quoted(name)}"
        for name, held in types.items()
    ]
    return Question(
        inner,
        ", ".join(columns),
        ", ".join(f"fetched.{quoted(name)}" for name in named) or "1",
        f"fetched.{quoted(database.cursor)}" if database.cursor else "",
        KINDS.get(held, ""),
    )


def _take_newer(
    cursor: Cursor, visit: Visit, database: Database, question: Question, origin: str
) -> None:
    """Commit the rows from the cursor on that no earlier batch holds, part by part."""
    assert database.cursor is not None
    earlier = batches(visit.shelf, origin)
    told = [batch.cursor["latest"] for batch in earlier if batch.cursor["kind"] == question.kind]
    latest = max((value for value in told if value is not None), default=None)
    newer = ""
    if latest is not None:
        start = literal(question.kind, before(question.kind, latest, database))
        newer = f" where {question.cursor} >= {start} or {question.cursor} is null"
    limit = present(question.kind, visit)
    files = [path for batch in earlier for path in batch.files]
    cursor.execute(_select(question, newer))
    for number, part in enumerate(_parts_of(cursor.fetch_record_batch()), start=1):
        fresh = unseen(visit, part, files, newer=newer, order=question.order)
        if fresh.num_rows:
            found = newest(fresh.column(database.cursor), limit)
            latest = max((value for value in (latest, found) if value is not None), default=None)
            with staged(visit.shelf) as staging:
                path = staging / "files" / visit.file_name(".parquet", number)
                pq.write_table(fresh, path, compression="zstd")
                commit(visit.shelf, staging, origin, {"kind": question.kind, "latest": latest})


def _take_whole(
    cursor: Cursor, visit: Visit, database: Database, question: Question, origin: str
) -> None:
    """Commit all rows as one file, unless they are those of the last fetch."""
    assert database.cursor is None
    last = [path for batch in batches(visit.shelf, origin)[-1:] for path in batch.files]
    cursor.execute(_select(question, ""))
    reader = cursor.fetch_record_batch()
    with staged(visit.shelf) as staging:
        path = staging / "files" / visit.file_name(".parquet", 1)
        with pq.ParquetWriter(path, reader.schema, compression="zstd") as writer:
            for part in _parts_of(reader):
                writer.write_table(part)
        if (last or pq.read_metadata(path).num_rows) and not are_equal(visit, [path], last):
            commit(visit.shelf, staging, origin, {"kind": question.kind})


def _select(question: Question, newer: str) -> str:
    """The SELECT: its names are quoted, its values were formatted from numbers."""
    return f"select {question.columns} from {question.inner}{newer} order by {question.order}"  # noqa: S608


def _parts_of(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """The rows of an answer, so many at a time as may be held in memory.

    Raises:
        Unreachable: The database went away.
        SourceRefused: A row holds an instant that no calendar has.
    """
    part: list[pa.RecordBatch] = []
    while True:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            break
        except OSError as error:
            raise adbc.OperationalError(str(error), status_code=adbc.AdbcStatusCode.IO) from error
        refuse_endless(batch)
        part.append(batch)
        if (
            sum(one.num_rows for one in part) >= PART_ROWS
            or sum(one.nbytes for one in part) >= PART_BYTES
        ):
            yield pa.Table.from_batches(part, reader.schema)
            part = []
    if part:
        yield pa.Table.from_batches(part, reader.schema)
