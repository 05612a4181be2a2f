"""What another policy would make of the customers, before it is taken.

The steps of a run are done under the policy tried in a scratch project that shares nothing with
the real one but the landed records, which they only read; nothing published is touched.
"""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from pipeline import publish, steps
from pipeline.build import BUILD, connect
from pipeline.errors import ImplausibleCustomers
from pipeline.identity.alarms import FILE_NAME as ALARMS
from pipeline.identity.policy import of
from pipeline.identity.tables import given, read_sql
from pipeline.job import Job, lock, plan
from pipeline.privacy import pending
from pipeline.run import Listener
from pipeline.settings import Identity, Settings
from pipeline.warehouse import quoted

PREFIX = "trial-"
COMPARED = ("drop_offs", "stages", "churn_scores", "checks")


@dataclass(frozen=True, slots=True)
class Side:
    """Where one side of the comparison lies.

    Attributes:
        identity: The folder of identity tables.
        database: A DuckDB file with the tables of `COMPARED`.
        events: The table there that names each event's customer.
        alarms: Why a run would not publish this side.
    """

    identity: Path
    database: Path
    events: str
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """What would change.

    Attributes:
        as_of: The instant that both sides speak about, ISO in UTC.
        is_published: The former side is what is published; else it was computed anew, because
            records, configuration or code have changed since.
        fates: `before_id`, `fate` (unchanged, merged, split, regrouped, resized, dissolved) and
            `has_kept_id`, one row per customer before.
        customer_count: Customers under the policy tried.
        new_count: How many of these hold no identifier that had a customer before.
        largest: `side`, `customer_id`, `identifier_count`.
        merges: `customer_id`, `customer_count`, `identifier_count`, `customer_ids` (with blanks
            between); customers under the policy tried made of several, the largest ten.
        splits: The same of customers before that come apart.
        events: One row: `before_count`, `after_count`, `moved_count`, `gained_count`, `lost_count`.
        drop_offs: One row per stage: `before_settled_count`, `before_share`, `before_low`,
            `before_high` and the same `after_`.
        churn: One row per side: `customer_count`, `scored_count`, `at_risk_count`, `mean_risk`,
            `expected_leaver_count`.
        alarms: Why a run under the policy tried would publish nothing.
        checks: `claim`, `reason`, `is_met_before`, `is_met_after` of claims that fail on a side.
        members: `side`, `customer_id`, `identifier`: at most five of each customer named in
            merges, splits and largest. Personal data.
    """

    as_of: str
    is_published: bool
    fates: pl.DataFrame
    customer_count: int
    new_count: int
    largest: pl.DataFrame
    merges: pl.DataFrame
    splits: pl.DataFrame
    events: pl.DataFrame
    drop_offs: pl.DataFrame
    churn: pl.DataFrame
    alarms: tuple[str, ...]
    checks: pl.DataFrame
    members: pl.DataFrame


def attempt(settings: Settings, policy: Identity, *, now: datetime, listener: Listener) -> Trial:
    """What `policy` in the place of the project's own would change.

    What is published is the former side if it still is what a run would publish. Otherwise both
    sides are computed, so that they are about the same records.

    Args:
        settings: The project's configuration.
        policy: The [identity] section to try.
        now: The wall clock; a run planned now would be compared with the published one.
        listener: Told of each step.

    Raises:
        RunInProgress: A run holds the project.
        ErasurePending: A person is half erased.
        BadSettings: A `block` of the policy that is no regular expression.
    """
    of(policy, settings.company)
    with lock(settings), _scratch(settings) as folder:
        pending.refuse(settings.lake)
        published = publish.current_record(settings.published)
        as_of = published.get("as_of")
        job = plan(settings, None if as_of is None else datetime.fromisoformat(as_of), now)
        is_published = published.get("digest") == job.digest
        if is_published:
            before = _published(settings)
        else:
            job = plan(settings, None, now)
            before = _computed(beside(settings, folder / "before"), job, "before", listener)
        tried = beside(settings.model_copy(update={"identity": policy}), folder / "after")
        # What publishing would be measured against.
        standing = tried.published / publish.POINTER
        standing.mkdir(parents=True)
        (standing / "identity").symlink_to(before.identity)
        after = _computed(tried, job, "after", listener)
        with connect(tried, Path(":memory:")) as con:
            return replace(
                _compared(con, before, after), as_of=job.as_of, is_published=is_published
            )


