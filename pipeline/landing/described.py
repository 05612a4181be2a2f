"""What each format reads and whom its records name, as `wend formats` and the README list it."""

from importlib import import_module
from pathlib import Path

import polars as pl

from pipeline.landing.formats import FORMATS, format_named

LISTED = Path(__file__).with_name("formats.csv")


def listed() -> pl.DataFrame:
    """Every format: `format`, `group`, `channel`, `reads`, `identifiers`; one row per format.

    The channel is null where wend.toml must name one. Whom records name is told by namespaces.
    """
    rows = pl.read_csv(LISTED, schema_overrides=dict.fromkeys(("reads", "identifiers"), pl.String))
    channels = [FORMATS[name].default_channel for name in rows["format"]]
    return rows.with_columns(channel=pl.Series(channels, dtype=pl.String)).select(
        "format", "group", "channel", "reads", "identifiers"
    )


def account(name: str) -> str:
    """All that a format's module says: the export's version, its fields, identifiers and clock.

    Raises:
        BadSettings: There is no such format.
    """
    return (import_module(format_named(name).module).__doc__ or "").strip()
