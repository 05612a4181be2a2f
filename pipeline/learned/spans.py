"""Which persona a customer had shown to be by when: what may be known of them on entry.

Rule: of a customer the steps up to then count alone, so nothing says of itself how it comes out.
The chains themselves are those of the whole history, which no single customer bends.
"""

import numpy as np
import polars as pl
from scipy.special import softmax

from pipeline.learned.runs import Numbers

SURE = 0.8  # the probability from which a persona counts as known
SPANS = pl.Schema(
    {
        "customer_id": pl.String,
        "from_position": pl.Int64,  # known of what comes after it
        "until_position": pl.Int64,  # and up to here; null: to the end
        "persona": pl.Int64,
    }
)


def persona_spans(moves: pl.DataFrame, chains: Numbers, sizes: Numbers) -> pl.DataFrame:
    """SPANS: stretches of positions at which a customer's persona was known for sure.

    Args:
        moves: `customer_id`, `position` and `cell`, null where a step tells nothing.
        chains: Chances of each cell, by persona.
        sizes: Share of customers of each persona.
    """
    if moves.is_empty() or not len(sizes):
        return SPANS.to_frame()
    ordered = moves.sort("customer_id", "position")
    cells = ordered["cell"].to_numpy()
    told = np.zeros((ordered.height, len(sizes)))
    known = ordered["cell"].is_not_null().to_numpy()
    told[known] = np.log(chains[cells[known].astype(np.int64)])
    begins = ordered["customer_id"] != ordered["customer_id"].shift(1)
    first = np.flatnonzero(begins.fill_null(value=True).to_numpy())
    summed = np.cumsum(told, axis=0)
    before = np.repeat(summed[first] - told[first], np.diff([*first, ordered.height]), axis=0)
    chances = softmax(summed - before + np.log(sizes), axis=1)
    likeliest = pl.Series(chances.argmax(axis=1) + 1)
    shown = ordered.with_columns(
        persona=pl.when(pl.Series(chances.max(axis=1)) >= SURE).then(likeliest)
    )
    previous = pl.col("persona").shift(1).over("customer_id")
    return (
        shown.filter(pl.col("persona").ne_missing(previous))
        .with_columns(until_position=pl.col("position").shift(-1).over("customer_id"))
        .drop_nulls("persona")
        .select("customer_id", "until_position", "persona", from_position="position")
        .select(SPANS.names())
        .cast(SPANS)
    )
