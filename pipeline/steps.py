"""The steps of a run. Each reads what the earlier ones wrote under data/work/ and nothing else.

So a run can be taken up from any of them, and a scheduler can run them one by one.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import polars as pl

from pipeline import publish, warehouse
from pipeline.business_days import business_days
from pipeline.catalogue import files as catalogue
from pipeline.catalogue.goals import goals
from pipeline.catalogue.suggestions import suggestions
from pipeline.churn import listing
from pipeline.identity import golden
from pipeline.job import Job
from pipeline.landing import gate, ledger
from pipeline.landing.clocks import microseconds
from pipeline.landing.formats import format_named
from pipeline.landing.gate import Landing
from pipeline.landing.schema import INSTANT
from pipeline.paths.codes import path_codes
from pipeline.paths.spans import retention_spans
from pipeline.privacy import copies, pending, suppression
from pipeline.resources import sql_folder
from pipeline.session_cuts import session_cuts
from pipeline.settings import CHANNELS, Settings, clock, identity_key

if TYPE_CHECKING:
    from pipeline.identity.customers import Stitched

BUILD = "build.duckdb"
USUAL_DORMANCY_DAYS = 30.0
MACHINE_EVENTS = "machine_events.parquet"
# A chat or a page is over after half an hour; a mail conversation takes days.
SESSION_GAP_MINUTES = dict.fromkeys(CHANNELS, 30.0) | {
    "email": 4_320.0,
    "crm": 1_440.0,
    "survey": 1_440.0,
    "social": 1_440.0,
}
# What the models stand on but analysts get in another form, or not at all.
INTERNAL = frozenset(
    {
        "active_periods",
        "ambiguous_customers",
        "attribute_sightings",
        "attribution_credits",
        "attribution_reach",
        "attribution_touches",
        "bare_visitors",
        "busy_views",
        "chain_steps",
        "channels",
        "contested_devices",
        "device_namespaces",
        "device_sightings",
        "event_customers",
        "events",
        "golden_records",
        "golden_strategies",
        "household_members",
        "identifiers",
        "customer_links",
        "journey_events",
        "known_events",
        "kind_touchpoints",
        "landed_attributes",
        "landed_events",
        "landed_files",
        "landed_identifiers",
        "landed_quarantine",
        "landed_revisions",
        "lifecycle_spells",
        "machine_events",
        "machine_visitors",
        "mail_scans",
        "mail_subjects",
        "mail_threads",
        "named_customers",
        "nearest_logins",
        "ngram_counts",
        "ngram_lifts",
        "ordered_events",
        "path_ranks",
        "path_steps",
        "retention_entries",
        "retention_returns",
        "retention_spans",
        "salt",
        "session_cuts",
        "session_events",
        "stage_durations",
        "stage_labels",
        "suppressed_customers",
        "suppressed_identifiers",
        "touchpoint_patterns",
        "transition_periods",
        "transition_steps",
        "transitions",
        "value_history",
        "voice_summaries",
    }
)


def _silent(source: str, done: int, todo: int) -> None:
    """A listener that says nothing."""


def land(settings: Settings, *, now: datetime, tell: gate.Tell = _silent) -> Landing:
    """Land every new file for the night to come.

    Raises:
        ErasurePending: A person is half erased.
    """
    pending.refuse(settings.lake)
    for leftover in [*settings.lake.glob(".staging-*"), *settings.work.glob("trial-*")]:
        shutil.rmtree(leftover)
    published = publish.current_record(settings.published).get("night", 0)
    landing = gate.land(
        settings, settings.lake, ledger.night(settings.lake, published, now), tell=tell
    )
    copies.settle(settings)
    return landing


def connect(settings: Settings, path: Path) -> duckdb.DuckDBPyConnection:
    """A connection within the machine's limits, spilling beside the work it does."""
    return warehouse.connect(
        path,
        threads=settings.machine.threads,
        memory_gib=settings.machine.memory_gib,
        temp_gib=settings.machine.temp_gib,
        temp_folder=settings.work / "temp",
    )


