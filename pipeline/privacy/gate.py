"""What a batch brings back of somebody erased is left out before anything is written.

Rule: an event is hashed as its source sent it before it is judged, so that what stays of other
people keeps the id it had.
"""

from collections.abc import Callable
from pathlib import Path

import duckdb
import orjson
import polars as pl

from pipeline.landing.ledger import Stamps
from pipeline.landing.snapshots import state
from pipeline.privacy import tombstones
from pipeline.privacy.spellings import GAP
from pipeline.privacy.texts import masked, masked_json, masked_path, names_erased, path_names_erased
from pipeline.privacy.tombstones import Tombstones
from pipeline.resources import sql_folder
from pipeline.warehouse import quoted

RULE = "erased person"
UNTOLD = "names somebody erased: its text is not kept"
BLOCK_BYTES = 64


def forget(con: duckdb.DuckDBPyConnection, lake: Path, staging: Path) -> None:
    """Take everything that happened to somebody erased out of a batch that is being landed.

    Their events go, and their records are counted as ignored by RULE, unless an event of somebody
    else stays; where they are merely mentioned, the mention goes. Refused records that name them
    are kept without text. Without tombstones nothing is read and nothing is done.

    Args:
        con: The batch's database, with `hashed_events`, `staged_identifiers`, `staged_ignored` and
            `staged_refused`.
        lake: Where the tombstones are.
        staging: The batch's folder, where a reader of snapshots has left its state.
    """
    if not tombstones.exist(lake):
        return
    stones = tombstones.read(lake)
    _forget_events(con, lake, staging, stones)
    _forget_refused(con, stones)
    if (staging / state.FILE).is_file():
        _forget_state(staging / state.FILE, stones)


def is_erased(lake: Path) -> Callable[[str], bool]:
    """What tells whether `namespace:value` names somebody erased."""
    if not tombstones.exist(lake):
        return _nobody
    stones = tombstones.read(lake)
    return lambda name: stones.holds("identifier", name)


def _nobody(_name: str) -> bool:
    return False


def read_sql(name: str) -> str:
    """The select of one file in sql/privacy/."""
    return (sql_folder() / "privacy" / f"{name}.sql").read_text(encoding="utf-8")


