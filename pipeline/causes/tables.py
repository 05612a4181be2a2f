"""Why journeys stop: drop_off_causes, and what could be won: opportunities.

Rule: two arms of settled visits to one stage or touchpoint, alike but for one thing that was
known on entry, in the same days and of journeys that had come as far; all tests of a night share
one false discovery rate. Visits of a period that stands out are in no other arm: an incident is
told once, as the incident.

Who has met much has come far, and journeys stop more, or less, the further they have come. So the
other arm's share is the one it would have, had its journeys come as far as those of the first
(direct standardisation), and it weighs as the number of visits that would tell an unweighted share
as surely (Kish, Survey Sampling, 1965, section 11.7).

A journey is lost once at most, so its visits are steps of one life and count each for itself: the
share lost of them is a hazard, and shares of hazards are compared as if all visits were of
different journeys (Allison, Discrete-time methods for the analysis of event histories, 1982).
What differs need not be the cause: who saw a page chose to. It says where to look first.
"""

import duckdb
import numpy as np
import polars as pl

from pipeline.causes.periods import periods
from pipeline.proportions import SURE, Numbers, difference, false_discovery, is_supported
from pipeline.resources import sql_folder

MOST_VISITS = 1_000_000  # of more, as many groups of customers as hold about so many
MOST_VALUES = 20  # a property with more says who, not what
LEAST_CUSTOMERS = 10  # a value of fewer may tell who they are
CAUSES = pl.Schema(
    {
        "grain": pl.String,
        "name": pl.String,
        "stage": pl.String,
        "rank": pl.Int64,
        "factor": pl.String,
        "value": pl.String,
        "from_on": pl.Date,
        "to_on": pl.Date,
        "customer_count": pl.Int64,
        "settled_count": pl.Int64,
        "lost_count": pl.Int64,
        "lost_share": pl.Float64,
        "other_settled_count": pl.Int64,
        "other_lost_count": pl.Int64,
        "other_lost_share": pl.Float64,
        "effect": pl.Float64,
        "effect_low": pl.Float64,
        "effect_high": pl.Float64,
        "excess_lost": pl.Float64,
        "excess_lost_low": pl.Float64,
        "excess_lost_high": pl.Float64,
        "p_value": pl.Float64,
        "q_value": pl.Float64,
        "sampled_share": pl.Float64,
    }
)
ARMS = ("settled_count", "lost_count", "other_settled_count", "other_lost_count")
KEYS = ("grain", "name", "factor", "value")


def causes(
    con: duckdb.DuckDBPyConnection, *, properties: tuple[str, ...] | None = None
) -> pl.DataFrame:
    """What differs on entry where journeys stop, the most lost for sure first: CAUSES.

    Args:
        con: The build database after the models; temporary tables are made in it.
        properties: The properties of events to look at; None: those of few values.
    """
    sampled = _visits(con)
    spans = periods(con.sql(_select("cause_cells")).pl()).with_columns(factor=pl.lit("period"))
    _quieten(con, spans)
    _properties(con, properties)
    for name in ("cause_factors", "cause_days"):
        con.execute(f"create or replace temp table {name} as {_select(name)}")
    told = alike(con.sql(_select("cause_arms")).pl())
    behind = con.sql(_select("cause_customers")).pl()
    arms = told.join(behind, on=KEYS, how="left").filter(
        pl.col("customer_count") >= LEAST_CUSTOMERS
    )
    stages = con.sql(
        "select 'stage' as grain, stage as name, stage from stages union all "
        "select 'touchpoint' as grain, touchpoint as name, stage from touchpoints"
    ).pl()
    for name in ("cause_days", "cause_factors", "cause_properties", "cause_property_keys"):
        con.execute(f"drop table {name}")
    con.execute("drop table cause_visits")
    found = judged(pl.concat([arms, alone(spans)], how="diagonal"))
    return (
        found.join(stages, on=["grain", "name"], how="left")
        .with_columns(sampled_share=pl.lit(sampled))
        .select(CAUSES.names())
        .cast(CAUSES)
    )


def alike(bands: pl.DataFrame) -> pl.DataFrame:
    """KEYS and ARMS of visits whose journeys had come as far, `other_lost_share`, `other_weight`.

    Of visits of journeys so far on that there are none without the thing, nothing can be said:
    they are left out.

    Args:
        bands: KEYS, `reached` and ARMS.
    """
    part = pl.col("settled_count") / pl.col("settled_count").sum().over(KEYS)
    return (
        bands.filter(pl.col("other_settled_count") > 0)
        .with_columns(part=part)
        .group_by(KEYS, maintain_order=True)
        .agg(
            pl.col(*ARMS).sum(),
            other_lost_share=(
                pl.col("part") * pl.col("other_lost_count") / pl.col("other_settled_count")
            ).sum(),
            other_weight=1 / (pl.col("part") ** 2 / pl.col("other_settled_count")).sum(),
        )
    )


