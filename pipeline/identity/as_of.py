"""Who was who at a past instant, by what was known then; the only identity churn may train on.

The rule: of all that landed, only what the company could have known by the instant is read, and a
run over that is repeated up to whose event is whose. Today's knowledge of a customer (a log-in
that came later, a merge in the CRM) then cannot leak into what is said of the past.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl

from pipeline.build import connect
from pipeline.identity.attribution import attribute, identify
from pipeline.identity.customers import Stitched
from pipeline.identity.tables import build, read_sql
from pipeline.job import Job, lock
from pipeline.lake import open_past_lake
from pipeline.landing.schema import INSTANT
from pipeline.settings import Settings
from pipeline.warehouse import quoted

PREFIX = "as-of-"
# What of today's view the past is compared with.
CURRENT = ("current_members", "current_owners")
COMPARISON = ("member_moves", "customer_successors", "event_moves", "unowned_events")
RESTATEMENTS = pl.Schema(
    {
        "known_at": INSTANT,
        "customer_count": pl.Int64,
        "current_customer_count": pl.Int64,
        "merged_customer_count": pl.Int64,
        "split_customer_count": pl.Int64,
        "event_count": pl.Int64,
        "restated_event_count": pl.Int64,
        "unattributed_event_count": pl.Int64,
        "restated_event_share": pl.Float64,
    }
)


def write(settings: Settings, instant: datetime, out: Path) -> Stitched:
    """Write the identity tables of what was known at `instant` into `out`.

    They are those of a run: `identifiers`, `customer_links`, `customer_changes`, in which all
    are new, and `customer_confidence`. A customer has the id of today's runs wherever the
    identifier that names it was known then.

    Raises:
        RunInProgress: A run holds the project.
    """
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock(settings), _past(settings, instant) as con:
        return _identified(con, settings, instant, out)


@contextmanager
def known_by(settings: Settings, instant: datetime) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database as a run at `instant` would have had it, up to whose event is whose.

    It holds what had landed by then, the identity tables, `known_events`, `event_customers` and
    all that these read; further models can be built on it. It is gone when the context ends.

    Args:
        settings: The project's configuration as it stands now: policy and sources are today's.
        instant: Aware; nothing known or occurring later is seen.
    """
    with _past(settings, instant) as con:
        with tempfile.TemporaryDirectory(prefix=PREFIX, dir=settings.work) as folder:
            _identified(con, settings, instant, Path(folder))
            attribute(con, settings, _job(instant), Path(folder))
        yield con


def restatements(
    con: duckdb.DuckDBPyConnection, settings: Settings, instants: list[datetime]
) -> pl.DataFrame:
    """How today's view of each past instant differs from the one that could be had then.

    Args:
        con: Holds today's `identifiers` and `ordered_events`.
        settings: The project's configuration.
        instants: Aware. One at which nothing was known yet is left out.

    Returns:
        `RESTATEMENTS`: one row per instant, in order.
    """
    rows = [RESTATEMENTS.to_frame()]
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=settings.work) as folder:
        for name in CURRENT:
            con.execute(f"copy ({read_sql(name)}) to {_file(folder, name)} (format parquet)")
        for instant in sorted(instants):
            with known_by(settings, instant) as past:
                for name in CURRENT:
                    past.execute(f"create view {name} as from read_parquet({_file(folder, name)})")
                build(past, *COMPARISON)
                counted: pl.DataFrame = past.sql(read_sql("restatements")).pl()
            moment = pl.lit(instant.astimezone(UTC)).dt.replace_time_zone(None)
            row = counted.with_columns(known_at=moment).select(RESTATEMENTS.names())
            rows.append(row.cast(RESTATEMENTS).filter(pl.col("customer_count") > 0))
    return pl.concat(rows).sort("known_at")


def _file(folder: str, name: str) -> str:
    """The path of a table's Parquet file, as a literal."""
    return quoted((Path(folder) / f"{name}.parquet").as_posix())


def month_starts(as_of: datetime, count: int) -> list[datetime]:
    """The last `count` starts of a month (UTC) before `as_of`, the newest first."""
    start = as_of.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found: list[datetime] = []
    while len(found) < count:
        if start < as_of:
            found.append(start)
        year, month = divmod(start.year * 12 + start.month - 2, 12)
        start = start.replace(year=year, month=month + 1)
    return found


@contextmanager
def _past(settings: Settings, instant: datetime) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of the lake as it was known at `instant`."""
    settings.work.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=PREFIX, dir=settings.work) as folder,
        connect(settings, Path(folder) / "as_of.duckdb") as con,
    ):
        open_past_lake(con, settings.lake, instant)
        yield con


def _identified(
    con: duckdb.DuckDBPyConnection, settings: Settings, instant: datetime, out: Path
) -> Stitched:
    """The identity tables of what `con` knows, and of what people had decided by that day."""
    until = instant.astimezone(UTC).date()
    # Probable matches come of a model that has learnt from what landed later.
    sure = settings.identity.model_copy(update={"match": None})
    settings = settings.model_copy(update={"identity": sure})
    return identify(con, settings, _job(instant), decided_until=until, out=out)


def _job(instant: datetime) -> Job:
    """A job that speaks about `instant`, and that no run ever planned."""
    moment = instant.astimezone(UTC).isoformat()
    return Job(run_id="", as_of=moment, night=0, digest="", started_at="")
