"""Where sessions end by other rules than silence: a company's own choice, none of them usual."""

import duckdb
import polars as pl

from pipeline.resources import sql_folder
from pipeline.settings import Journeys

SCHEMA = pl.Schema({"customer_id": pl.String, "position": pl.Int64})


def session_cuts(con: duckdb.DuckDBPyConnection, rules: Journeys) -> pl.DataFrame:
    """The events that begin a session by one of the rules that are on: SCHEMA.

    Args:
        con: The build database, up to ordered_events.
        rules: The configuration's.
    """
    path = None if rules.session_id_property is None else f'$."{rules.session_id_property}"'
    longest = rules.session_longest_minutes
    splits = (rules.session_splits_at_midnight, rules.session_splits_by_campaign)
    if not any((*splits, path, longest)):
        return pl.DataFrame(schema=SCHEMA)
    chosen = {
        "splits_midnight": splits[0],
        "splits_campaign": splits[1],
        "session_id_path": path,
        "longest_us": None if longest is None else round(longest * 60_000_000),
    }
    for name, value in chosen.items():
        con.execute(f"set variable {name} = ?", [value])
    select = (sql_folder() / "sessions" / "session_cuts.sql").read_text()
    found: pl.DataFrame = con.sql(select).pl().cast(SCHEMA)
    return found
