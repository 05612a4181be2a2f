"""What a persona's customers do or are more, or less, often than the others.

Rule: shares of customers, each with its interval; what differs for sure comes first. Personas were
made of what people did, so a difference in that is a description and no discovery: no p is given.
"""

import numpy as np
import polars as pl

from pipeline.proportions import difference, is_supported, wilson

LEAST_CUSTOMERS = 10  # a value of fewer may tell who they are
MOST = 10  # traits of a persona that are kept
SAID = 3  # of them, that are told in its words
TRAITS = pl.Schema(
    {
        "persona": pl.Int64,
        "rank": pl.Int64,
        "factor": pl.String,
        "value": pl.String,
        "trait": pl.String,
        "customer_count": pl.Int64,
        "known_count": pl.Int64,
        "share": pl.Float64,
        "share_low": pl.Float64,
        "share_high": pl.Float64,
        "everybody_share": pl.Float64,
        "other_share": pl.Float64,
        "lift": pl.Float64,
        "lift_low": pl.Float64,
        "lift_high": pl.Float64,
        "difference": pl.Float64,
        "difference_low": pl.Float64,
        "difference_high": pl.Float64,
    }
)
WORDS = {
    "touchpoint": "meets {}",
    "channel": "is met by {}",
    "first": "begins with {}",
    "device": "comes on {}",
    "job_title": "job title is {}",
}


def traits(counts: pl.DataFrame) -> pl.DataFrame:
    """TRAITS of every persona, those that surely differ most first.

    Lift is the share over everybody's; its interval takes everybody's as known. Surely: by the
    end of Newcombe's interval against the others that is nearer to none. Of two that are of the
    very same numbers of customers, as of a channel with one touchpoint, the first alone is kept.

    Args:
        counts: `persona`, `factor`, `value`, `customer_count` and `known_count`, with a row for
            every persona and value.
    """
    value = ["factor", "value"]
    rows = counts.with_columns(
        every_count=pl.col("customer_count").sum().over(value),
        every_known=pl.col("known_count").sum().over(value),
    ).filter(pl.col("every_count") >= LEAST_CUSTOMERS)
    arms = [
        column.to_numpy().astype(np.float64)
        for column in (
            rows["customer_count"],
            rows["known_count"],
            rows["every_count"] - rows["customer_count"],
            rows["every_known"] - rows["known_count"],
        )
    ]
    apart, own = difference(*arms), wilson(arms[0], arms[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = {
            "share": arms[0] / arms[1],
            "share_low": own.low,
            "share_high": own.high,
            "other_share": arms[2] / arms[3],
            "difference": apart.value,
            "difference_low": apart.low,
            "difference_high": apart.high,
        }
    surely = np.minimum(np.abs(apart.low), np.abs(apart.high)) * (apart.low * apart.high > 0)
    found = (
        rows.with_columns(
            *(pl.Series(name, numbers) for name, numbers in shares.items()),
            everybody_share=pl.col("every_count") / pl.col("every_known"),
            surely=pl.Series(surely),
            is_supported=pl.Series(is_supported(*arms), dtype=pl.Boolean),
            order=pl.col("factor").replace_strict(
                {name: place for place, name in enumerate(WORDS)}, default=9
            ),
        )
        .filter("is_supported", pl.col("surely") > 0)
        .sort(
            "persona",
            "surely",
            "order",
            "factor",
            "value",
            descending=[False, True, False, False, False],
        )
        .unique(
            ["persona", "customer_count", "known_count", "every_count", "every_known"],
            keep="first",
            maintain_order=True,
        )
        .group_by("persona", maintain_order=True)
        .head(MOST)
        .with_columns(
            rank=pl.int_range(1, pl.len() + 1).over("persona"),
            lift=pl.col("share") / pl.col("everybody_share"),
            lift_low=pl.col("share_low") / pl.col("everybody_share"),
            lift_high=pl.col("share_high") / pl.col("everybody_share"),
        )
    )
    said = [_sentence(row) for row in found.iter_rows(named=True)]
    return (
        found.with_columns(trait=pl.Series(said, dtype=pl.String))
        .select(TRAITS.names())
        .cast(TRAITS)
    )


def told(found: pl.DataFrame) -> pl.DataFrame:
    """The first traits of each persona in one text: `persona`, `traits`.

    What they do or are more often comes before what they do less often; a step between touchpoints
    that are already named says nothing new.
    """
    rows = []
    ordered = found.sort("persona", pl.col("difference") < 0, "rank")
    for (persona,), own in ordered.group_by("persona", maintain_order=True):
        named: set[str] = set()
        said: list[str] = []
        for factor, value, trait in own.select("factor", "value", "trait").iter_rows():
            words = set(value.split(" > ")) if factor in {"touchpoint", "first", "step"} else set()
            if len(said) < SAID and not words & named:
                said.append(trait)
                named |= words
        rows.append({"persona": persona, "traits": "; ".join(said)})
    return pl.DataFrame(rows, schema={"persona": pl.Int64, "traits": pl.String})


def _sentence(row: dict[str, object]) -> str:
    """A trait as a plain sentence."""
    factor, value = str(row["factor"]), str(row["value"])
    if factor == "step":
        what = "goes from {} straight to {}".format(*value.split(" > "))
    else:
        what = WORDS.get(factor, f"{factor} is {{}}").format(value)
    return (
        f"{what}: {row['share']:.0%} ({100 * float(str(row['share_low'])):.0f} to "
        f"{100 * float(str(row['share_high'])):.0f}%) against {row['everybody_share']:.0%} of "
        "everybody"
    )
