"""An invented company with known truth: raw logs of ten sources, and what really happened.

The same plan and seed give the same bytes, whatever the number of persons walked at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from pipeline.errors import WendError
from pipeline.simulate import journeys, project, truth, way
from pipeline.simulate.persons import persons
from pipeline.simulate.plan import Plan, rates
from pipeline.simulate.raw import (
    calls,
    campaigns,
    chat,
    hubspot,
    mailbox,
    messenger,
    portal,
    salesforce,
    survey,
    web,
    written,
)
from pipeline.simulate.raw.written import Company, Written

# Beside the portal's and the tracker's bulk: all that the other sources tell of or build on.
SMALL = [
    number
    for number, point in enumerate(way.TOUCHPOINTS)
    if point.source not in {"web", "portal"} or point.name in {"Order placed", "First login"}
]
SMALL_WRITERS: tuple[Callable[[Company], Written], ...] = (
    chat.write,
    messenger.write,
    campaigns.write,
    mailbox.write,
    hubspot.write,
    salesforce.write,
    calls.write,
    survey.write,
)


@dataclass(frozen=True, slots=True)
class Simulated:
    """What was written.

    Attributes:
        out: The project folder.
        person_count: Persons who came within the days.
        touchpoint_count: Touchpoints they met.
        record_count: Raw records in all files, dirt included.
        bad_record_count: Of these, the bad ones.
    """

    out: Path
    person_count: int
    touchpoint_count: int
    record_count: int
    bad_record_count: int


def simulate(out: Path, plan: Plan, *, seed: int, persons_at_once: int = 30_000) -> Simulated:
    """Write the company's raw logs, truth, wend.toml and catalogue into the folder `out`.

    Raises:
        WendError: `out` holds raw logs already.
    """
    if (out / "raw").exists():
        raise WendError(f"{out}: holds raw logs already; name another folder, or delete it")
    (out / "truth").mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".staging-", dir=out) as staging:
        company = Company(out, Path(staging), plan, seed, persons(plan, seed))
        known = _walk(company, persons_at_once)
        accounts = [
            web.write(company, known.web_evidence),
            portal.write(company, known.portal_evidence),
            *(write(company) for write in SMALL_WRITERS),
        ]
        account = written.together(accounts)
        truth.write(out / "truth", _tables(company, known, account))
    project.write(company)
    return Simulated(
        out,
        known.person_count,
        known.touchpoint_count,
        int(account.files["record_count"].sum()),
        account.bad_records.height,
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What is left of the walk once its rows are staged."""

    web_evidence: pl.DataFrame
    portal_evidence: pl.DataFrame
    churn: pl.DataFrame
    orders: pl.DataFrame
    transitions: pl.DataFrame
    person_count: int
    touchpoint_count: int


def _walk(company: Company, persons_at_once: int) -> _Known:
    """Walk all persons, chunk by chunk: stage the sources' rows, write events and visits."""
    seen: dict[str, list[pl.DataFrame]] = {"web": [], "portal": [], "churn": [], "orders": []}
    planted = np.zeros((len(way.STAGES), len(way.EXITS)), dtype=np.int64)
    folder = company.out / "truth"
    person_count = touchpoint_count = 0
    with (
        truth.growing(folder / "events.parquet") as add_events,
        truth.growing(folder / "visits.parquet") as add_visits,
        truth.growing(folder / "anonymous_events.parquet") as add_anonymous,
    ):
        for part, first in enumerate(range(0, company.plan.customers, persons_at_once)):
            chunk = company.persons.slice(first, persons_at_once)
            walked = journeys.walk(chunk, company.plan, company.seed)
            touches = walked.touches.sort("person_id", "step")
            for bulk in (web, portal):
                rows = bulk.rows(touches, company)
                seen[bulk.SOURCE].append(bulk.evidence(rows, company))
                written.stage(company, bulk.SOURCE, part, rows)
                if bulk is web:
                    add_anonymous(web.anonymous(rows, company))
            small = touches.filter(pl.col("touchpoint").is_in(SMALL))
            written.stage(company, "others", part, small.with_columns(file_day=pl.lit(0)))
            seen["churn"].append(walked.churn)
            seen["orders"].append(truth.orders(touches, company))
            add_events(truth.events(touches, company))
            add_visits(truth.visits(walked.visits))
            planted += walked.planted
            person_count += touches["person_id"].n_unique()
            touchpoint_count += touches.height
    return _Known(
        pl.concat(seen["web"]),
        pl.concat(seen["portal"]),
        truth.churn(pl.concat(seen["churn"])),
        pl.concat(seen["orders"]),
        truth.transitions(planted),
        person_count,
        touchpoint_count,
    )


def _tables(company: Company, known: _Known, account: Written) -> dict[str, pl.DataFrame]:
    """The truth's tables by file name, but for those that grew."""
    evidence = pl.concat([known.web_evidence, known.portal_evidence, account.evidence])
    return {
        "persons": company.persons.with_columns(
            arrives_at=pl.from_epoch("arrives_at", time_unit="us")
        ),
        "identifiers": truth.known_identifiers(evidence),
        "transitions": known.transitions,
        "touchpoint_chain": truth.touchpoint_chain(),
        "hazards": truth.hazards(),
        "churn": known.churn,
        "incident": truth.incident(company.plan),
        "orders": known.orders,
        "scores": truth.scores(company),
        "files": account.files.sort("arrives_on", "source", "file"),
        "bad_records": account.bad_records.sort("source", "file", "record_number"),
        "dirt": account.dirt.group_by("source", "kind").agg(pl.col("count").sum()).sort(
            "source", "kind"
        ),
        "plan": rates(company.plan),
    }  # fmt: skip
