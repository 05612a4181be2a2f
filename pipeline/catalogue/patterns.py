"""The patterns of touchpoints.csv: which kinds and labels each touchpoint is made of.

Rule: the first pattern that matches wins, and one that can never win is a fault.
"""

import re
from collections.abc import Sequence

import polars as pl

from pipeline.catalogue.sheets import Faults, Line

TOUCHPOINT_PATTERNS = pl.Schema(
    {
        "rank": pl.Int32,  # the lowest that matches wins
        "touchpoint": pl.String,
        "channel": pl.String,  # null: any
        "kind": pl.String,
        "label_like": pl.String,  # for `like ... escape '!'`; null: any label or none
    }
)
KIND = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def patterns(lines: Sequence[Line], faults: Faults) -> pl.DataFrame:
    """TOUCHPOINT_PATTERNS from the touchpoints' rows; a pattern that cannot win is a fault."""
    rows: list[tuple[int, str, str | None, str, str | None]] = []
    taken: dict[tuple[str | None, str, str | None], str] = {}
    for where, cells in lines:
        channel = cells["channel"].casefold() or None
        given = [part.strip() for part in cells["events"].split(";")]
        if not any(given):
            faults.add(
                where, "events is empty; write the kinds it is made of, such as page_viewed /help*"
            )
        for pattern in filter(None, given):
            kind, _, glob = pattern.partition(" ")
            like = label_like(glob.strip())
            if not KIND.fullmatch(kind):
                faults.add(
                    where,
                    f"events holds {pattern!r}; begin with a kind such as page_viewed, "
                    "and part patterns by semicolons",
                )
                continue
            rivals = ((by, kind, text) for by in {channel, None} for text in (like, None))
            if earlier := next((taken[rival] for rival in rivals if rival in taken), None):
                faults.add(
                    where,
                    f"{pattern!r} can never match: line {earlier} takes it first; "
                    "put the narrower touchpoint above the wider",
                )
            taken.setdefault((channel, kind, like), where.rpartition(":")[2])
            rows.append((len(rows) + 1, cells["touchpoint"], channel, kind, like))
    return pl.DataFrame(rows, schema=TOUCHPOINT_PATTERNS, orient="row")


def label_like(glob: str) -> str | None:
    """The `like` pattern, with `escape '!'`, of a glob: `*` any run, all else itself.

    No glob, or one of `*` alone, takes what has no label too, and is null.
    """
    if not glob.strip("*"):
        return None
    return re.sub(r"([!%_])", r"!\1", glob).replace("*", "%")
