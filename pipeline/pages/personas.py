"""Who they are: the personas, or why there are none.

Every number is the one in the published tables; nothing is counted again here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.counted import counted
from pipeline.pages import numbers

STEPS = 12
"""Of a longer journey the page shows so many steps, and says how many follow (our choice)."""
REASONS = {
    "too few customers": "fewer than {least_customers} customers went from one touchpoint to "
    "another",
    "no separate behaviours found": "one way of moving describes all {customer_count:,} customers "
    "who moved at all",
    "unstable": "halves of the customers do not find the same ones (agreement {stability:.2f} of "
    "1)",
}


@dataclass(frozen=True)
class Persona:
    """One persona's row."""

    name: str
    before: str
    customers: str
    share: str
    interval: str
    traits: Sequence[str]
    path: str
    stands_for: str
    completed: str
    completed_interval: str


def content(personas: pl.DataFrame, models: pl.DataFrame, changes: pl.DataFrame) -> dict[str, Any]:
    """What the section shows: `headline`, `why` where there are none, and `rows`."""
    before = dict(changes.filter("is_same").select("persona", "previous_persona").iter_rows())
    rows = [
        _persona(row, _before(row["persona"], before) if changes.height else "")
        for row in personas.sort("persona").iter_rows(named=True)
    ]
    if rows:
        said = counted(len(rows), "way")
        return {"headline": f"customers move in {said}", "why": "", "rows": rows}
    known = models.filter(pl.col("model") == "personas").to_dicts()
    why = "nothing has been learned yet"
    if known:
        why = REASONS.get(known[0]["status"], known[0]["status"]).format_map(known[0])
    return {"headline": "no personas", "why": f"{why[0].upper()}{why[1:]}.", "rows": rows}


def _before(persona: int, before: dict[int, int]) -> str:
    """Which persona of the last snapshot it is, where that is not its own number."""
    if persona not in before:
        return "none of the last snapshot"
    return "" if before[persona] == persona else f"{before[persona]} in the last snapshot"


def _persona(row: dict[str, Any], before: str) -> Persona:
    """A row of `personas` in words."""
    steps = (row["path"] or "").split(" > ")
    more = len(steps) - STEPS
    path = ", ".join(steps[:STEPS]) + (f" and {counted(more, 'step')} more" if more > 0 else "")
    return Persona(
        name=f"Persona {row['persona']}",
        before=before,
        customers=numbers.customers(row["customer_count"]),
        share=numbers.share(row["customer_share"]),
        interval=numbers.interval(row["share_low"], row["share_high"]),
        traits=[trait for trait in (row["traits"] or "").split("; ") if trait],
        path=path,
        stands_for=numbers.share(row["near_share"]),
        completed=numbers.share(row["completed_share"]),
        completed_interval=numbers.interval(row["completed_low"], row["completed_high"]),
    )
