"""run_model: one model over small tables; wend: the command line; companies before and after."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import duckdb
import polars as pl
import pytest
from hypothesis import settings

from pipeline.resources import sql_folder
from pipeline.simulate import company
from pipeline.simulate.plan import usual
from pipeline.warehouse import Model, connect, read_models
from tests.models.provided import make

# How long an example takes says more of the machine than of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

RunModel = Callable[..., pl.DataFrame]


@pytest.fixture(scope="session")
def models() -> Mapping[str, Model]:
    """Every model of sql/, by name."""
    return {model.name: model for model in read_models(sql_folder())}


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    """A database in memory with the settings of a run."""
    return connect(
        ":memory:", threads=1, memory_gib=1, temp_gib=1, temp_folder=Path(tempfile.gettempdir())
    )


@pytest.fixture(scope="session")
def run_model(models: Mapping[str, Model]) -> RunModel:
    """The rows of a model over the given tables.

    A table it reads that is not given is built from its own file over the given ones; a
    provided table that is not given is empty, but for `parameters` and `channels`. Columns left
    out take their usual value (tests/models/provided.py).
    """

    def run(name: str, **frames: pl.DataFrame) -> pl.DataFrame:
        with connect(
            ":memory:", threads=1, memory_gib=1, temp_gib=1, temp_folder=Path(tempfile.gettempdir())
        ) as con:
            make(con, models, name, frames)
            return con.sql(f'select * from "{name}"').pl()

    return run


Wend = Callable[..., subprocess.CompletedProcess[str]]

# One secret and one wall clock for all projects of a test run: what still differs between two
# projects then comes from their records.
FIXED = {
    "WEND_IDENTITY_KEY": "a key for tests",
    "WEND_CLOCK": "2026-10-20T02:00:00+00:00",
}


@pytest.fixture(scope="session")
def wend() -> Wend:
    """The command line as a person runs it, in a process of its own."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pipeline", *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **FIXED},
            timeout=500,
        )

    return run


@pytest.fixture(scope="session")
def raw_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The raw logs of 250 customers over 75 days, with truth, as a project that never ran."""
    folder = tmp_path_factory.mktemp("raw") / "company"
    company.simulate(folder, usual(250, 75), seed=7)
    return folder


@pytest.fixture
def small_company(raw_company: Path, tmp_path: Path) -> Path:
    """A copy of the small company of this test's own."""
    return shutil.copytree(raw_company, tmp_path / "company")


class Ran(NamedTuple):
    """A project after a run, and what the run said."""

    folder: Path
    said: subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def clean_run(raw_company: Path, wend: Wend, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The small company's one clean run; tests only read the folder."""
    folder = shutil.copytree(raw_company, tmp_path_factory.mktemp("ran") / "company")
    done = wend("run", "--project", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return Ran(folder, done)


@pytest.fixture(scope="session")
def ran_company(clean_run: Ran) -> Path:
    """The small company after one clean run; tests only read it."""
    return clean_run.folder


@pytest.fixture
def own_company(ran_company: Path, tmp_path: Path) -> Path:
    """A copy of the company that ran, of this test's own."""
    return shutil.copytree(ran_company, tmp_path / "company", symlinks=True)
