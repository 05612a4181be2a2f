"""Published tables to pages: each one file that needs nothing else.

Jinja escapes whatever comes from records or from people; only our own drawings are markup.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import polars as pl

from pipeline import publish
from pipeline.counted import counted
from pipeline.pages import (
    causes,
    dictionary,
    headlines,
    health,
    journey_map,
    learned_stages,
    numbers,
    palette,
    paths,
    personas,
    risk,
)
from pipeline.pages.process_map import process_map
from pipeline.resources import sql_folder

PAGES = (
    ("Journey map", "index.html#journey"),
    ("Paths and drop-off", "index.html#paths"),
    ("Risk", "churn.html"),
    ("Data", "index.html#data"),
    ("Dictionary", "dictionary.html"),
)
READS = (
    "benchmarks",
    "checks",
    "churn_list",
    "contact_starts",
    "drop_off_causes",
    "drop_off_changes",
    "drop_off_points",
    "drop_off_spans",
    "drop_offs",
    "effort",
    "graph_paths",
    "journey_map",
    "learned_models",
    "learned_stages",
    "moments_of_truth",
    "notes",
    "opportunities",
    "pain_points",
    "parameters",
    "persona_changes",
    "personas",
    "runs",
    "source_days",
    "source_dates",
    "source_health",
    "stage_owners",
    "stage_quotes",
    "stage_transitions",
    "themes",
    "tie_reversals",
    "ties",
    "touchpoint_measures",
    "touchpoint_transitions",
    "touchpoints",
    "unmapped_kinds",
)
# One row a customer: only what the page counts is read.
SCORES_READ = ("model_id", "churn_risk", "is_scored", "reason_not_scored")
PATH_ROWS = 150
KIND_ROWS = 12

Tables = Mapping[str, pl.DataFrame]


def render(con: duckdb.DuckDBPyConnection, folder: Path) -> list[Path]:
    """Write index.html, churn.html and dictionary.html from the published tables of `con`.

    Raises:
        duckdb.CatalogException: A table of `READS` is not there.
    """
    tables = {name: con.table(name).pl() for name in READS}
    scores = con.table("churn_scores").select(*SCORES_READ).pl()
    index, churn = folder / "index.html", folder / "churn.html"
    meanings = folder / "dictionary.html"
    index.write_text(_page(tables, index.name, "A3 landscape", _index(tables)), encoding="utf-8")
    churn.write_text(
        _page(tables, churn.name, "A4 landscape", _churn(tables, scores)), encoding="utf-8"
    )
    meanings.write_text(
        _page(tables, meanings.name, "A4 portrait", _dictionary(tables, con)), encoding="utf-8"
    )
    return [index, churn, meanings]


def _page(tables: Tables, template: str, paper: str, content: Mapping[str, Any]) -> str:
    """One page, whole."""
    run, settings = _run(tables), tables["parameters"].row(0, named=True)
    return (
        _environment()
        .get_template(template)
        .render(
            **content,
            company=settings["company"],
            run_id=run["run_id"],
            as_of=settings["as_of"],
            pages=PAGES,
            paper=paper,
            light=palette.LIGHT,
            dark=palette.DARK,
        )
    )


def _environment() -> jinja2.Environment:
    """Templates that escape everything and refuse a name nobody gave."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": numbers.count,
        "customers": numbers.customers,
        "instant": numbers.instant,
        "interval": numbers.interval,
        "share": numbers.share,
        "wait": numbers.wait,
    }
    return environment


def _run(tables: Tables) -> dict[str, Any]:
    """The run that made these tables: the newest."""
    return tables["runs"].sort("finished_at", "run_id").row(-1, named=True)


def _index(tables: Tables) -> dict[str, Any]:
    """What index.html shows: the journey map, the paths, who goes them, and the data behind."""
    touchpoints = (
        tables["touchpoints"]
        .join(tables["touchpoint_measures"].drop("stage", "position"), on="touchpoint", how="left")
        .with_columns(pl.col("customer_count", "message_count").fill_null(0))
        .sort("position")
    )
    return {
        "title": f"Customer journeys, {tables['parameters']['company'].item()}",
        "here": "",
        "stale": health.stale(tables["source_health"], touchpoints),
        "journey": _journey(tables, touchpoints),
        "paths": _paths(tables, touchpoints),
        "who": personas.content(
            tables["personas"], tables["learned_models"], tables["persona_changes"]
        ),
        "unseen": learned_stages.content(tables["learned_stages"], tables["learned_models"]),
        "data": _data(tables, touchpoints),
    }


