"""Personas: customers who move alike, who they are and how their journeys look.

Rule: a persona is a Markov chain over touchpoints; how many there are the records say, one among
them, and what other halves of the customers would not find again is not published.

Two kinds of customers who never meet the same touchpoint are one chain as well as two, as long as
each customer goes one journey: what tells them apart is that who comes back begins as before. So
first-time visitors and callers of one call may share a persona.
"""

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from pipeline.learned import mixture
from pipeline.learned.agreement import MODERATE, adjusted_rand
from pipeline.learned.models import FITS, account, is_past_best, with_fit
from pipeline.learned.representatives import COMPARED, JOURNEYS, representatives
from pipeline.learned.spans import SPANS, persona_spans
from pipeline.learned.traits import TRAITS, told, traits
from pipeline.proportions import wilson
from pipeline.resources import sql_folder
from pipeline.settings import Learned

FEW = 10  # customers below which a step is one of (other) from its place
SMALLEST = 30  # customers of the sample below which a persona cannot be described
RESTARTS = 4
HALVES = 5  # times the sample is cut in two, to see whether both find the same
OTHER = "(other)"
PERSONAS = pl.Schema(
    {
        "persona": pl.Int64,  # from 1, the largest first
        "customer_count": pl.Int64,
        "customer_share": pl.Float64,
        "share_low": pl.Float64,
        "share_high": pl.Float64,
        "probability": pl.Float64,
        "traits": pl.String,
        "path": pl.String,
        "near_share": pl.Float64,
        "covered_share": pl.Float64,
        "journey_count": pl.Int64,
        "settled_count": pl.Int64,
        "completed_share": pl.Float64,
        "completed_low": pl.Float64,
        "completed_high": pl.Float64,
    }
)
CUSTOMERS = pl.Schema({"customer_id": pl.String, "persona": pl.Int64, "probability": pl.Float64})


@dataclass(frozen=True, slots=True)
class Personas:
    """What was learned, and how.

    Attributes:
        customers: CUSTOMERS, the persona of everybody who went at least one step.
        chains: The chance of each step, `from_name` and `to_name`, by persona: columns 1, 2, ...
        sizes: The share of customers that the mixture gives each persona.
        fits: FITS, of every number of personas tried.
        model: One row of MODELS.
    """

    customers: pl.DataFrame
    chains: pl.DataFrame
    sizes: NDArray[np.float64]
    fits: pl.DataFrame
    model: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Sampled:
    """The steps of a sample.

    Attributes:
        steps: Customers who went the same steps are one row.
        row: Of each customer of the sample, by place, the row.
        cells: `from_name`, `to_name` and number of each cell.
    """

    steps: mixture.Steps
    row: NDArray[np.int64]
    cells: pl.DataFrame


def personas(con: duckdb.DuckDBPyConnection, settings: Learned) -> dict[str, pl.DataFrame]:
    """Tables by name: personas, persona_traits, persona_journeys, customer_personas, persona_spans.

    With learned_models and learned_fits of personas. `con` is the build database after the models.
    """
    for name in ("persona_moves", "persona_steps", "persona_customers"):
        con.execute(f"create or replace temp table {name} as {_select(name)}")
    went = con.sql("from persona_steps join persona_customers using (customer_id)").pl()
    found = found_in(went, settings)
    told = _described(con, found) if found.customers.height else _undescribed()
    for name in ("persona_customers", "persona_steps", "persona_moves"):
        con.execute(f"drop table {name}")
    return told | {
        "customer_personas": found.customers,
        "learned_models": found.model,
        "learned_fits": found.fits,
    }


def _described(con: duckdb.DuckDBPyConnection, found: Personas) -> dict[str, pl.DataFrame]:
    """What can be said of personas and of their customers on the way."""
    moves = con.sql("from persona_moves semi join persona_customers using (customer_id)").pl()
    spans = known_by_then(moves, found)
    con.register("customer_personas", found.customers)
    counts = con.sql(_select("persona_trait_counts")).pl()
    con.execute("set variable most_journeys = ?", [COMPARED])
    ways = con.sql(_select("persona_ways")).pl()
    outcomes = con.sql(_select("persona_outcomes")).pl()
    con.unregister("customer_personas")
    codes = dict(con.sql("select code, name from path_codes where grain = 'touchpoint'").fetchall())
    differ, shown = traits(counts), representatives(ways, codes)
    return {
        "personas": described(found.customers, differ, shown, outcomes),
        "persona_traits": differ,
        "persona_journeys": shown,
        "persona_spans": spans,
    }


def _undescribed() -> dict[str, pl.DataFrame]:
    """The same tables without a row."""
    return {
        "personas": PERSONAS.to_frame(),
        "persona_traits": TRAITS.to_frame(),
        "persona_journeys": JOURNEYS.to_frame(),
        "persona_spans": SPANS.to_frame(),
    }