def parameters(settings: Settings, job: Job) -> pl.DataFrame:
    """The one row of thresholds and instants that models read."""
    day = 86_400_000_000
    as_of = job.as_of_at
    # Where it is not configured, the models wait for what the data say.
    dormancy_days = settings.journeys.dormancy_days or USUAL_DORMANCY_DAYS
    return pl.DataFrame(
        [
            {
                "as_of": as_of.replace(tzinfo=None),
                "as_of_us": microseconds(as_of),
                "dormancy_us": round(dormancy_days * day),
                "horizon_us": round(settings.churn.horizon_days * day),
                "horizon_days": settings.churn.horizon_days,
                "min_history_us": round(settings.churn.min_history_days * day),
                "company": settings.company.name,
                "currency": settings.company.currency,
                "max_customer_identifiers": settings.identity.max_customer_identifiers,
                "show_identifiers": settings.publish.show_identifiers,
                "backfill_us": round(settings.identity.device_backfill_minutes * 60_000_000),
            }
        ],
        schema_overrides={"as_of": INSTANT},
    )


def given_tables(settings: Settings, job: Job) -> dict[str, pl.DataFrame]:
    """The tables that come from the configuration rather than from records."""
    from pipeline.change import interventions  # noqa: PLC0415 - scipy: slow

    read = catalogue.read(settings.folder)
    gaps = SESSION_GAP_MINUTES | dict(settings.journeys.session_gap_minutes)
    return {
        "touchpoints": read.touchpoints,
        "touchpoint_patterns": read.touchpoint_patterns,
        "stages": read.stages.with_columns(rules_version=pl.lit(catalogue.version(read))),
        "notes": read.notes,
        "goals": goals(settings.goals, read.touchpoints["touchpoint"].to_list()),
        "interventions": interventions.read(
            settings.folder, read.touchpoints["touchpoint"].to_list()
        ),
        "path_codes": path_codes(read.stages, read.touchpoints),
        "retention_spans": retention_spans(),
        "business_days": business_days(
            settings.company.time_zone, until=job.as_of_at.date() + timedelta(days=1)
        ),
        "channels": pl.DataFrame(
            [
                {"channel": channel, "gap_us": round(minutes * 60_000_000)}
                for channel, minutes in sorted(gaps.items())
            ]
        ),
        "sources": pl.DataFrame(
            [
                {
                    "source": name,
                    "format": source.format,
                    "channel": source.channel or format_named(source.format).default_channel,
                    "rank": source.rank,
                    "max_age_us": round(source.max_age_hours * 3_600_000_000),
                }
                for name, source in sorted(settings.sources.items())
            ],
            schema={
                "source": pl.String,
                "format": pl.String,
                "channel": pl.String,
                "rank": pl.Int32,
                "max_age_us": pl.Int64,
            },
        ),
        "golden_strategies": golden.strategies(settings.identity),
        "parameters": parameters(settings, job),
    }


def open_past_lake(con: duckdb.DuckDBPyConnection, lake: Path, instant: datetime) -> None:
    """Give `con` the landed tables as views of what could be known at `instant`."""
    con.execute("set variable known_by = ?", [instant.astimezone(UTC).replace(tzinfo=None)])
    for table in ("events", "revisions", "identifiers", "attributes"):
        paths = ledger.parquet(lake, table)
        if paths:
            listed = ", ".join(warehouse.quoted(path.as_posix()) for path in paths)
            con.execute(
                f"create or replace view landed_{table} as from read_parquet([{listed}]) "
                "where known_at <= getvariable('known_by')"
            )
        else:
            _store(con, f"landed_{table}", ledger.landed_table(lake, table).collect())


def open_lake(con: duckdb.DuckDBPyConnection, lake: Path) -> None:
    """Give `con` the landed tables as views over the lake."""
    for table in ("events", "revisions", "identifiers", "attributes", "quarantine"):
        paths = ledger.parquet(lake, table)
        if paths:
            listed = ", ".join(warehouse.quoted(path.as_posix()) for path in paths)
            con.execute(f"create or replace view landed_{table} as from read_parquet([{listed}])")
        else:
            _store(con, f"landed_{table}", ledger.landed_table(lake, table).collect())
    _store(con, "landed_files", ledger.files(lake))


