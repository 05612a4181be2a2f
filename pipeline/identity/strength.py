"""Which of two links is the better evidence, and how a link's evidence reads."""

from collections.abc import Mapping
from typing import Any

import polars as pl

# As in stitching: what people decide and sources declare, then what was seen, then what is likely.
RANKS = {"force": 0, "merge": 1, "seen_together": 2, "match": 3}
WORDS = {
    "force": "decided by people",
    "merge": "declared one",
    "seen_together": "seen together",
    "match": "matched by what records say of the person",
}


def best_first(links: pl.DataFrame) -> pl.DataFrame:
    """The links, the strongest first; no two are alike strong."""
    rank = pl.col("rule").replace_strict(RANKS, default=len(RANKS), return_dtype=pl.Int64)
    return links.sort(
        rank,
        pl.col("event_count").fill_null(0),
        "last_seen_at",
        "left_identifier",
        "right_identifier",
        "rule",
        descending=[False, True, True, False, False, False],
        nulls_last=True,
    )


def evidence(link: Mapping[str, Any]) -> str:
    """On what a link rests: its rule, its sources, how often and when."""
    told = WORDS.get(link["rule"], str(link["rule"]))
    if link["sources"]:
        told += f" by {link['sources']}"
    if count := link["event_count"]:
        told += ", once" if count == 1 else f", {count:,} times"
    if link["first_seen_at"] is not None:
        told += f", {link['first_seen_at']:%Y-%m-%d} to {link['last_seen_at']:%Y-%m-%d}"
    if link.get("ended_at") is not None:
        told += f", until {link['ended_at']:%Y-%m-%d}"
    return told