def found_in(went: pl.DataFrame, settings: Learned) -> Personas:
    """The personas behind steps.

    Args:
        went: `customer_id`, `from_name`, `to_name`, `step_count`, and `place`, the customers'
            order by chance, from 1.
        settings: How many customers and personas, at least and at most.
    """
    customer_count = went["customer_id"].n_unique()
    known: dict[str, Any] = {
        "customer_count": customer_count,
        "event_count": int(went["step_count"].sum()),
    }
    if customer_count < settings.least_customers:
        return _none(account("personas", "too few customers", settings, **known), FITS.to_frame())
    sampled = _sample(went.filter(pl.col("place") <= settings.sample_customers))
    steps = sampled.steps
    known |= {
        "sample_customer_count": len(sampled.row),
        "sample_event_count": int(steps.weights @ steps.counts.sum(axis=1)),
    }
    tried: dict[int, mixture.Fit] = {}
    fits = FITS.to_frame()
    size = float(steps.weights.sum())
    for count in range(1, settings.most_personas + 1):
        fit = mixture.fitted(steps, count, restarts=RESTARTS, seed=settings.seed)
        tried[count] = fit
        is_possible = _smallest(fit, steps) >= SMALLEST
        fits = with_fit(fits, "personas", fit, size=size, is_possible=is_possible)
        if is_past_best(fits):
            break
    (best,) = fits.filter("is_chosen").rows(named=True)
    count = best["component_count"]
    if count == 1:
        status = "no separate behaviours found"
        return _none(account("personas", status, settings, best=best, **known), fits)
    stability = _stability(sampled, count, settings.seed)
    status = "fitted" if stability >= MODERATE else "unstable"
    model = account("personas", status, settings, best=best, **known, stability=stability)
    if status == "unstable":
        return _none(model, fits)
    customers, order = _told(went, tried[count].mixture, sampled.cells)
    own = tried[count].mixture
    chains = sampled.cells.select("from_name", "to_name").hstack(
        [pl.Series(str(rank), own.chains[:, chain]) for rank, chain in enumerate(order, start=1)]
    )
    return Personas(customers, chains, own.sizes[0][order], fits, model)


def known_by_then(moves: pl.DataFrame, found: Personas) -> pl.DataFrame:
    """SPANS of every customer; `moves` as persona_moves.sql gives them."""
    names = ["from_name", "to_name"]
    cells = found.chains.select(names).with_row_index("cell")
    folded = _folded(moves, cells.select(names)).join(cells, on=names, how="left")
    return persona_spans(folded, found.chains.drop(names).to_numpy(), found.sizes)


def described(
    customers: pl.DataFrame, differ: pl.DataFrame, shown: pl.DataFrame, outcomes: pl.DataFrame
) -> pl.DataFrame:
    """PERSONAS from CUSTOMERS, TRAITS, JOURNEYS and the outcomes of journeys."""
    # Sorted by what is added up, so that no name of a customer changes the last digit.
    rows = (
        customers.sort("persona", "probability")
        .group_by("persona", maintain_order=True)
        .agg(customer_count=pl.len(), probability=pl.col("probability").mean())
        .join(told(differ), on="persona", how="left")
        .join(
            shown.filter(pl.col("rank") == 1).select("persona", "path", "near_share"),
            on="persona",
            how="left",
        )
        .join(
            shown.group_by("persona").agg(pl.col("covered_share").max()), on="persona", how="left"
        )
        .join(outcomes, on="persona", how="left")
        .sort("persona")
    )
    size = wilson(rows["customer_count"].to_numpy(), np.full(rows.height, customers.height))
    done = wilson(rows["settled_completed_count"].to_numpy(), rows["settled_count"].to_numpy())
    return (
        rows.with_columns(
            customer_share=pl.col("customer_count") / max(customers.height, 1),
            share_low=pl.Series(size.low, dtype=pl.Float64),
            share_high=pl.Series(size.high, dtype=pl.Float64),
            completed_share=pl.col("settled_completed_count") / pl.col("settled_count"),
            completed_low=pl.Series(done.low, dtype=pl.Float64),
            completed_high=pl.Series(done.high, dtype=pl.Float64),
        )
        .with_columns(pl.col("completed_share", "completed_low", "completed_high").fill_nan(None))
        .select(PERSONAS.names())
        .cast(PERSONAS)
    )


def _none(model: pl.DataFrame, fits: pl.DataFrame) -> Personas:
    """Nothing learned, and why."""
    chains = pl.DataFrame(schema={"from_name": pl.String, "to_name": pl.String})
    return Personas(CUSTOMERS.to_frame(), chains, np.empty(0), fits, model)


