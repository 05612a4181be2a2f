"""The tables that Fivetran copies into a warehouse: the names of columns, and stamps in UTC.

Fivetran writes UTC without saying so, and marks its tables by a column of its own. A history table
holds every version of a row, each with the time from which it held.
"""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from pipeline.landing.clocks import Clock, Instant, iso

SYNCED = "_fivetran_synced"
ZONELESS = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)")


def column(name: str) -> str:
    """A column's name as Fivetran's documents have it; Snowflake writes it in capitals."""
    return re.sub(r"\W+", "_", name.strip().strip('"').lower())


def named_by(columns: AbstractSet[str], tables: Mapping[str, AbstractSet[str]]) -> str | None:
    """The first of some tables all of whose telling columns are there; None where none is."""
    return next((name for name, telling in tables.items() if telling <= columns), None)


def instant(text: str, clock: Clock, *, is_utc: bool) -> Instant:
    """The instant of a stamp; without a zone it is UTC, or else of the source's zone.

    Raises:
        BadRecord: As for `clocks.iso`.
    """
    bare = ZONELESS.fullmatch(text) if is_utc else None
    return iso(f"{bare[1]}T{bare[2]}Z" if bare else text, clock)