@contextmanager
def _scratch(settings: Settings) -> Iterator[Path]:
    """A folder under data/work/ for a while; what killed trials left there goes, too."""
    settings.work.mkdir(parents=True, exist_ok=True)
    for leftover in settings.work.glob(f"{PREFIX}*"):
        shutil.rmtree(leftover)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=settings.work) as folder:
        yield Path(folder)


def beside(settings: Settings, folder: Path) -> Settings:
    """The settings of a scratch project in `folder`, with the same landed records and catalogue.

    What a step puts into its lake or beside its wend.toml stays in the scratch project.
    """
    (folder / "data" / "work").mkdir(parents=True)
    (folder / "data" / "lake").mkdir()
    _link(settings.lake.iterdir(), folder / "data" / "lake")
    _link((path for path in settings.folder.iterdir() if path.name != "data"), folder)
    return settings.model_copy(update={"folder": folder})


def _link(paths: Iterable[Path], folder: Path) -> None:
    """Let a folder show what lies elsewhere; replacing a link leaves that as it is."""
    for path in paths:
        (folder / path.name).symlink_to(path)


def _published(settings: Settings) -> Side:
    folder = publish.current(settings.published)
    return Side(folder / "identity", folder / publish.FILE_NAME, "events")


def _computed(settings: Settings, job: Job, side: str, listener: Listener) -> Side:
    """One side, by the steps of a run up to its checks; past instants are not compared."""
    names = list(steps.STEPS)
    for name in names[: names.index("publish")]:
        if name == "restate":
            continue
        listener.step(f"{side}: {name}")
        try:
            said = steps.perform(settings, job, name)
        except ImplausibleCustomers:
            # The tables stand all the same; a trial is there to look at them.
            said = "an alarm would stop the publish"
        listener.done(f"{side}: {name}", said)
    alarms = tuple(json.loads((settings.work / ALARMS).read_text(encoding="utf-8")))
    return Side(settings.work / "identity", settings.work / BUILD, "ordered_events", alarms)


def _compared(con: duckdb.DuckDBPyConnection, before: Side, after: Side) -> Trial:
    """The difference of two sides, `as_of` and `is_published` left open."""
    for name, side in (("before", before), ("after", after)):
        _attach(con, name, side)
    con.execute(f"create temp table trial_moves as {read_sql('trial_moves')}")
    moves = con.table("trial_moves").pl()
    gained = moves.group_by("after_id").agg(is_new=pl.col("before_id").is_null().all())
    gained = gained.drop_nulls("after_id")
    found = {
        name: con.sql(read_sql(f"trial_{name}")).pl()
        for name in (
            *("fates", "largest", "merges", "splits"),
            *("events", "drop_offs", "churn", "checks"),
        )
    }
    with given(con, named_customers=_named(found)):
        members = con.sql(read_sql("trial_members")).pl()
    return Trial(
        as_of="",
        is_published=False,
        customer_count=gained.height,
        new_count=int(gained["is_new"].sum()),
        alarms=after.alarms,
        members=members,
        **found,
    )


def _attach(con: duckdb.DuckDBPyConnection, name: str, side: Side) -> None:
    """Give `con` the tables of one side, called before_... or after_..."""
    con.execute(f"attach {quoted(side.database.as_posix())} as {name}_side (read_only)")
    identifiers = quoted((side.identity / "identifiers.parquet").as_posix())
    places = {
        "identifiers": f"read_parquet({identifiers})",
        "events": f"{name}_side.{side.events}",
    }
    places |= {table: f"{name}_side.{table}" for table in COMPARED}
    for table, place in places.items():
        con.execute(f"create temp view {name}_{table} as from {place}")


def _named(found: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The `side` and `customer_id` of every customer that the trial names."""
    sides = {"merges": ("after", "before"), "splits": ("before", "after")}
    named = [found["largest"].select("side", "customer_id")]
    for name, (own, other) in sides.items():
        named.append(found[name].select(pl.lit(own).alias("side"), "customer_id"))
        others = found[name].select(
            pl.lit(other).alias("side"),
            pl.col("customer_ids").str.split(" ").list.head(SHOWN).alias("customer_id"),
        )
        named.append(others.explode("customer_id"))
    return pl.concat(named).drop_nulls().unique()


SHOWN = 5
"""How many of the customers behind one merge or split are named."""
