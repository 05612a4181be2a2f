"""All that is learned where no rule says it, as tables by name."""

import duckdb
import polars as pl

from pipeline.learned.personas import personas
from pipeline.learned.stages import learned_stages
from pipeline.settings import Learned


def tables(con: duckdb.DuckDBPyConnection, settings: Learned) -> dict[str, pl.DataFrame]:
    """The tables to publish; `con` is the build database after the models.

    `learned_stages`, `learned_stage_visits`; `personas`, `persona_traits`, `persona_journeys`,
    `customer_personas`; and of both `learned_models` (how each came out) and `learned_fits` (every
    number of stages and personas that was tried). And `persona_spans`, for the causes of drop-off.
    """
    stages, behaved = learned_stages(con, settings), personas(con, settings)
    return behaved | {
        "learned_stages": stages.stages,
        "learned_stage_visits": stages.visits,
        "learned_models": pl.concat([stages.model, behaved["learned_models"]]),
        "learned_fits": pl.concat([stages.fits, behaved["learned_fits"]]),
    }
