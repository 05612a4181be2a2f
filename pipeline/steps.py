"""The steps of a run. Each reads what the earlier ones wrote under data/work/ and nothing else.

So a run can be taken up from any of them, and a scheduler can run them one by one.
"""

import json
import shutil
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from pipeline import publish, warehouse
from pipeline.build import BUILD, connect, store, table_names
from pipeline.catalogue.suggestions import suggestions
from pipeline.change.personas import persona_changes, previous_personas
from pipeline.churn import listing
from pipeline.counted import counted
from pipeline.identity import attribution
from pipeline.job import Job, read_seconds
from pipeline.lake import open_lake
from pipeline.landing import gate, ledger
from pipeline.landing.gate import Landing
from pipeline.measures.quotes import stage_quotes
from pipeline.privacy import copies, pending
from pipeline.release import release
from pipeline.resources import sql_folder
from pipeline.session_cuts import session_cuts
from pipeline.settings import Settings, identity_key

MACHINE_EVENTS = "machine_events.parquet"


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


def stitch(settings: Settings, job: Job) -> str:
    """Identifiers to customers: the identity tables under data/work/identity/.

    Raises:
        ImplausibleCustomers: An alarm; nothing is to be published.
    """
    from pipeline.identity import alarms  # noqa: PLC0415 - scipy: slow

    with connect(settings, settings.work / "stitch.duckdb") as con:
        open_lake(con, settings.lake)
        publish.read_previous_identifiers(con, settings.published)
        stitched = attribution.identify(
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
        f"{counted(stitched.identifier_count, 'identifier')}, "
        f"{counted(stitched.link_count, 'link')}, {counted(stitched.customer_count, 'customer')}"
    )
    # A decision counts from the night on which both of its identifiers have landed.
    return "; not seen yet: ".join([said, *stitched.unseen[:1]]) + (
        f" and {len(stitched.unseen) - 1:,} more" if len(stitched.unseen) > 1 else ""
    )


def attribute(settings: Settings, job: Job) -> str:
    """Whose each landed event is: the build database, up to event_customers."""
    (settings.work / BUILD).unlink(missing_ok=True)
    with connect(settings, settings.work / BUILD) as con:
        open_lake(con, settings.lake)
        store(con, "machine_events", pl.read_parquet(settings.work / MACHINE_EVENTS))
        built = attribution.attribute(con, settings, job, settings.work / "identity")
    return f"{counted(built['strongest_identifiers'].row_count or 0, 'event')} that name a customer"


def order(settings: Settings, job: Job) -> str:  # noqa: ARG001 - every step is called alike
    """The events of customers in their one order: ordered_events."""
    with connect(settings, settings.work / BUILD) as con:
        models = warehouse.shipped_models()
        done = {one.name for one in warehouse.needed(models, "event_customers")}
        wanted = [one for one in warehouse.needed(models, "ordered_events") if one.name not in done]
        built = {one.name: one for one in warehouse.build(con, wanted, table_names(con))}
    count = built["event_places"].row_count or 0
    return f"{counted(count, 'event')} of customers in order"


def restate(settings: Settings, job: Job) -> str:
    """What was known of who was who at past starts of a month, against today: restatements."""
    from pipeline.identity import as_of  # noqa: PLC0415 - phonenumbers, scipy: slow

    instants = as_of.month_starts(job.as_of_at, settings.identity.restated_months)
    with connect(settings, settings.work / BUILD) as con:
        found = as_of.restatements(con, settings, instants)
        store(con, "restatements", found)
    return f"{found.height} past instants compared"