def _dictionary(tables: Tables, con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """What dictionary.html shows: every published table and column."""
    found = dictionary.entries(con, sql_folder())
    return {
        "title": f"Data dictionary, {tables['parameters']['company'].item()}",
        "here": "Dictionary",
        "entries": found,
        "macros": dictionary.macros(con),
        "column_count": sum(len(entry.columns) for entry in found),
        "file_name": publish.FILE_NAME,
    }


def _churn(tables: Tables, scores: pl.DataFrame) -> dict[str, Any]:
    """What churn.html shows: the risk list."""
    return {
        "title": f"Churn risk, {tables['parameters']['company'].item()}",
        "here": "Risk",
        "stale": health.stale(tables["source_health"], tables["touchpoints"]),
        "risk": risk.content(scores, tables["churn_list"], tables["parameters"]),
    }


def _journey(tables: Tables, touchpoints: pl.DataFrame) -> dict[str, Any]:
    stages = tables["journey_map"].sort("position")
    outside = touchpoints.filter(pl.col("stage").is_null(), pl.col("customer_count") > 0)
    sheets = journey_map.Sheets(
        stages,
        touchpoints,
        tables["stage_owners"],
        tables["pain_points"],
        tables["stage_quotes"],
        tables["notes"],
        tables["moments_of_truth"],
        tables["themes"],
        tables["effort"],
        tables["contact_starts"],
        tables["benchmarks"],
        tables["opportunities"],
        tables["parameters"]["currency"].item(),
    )
    return {
        "headline": headlines.of_journey(stages, touchpoints, tables["touchpoint_transitions"]),
        "subline": _subline(tables),
        "columns": journey_map.columns(sheets) if stages["customer_count"].sum() else [],
        "mood": journey_map.mood(stages, touchpoints),
        "decisive": journey_map.decisive(tables["moments_of_truth"], touchpoints),
        "definition": _definition(tables),
        "outside": f"Outside the way: {numbers.listed(outside['touchpoint'].to_list())}."
        if outside.height
        else "",
    }


def _subline(tables: Tables) -> str:
    """Who, how many, from which sources, from when to when."""
    run = _run(tables)
    settings = tables["parameters"].row(0, named=True)
    heard = tables["source_health"].filter(pl.col("event_count") > 0).sort("source")
    first = tables["source_dates"]["day_on"].min()
    span = f", {numbers.day(first)} to {numbers.day(settings['as_of'])}" if first else ""  # type: ignore[arg-type]
    sources = numbers.listed(heard["source"].to_list()) or "no source"
    return (
        f"{settings['company']}: {counted(run['customer_count'], 'customer')}, "
        f"{counted(run['event_count'], 'event')} from {sources}{span}. Run {run['run_id']}."
    )


def _definition(tables: Tables) -> str:
    """What "left" means, once."""
    days = tables["parameters"]["dormancy_us"].item() / 86_400_000_000
    return (
        "Left: the visit ended a journey, by an outcome that ends it or by silence of more than "
        f"{days:,.0f} days. Visits of the newest {days:,.0f} days are not settled and count in no "
        "share."
    )


def _paths(tables: Tables, touchpoints: pl.DataFrame) -> dict[str, Any]:
    stages = tables["journey_map"].sort("position")
    heads = [(row["stage"], _head(row)) for row in stages.iter_rows(named=True)]
    leaks = paths.leaks(tables["drop_off_points"])
    rises = paths.rises(tables["drop_off_changes"], tables["drop_off_spans"])
    drawn = process_map(touchpoints, tables["touchpoint_transitions"], tables["drop_offs"], heads)
    steps = tables["touchpoint_transitions"].sort(
        "transition_count", "from_touchpoint", "to_touchpoint", descending=[True, False, False]
    )
    return {
        "headline": headlines.of_paths(leaks, rises),
        "subline": (
            f"{counted(drawn.step_count, 'step')} between touchpoints. Width of a line is "
            "the number of customers; dashed lines go back to an earlier stage; red is the share "
            "of settled visits that ended there."
        )
        if drawn
        else "",
        "map": drawn,
        "leaks": leaks,
        "likeliest": paths.likeliest(tables["graph_paths"]),
        "rises": rises,
        "causes": causes.causes(tables["drop_off_causes"]),
        "compared": tables["drop_off_causes"].filter(grain="touchpoint").height,
        "tested": tables["drop_off_changes"]["z"].count(),
        "matrix": paths.matrix(tables["stage_transitions"], stages["stage"].to_list()),
        "rows": steps.head(PATH_ROWS).rows(named=True),
        "rows_left_out": max(steps.height - PATH_ROWS, 0),
        "definition": _definition(tables),
    }


def _head(row: Mapping[str, Any]) -> str:
    """The words below a stage's name on the process map."""
    left = f", {numbers.share(row['left_share'])} left" if row["left_base_count"] else ""
    return f"{numbers.customers(row['customer_count'])} reached{left}"


def _data(tables: Tables, touchpoints: pl.DataFrame) -> dict[str, Any]:
    run = _run(tables)
    checks = health.claims(tables["checks"])
    held = sum(claim.tone == "good" for claim in checks)
    unmapped = health.undecided(tables["unmapped_kinds"])
    seconds = (run["finished_at"] - run["started_at"]).total_seconds()
    return {
        "headline": headlines.of_run(tables["source_health"], tables["checks"]),
        "subline": f"Run {run['run_id']}, night {run['night']}: "
        f"{counted(run['event_count'], 'event')} of "
        f"{counted(run['customer_count'], 'customer')} in {numbers.spell(seconds)}. "
        f"Digest {run['digest'][:8]}.",
        "steps": health.steps(run),
        "sources": health.sources(tables["source_health"], tables["source_days"]),
        "claims": checks,
        "held_count": held,
        "held": counted(held, "claim that holds", "claims that hold") if held else "",
        "effects": [
            *health.effects(tables["source_health"], touchpoints, tables["unmapped_kinds"]),
            *health.tied(tables["ties"], tables["tie_reversals"]),
        ],
        "unmapped": unmapped.head(KIND_ROWS).rows(named=True),
        "unmapped_more": tables["unmapped_kinds"].height - min(unmapped.height, KIND_ROWS),
    }
