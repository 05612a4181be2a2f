"""What a run would do, without doing it: each source is landed into a lake that is thrown away."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from pipeline import warehouse
from pipeline.catalogue import benchmarks
from pipeline.catalogue import files as catalogue
from pipeline.catalogue.goals import goals
from pipeline.catalogue.suggestions import suggestions
from pipeline.change import interventions
from pipeline.identity import decisions
from pipeline.lake import open_lake
from pipeline.landing import gate, ledger
from pipeline.landing.ledger import Night
from pipeline.landing.staging import Problem
from pipeline.room import room_in
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a run would find.

    Attributes:
        files: Ledger rows as they would be, columns of FILES.
        reasons: `source`, `reasons`, `record_count`: why records would be refused.
        unmapped: `channel`, `kind`, `label`, `event_count`, `suggestion`: kinds no touchpoint
            takes.
        problems: Files or paths that could not be read at all.
    """

    files: pl.DataFrame
    reasons: pl.DataFrame
    unmapped: pl.DataFrame
    problems: tuple[Problem, ...]


def rehearse(settings: Settings, *, now: datetime) -> Rehearsal:
    """Read every source whole, land nothing, and say what would come of it.

    Raises:
        BadSettings: There is no source, or a goal, a line of the catalogue, of identity_links.csv,
            of interventions.csv or of benchmarks.csv cannot be meant.
    """
    read = catalogue.read(settings.folder)
    touchpoints = read.touchpoints["touchpoint"].to_list()
    goals(settings.goals, touchpoints)
    interventions.read(settings.folder, touchpoints)
    benchmarks.read(settings.folder, read.stages["stage"].to_list(), touchpoints)
    decisions.read(settings.folder, region=settings.company.phone_region)
    with (
        room_in(Path(tempfile.gettempdir()), "a check changes nothing in the project"),
        tempfile.TemporaryDirectory(prefix="wend-check-") as folder,
    ):
        lake = Path(folder)
        landing = gate.land(settings, lake, Night(1, frozenset(), now), tell=lambda *_: None)
        refused = ledger.landed_table(lake, "quarantine").collect()
        given = {
            "touchpoint_patterns": read.touchpoint_patterns,
            # What tells machines looks no further than this: at all that would land.
            "parameters": pl.DataFrame({"as_of": [now.replace(tzinfo=None)]}),
        }
        kinds = kind_touchpoints(settings, lake, given)
    reasons = (
        refused.group_by("source", "reasons")
        .agg(record_count=pl.len())
        .sort("source", "record_count", "reasons", descending=[False, True, False])
    )
    unmapped = suggestions(
        kinds.filter(pl.col("touchpoint").is_null())
        .select("channel", "kind", "label", "event_count")
        .sort("event_count", "channel", "kind", "label", descending=[True, False, False, False]),
        read.touchpoints,
        read.touchpoint_patterns,
    )
    return Rehearsal(landing.files, reasons, unmapped, landing.problems)


def kind_touchpoints(
    settings: Settings, lake: Path, given: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """What the catalogue calls each kind in the lake, by the model that a run builds.

    `given` are the tables that come from no record.
    """
    model = "kind_touchpoints"
    with warehouse.connect(
        lake / "check.duckdb",
        threads=settings.machine.threads,
        memory_gib=settings.machine.memory_gib,
        temp_gib=settings.machine.temp_gib,
        temp_folder=lake / "temp",
    ) as con:
        open_lake(con, lake)
        for name, frame in given.items():
            con.register(name, frame)
        wanted = warehouse.needed(warehouse.shipped_models(), model)
        list(warehouse.build(con, wanted, frozenset().union(*(one.reads for one in wanted))))
        found: pl.DataFrame = con.table(model).pl()
    return found
