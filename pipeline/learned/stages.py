"""Learned stages: where customers stand whose stages no rule can see.

Rule: a rule's stage is never touched; what is learned stands in tables of its own, with how sure
it is. Which customers these are is written in sql/learned/unseen_customers.sql.
"""

from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.landing.schema import INSTANT
from pipeline.learned import hidden
from pipeline.learned.agreement import adjusted_rand
from pipeline.learned.models import FITS, account, is_past_best, with_fit
from pipeline.learned.runs import Numbers, Runs, Whole, laid_out
from pipeline.resources import sql_folder
from pipeline.settings import Learned

FIT_EVENTS = 20_000  # a chain of six states has some hundred parameters
LONGEST = 60  # events of a stretch that the fit looks at
FEW = 10  # customers below which a touchpoint is one of (other)
RESTARTS = 3
AT_ONCE = 250_000  # events whose states are found together
OTHER = "(other)"
STAGES = pl.Schema(
    {
        "learned_stage": pl.Int64,  # from 1, as they lie along the way
        "touchpoints": pl.String,
        "event_count": pl.Int64,
        "event_share": pl.Float64,
        "customer_count": pl.Int64,
        "visit_count": pl.Int64,
        "way_share": pl.Float64,
        "stay_events": pl.Float64,
        "stay_hours_p50": pl.Float64,
        "probability": pl.Float64,
        "rule_stage": pl.String,
        "rule_event_count": pl.Int64,
        "rule_stage_share": pl.Float64,
    }
)
VISITS = pl.Schema(
    {
        "customer_id": pl.String,
        "stretch_number": pl.Int64,
        "visit_number": pl.Int64,
        "learned_stage": pl.Int64,
        "first_position": pl.Int64,
        "last_position": pl.Int64,
        "entered_at": INSTANT,
        "last_touched_at": INSTANT,
        "event_count": pl.Int64,
        "probability": pl.Float64,
        "next_learned_stage": pl.Int64,
    }
)


@dataclass(frozen=True, slots=True)
class LearnedStages:
    """What was learned, and how.

    Attributes:
        stages: STAGES.
        visits: VISITS.
        fits: FITS, of every number of stages tried.
        model: One row of MODELS.
    """

    stages: pl.DataFrame
    visits: pl.DataFrame
    fits: pl.DataFrame
    model: pl.DataFrame


def learned_stages(con: duckdb.DuckDBPyConnection, settings: Learned) -> LearnedStages:
    """The stages of unseen customers; `con` is the build database after the models."""
    for name in ("unseen_customers", "unseen_events"):
        select = (sql_folder() / "learned" / f"{name}.sql").read_text()
        con.execute(f"create or replace temp table {name} as {select}")
    events = con.sql("from unseen_events order by place, position").pl()
    for name in ("unseen_events", "unseen_customers"):
        con.execute(f"drop table {name}")
    return found_in(events, settings)


def found_in(events: pl.DataFrame, settings: Learned) -> LearnedStages:
    """The stages behind events.

    Args:
        events: As unseen_events.sql gives them, by place and position.
        settings: How many customers and stages, at least and at most.
    """
    customer_count = events["customer_id"].n_unique()
    if customer_count < settings.least_customers:
        status = "too few customers" if customer_count else "nothing unseen"
        return _none(
            account(
                "stages",
                status,
                settings,
                customer_count=customer_count,
                event_count=events.height,
            ),
            FITS.to_frame(),
        )
    sample = _sample(events, settings.sample_customers)
    names = _names(sample)
    runs = _runs(sample, names)
    counts = np.bincount(runs.symbols, runs.weights, minlength=len(names))
    common = (counts + 0.5) / (counts + 0.5).sum()
    size = float(runs.weights.sum())
    tried: dict[int, hidden.Fit] = {}
    fits = FITS.to_frame()
    for count in range(1, settings.most_stages + 1):
        fit = hidden.fitted(runs, count, common, restarts=RESTARTS, seed=settings.seed)
        tried[count] = fit
        fits = with_fit(fits, "stages", fit, size=size)
        if is_past_best(fits):
            break
    (best,) = fits.filter("is_chosen").rows(named=True)
    known = {
        "customer_count": customer_count,
        "event_count": events.height,
        "sample_customer_count": sample["customer_id"].n_unique(),
        "sample_event_count": round(size),
    }
    if best["component_count"] == 1:
        return _none(account("stages", "no stages told apart", settings, best=best, **known), fits)
    chain = along(tried[best["component_count"]].chain, runs)
    told = placed(events, chain, names)
    both = told.drop_nulls("stage")
    agreement = adjusted_rand(both["stage"].to_numpy(), both["learned_stage"].to_numpy())
    visits = _visits(told)
    return LearnedStages(
        _stages(told, visits, chain),
        visits,
        fits,
        account(
            "stages",
            "fitted",
            settings,
            best=best,
            **known,
            rule_event_count=both.height,
            rule_agreement=None if np.isnan(agreement) else agreement,
        ),
    )


