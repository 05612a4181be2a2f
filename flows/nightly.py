"""The nightly run as Prefect tasks: order, retries and schedule; the work is pipeline's.

Tasks pass the project's path. Only landing is tried again: reading sources is where weather
strikes; a model that fails is a bug and fails at once.
"""

from datetime import datetime
from pathlib import Path

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.schedules import Cron

from pipeline import publish, run, steps
from pipeline.errors import BadSettings
from pipeline.job import begin, lock, plan, standing
from pipeline.landing.live import sources as live
from pipeline.settings import Settings, clock, load


@task(retries=3, retry_delay_seconds=[1, 10, 60], cache_policy=NO_CACHE)
def fetch(project: Path, name: str) -> None:
    """Fetch what is new in one live source."""
    settings = load(project)
    live.fetch(settings, name, settings.lake, clock())


@task(retries=3, retry_delay_seconds=[1, 10, 60], cache_policy=NO_CACHE)
def land(project: Path) -> list[str]:
    """Land what is new; says what could not be taken."""
    landing = steps.land(load(project), now=clock())
    return [f"{problem.source}: {problem.path}: {problem.reason}" for problem in landing.problems]


@task(cache_policy=NO_CACHE)
def perform(project: Path, step: str) -> str:
    """Do one step of the standing job."""
    settings = load(project)
    return steps.perform(settings, standing(settings), step)


@flow(name="nightly", log_prints=False)
def nightly(project: Path, as_of: datetime | None = None) -> str:
    """Land, build, check and publish a project; returns the published snapshot's name."""
    log = get_run_logger()
    settings = load(project)
    with lock(settings):
        for name in [name for name, source in settings.sources.items() if live.is_live(source)]:
            # A source that stays out of reach is a problem that landing reports.
            fetch.with_options(name=f"fetch {name}")(project, name, return_state=True)
        for problem in land.with_options(name="land")(project):
            log.warning(problem)
        job = plan(settings, as_of, clock())
        if publish.current_record(settings.published).get("digest") == job.digest:
            log.info("nothing new since the last run; the published snapshot stands")
        else:
            begin(settings, job)
            for step in run.STEPS[1:]:
                log.info("%s: %s", step, perform.with_options(name=step)(project, step))
    record = publish.current_record(settings.published)
    create_table_artifact(
        key="wend-run",
        table=[{"what": name, "value": str(record[name])} for name in SHOWN],
        description="Counts only: records and customers are in the published file.",
    )
    return str(record["run_id"])


SHOWN = ("run_id", "as_of", "event_count", "customer_count", "failed_checks", "finished_at")


def serve(settings: Settings, *, cron: str) -> None:
    """Serve the nightly run by cron, in the company's time zone, until stopped.

    Raises:
        BadSettings: `cron` is none.
    """
    try:
        schedule = Cron(cron, timezone=settings.company.time_zone)
    except ValueError as error:
        raise BadSettings(
            f"--cron {cron!r}: no such times; write minute, hour, day, month and weekday, such as "
            "'0 2 * * *' for two each night"
        ) from error
    nightly.serve(
        name=settings.company.name,
        schedule=schedule,
        parameters={"project": str(settings.folder)},
        limit=1,
    )
