"""The analysts' snapshot of a build: what of it is published, and the log of runs."""

import hashlib
import json
import shutil
from datetime import datetime

import polars as pl

from pipeline import publish, warehouse
from pipeline.build import BUILD, connect, store, table_names
from pipeline.job import Job, read_seconds
from pipeline.landing.schema import INSTANT
from pipeline.privacy import suppression
from pipeline.privacy.gate import read_sql
from pipeline.resources import sql_folder
from pipeline.settings import Settings, clock, identity_key

# What the models stand on but analysts get in another form, or not at all.
INTERNAL = frozenset(
    {
        "active_periods",
        "activity_series",
        "ambiguous_customers",
        "attribute_sightings",
        "attribution_credits",
        "attribution_reach",
        "attribution_touches",
        "bare_visitors",
        "busy_views",
        "chain_steps",
        "channels",
        "chosen_versions",
        "contact_cases",
        "contacts",
        "contested_devices",
        "device_namespaces",
        "device_sightings",
        "event_counts",
        "event_customers",
        "event_kinds",
        "event_owners",
        "event_places",
        "felt_voices",
        "given_benchmarks",
        "golden_records",
        "golden_strategies",
        "household_members",
        "identifier_strengths",
        "identifiers",
        "customer_links",
        "customer_names",
        "customer_ranks",
        "journey_events",
        "journey_places",
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
        "named_transitions",
        "nearest_logins",
        "ngram_counts",
        "ngram_lifts",
        "ordered_events",
        "path_ranks",
        "path_steps",
        "persona_spans",
        "quotable_messages",
        "retention_entries",
        "retention_returns",
        "retention_spans",
        "salt",
        "session_cuts",
        "session_events",
        "session_places",
        "session_spans",
        "stage_durations",
        "stage_labels",
        "strongest_identifiers",
        "suppressed_customers",
        "suppressed_identifiers",
        "touchpoint_patterns",
        "transition_periods",
        "transition_steps",
        "transitions",
        "value_history",
        "visit_places",
        "voice_places",
        "voice_summaries",
    }
)


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
        store(con, "runs", runs(settings, record))
        salt = hashlib.blake2b(b"published identifiers", key=identity_key(settings.lake)[:64])
        store(con, "salt", pl.DataFrame({"salt": [salt.hexdigest()]}))
        shaped = {
            path.stem: path.read_text() for path in sorted((sql_folder() / "publish").glob("*.sql"))
        }
        tables = sorted(table_names(con) - INTERNAL - shaped.keys())
        publish.write(con, folder, tables=tables, shaped=shaped)
        stopped = con.sql(read_sql("suppressed_events")).pl()
    with connect(settings, folder / publish.FILE_NAME) as con:
        for view in sorted((sql_folder() / "views").glob("*.sql")):
            con.execute(f"create view {view.stem} as {view.read_text()}")
        publish.install(con, publish.macros(sql_folder()))
        warehouse.comment(con, warehouse.read_comments(sql_folder()))
        files.write(folder, con.table("graph_nodes").pl(), con.table("graph_edges").pl())
    private = folder / "identity"
    shutil.copytree(settings.work / "identity", private)
    private.chmod(0o700)
    stopped.write_parquet(private / suppression.EVENTS)
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