def along(chain: hidden.Chain, runs: Runs) -> hidden.Chain:
    """The same chain, its states in the order in which they lie along the way.

    That is by the mean place of their events in their stretch, from 0 (the first) to 1 (the
    last), each with the chance that it is the state's. A state that is met early and late stands
    between; the time of a first visit would not exist where a state is not always reached.
    """
    order = np.argsort(_way_shares(hidden.posterior(chain, runs).states[0], runs), kind="stable")
    return hidden.Chain(
        chain.start[:, order], chain.move[:, order][:, :, order], chain.show[:, order]
    )


def placed(events: pl.DataFrame, chain: hidden.Chain, names: list[str]) -> pl.DataFrame:
    """Events with their likeliest stage, `learned_stage`, and how likely it is, `probability`."""
    numbered = _coded(events, names)
    lengths = numbered.group_by("place", "stretch_number", maintain_order=True).len()["len"]
    codes, sizes = numbered["code"].to_numpy(), lengths.to_numpy().astype(np.int64)
    ends = np.cumsum(sizes)
    state = np.empty(len(codes), dtype=np.int64)
    sure = np.empty(len(codes))
    first_run = 0
    while first_run < len(sizes):
        begin = int(ends[first_run] - sizes[first_run])
        last_run = max(first_run + 1, int(np.searchsorted(ends, begin + AT_ONCE, side="right")))
        end = int(ends[last_run - 1])
        part = sizes[first_run:last_run]
        runs = laid_out(codes[begin:end], part, np.ones(len(part)))
        states = hidden.posterior(chain, runs).states[0]
        state[begin + runs.own] = states.argmax(axis=0)
        sure[begin + runs.own] = states.max(axis=0)
        first_run = last_run
    return numbered.with_columns(
        learned_stage=pl.Series(state + 1), probability=pl.Series(np.minimum(sure, 1.0))
    )


def _none(model: pl.DataFrame, fits: pl.DataFrame) -> LearnedStages:
    """Nothing learned, and why."""
    return LearnedStages(STAGES.to_frame(), VISITS.to_frame(), fits, model)


def _sample(events: pl.DataFrame, customers: int) -> pl.DataFrame:
    """The first events of each stretch of the first customers by chance, FIT_EVENTS in all."""
    early = events.filter(
        pl.col("place") <= customers,
        pl.int_range(pl.len()).over("place", "stretch_number") < LONGEST,
    )
    upto = early.group_by("place").len().sort("place").with_columns(pl.col("len").cum_sum())
    last = upto.filter(pl.col("len") <= FIT_EVENTS)["place"].max()
    return early.filter(pl.col("place") <= (last if last is not None else upto["place"][0]))


def _names(sample: pl.DataFrame) -> list[str]:
    """What FEW customers or more met, sorted; all else is OTHER, the last."""
    met = sample.group_by("symbol").agg(pl.col("customer_id").n_unique())
    return [*sorted(met.filter(pl.col("customer_id") >= FEW)["symbol"]), OTHER]