def _sample(went: pl.DataFrame) -> _Sampled:
    """Steps as cells; of each place those that FEW customers or more went, and (other)."""
    known = (
        went.group_by("from_name", "to_name")
        .agg(pl.col("customer_id").n_unique())
        .filter(pl.col("customer_id") >= FEW)
        .select("from_name", "to_name")
    )
    folded = _folded(went, known)
    cells = (
        folded.select("from_name", "to_name")
        .unique()
        .sort("from_name", "to_name")
        .with_row_index("cell")
    )
    numbered = (
        folded.join(cells, on=["from_name", "to_name"])
        .group_by("place", "cell")
        .agg(pl.col("step_count").sum())
        .sort("place", "cell")
    )
    customers = numbered.group_by("place", maintain_order=True).agg(
        "cell",
        "step_count",
        key=pl.format("{}:{}", "cell", "step_count").str.join(","),
    )
    same = (
        customers.group_by("key")
        .agg(pl.col("cell", "step_count").first(), weight=pl.len())
        .sort("key")
        .with_row_index("row")
    )
    lengths = same["cell"].list.len().to_numpy()
    counts = sparse.csr_array(
        (
            same["step_count"].explode().to_numpy().astype(np.float64),
            same["cell"].explode().to_numpy().astype(np.int64),
            np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        ),
        shape=(same.height, cells.height),
    )
    tails = cells["from_name"].rank("dense").to_numpy().astype(np.int64) - 1
    rows = customers.join(same.select("key", "row"), on="key", how="left", maintain_order="left")
    return _Sampled(
        mixture.Steps(counts, tails, same["weight"].to_numpy().astype(np.float64)),
        rows["row"].to_numpy().astype(np.int64),
        cells,
    )


def _folded(went: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Steps under their names; those that are not in `known`, under (other)."""
    return (
        went.join(known.with_columns(is_known=True), on=["from_name", "to_name"], how="left")
        .with_columns(
            to_name=pl.when(pl.col("is_known").fill_null(value=False))
            .then("to_name")
            .otherwise(pl.lit(OTHER))
        )
        .drop("is_known")
    )


def _smallest(fit: mixture.Fit, steps: mixture.Steps) -> float:
    """How many customers the smallest of several personas has; of one, no matter how many."""
    count = fit.mixture.sizes.shape[1]
    chances, _ = mixture.belonging(fit.mixture, steps)
    sizes = np.bincount(chances[:, 0].argmax(axis=1), steps.weights, minlength=count)
    return float(sizes.min()) if count > 1 else np.inf


def _stability(sampled: _Sampled, count: int, seed: int) -> float:
    """How far two halves of the customers find the same personas: mean adjusted Rand.

    Personas are learned from each half, all customers of the sample are told theirs by both, and
    the two are compared: Lange, Roth, Braun and Buhmann, Stability-based validation of clustering
    solutions (Neural Computation 16, 2004).
    """
    drawn = np.random.default_rng([seed, count, HALVES])
    found = []
    for _ in range(HALVES):
        order = drawn.permutation(len(sampled.row))
        labels = [_labels(sampled, order[half::2], count, seed) for half in (0, 1)]
        found.append(adjusted_rand(*(one[sampled.row] for one in labels)))
    return float(np.mean(found))


def _labels(
    sampled: _Sampled, customers: NDArray[np.int64], count: int, seed: int
) -> NDArray[np.int64]:
    """The persona of every row, as these customers teach it."""
    rows = np.bincount(sampled.row[customers], minlength=len(sampled.steps.weights))
    half = mixture.Steps(sampled.steps.counts, sampled.steps.tails, rows.astype(np.float64))
    fit = mixture.fitted(half, count, restarts=RESTARTS, seed=seed)
    chances, _ = mixture.belonging(fit.mixture, sampled.steps)
    labels: NDArray[np.int64] = chances[:, 0].argmax(axis=1)
    return labels


def _told(
    went: pl.DataFrame, found: mixture.Mixture, cells: pl.DataFrame
) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """CUSTOMERS, and the chain of each persona, the largest first.

    A step that the sample did not know tells nothing.
    """
    folded = _folded(went, cells.select("from_name", "to_name"))
    customers = went.select("customer_id", "place").unique().sort("place")
    rows = dict(zip(customers["place"], range(customers.height), strict=True))
    known = folded.join(cells, on=["from_name", "to_name"]).sort("place", "cell")
    counts = sparse.csr_array(
        (
            known["step_count"].to_numpy().astype(np.float64),
            (
                known["place"].replace_strict(rows, return_dtype=pl.Int64).to_numpy(),
                known["cell"].to_numpy().astype(np.int64),
            ),
        ),
        shape=(customers.height, cells.height),
    )
    everybody = mixture.Steps(
        counts, np.zeros(cells.height, dtype=np.int64), np.ones(customers.height)
    )
    chances = mixture.belonging(found, everybody)[0][:, 0]
    label = chances.argmax(axis=1)
    order = np.argsort(-np.bincount(label, minlength=chances.shape[1]), kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    told = customers.select(
        "customer_id", persona=pl.Series(rank[label]), probability=pl.Series(chances.max(axis=1))
    )
    return told.sort("customer_id").cast(CUSTOMERS), order


def _select(name: str) -> str:
    """One select of sql/learned."""
    return (sql_folder() / "learned" / f"{name}.sql").read_text()
