"""Moments of truth and hygiene touchpoints: what the data say of each, beside the catalogue.

Rule: what is compared are visits that were alike on entry (see sql/measures/moment_visits.sql), by
the share of their journeys that completed; journeys still open are counted and compared with none.

Three contrasts stand behind a verdict, all under one false discovery rate:

- `difference`: journeys that met the touchpoint for the first time, less journeys that were at
  another touchpoint of its stage and had not met it. A *moment of truth* differs for sure, by five
  points or more.
- `penalty`: visits that went badly less visits of which nothing good or bad is known.
- `reward`: visits that went well less the same ones. *Hygiene*, noticed only when it fails: the
  penalty is sure and five points or more, no reward is sure, and the penalty is for sure the
  larger of the two. Hygiene is told before moment of truth: it says why outcomes differ there.

What differs need not be the cause: who comes to a touchpoint chose to, or was sent there.
Sources: Kano et al., Attractive quality and must-be quality (1984), and Brandt (1987), whose
penalty-reward contrasts these are; Benjamini and Hochberg (JRSS B 57, 1995). Five points: our
choice, so that a difference that many journeys make sure but nobody would feel decides nothing.
"""

import duckdb
import numpy as np
import polars as pl

from pipeline.measures.matched import GROUPS, LAW, Matched, matched
from pipeline.proportions import SURE, false_discovery
from pipeline.resources import sql_folder

LEAST = 0.05
MOST_VISITS = 1_000_000  # of more, as many groups of customers as hold about so many
CONTRASTS = ("difference", "penalty", "reward")
MOMENTS = pl.Schema(
    {
        "touchpoint": pl.String,
        "stage": pl.String,
        "rank": pl.Int64,
        "importance": pl.String,
        "verdict": pl.String,
        "visit_count": pl.Int64,
        "open_count": pl.Int64,
        "completed_share": pl.Float64,
        "other_count": pl.Int64,
        "other_completed_share": pl.Float64,
        "difference": pl.Float64,
        "difference_low": pl.Float64,
        "difference_high": pl.Float64,
        "q_value": pl.Float64,
        "bad_count": pl.Int64,
        "penalty": pl.Float64,
        "penalty_low": pl.Float64,
        "penalty_high": pl.Float64,
        "penalty_q_value": pl.Float64,
        "good_count": pl.Int64,
        "reward": pl.Float64,
        "reward_low": pl.Float64,
        "reward_high": pl.Float64,
        "reward_q_value": pl.Float64,
        "sampled_share": pl.Float64,
    }
)


