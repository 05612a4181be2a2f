"""Records through the real landing, night by night: one rebuild and any other order agree.

With late records, repeated and revised ones, policies and decisions that change, and erasures.
"""

import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipeline import steps
from pipeline.job import newest
from pipeline.settings import load
from tests.identity import projects
from tests.identity.partitions import lasting, possible, unnamed
from tests.identity.projects import Record

NAMED = {
    "user": ["ada", "bob", "cyd"],
    "email": ["ada@mail.example", "bob@mail.example", "cyd@mail.example"],
    "cookie": ["c-1", "c-2", "c-3", "c-4"],
    "phone": ["+442079460001", "+442079460002"],
}
NAMESPACES = {"user": "user_id", "email": "email", "cookie": "anonymous_id", "phone": "phone"}
IDENTIFIER = st.sampled_from(
    [f"{NAMESPACES[field]}:{value}" for field, values in NAMED.items() for value in values]
)
RECORD = st.builds(
    Record,
    source=st.sampled_from(["web", "desk"]),
    # Some come again, and again with other content.
    own_id=st.one_of(st.integers(1, 5), st.integers(6, 10_000)),
    hour=st.integers(0, 900),
    named=st.tuples(*(st.sampled_from([None, *values]) for values in NAMED.values())),
)
POLICIES = (
    "",
    "[identity.namespaces.anonymous_id]\nmax_strong = 1\n",
    "[identity.namespaces.user_id]\nunique_per_customer = false\n",
    "[identity.namespaces.email]\nunique_per_customer = true\nmax_strong = 1\n",
    '[identity.namespaces.anonymous_id]\nblock = ["c-1"]\nexpires_days = 3\n',
    "[identity.namespaces.phone]\nlimit_count = 1\nlimit_days = 5\npriority = 5\n",
)
# An example takes seconds, and shrinking one would take many.
PHASES = (Phase.explicit, Phase.generate)
DECISION = st.tuples(st.sampled_from(["force", "veto"]), IDENTIFIER, IDENTIFIER)


@dataclass(frozen=True)
class Night:
    """What arrives, how things stand from then on, and who is erased at its end."""

    records: list[Record]
    policy: str
    decisions: list[tuple[str, str, str]]
    erased: str | None


NIGHT = st.builds(
    Night,
    records=st.lists(RECORD, min_size=1, max_size=8),
    policy=st.sampled_from(POLICIES),
    decisions=st.lists(DECISION, max_size=3).map(possible),
    erased=st.one_of(st.none(), st.none(), IDENTIFIER),
)


def instant(number: int) -> datetime:
    """When a night's run begins."""
    return datetime(2026, 6, 1, 2, tzinfo=UTC) + timedelta(days=number)


def lived_through(folder: Path, nights: list[Night]) -> dict[str, pl.DataFrame]:
    """The identity tables after these nights."""
    projects.project(folder)
    tables: dict[str, Any] = {}
    for number, one in enumerate(nights, start=1):
        projects.configure(folder, one.policy, one.decisions)
        projects.deliver(folder, f"night-{number}", one.records)
        tables = projects.night(folder, instant(number))
        if one.erased is not None:
            projects.erase(folder, one.erased, instant(number))
            tables = projects.tables(folder)
    return tables


def rebuilt(folder: Path, number: int) -> dict[str, pl.DataFrame]:
    """The identity tables of the same ledger, without anything that was published."""
    for name in ("published", "work"):
        shutil.rmtree(folder / "data" / name)
    return projects.night(folder, instant(number))


def check(nights: list[Night], order: list[int]) -> None:
    """Nights equal a rebuild exactly, and files in another order of nights up to names."""
    otherwise = [
        replace(one, records=nights[place].records)
        for place, one in zip(order, nights, strict=True)
    ]
    with pytest.MonkeyPatch.context() as monkeypatch, tempfile.TemporaryDirectory() as parent:
        monkeypatch.setenv("WEND_IDENTITY_KEY", "a key for tests")
        projects.brief_nights(monkeypatch)
        straight = lived_through(Path(parent) / "straight", nights)
        anew = rebuilt(Path(parent) / "straight", len(nights))
        for name, frame in lasting(anew).items():
            # Whoever is erased twice is taken out of the tables, whose rows then stand anyhow.
            assert_frame_equal(straight[name].sort(frame.columns), frame.sort(frame.columns))
        if not revised_and_erased(nights):
            again = unnamed(lived_through(Path(parent) / "otherwise", otherwise))
            for name, frame in unnamed(straight).items():
                assert_frame_equal(again[name], frame)


def revised_and_erased(nights: list[Night]) -> bool:
    """Whether somebody is erased, and a record comes with several contents.

    An erasure takes an event with all its versions that have landed; a version that comes later
    and does not name the person is somebody else's, and lands.
    """
    records = {record for night in nights for record in night.records}
    ids = {(record.source, record.own_id) for record in records}
    return len(ids) < len(records) and any(night.erased for night in nights)


@pytest.mark.parametrize("hours", [(5, 900), (900, 5)])
def test_the_newest_instant_is_that_of_any_version(hours: tuple[int, int], tmp_path: Path) -> None:
    """A record that comes again with another time: which came first does not move `as_of`."""
    folder = projects.project(tmp_path / "project")
    for number, hour in enumerate(hours, start=1):
        projects.deliver(folder, f"night-{number}", [Record("web", 1, hour, ("ada", *[None] * 3))])
        steps.land(load(folder), now=instant(number))

    assert newest(load(folder)) == datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=900)


@st.composite
def ordered(draw: st.DrawFn) -> tuple[list[Night], list[int]]:
    """Nights, and another order in which their files arrive."""
    nights = draw(st.lists(NIGHT, min_size=2, max_size=3))
    return nights, draw(st.permutations(range(len(nights))))


@given(ordered())
@settings(max_examples=3, phases=PHASES)
def test_landed_nights_equal_a_rebuild_in_any_order(case: tuple[list[Night], list[int]]) -> None:
    """State left in the lake, the snapshot and the work folder changes no identity table."""
    check(*case)


@pytest.mark.long
@pytest.mark.timeout(1800)
@given(ordered())
@settings(max_examples=40, phases=PHASES)
def test_many_landed_nights_equal_a_rebuild_in_any_order(
    case: tuple[list[Night], list[int]],
) -> None:
    """The same for many more logs."""
    check(*case)