def stitch(settings: Settings, job: Job) -> str:
    """Identifiers to customers: the identity tables under data/work/identity/.

    Raises:
        ImplausibleCustomers: An alarm; nothing is to be published.
    """
    from pipeline.identity import alarms  # noqa: PLC0415 - scipy: slow

    with connect(settings, settings.work / "stitch.duckdb") as con:
        open_lake(con, settings.lake)
        _store(con, "previous_identifiers", publish.previous_identifiers(settings.published))
        stitched = identify(
            con, settings, job, decided_until=date.max, out=settings.work / "identity"
        )
        limits = alarms.limits(settings.identity)
        found = alarms.found(con, settings.work / "identity", stitched, limits)
        # Ordering needs them, too, and finding them reads the lake.
        machine_events = con.table("machine_events").pl()
        machine_events.write_parquet(settings.work / MACHINE_EVENTS)
    (settings.work / "stitch.duckdb").unlink()
    alarms.keep(settings.work, found)
    alarms.refuse(settings.work)
    said = (
        f"{stitched.identifier_count:,} identifiers, {stitched.link_count:,} links, "
        f"{stitched.customer_count:,} customers"
    )
    # A decision counts from the night on which both of its identifiers have landed.
    return "; not seen yet: ".join([said, *stitched.unseen[:1]]) + (
        f" and {len(stitched.unseen) - 1:,} more" if len(stitched.unseen) > 1 else ""
    )


def identify(
    con: duckdb.DuckDBPyConnection, settings: Settings, job: Job, *, decided_until: date, out: Path
) -> "Stitched":
    """Stitch what `con` holds of the lake: the identity tables in `out`.

    What people decided counts up to the day `decided_until`. Leaves the table `machine_events` in
    `con`, beside what it is made of.
    """
    from pipeline.identity import customers, decisions, policy  # noqa: PLC0415 - scipy: slow
    from pipeline.identity.matching import nightly  # noqa: PLC0415 - scipy: slow
    from pipeline.privacy import sharing  # noqa: PLC0415 - phonenumbers: slow

    region = settings.company.phone_region
    decided = decisions.read(settings.folder, region=region, until=decided_until)
    _store(con, "given_links", decided)
    _store(con, "parameters", parameters(settings, job))
    models = warehouse.shipped_models()
    list(warehouse.build(con, warehouse.needed(models, "machine_events"), _tables(con)))
    for name in ("linkable_identifiers", "unmerged_identifiers"):
        select = (sql_folder() / "identity" / f"{name}.sql").read_text()
        con.execute(f"create or replace view {name} as {select}")
    trusted = sharing.kept(con, settings.lake, policy.of(settings.identity, settings.company))
    key = identity_key(settings.lake)
    stitched = customers.stitch(con, policy=trusted, key=key, out=out)
    if nightly.match(con, settings, trusted, out=out):
        stitched = customers.stitch(con, policy=trusted, key=key, out=out)
    return stitched


def order(settings: Settings, job: Job) -> str:
    """Landed events to one ordered table: the build database, up to ordered_events."""
    (settings.work / BUILD).unlink(missing_ok=True)
    with connect(settings, settings.work / BUILD) as con:
        open_lake(con, settings.lake)
        _store(con, "machine_events", pl.read_parquet(settings.work / MACHINE_EVENTS))
        built = attribute(con, settings, job, settings.work / "identity", up_to="ordered_events")
    count = built["ordered_events"].row_count or 0
    return f"{count:,} events of customers in order"


def attribute(
    con: duckdb.DuckDBPyConnection, settings: Settings, job: Job, identity: Path, *, up_to: str
) -> dict[str, warehouse.Built]:
    """Build the models up to `up_to` from a lake, its machine_events and its identity tables.

    Args:
        con: Holds the landed tables and `machine_events`.
        settings: The project's configuration.
        job: Says the instant the models speak about.
        identity: The folder of the identity tables.
        up_to: The last model to build.
    """
    from pipeline.identity import ids, policy  # noqa: PLC0415 - phonenumbers: slow

    for name, frame in given_tables(settings, job).items():
        _store(con, name, frame)
    for path in sorted(identity.glob("*.parquet")):
        con.execute(
            f"create or replace table {path.stem} as "
            f"from read_parquet({warehouse.quoted(path.as_posix())})"
        )
    devices = policy.device_namespaces(policy.of(settings.identity, settings.company))
    _store(con, "device_namespaces", devices)
    shared = con.sql((sql_folder() / "identity" / "shared_devices.sql").read_text()).pl()
    stand_ins = ids.ambiguous_customers(shared, key=identity_key(settings.lake))
    _store(con, "ambiguous_customers", stand_ins)
    _store(con, "suppressed_identifiers", suppression.suppressed(con, settings.lake))
    models = warehouse.shipped_models()
    found = {one.name for one in warehouse.needed(models, "machine_events")}
    wanted = [one for one in warehouse.needed(models, up_to) if one.name not in found]
    return {one.name: one for one in warehouse.build(con, wanted, _tables(con))}


