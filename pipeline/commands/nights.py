"""Commands of every night: the main job, what came of it, and its schedule."""

from datetime import datetime
from typing import Annotated, Literal

from cyclopts import Parameter

from pipeline.commands.options import CHECKS_FAILED, Project, folder_of, in_utc

Step = Literal[
    "land",
    "stitch",
    "attribute",
    "order",
    "restate",
    "models",
    "graph",
    "learned",
    "causes",
    "changes",
    "churn",
    "checks",
    "publish",
    "pages",
]


def run(
    *,
    project: Project = None,
    as_of: datetime | None = None,
    from_: Annotated[Step | None, Parameter(name="--from")] = None,
) -> int:
    """Do the main job: land what is new, then build, check and publish everything.

    Args:
        project: The project folder.
        as_of: The instant the reports speak about (UTC unless it names a zone); else the newest
            record's.
        from_: Take the last run up again from this step.
    """
    from pipeline.settings import clock, load

    settings = load(folder_of(project))
    from pipeline import run as job
    from pipeline import words

    moment = None if as_of is None else in_utc(as_of)
    with words.progress() as listener:
        result = job.run(settings, now=clock(), as_of=moment, first=from_, listener=listener)
    words.lines(words.summary(result))
    return CHECKS_FAILED if result.failed_checks or result.is_short else 0


def status(*, project: Project = None) -> int:
    """Say what is landed, what is published and how fresh each source is."""
    from pipeline import words
    from pipeline.settings import clock, load

    words.lines(words.status(load(folder_of(project)), clock()))
    return 0


def schedule(*, project: Project = None, cron: str = "0 2 * * *") -> int:
    """Serve the nightly run on a Prefect server by cron, until stopped.

    Args:
        project: The project folder.
        cron: When to run, in the company's time zone.
    """
    from flows import nightly
    from pipeline.settings import load

    nightly.serve(load(folder_of(project)), cron=cron)
    return 0
