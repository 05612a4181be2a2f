"""Erasures as Prefect tasks: who waits in erase_requests.txt is erased, one task a person.

Prefect keeps parameters and results in its database: both tell of counts and places, never of
people. No task is tried again by itself: what was interrupted is finished by the next flow.
"""

from dataclasses import dataclass
from pathlib import Path

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from pipeline.privacy import pending, requests
from pipeline.settings import clock, load


@dataclass(frozen=True, slots=True)
class Quiet:
    """A listener that says nothing: steps are told by the tasks themselves."""

    def step(self, name: str) -> None:
        """A step begins."""

    def detail(self, text: str) -> None:
        """A step says how far it is."""

    def done(self, name: str, said: str) -> None:
        """A step has ended."""


@task(cache_policy=NO_CACHE)
def resume(project: Path) -> dict[str, int]:
    """Finish the erasure that was interrupted; counts by place."""
    return dict(requests.resume(load(project), listener=Quiet()).erased.counts)


@task(cache_policy=NO_CACHE)
def erase_first(project: Path) -> dict[str, int]:
    """Erase the person of the first line that waits; counts by place."""
    done = requests.erase_first(load(project), now=clock(), listener=Quiet())
    return dict(done.erased.counts)


@flow(name="erase", log_prints=False)
def erase(project: Path) -> int:
    """Erase everybody who waits in the project's erase_requests.txt; says how many there were."""
    log = get_run_logger()
    settings = load(project)
    if pending.path_of(settings.lake).is_file():
        log.info("an interrupted erasure is finished: %s", resume(project))
    count = len(requests.waiting(settings))
    told = [erase_first(project) for _ in range(count)]
    create_table_artifact(
        key="wend-erasures",
        table=[
            {"erasure": number, "place": place, "count": one}
            for number, counts in enumerate(told, 1)
            for place, one in sorted(counts.items())
        ],
        description="Counts by place: nobody is named.",
    )
    return count