def restate(settings: Settings, job: Job) -> str:
    """What was known of who was who at past starts of a month, against today: restatements."""
    from pipeline.identity import as_of  # noqa: PLC0415 - phonenumbers, scipy: slow

    instants = as_of.month_starts(job.as_of_at, settings.identity.restated_months)
    with connect(settings, settings.work / BUILD) as con:
        found = as_of.restatements(con, settings, instants)
        _store(con, "restatements", found)
    return f"{found.height} past instants compared"


def model(settings: Settings, job: Job) -> str:  # noqa: ARG001 - every step is called alike
    """The remaining models, households, and what to do about each unmapped kind."""
    from pipeline.identity import households  # noqa: PLC0415 - scipy: slow
    from pipeline.times import dormancy  # noqa: PLC0415 - scipy: slow

    with connect(settings, settings.work / BUILD) as con:
        models = warehouse.shipped_models()
        done = {one.name for one in warehouse.needed(models, "ordered_events")}
        _store(con, "session_cuts", session_cuts(con, settings.journeys))
        silences = con.sql((sql_folder() / "times" / "silences.sql").read_text()).pl()
        told = dormancy.dormancy(silences, settings.journeys.dormancy_days)
        _store(con, "dormancy", told)
        con.execute(
            "update parameters set dormancy_us = ?",
            [dormancy.limit(told) // timedelta(microseconds=1)],
        )
        rest = [one for one in models if one.name not in done]
        built = list(warehouse.build(con, rest, _tables(con)))
        unmapped, touchpoints, patterns = (
            con.table(name).pl()
            for name in ("unmapped_kinds", "touchpoints", "touchpoint_patterns")
        )
        _store(con, "unmapped_kinds", suggestions(unmapped, touchpoints, patterns))
        persons, key = settings.identity.household_persons, identity_key(settings.lake)
        _store(con, "household_members", households.members(con, persons=persons, key=key))
    return f"{len(built)} tables"


def draw_graph(settings: Settings, job: Job) -> str:  # noqa: ARG001
    """The stage and touchpoint graphs: graph_nodes, graph_edges and what else they say."""
    from pipeline.graph.tables import READS, tables  # noqa: PLC0415 - networkx is slow to load

    with connect(settings, settings.work / BUILD) as con:
        drawn = tables({name: con.table(name).pl() for name in READS if name in _tables(con)})
        for name, frame in drawn.items():
            _store(con, name, frame)
    return f"{drawn['graph_nodes'].height} nodes, {drawn['graph_edges'].height} edges"


def explain(settings: Settings, job: Job) -> str:  # noqa: ARG001
    """How long stages take, why journeys stop in them, and what could be won."""
    from pipeline.causes.opportunities import opportunities  # noqa: PLC0415 - scipy: slow
    from pipeline.causes.tables import causes  # noqa: PLC0415 - scipy: slow
    from pipeline.times.stage_times import stage_paces, stage_times  # noqa: PLC0415

    with connect(settings, settings.work / BUILD) as con:
        durations = con.table("stage_durations").pl()
        _store(con, "stage_times", stage_times(durations))
        _store(con, "stage_paces", stage_paces(durations))
        found = causes(con, properties=settings.journeys.cause_properties)
        _store(con, "drop_off_causes", found)
        worth = con.sql(
            "select status, sum(value_cents)::bigint as value_cents, count(*) as journey_count "
            "from journeys group by status"
        ).pl()
        nodes, drop_offs = (con.table(name).pl() for name in ("graph_nodes", "drop_offs"))
        won = opportunities(found, nodes, drop_offs, worth)
        _store(con, "opportunities", won)
    return f"{found['rank'].count()} causes of drop-off, {won.height} opportunities"


def compare(settings: Settings, job: Job) -> str:
    """What is different from before, and between the arms of experiments."""
    from pipeline.change import experiments, interventions, points  # noqa: PLC0415 - scipy
    from pipeline.change import transitions as changes  # noqa: PLC0415 - scipy: slow

    with connect(settings, settings.work / BUILD) as con:
        periods = con.table("transition_periods").pl()
        moved = changes.transition_changes(periods)
        _store(con, "transition_changes", moved)
        before = changes.previous_transitions(settings.published)
        _store(
            con,
            "nightly_changes",
            changes.nightly_changes(before, changes.settled_transitions(con), periods),
        )
        days = con.table("drop_off_days").pl()
        _store(con, "change_points", points.change_points(days))
        ((dormancy_us,),) = con.sql("select dormancy_us from parameters").fetchall()
        settled_on = (job.as_of_at - timedelta(microseconds=dormancy_us, days=1)).date()
        given = con.table("interventions").pl()
        effects = interventions.intervention_effects(given, days, settled_on)
        _store(con, "intervention_effects", effects)
        shown = con.sql((sql_folder() / "change" / "experiment_exposures.sql").read_text()).pl()
        _store(con, "experiment_arms", experiments.experiment_arms(shown))
    return f"{int(moved['is_changed'].sum())} of {moved.height} transitions changed"


def score(settings: Settings, job: Job) -> str:  # noqa: ARG001
    """The chance that each eligible customer leaves: churn_scores and churn_list."""
    from pipeline.churn import scores  # noqa: PLC0415 - scipy is slow to load

    with connect(settings, settings.work / BUILD) as con:
        assessed = scores.assess(con.table("value_history").pl(), con.table("parameters").pl())
        _store(con, "churn_scores", assessed.scores)
        _store(con, "churn_models", assessed.models)
        _store(con, "churn_list", listing.listing(con, limit=settings.churn.list_size))
    scored = assessed.scores["is_scored"].sum()
    return f"{scored:,} of {assessed.scores.height:,} customers scored"


def verify(settings: Settings, job: Job) -> str:  # noqa: ARG001
    """The claims of sql/checks/ that do not hold; all of them go into the table `checks`."""
    with connect(settings, settings.work / BUILD) as con:
        claims = warehouse.read_checks(sql_folder())
        failed = warehouse.check(con, claims)
        counts = {one.claim: one.row_count for one in failed}
        _store(
            con,
            "checks",
            pl.DataFrame(
                [
                    {
                        "claim": one.claim,
                        "reason": one.reason,
                        "is_met": one.claim not in counts,
                        "failing_row_count": counts.get(one.claim, 0),
                    }
                    for one in claims
                ],
                schema={
                    "claim": pl.String,
                    "reason": pl.String,
                    "is_met": pl.Boolean,
                    "failing_row_count": pl.Int64,
                },
            ),
        )
    return f"{len(claims) - len(failed)} of {len(claims)} claims hold"


def release(settings: Settings, job: Job) -> str:
    """Write the analysts' snapshot and make it the current one.

    Raises:
        ImplausibleCustomers: Stitching raised an alarm.
    """
    from pipeline.graph import files  # noqa: PLC0415 - networkx: slow
    from pipeline.identity import alarms  # noqa: PLC0415 - scipy: slow

    alarms.refuse(settings.work)
    # A run killed right after its switch is logged by the next.
    log_current(settings)
    folder = publish.fresh_folder(settings.published, job.run_id)
    with connect(settings, settings.work / BUILD) as con:
        (counted,) = con.sql(
            "select count(*), count(distinct customer_id) from ordered_events"
        ).fetchall()
        failed = con.sql("select claim from checks where not is_met order by claim").fetchall()
        record = {
            "run_id": folder.name,
            "night": job.night,
            "as_of": job.as_of,
            "digest": job.digest,
            "started_at": job.started_at,
            "finished_at": clock().isoformat(),
            "event_count": counted[0],
            "customer_count": counted[1],
            "failed_checks": [claim for (claim,) in failed],
            "step_seconds": read_seconds(settings),
        }
        _store(con, "runs", runs(settings, record))
        salt = hashlib.blake2b(b"published identifiers", key=identity_key(settings.lake)[:64])
        _store(con, "salt", pl.DataFrame({"salt": [salt.hexdigest()]}))
        shaped = {
            path.stem: path.read_text() for path in sorted((sql_folder() / "publish").glob("*.sql"))
        }
        tables = sorted(_tables(con) - INTERNAL - shaped.keys())
        publish.write(con, folder, tables=tables, shaped=shaped, events="events")
    with connect(settings, folder / publish.FILE_NAME) as con:
        for view in sorted((sql_folder() / "views").glob("*.sql")):
            con.execute(f"create view {view.stem} as {view.read_text()}")
        publish.install(con, publish.macros(sql_folder()))
        warehouse.comment(con, warehouse.read_comments(sql_folder()))
        files.write(folder, con.table("graph_nodes").pl(), con.table("graph_edges").pl())
    private = folder / "identity"
    shutil.copytree(settings.work / "identity", private)
    private.chmod(0o700)
    publish.switch(folder, record)
    log_current(settings)
    publish.prune(settings.published, settings.publish.keep)
    return folder.name


def log_current(settings: Settings) -> None:
    """Keep the current snapshot's record in the lake, where it outlives the snapshot."""
    record = publish.current_record(settings.published)
    if record:
        log = settings.lake / "runs"
        log.mkdir(parents=True, exist_ok=True)
        (log / f"{record['run_id']}.json").write_text(json.dumps(record, sort_keys=True))


def runs(settings: Settings, record: dict[str, object]) -> pl.DataFrame:
    """Every run that published, this one included: one row per run."""
    logged = [
        json.loads(path.read_text()) for path in sorted((settings.lake / "runs").glob("*.json"))
    ]
    rows = [
        {
            "run_id": one["run_id"],
            "night": one["night"],
            "as_of": datetime.fromisoformat(one["as_of"]).replace(tzinfo=None),
            "started_at": datetime.fromisoformat(one["started_at"]).replace(tzinfo=None),
            "finished_at": datetime.fromisoformat(one["finished_at"]).replace(tzinfo=None),
            "event_count": one["event_count"],
            "customer_count": one["customer_count"],
            "failed_checks": "; ".join(one["failed_checks"]),
            "digest": one["digest"],
            "step_seconds": json.dumps(one["step_seconds"], sort_keys=True),
        }
        for one in [*logged, record]
    ]
    return pl.DataFrame(
        rows,
        schema={
            "run_id": pl.String,
            "night": pl.Int32,
            "as_of": INSTANT,
            "started_at": INSTANT,
            "finished_at": INSTANT,
            "event_count": pl.Int64,
            "customer_count": pl.Int64,
            "failed_checks": pl.String,
            "digest": pl.String,
            "step_seconds": pl.String,
        },
    ).unique(subset="run_id", keep="last", maintain_order=True)


def draw_pages(settings: Settings) -> str:
    """Pages and lists of the current snapshot, under data/reports/."""
    from pipeline.pages.report import render  # noqa: PLC0415 - jinja2 is slow to load

    folder = publish.current(settings.published)
    target = settings.reports / folder.name
    staging = settings.reports / f".{folder.name}"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    con = publish.connect(settings.published)
    try:
        made = render(con, staging)
        listing.write_csv(con.table("churn_list").pl(), staging / "churn_list.csv")
        review = folder / "identity" / "match_review.csv"
        if review.is_file():
            shutil.copy2(review, staging)
    finally:
        con.close()
    shutil.rmtree(target, ignore_errors=True)
    ledger.commit(staging, target)
    publish.point(target)
    return f"{len(made) + 1} files"


def has_pages(settings: Settings) -> bool:
    """Whether the pages of the current snapshot are drawn."""
    return (settings.reports / publish.POINTER).resolve().name == publish.current(
        settings.published
    ).name


def page_places(settings: Settings) -> tuple[tuple[str, Path], ...]:
    """Name and path of each page and list."""
    folder = settings.reports / publish.POINTER
    names = {
        "index.html": "journey pages",
        "churn.html": "churn risk",
        "dictionary.html": "data dictionary",
        "churn_list.csv": "churn list",
    }
    return tuple((said, (folder / name).resolve()) for name, said in names.items())


def _tables(con: duckdb.DuckDBPyConnection) -> set[str]:
    """What `con` holds: tables and views of its own."""
    rows = con.execute(
        "select table_name from information_schema.tables where table_schema = 'main'"
    ).fetchall()
    return {name for (name,) in rows}


def _store(con: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """Keep a frame as a table of the database."""
    con.register("stored", frame)
    con.execute(f"create or replace table {name} as from stored")
    con.unregister("stored")


def perform(settings: Settings, job: Job, name: str) -> str:
    """Do one step after landing, keep how long it took, and say what came of it."""
    started = time.monotonic()
    said = STEPS[name](settings, job)
    seconds = {**read_seconds(settings), name: round(time.monotonic() - started, 3)}
    (settings.work / "seconds.json").write_text(json.dumps(seconds))
    return said


def read_seconds(settings: Settings) -> dict[str, float]:
    """How long each step of the standing job took, by name."""
    path = settings.work / "seconds.json"
    return json.loads(path.read_text()) if path.is_file() else {}


STEPS: dict[str, Callable[[Settings, Job], str]] = {
    "stitch": stitch,
    "order": order,
    "restate": restate,
    "models": model,
    "graph": draw_graph,
    "causes": explain,
    "changes": compare,
    "churn": score,
    "checks": verify,
    "publish": release,
    "pages": lambda settings, _: draw_pages(settings),
}