def alone(arms: pl.DataFrame) -> pl.DataFrame:
    """Arms that are compared as they are, with `other_lost_share` and `other_weight`."""
    others = pl.col("other_settled_count")
    return arms.with_columns(
        other_lost_share=pl.col("other_lost_count") / others, other_weight=others.cast(pl.Float64)
    )


def judged(arms: pl.DataFrame) -> pl.DataFrame:
    """Arms that carry a test, with effect, interval, p, q and rank; the first ranks come first.

    Args:
        arms: KEYS, ARMS, `other_lost_share` and `other_weight`; periods carry a `p_value` of
            their own, since they were picked from many.
    """
    kept = arms.filter(pl.Series(is_supported(*_counts(arms)), dtype=pl.Boolean))
    apart = difference(*_counts(kept))
    given = (
        kept["p_value"].to_numpy() if "p_value" in kept.columns else np.full(kept.height, np.nan)
    )
    p = np.where(np.isnan(given.astype(np.float64)), apart.p, given.astype(np.float64))
    reach = pl.col("settled_count")
    found = kept.with_columns(p_value=pl.Series(p))
    rows = found.with_columns(
        is_told=_told(found),
        lost_share=pl.col("lost_count") / reach,
        effect=pl.Series(apart.value),
        effect_low=pl.Series(apart.low),
        effect_high=pl.Series(apart.high),
        q_value=pl.Series(false_discovery(p)),
    ).with_columns(
        excess_lost=reach * pl.col("effect"),
        excess_lost_low=reach * pl.col("effect_low"),
        excess_lost_high=reach * pl.col("effect_high"),
        is_raised=pl.col("is_told") & (pl.col("q_value") <= SURE) & (pl.col("effect_low") > 0),
    )
    order = ["grain", "is_raised", "excess_lost_low", "name", "factor", "value"]
    return (
        rows.sort(order, descending=[False, True, True, False, False, False])
        .with_columns(
            rank=pl.when("is_raised").then(pl.int_range(1, pl.len() + 1).over("grain"))
        )
    )  # fmt: skip


def _quieten(con: duckdb.DuckDBPyConnection, spans: pl.DataFrame) -> None:
    """Take the visits of periods that stand out from `cause_visits`."""
    sure = spans.filter(pl.Series(false_discovery(spans["p_value"].to_numpy()) <= SURE))
    told = sure.filter(_told(sure)).select("grain", "name", "value", "from_on", "to_on")
    con.register("told_periods", told)
    con.execute(f"create or replace temp table quiet as {_select('cause_quiet_visits')}")
    con.execute("create or replace temp table cause_visits as from quiet")
    con.execute("drop table quiet")
    con.unregister("told_periods")


def _told(arms: pl.DataFrame) -> pl.Series:
    """False for a period that another one of the same name and days tells with more certainty."""
    if "from_on" not in arms.columns:
        return pl.repeat(value=True, n=arms.height, eager=True)
    rows = arms.with_row_index("place").with_columns(
        order=pl.struct("p_value", "value").rank("ordinal")
    )
    runs = rows.drop_nulls("from_on")
    pairs = runs.join(runs, on=["grain", "name"], suffix="_other").filter(
        (pl.col("order_other") < pl.col("order"))
        & (pl.col("from_on") <= pl.col("to_on_other"))
        & (pl.col("from_on_other") <= pl.col("to_on"))
    )
    return ~rows["place"].is_in(pairs["place"].to_list())


def _counts(arms: pl.DataFrame) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Two arms as `difference` takes them: part, whole, part, whole."""
    share, weight = arms["other_lost_share"].to_numpy(), arms["other_weight"].to_numpy()
    return arms["lost_count"].to_numpy(), arms["settled_count"].to_numpy(), share * weight, weight


def _visits(con: duckdb.DuckDBPyConnection) -> float:
    """Make `cause_visits`, of so many groups of customers as are needed; the share they are."""
    ((count,),) = con.sql("select count(*) from touchpoint_visits").fetchall()
    groups: int = max(1, min(256, 256 * MOST_VISITS // max(count, 1)))
    con.execute("set variable last_group = ?", [f"{groups - 1:02x}"])
    con.execute(f"create or replace temp table cause_visits as {_select('cause_visits')}")
    return float(groups / 256)


def _properties(con: duckdb.DuckDBPyConnection, properties: tuple[str, ...] | None) -> None:
    """Make `cause_property_keys`, given or found, and `cause_properties`."""
    con.execute("set variable most_values = ?", [MOST_VALUES])
    con.execute("set variable least_customers = ?", [LEAST_CUSTOMERS])
    keys = con.sql(_select("cause_property_keys")).pl()
    if properties is not None:
        keys = pl.DataFrame({"property": properties}, schema={"property": pl.String})
    con.register("chosen_keys", keys)
    con.execute("create or replace temp table cause_property_keys as from chosen_keys")
    con.unregister("chosen_keys")
    con.execute(f"create or replace temp table cause_properties as {_select('cause_properties')}")


def _select(name: str) -> str:
    """One select of sql/causes."""
    return (sql_folder() / "causes" / f"{name}.sql").read_text()