def set_pads(con: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Give queries what HMAC (RFC 2104) makes of a key: `inner_pad` and `outer_pad`."""
    block = key.ljust(BLOCK_BYTES, b"\0")
    for name, pad in (("inner_pad", 0x36), ("outer_pad", 0x5C)):
        con.execute(f"set variable {name} = ?", [bytes(byte ^ pad for byte in block)])


def _forget_events(
    con: duckdb.DuckDBPyConnection, lake: Path, staging: Path, stones: Tombstones
) -> None:
    """Take out events and mentions."""
    con.register("tombstones", tombstones.table(lake))
    set_pads(con, stones.key)
    for name, model in (
        ("erased_identifiers", "staged_erased_identifiers"),
        ("staged_erased_events", "staged_erased_events"),
        ("erased_ordinals", "erased_ordinals"),
    ):
        con.execute(f"create temp table {name} as {read_sql(model)}")
    con.execute(
        f"insert into staged_ignored (file_id, record_number, rule) "
        f"{read_sql('erased_staged_records')}"
    )
    con.execute(
        "delete from hashed_events as hashed using erased_ordinals as erased "
        "where hashed.file_id = erased.file_id and hashed.event_ordinal = erased.event_ordinal"
    )
    con.execute(
        "delete from staged_identifiers as identifier using erased_identifiers as erased "
        "where identifier.namespace = erased.namespace and identifier.value = erased.value"
    )
    # Of what is left nothing is doomed; what it says of the erased is masked.
    con.execute("create temp view doomed_events as select event_id from hashed_events limit 0")
    con.execute("create or replace temp view batch_rows as from hashed_events")
    if _mask_mentions(con, stones):
        con.execute(
            "update hashed_events as event set kind_raw = new.kind_raw, label = new.label, "
            "object_id = new.object_id, text = new.text, link = new.link, "
            "properties = new.properties from reworded_events as new "
            "where event.event_id = new.event_id and event.content_hash = new.content_hash"
        )
    _forget_plain_events(con, staging, stones)
    con.unregister("tombstones")


def _mask_mentions(con: duckdb.DuckDBPyConnection, stones: Tombstones) -> int:
    """Make `reworded_events`: what events of `batch_rows` say, names of erased people masked.

    Returns:
        How many events name somebody.
    """
    begun = con.sql(read_sql("erased_words")).fetchall()
    if not begun:
        return 0
    starts = [GAP.join(word) if kind == "digits" else word for kind, word in begun]
    con.execute("set variable named = ?", ["|".join(starts)])
    rows: pl.DataFrame = con.sql(read_sql("naming_events")).pl()
    told = [
        (
            event_id,
            content_hash,
            *(text and masked(text, stones) for text in texts),
            masked_json(properties, stones),
        )
        for event_id, content_hash, *texts, properties in rows.iter_rows()
    ]
    con.register("told", pl.DataFrame(told, schema=rows.schema, orient="row"))
    con.execute("create or replace temp table reworded_events as from told")
    con.unregister("told")
    return rows.height


def _forget_plain_events(con: duckdb.DuckDBPyConnection, staging: Path, stones: Tombstones) -> None:
    """Take events that are known by their id alone out of files that are written already.

    What is left of them names nobody erased either.
    """
    for path in sorted(staging.glob("events_*.parquet")):
        con.read_parquet(path.as_posix()).create_view("plain_landed", replace=True)
        con.execute(
            f"create or replace temp table plain_erased_events as {read_sql('plain_erased_events')}"
        )
        con.execute("create or replace temp view doomed_events as from plain_erased_events")
        con.execute("create or replace temp view batch_rows as from plain_landed")
        if _mask_mentions(con, stones):
            _replace(con, path, read_sql("kept_events"))
        if not con.sql("select 1 from plain_erased_events limit 1").fetchall():
            continue
        con.execute(
            "insert into staged_ignored (file_id, record_number, rule) "
            "select file_id, record_number, ? from plain_erased_events",
            [RULE],
        )
        part = path.stem.removeprefix("events")
        for table in sorted(staging.glob(f"*{part}.parquet")):
            con.read_parquet(table.as_posix()).create_view("plain_rows", replace=True)
            _replace(con, table, read_sql("plain_kept_rows"))


def _replace(con: duckdb.DuckDBPyConnection, path: Path, kept: str) -> None:
    """Put what a query keeps in the place of a file."""
    staged = path.with_suffix(".kept")
    con.execute(f"copy ({kept}) to {quoted(staged.as_posix())} (format parquet, compression zstd)")
    staged.replace(path)


def _forget_refused(con: duckdb.DuckDBPyConnection, stones: Tombstones) -> None:
    """Take the text out of refused records that name somebody erased."""
    refused = con.sql("select file_id, record_number, raw, reasons from staged_refused").pl()
    told = [
        (file_id, number)
        for file_id, number, *texts in refused.iter_rows()
        if any(text is not None and names_erased(text, stones) for text in texts)
    ]
    for file_id, number in told:
        con.execute(
            "update staged_refused set raw = '', reasons = ? "
            "where file_id = ? and record_number = ?",
            [UNTOLD, file_id, number],
        )


def _forget_state(path: Path, stones: Tombstones) -> None:
    """Take objects that name somebody erased out of what a snapshot left behind."""
    rows = pl.read_parquet(path)
    stays = [
        not _names(stones, key, values, handles)
        for key, values, handles in rows.select("key", "values", "handles").iter_rows()
    ]
    if not all(stays):
        rows.filter(pl.Series(stays)).write_parquet(path)


def _names(stones: Tombstones, key: str | None, values: str | None, handles: str | None) -> bool:
    """Whether an object of a snapshot names somebody erased."""
    named = any(
        stones.holds("identifier", f"{namespace}:{value}")
        for namespace, value in orjson.loads(handles or "[]")
    )
    return named or names_erased(f"{key or ''}\n{values or ''}", stones)


def masked_paths(files: pl.DataFrame, lake: Path) -> pl.DataFrame:
    """Ledger rows whose `path` names nobody erased."""
    if not tombstones.exist(lake):
        return files
    stones = tombstones.read(lake)
    return files.with_columns(path=pl.Series([masked_path(path, stones) for path in files["path"]]))


def tellable(stamps: Stamps, lake: Path) -> Stamps:
    """The stamps whose paths name nobody erased."""
    if not tombstones.exist(lake):
        return stamps
    stones = tombstones.read(lake)
    return {path: stamp for path, stamp in stamps.items() if not path_names_erased(path, stones)}
