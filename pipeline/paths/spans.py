"""The periods after entry that the published table of retention tells."""

import polars as pl

SCHEMA = pl.Schema(
    {
        "period": pl.String,
        "measure": pl.String,
        "from_number": pl.Int64,
        "to_number": pl.Int64,
    }
)
# Our choice: a month of days, a quarter of weeks, a year of months; day 7 and day 30 are what
# everybody quotes.
LAST = {"day": 30, "week": 12, "month": 12}
BRACKETS = {
    "day": ((1, 7), (8, 14), (15, 30)),
    "week": ((1, 4), (5, 8), (9, 12)),
    "month": ((1, 3), (4, 6), (7, 12)),
}


def retention_spans() -> pl.DataFrame:
    """Which cells a cohort has: one row per period, measure and from_number."""
    on = [(period, "on", n, n) for period, last in LAST.items() for n in range(last + 1)]
    after = [
        (period, "on_or_after", n, None) for period, last in LAST.items() for n in range(last + 1)
    ]
    brackets = [
        (period, "bracket", first, last)
        for period, pairs in BRACKETS.items()
        for first, last in pairs
    ]
    return pl.DataFrame([*on, *after, *brackets], schema=SCHEMA, orient="row")
