"""The jobs that are timed: each step of a run, and the floor it is held against."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline import publish, run, steps
from pipeline.build import connect
from pipeline.job import begin, plan, standing
from pipeline.landing import gate
from pipeline.landing.ledger import Night
from pipeline.settings import Settings, clock, load

# What Wend uses of a call, as a reader that trusts its file would be told of it. Properties and
# traits may hold anything.
SEGMENT_COLUMNS = (
    "{type: 'VARCHAR', event: 'VARCHAR', name: 'VARCHAR', messageId: 'VARCHAR', "
    "userId: 'VARCHAR', anonymousId: 'VARCHAR', previousId: 'VARCHAR', groupId: 'VARCHAR', "
    "timestamp: 'TIMESTAMP', originalTimestamp: 'TIMESTAMP', receivedAt: 'TIMESTAMP', "
    'context: \'STRUCT(userAgent VARCHAR, page STRUCT(url VARCHAR, "path" VARCHAR, title VARCHAR), '
    'device STRUCT(id VARCHAR, "type" VARCHAR), traits STRUCT(email VARCHAR, phone VARCHAR), '
    'campaign STRUCT(source VARCHAR, medium VARCHAR, "name" VARCHAR))\', '
    "properties: 'JSON', traits: 'JSON', mergeProperties: 'JSON'}"
)


def nothing(settings: Settings) -> None:
    """What starting Python and importing the pipeline costs; taken off every figure."""
    assert settings.folder


def land_only(name: str) -> Callable[[Settings], None]:
    """Land one source into a lake of its own."""

    def land_it(settings: Settings) -> None:
        lake = settings.folder / "bench-lake"
        shutil.rmtree(lake, ignore_errors=True)
        only = settings.model_copy(update={"sources": {name: settings.sources[name]}})
        gate.land(only, lake, Night(1, frozenset(), clock()), tell=lambda *_: None)

    return land_it


def floor_land_web(settings: Settings) -> None:
    """DuckDB's bare typed read of the same files into one Parquet file."""
    glob = (settings.folder / settings.sources["web"].path).as_posix()
    target = (settings.folder / "bench-floor.parquet").as_posix()
    with connect(settings, Path(":memory:")) as con:
        con.execute(
            f"copy (select * from read_json('{glob}', format = 'newline_delimited', "
            f"columns = {SEGMENT_COLUMNS}, ignore_errors = true)) "
            f"to '{target}' (format parquet, compression zstd)"
        )


def land(settings: Settings) -> None:
    """Land every source."""
    steps.land(settings, now=clock())


class Quiet:
    """A listener that says nothing."""

    def step(self, name: str) -> None:
        """A step begins."""

    def detail(self, text: str) -> None:
        """A step says how far it is."""

    def done(self, name: str, said: str) -> None:
        """A step has ended."""


def night(settings: Settings) -> None:
    """One whole nightly run: land what is new, build everything, publish, draw the pages."""
    run.run(settings, now=clock(), as_of=None, first=None, listener=Quiet())


def begin_job(settings: Settings) -> None:
    """Plan the job that the other steps work on."""
    settings.work.parent.mkdir(parents=True, exist_ok=True)
    begin(settings, plan(settings, None, clock()))


def step(name: str) -> Callable[[Settings], None]:
    """One step of the standing job."""
    return lambda settings: print(name, steps.perform(settings, standing(settings), name))


def order_and_models(settings: Settings) -> None:
    """Order the events and build every model."""
    for name in ("order", "models"):
        step(name)(settings)


def floor_order(settings: Settings) -> None:
    """DuckDB's bare sort of the same events into a table."""
    path = settings.work / "floor.duckdb"
    path.unlink(missing_ok=True)
    published = publish.current(settings.published) / publish.FILE_NAME
    with connect(settings, path) as con:
        con.execute(f"attach '{published.as_posix()}' as published (read_only)")
        con.execute(
            "create table ordered as select * from published.events "
            "order by customer_id, occurred_at"
        )
    path.unlink()


def floor_stitch(settings: Settings) -> None:
    """Scipy's connected components alone, on the links that stitching made."""
    links = pl.read_parquet(settings.work / "identity" / "customer_links.parquet")
    names = pl.concat([links["left_identifier"], links["right_identifier"]])
    codes = names.cast(pl.Categorical).to_physical().to_numpy()
    left, right = codes[: links.height], codes[links.height :]
    size = int(codes.max()) + 1
    graph = coo_array((np.ones(links.height, dtype=np.int8), (left, right)), shape=(size, size))
    connected_components(graph, directed=False)


JOBS: dict[str, Callable[[Settings], None]] = {
    "nothing": nothing,
    "land_web": land_only("web"),
    "land_access": land_only("portal"),
    "land_mail": land_only("mailbox"),
    "floor_land_web": floor_land_web,
    "land": land,
    "night": night,
    "begin": begin_job,
    "order_and_models": order_and_models,
    "floor_order": floor_order,
    "floor_stitch": floor_stitch,
    **{name: step(name) for name in steps.STEPS},
}

if __name__ == "__main__":
    JOBS[sys.argv[1]](load(Path(sys.argv[2])))