def _coded(events: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Events with the number of their name in `names`, `code`."""
    numbers = {name: number for number, name in enumerate(names)}
    return events.with_columns(
        code=pl.col("symbol").replace_strict(numbers, default=len(names) - 1, return_dtype=pl.Int64)
    )


def _runs(sample: pl.DataFrame, names: list[str]) -> Runs:
    """The different stretches of a sample, each as often as it is there."""
    same = (
        _coded(sample, names)
        .group_by("place", "stretch_number", maintain_order=True)
        .agg(text=pl.col("code").cast(pl.String).str.join(","))
        .group_by("text")
        .len()
        .sort("text")
        .with_columns(codes=pl.col("text").str.split(",").cast(pl.List(pl.Int64)))
    )
    lengths: Whole = same["codes"].list.len().to_numpy().astype(np.int64)
    weights: Numbers = same["len"].to_numpy().astype(np.float64)
    return laid_out(same["codes"].explode().to_numpy(), lengths, weights)


def _way_shares(states: Numbers, runs: Runs) -> NDArray[np.float64]:
    """The mean place of each state's events in their stretch."""
    instant = np.repeat(np.arange(len(runs.starts) - 1), np.diff(runs.starts))
    length = np.bincount(runs.run)[runs.run]
    weights = states * (runs.weights * (length > 1))
    shares: Numbers = (weights @ (instant / np.maximum(length - 1, 1))) / np.maximum(
        weights.sum(axis=1), 1e-12
    )
    return shares


def _visits(told: pl.DataFrame) -> pl.DataFrame:
    """VISITS: runs of events of one stretch in one learned stage."""
    stretch = ["customer_id", "stretch_number"]
    numbered = told.with_columns(
        visit_number=(pl.col("learned_stage") != pl.col("learned_stage").shift(1))
        .fill_null(value=True)
        .cum_sum()
        .over(stretch)
        .cast(pl.Int64)
    )
    return (
        numbered.group_by([*stretch, "visit_number"], maintain_order=True)
        .agg(
            pl.col("learned_stage").first(),
            first_position=pl.col("position").first(),
            last_position=pl.col("position").last(),
            entered_at=pl.col("occurred_at").first(),
            last_touched_at=pl.col("occurred_at").last(),
            event_count=pl.len(),
            probability=pl.col("probability").mean(),
        )
        .with_columns(next_learned_stage=pl.col("learned_stage").shift(-1).over(stretch))
        .sort([*stretch, "visit_number"])
        .select(VISITS.names())
        .cast(VISITS)
    )


def _stages(told: pl.DataFrame, visits: pl.DataFrame, chain: hidden.Chain) -> pl.DataFrame:
    """STAGES, one row per state of the chain."""
    by = "learned_stage"
    stay = np.diagonal(chain.move[0])
    place = pl.int_range(pl.len()).over("customer_id", "stretch_number")
    last = (pl.len().over("customer_id", "stretch_number") - 1).clip(lower_bound=1)
    alone = pl.len().over("customer_id", "stretch_number") == 1
    events = told.with_columns(way=pl.when(~alone).then(place / last)).group_by(by).agg(
        event_count=pl.len(),
        customer_count=pl.col("customer_id").n_unique(),
        way_share=pl.col("way").mean(),
        probability=pl.col("probability").mean(),
        rule_event_count=pl.col("stage").count(),
    )  # fmt: skip
    names = (
        told.group_by(by, "symbol")
        .len()
        .sort(by, "len", "symbol", descending=[False, True, False])
        .with_columns(share=pl.col("len") / pl.col("len").sum().over(by))
        .group_by(by, maintain_order=True)
        .head(4)
        .with_columns(text=pl.format("{} {}%", "symbol", (100 * pl.col("share")).round().cast(int)))
        .group_by(by, maintain_order=True)
        .agg(touchpoints=pl.col("text").str.join(", "))
    )
    rules = (
        told.drop_nulls("stage")
        .group_by(by, "stage")
        .len()
        .sort(by, "len", "stage", descending=[False, True, False])
        .with_columns(rule_stage_share=pl.col("len") / pl.col("len").sum().over(by))
        .unique(by, keep="first", maintain_order=True)
        .select(by, "rule_stage_share", rule_stage="stage")
    )
    followed = pl.col("entered_at").shift(-1).over("customer_id", "stretch_number")
    stays = (
        visits.with_columns(stay=(followed - pl.col("entered_at")) / pl.duration(hours=1))
        .group_by(by)
        .agg(visit_count=pl.len(), stay_hours_p50=pl.col("stay").median())
    )
    whole = pl.DataFrame({by: range(1, len(stay) + 1), "stay_events": 1 / (1 - stay)})
    return (
        whole.join(events, on=by, how="left")
        .join(names, on=by, how="left")
        .join(rules, on=by, how="left")
        .join(stays, on=by, how="left")
        .with_columns(
            pl.col("event_count", "customer_count", "visit_count", "rule_event_count").fill_null(0),
            event_share=pl.col("event_count").fill_null(0) / told.height,
        )
        .sort(by)
        .select(STAGES.names())
        .cast(STAGES)
    )
