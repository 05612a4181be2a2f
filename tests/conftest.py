"""run_model: one model of sql/ over small tables, in memory."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.resources import sql_folder
from pipeline.warehouse import Model, connect, read_models
from tests.models.provided import make

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
