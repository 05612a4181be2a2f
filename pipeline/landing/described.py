"""What each format reads and whom its records name, as `wend formats` and the README list it."""

import inspect
import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import polars as pl

from pipeline.landing.formats import FORMATS, format_named
from pipeline.settings import Columns, Snapshot

LISTED = Path(__file__).with_name("formats.csv")
# Formats that wend.toml tells what a column is.
SECTIONS: Mapping[str, type[Columns | Snapshot]] = {
    "generic": Columns,
    "survey": Columns,
    "snapshot": Snapshot,
}


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
    said = (import_module(format_named(name).module).__doc__ or "").strip()
    return f"{said}\n\n{keys(SECTIONS[name])}" if name in SECTIONS else said


def keys(section: type[Columns | Snapshot]) -> str:
    """The keys of a source's own section of wend.toml, each with what it is for."""
    told = _attributes(section)
    lines = [
        f"  {key}{' (needed)' if field.is_required() else ''}: {told[key]}"
        for key, field in section.model_fields.items()
    ]
    return "\n".join([f"Keys of [sources.NAME.{section.__name__.lower()}]:", *lines])


def _attributes(section: type[Columns | Snapshot]) -> dict[str, str]:
    """What a section's docstring says of each of its attributes, in one line."""
    listed = (inspect.getdoc(section) or "").partition("Attributes:\n")[2]
    parts = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", listed, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in parts}
