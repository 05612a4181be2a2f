"""A small invented company, written once for all tests of this folder."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from pipeline.landing import arrivals, gate, readers
from pipeline.landing.formats import format_named
from pipeline.landing.record import Outcome, RawFile
from pipeline.settings import load
from pipeline.simulate.company import simulate
from pipeline.simulate.plan import usual


@dataclass(frozen=True)
class Written:
    """A company on disk."""

    folder: Path

    def truth(self, name: str) -> pl.DataFrame:
        """One table of the truth."""
        return pl.read_parquet(self.folder / "truth" / f"{name}.parquet")

    @cache  # noqa: B019 - one company lives for all tests
    def outcomes(self, source: str) -> list[tuple[str, Outcome]]:
        """What the source's reader makes of every record: the file and the outcome."""
        settings = load(self.folder)
        feed = gate.feed_of(settings, source, datetime(2027, 1, 1, tzinfo=UTC))
        layout = format_named(feed.source.format)
        names = {
            path: path.relative_to(self.folder).as_posix()
            for path in arrivals.discover(self.folder, feed.source)
        }
        return [
            (name, outcome)
            for path, name in names.items()
            for outcome in readers.read(layout, RawFile(path, name, name), feed)
        ]


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Four hundred persons over a hundred days, with more bad records than usual."""
    out = tmp_path_factory.mktemp("company") / "larkspur"
    plan = replace(
        usual(400, 100),
        bad_share=0.004,
        late_share=0.02,
        unknown_field_share=0.02,
        placeholder_email_share=0.05,
    )
    simulate(out, plan, seed=3)
    return Written(out)