def model(settings: Settings, job: Job) -> str:  # noqa: ARG001 - every step is called alike
    """The remaining models, households, and what to do about each unmapped kind."""
    from pipeline.identity import households  # noqa: PLC0415 - scipy: slow
    from pipeline.times import dormancy  # noqa: PLC0415 - scipy: slow

    with connect(settings, settings.work / BUILD) as con:
        models = warehouse.shipped_models()
        done = {one.name for one in warehouse.needed(models, "ordered_events")}
        store(con, "session_cuts", session_cuts(con, settings.journeys))
        silences = con.sql((sql_folder() / "times" / "silences.sql").read_text()).pl()
        told = dormancy.dormancy(silences, settings.journeys.dormancy_days)
        store(con, "dormancy", told)
        con.execute(
            "update parameters set dormancy_us = ?",
            [dormancy.limit(told) // timedelta(microseconds=1)],
        )
        rest = [one for one in models if one.name not in done]
        built = list(warehouse.build(con, rest, table_names(con)))
        unmapped, touchpoints, patterns = (
            con.table(name).pl()
            for name in ("unmapped_kinds", "touchpoints", "touchpoint_patterns")
        )
        store(con, "unmapped_kinds", suggestions(unmapped, touchpoints, patterns))
        persons, key = settings.identity.household_persons, identity_key(settings.lake)
        store(con, "household_members", households.members(con, persons=persons, key=key))
    return counted(len(built), "table")


def draw_graph(settings: Settings, job: Job) -> str:  # noqa: ARG001
    """The stage and touchpoint graphs: graph_nodes, graph_edges and what else they say."""
    from pipeline.graph.tables import READS, tables  # noqa: PLC0415 - networkx is slow to load

    with connect(settings, settings.work / BUILD) as con:
        drawn = tables({name: con.table(name).pl() for name in READS if name in table_names(con)})
        for name, frame in drawn.items():
            store(con, name, frame)
    return (
        f"{counted(drawn['graph_nodes'].height, 'node')}, "
        f"{counted(drawn['graph_edges'].height, 'edge')}"
    )


def explain(settings: Settings, job: Job) -> str:  # noqa: ARG001
    """How long stages take, why journeys stop in them, what could be won, and what decides."""
    from pipeline.causes.opportunities import opportunities  # noqa: PLC0415 - scipy: slow
    from pipeline.causes.tables import causes  # noqa: PLC0415 - scipy: slow
    from pipeline.measures.moments import moments_of_truth  # noqa: PLC0415 - scipy: slow
    from pipeline.measures.themes import themes  # noqa: PLC0415 - scipy: slow
    from pipeline.times.stage_times import stage_paces, stage_times  # noqa: PLC0415

    with connect(settings, settings.work / BUILD) as con:
        durations = con.table("stage_durations").pl()
        store(con, "stage_times", stage_times(durations))
        store(con, "stage_paces", stage_paces(durations))
        found = causes(con, properties=settings.journeys.cause_properties)
        store(con, "drop_off_causes", found)
        worth = con.sql(
            "select status, sum(value_cents)::bigint as value_cents, count(*) as journey_count "
            "from journeys group by status"
        ).pl()
        nodes, drop_offs = (con.table(name).pl() for name in ("graph_nodes", "drop_offs"))
        won = opportunities(found, nodes, drop_offs, worth)
        store(con, "opportunities", won)
        store(con, "moments_of_truth", moments_of_truth(con))
        said = themes(con)
        store(con, "themes", said)
        store(con, "stage_quotes", stage_quotes(con.table("quotable_messages").pl()))
    return (
        f"{counted(found['rank'].count(), 'cause of drop-off', 'causes of drop-off')}, "
        f"{counted(won.height, 'opportunity', 'opportunities')}, {counted(said.height, 'theme')}"
    )


def compare(settings: Settings, job: Job) -> str:
    """What is different from before, and between the arms of experiments."""
    from pipeline.change import experiments, interventions, points  # noqa: PLC0415 - scipy
    from pipeline.change import transitions as changes  # noqa: PLC0415 - scipy: slow

    with connect(settings, settings.work / BUILD) as con:
        periods = con.table("transition_periods").pl()
        moved = changes.transition_changes(periods)
        store(con, "transition_changes", moved)
        before = changes.previous_transitions(settings.published)
        store(
            con,
            "nightly_changes",
            changes.nightly_changes(before, changes.settled_transitions(con), periods),
        )
        days = con.table("drop_off_days").pl()
        store(con, "change_points", points.change_points(days))
        ((dormancy_us,),) = con.sql("select dormancy_us from parameters").fetchall()
        settled_on = (job.as_of_at - timedelta(microseconds=dormancy_us, days=1)).date()
        given = con.table("interventions").pl()
        effects = interventions.intervention_effects(given, days, settled_on)
        store(con, "intervention_effects", effects)
        shown = con.sql((sql_folder() / "change" / "experiment_exposures.sql").read_text()).pl()
        store(con, "experiment_arms", experiments.experiment_arms(shown))
    return f"{int(moved['is_changed'].sum())} of {moved.height} transitions changed"


def learn(settings: Settings, job: Job) -> str:  # noqa: ARG001
    """Stages that no rule sees, and personas: customers who move alike."""
    from pipeline.learned.tables import tables  # noqa: PLC0415 - scipy: slow

    with connect(settings, settings.work / BUILD) as con:
        found = tables(con, settings.learned)
        before = previous_personas(settings.published)
        store(con, "persona_changes", persona_changes(before, found["customer_personas"]))
        for name, frame in found.items():
            store(con, name, frame)
    said = dict(found["learned_models"].select("model", "status").iter_rows())
    return (
        f"{counted(found['learned_stages'].height, 'learned stage')} ({said['stages']}), "
        f"{counted(found['personas'].height, 'persona')} ({said['personas']})"
    )


def score(settings: Settings, job: Job) -> str:  # noqa: ARG001
    """The chance that each eligible customer leaves: churn_scores and churn_list."""
    from pipeline.churn import scores  # noqa: PLC0415 - scipy is slow to load

    with connect(settings, settings.work / BUILD) as con:
        assessed = scores.assess(con.table("value_history").pl(), con.table("parameters").pl())
        store(con, "churn_scores", assessed.scores)
        store(con, "churn_models", assessed.models)
        store(con, "churn_list", listing.listing(con, limit=settings.churn.list_size))
    scored = assessed.scores["is_scored"].sum()
    return f"{scored:,} of {assessed.scores.height:,} customers scored"


def verify(settings: Settings, job: Job) -> str:  # noqa: ARG001
    """The claims of sql/checks/ that do not hold; all of them go into the table `checks`."""
    with connect(settings, settings.work / BUILD) as con:
        # One claim asks a funnel as analysts do; this run is not in the table of runs yet.
        con.execute("create or replace temp view runs as select as_of from parameters")
        macros = publish.macros(sql_folder())
        publish.install(con, {name: macros[name] for name in macros if name.startswith("funnel")})
        claims = warehouse.read_checks(sql_folder())
        failed = warehouse.check(con, claims)
        counts = {one.claim: one.row_count for one in failed}
        store(
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


def perform(settings: Settings, job: Job, name: str) -> str:
    """Do one step after landing, keep how long it took, and say what came of it."""
    started = time.monotonic()
    said = STEPS[name](settings, job)
    seconds = {**read_seconds(settings), name: round(time.monotonic() - started, 3)}
    (settings.work / "seconds.json").write_text(json.dumps(seconds))
    return said


STEPS: dict[str, Callable[[Settings, Job], str]] = {
    "stitch": stitch,
    "attribute": attribute,
    "order": order,
    "restate": restate,
    "models": model,
    "graph": draw_graph,
    "learned": learn,
    "causes": explain,
    "changes": compare,
    "churn": score,
    "checks": verify,
    "publish": release,
    "pages": lambda settings, _: draw_pages(settings),
}