def moments_of_truth(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """After which touchpoints outcomes differ, and at which they do only after failure: MOMENTS.

    Args:
        con: The build database after the models; a temporary table is made in it.
    """
    ((count,),) = con.sql("select count(*) from touchpoint_visits").fetchall()
    groups = max(1, min(256, 256 * MOST_VISITS // max(count, 1)))
    con.execute("set variable last_group = ?", [f"{groups - 1:02x}"])
    con.execute(f"create or replace temp table moment_visits as {_select('moment_visits')}")
    meetings, experiences = (
        con.sql(_select(name)).pl() for name in ("moment_meetings", "moment_experiences")
    )
    con.execute("drop table moment_visits")
    points = con.sql(
        "select touchpoint, stage, importance, position from touchpoints "
        "where stage is not null and outcome is null order by position"
    ).pl()
    return judged(points, meetings, experiences).with_columns(
        sampled_share=pl.lit(groups / 256)
    ).select(MOMENTS.names()).cast(MOMENTS)  # fmt: skip


def judged(points: pl.DataFrame, meetings: pl.DataFrame, experiences: pl.DataFrame) -> pl.DataFrame:
    """One row per touchpoint, with its contrasts and verdict; the largest sure difference first.

    Args:
        points: touchpoint, stage, importance and position of those that decide nothing.
        meetings: moment_meetings.
        experiences: moment_experiences.
    """
    met, felt = (
        {str(name): part for (name,), part in frame.group_by("touchpoint")}
        for frame in (meetings, experiences)
    )
    found: list[dict[str, Matched]] = []
    rows: list[dict[str, object]] = []
    for point in points.iter_rows(named=True):
        mine = met.get(point["touchpoint"], meetings.clear())
        mood = felt.get(point["touchpoint"], experiences.clear())
        contrasts = {
            "difference": matched(mine, "met", "other"),
            "penalty": matched(mood, "bad", "neutral"),
            "reward": matched(mood, "good", "neutral"),
        }
        found.append(contrasts)
        rows.append(point | _counts(mine, mood) | _told(contrasts))
    p = np.array([[one[name].p for name in CONTRASTS] for one in found]).reshape(-1, 3)
    q = false_discovery(p.ravel()).reshape(-1, 3)
    verdicts = [_verdict(one, sure) for one, sure in zip(found, q <= SURE, strict=True)]
    told = pl.DataFrame(rows, infer_schema_length=None) if rows else points.clear()
    if told.is_empty():
        return pl.DataFrame(schema=MOMENTS)
    return (
        told.with_columns(
            verdict=pl.Series(verdicts, dtype=pl.String),
            q_value=pl.Series(q[:, 0]),
            penalty_q_value=pl.Series(q[:, 1]),
            reward_q_value=pl.Series(q[:, 2]),
        )
        .with_columns(pl.selectors.float().fill_nan(None))
        .with_columns(is_moment=pl.col("verdict") == "moment of truth")
        .sort(
            [pl.col("is_moment"), pl.col("difference").abs(), "position"],
            descending=[True, True, False],
            nulls_last=True,
        )
        .with_columns(
            rank=pl.when("is_moment").then(pl.int_range(1, pl.len() + 1)),
        )
        .sort("position")
    )


def _counts(met: pl.DataFrame, felt: pl.DataFrame) -> dict[str, int]:
    """How many visits there are, whether they could be matched or not."""
    mine = met.filter(arm="met")
    return {
        "visit_count": int(mine["visit_count"].sum()),
        "open_count": int(mine["open_count"].sum()),
        "other_count": int(met.filter(arm="other")["visit_count"].sum()),
        "bad_count": int(felt.filter(arm="bad")["visit_count"].sum()),
        "good_count": int(felt.filter(arm="good")["visit_count"].sum()),
    }


def _told(contrasts: dict[str, Matched]) -> dict[str, float]:
    """Shares, differences and intervals by column; nan where there are none."""
    met = contrasts["difference"]
    row = {"completed_share": met.share, "other_completed_share": met.other_share}
    for name in CONTRASTS:
        one = contrasts[name]
        row |= {name: one.value}
        is_told = not np.isnan(one.value)
        row |= {f"{name}_low": one.low if is_told else np.nan}
        row |= {f"{name}_high": one.high if is_told else np.nan}
    return row


def _verdict(contrasts: dict[str, Matched], is_sure: np.ndarray) -> str:
    """What a touchpoint is, in words."""
    met, penalty, reward = (contrasts[name] for name in CONTRASTS)
    met_sure, penalty_sure, reward_sure = (bool(one) for one in is_sure)
    if (
        penalty_sure
        and penalty.value <= -LEAST
        and not np.isnan(reward.value)
        and not (reward_sure and reward.value > 0)
        and _highest_sum(penalty, reward) < 0
    ):
        return "hygiene"
    if met_sure and abs(met.value) >= LEAST:
        return "moment of truth"
    return "too few to compare" if np.isnan(met.value) else "no difference seen"


def _highest_sum(one: Matched, other: Matched) -> float:
    """The upper end of the interval of two contrasts' sum, which share their neutral visits."""
    without = one.without + other.without
    spread = np.sqrt((GROUPS - 1) / GROUPS * ((without - without.mean()) ** 2).sum())
    return one.value + other.value + LAW * max(float(spread), one.error)


def _select(name: str) -> str:
    """One select of sql/measures."""
    return (sql_folder() / "measures" / f"{name}.sql").read_text()
