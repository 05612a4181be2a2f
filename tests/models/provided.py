"""The tables a run hands to the models, empty, and models run over small given tables."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime

import duckdb
import polars as pl

from pipeline import business_days, session_cuts
from pipeline.catalogue.benchmarks import BENCHMARKS
from pipeline.catalogue.goals import GOALS
from pipeline.change.interventions import INTERVENTIONS
from pipeline.landing.schema import (
    FILES,
    INSTANT,
    LANDED_ATTRIBUTES,
    LANDED_EVENTS,
    LANDED_IDENTIFIERS,
    QUARANTINE,
)
from pipeline.learned.spans import SPANS
from pipeline.paths import codes, spans
from pipeline.warehouse import Model, build

AS_OF = datetime(2026, 3, 1)  # noqa: DTZ001 - the models' instants are naive UTC
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US

# An opened lake gives each event's id a second time, in a form that is quickly compared.
KEYED = {"event_key": pl.String}
PROVIDED: Mapping[str, pl.Schema] = {
    "landed_events": pl.Schema({**LANDED_EVENTS, **KEYED}),
    "landed_revisions": pl.Schema({**LANDED_EVENTS, **KEYED}),
    "landed_identifiers": pl.Schema({**LANDED_IDENTIFIERS, **KEYED}),
    "landed_attributes": pl.Schema({**LANDED_ATTRIBUTES, **KEYED}),
    "landed_files": FILES,
    "landed_quarantine": QUARANTINE,
    "identifiers": pl.Schema(
        {
            "identifier": pl.String,
            "namespace": pl.String,
            "value": pl.String,
            "status": pl.String,
            "reason": pl.String,
            "customer_id": pl.String,
            "is_strong": pl.Boolean,
            "priority": pl.Int32,
            "event_count": pl.Int64,
            "first_seen_at": INSTANT,
            "last_seen_at": INSTANT,
            "night": pl.Int32,
        }
    ),
    "customer_links": pl.Schema(
        {
            "left_identifier": pl.String,
            "right_identifier": pl.String,
            "rule": pl.String,
            "status": pl.String,
            "reason": pl.String,
            "sources": pl.String,
            "event_count": pl.Int64,
            "first_seen_at": INSTANT,
            "last_seen_at": INSTANT,
            "ended_at": INSTANT,
        }
    ),
    "match_pairs": pl.Schema(
        {
            "left_identifier": pl.String,
            "right_identifier": pl.String,
            "probability": pl.Float64,
            "status": pl.String,
            "features": pl.String,
            "model_id": pl.String,
        }
    ),
    "customer_changes": pl.Schema(
        {
            "change": pl.String,
            "customer_id": pl.String,
            "other_customer_id": pl.String,
            "identifier_count": pl.Int64,
        }
    ),
    "device_namespaces": pl.Schema({"namespace": pl.String}),
    "ambiguous_customers": pl.Schema({"identifier": pl.String, "customer_id": pl.String}),
    "customer_confidence": pl.Schema({"customer_id": pl.String, "identity_confidence": pl.Float64}),
    "touchpoints": pl.Schema(
        {
            "touchpoint": pl.String,
            "stage": pl.String,
            "channel": pl.String,
            "position": pl.Int32,
            "stage_position": pl.Int32,
            "visibility": pl.String,
            "initiator": pl.String,
            "owner": pl.String,
            "importance": pl.String,
            "outcome": pl.String,
            "is_value": pl.Boolean,
        }
    ),
    "stages": pl.Schema(
        {
            "stage": pl.String,
            "position": pl.Int32,
            "goal": pl.String,
            "rules_version": pl.String,
        }
    ),
    "notes": pl.Schema(
        {
            "about": pl.String,
            "kind": pl.String,
            "note": pl.String,
            "author": pl.String,
            "written_on": pl.Date,
        }
    ),
    "goals": GOALS,
    "interventions": INTERVENTIONS,
    "given_benchmarks": BENCHMARKS,
    "touchpoint_patterns": pl.Schema(
        {
            "rank": pl.Int32,
            "touchpoint": pl.String,
            "channel": pl.String,
            "kind": pl.String,
            "label_like": pl.String,
        }
    ),
    "channels": pl.Schema({"channel": pl.String, "gap_us": pl.Int64}),
    "sources": pl.Schema(
        {
            "source": pl.String,
            "format": pl.String,
            "channel": pl.String,
            "rank": pl.Int32,
            "max_age_us": pl.Int64,
        }
    ),
    "business_days": business_days.SCHEMA,
    "path_codes": codes.SCHEMA,
    "persona_spans": SPANS,
    "retention_spans": spans.SCHEMA,
    "session_cuts": session_cuts.SCHEMA,
    "suppressed_identifiers": pl.Schema({"identifier": pl.String}),
    "golden_strategies": pl.Schema({"attribute": pl.String, "strategy": pl.String}),
    "parameters": pl.Schema(
        {
            "as_of": INSTANT,
            "as_of_us": pl.Int64,
            "dormancy_us": pl.Int64,
            "aftermath_us": pl.Int64,
            "horizon_us": pl.Int64,
            "horizon_days": pl.Float64,
            "min_history_us": pl.Int64,
            "company": pl.String,
            "currency": pl.String,
            "max_customer_identifiers": pl.Int64,
            "show_identifiers": pl.Boolean,
            "backfill_us": pl.Int64,
        }
    ),
}

# What stands where a small table leaves a column out; any other column is then null.
USUAL: Mapping[str, str] = {
    "as_of": f"timestamp '{AS_OF}'",
    "as_of_us": f"epoch_us(timestamp '{AS_OF}')",
    "dormancy_us": str(30 * DAY_US),
    "aftermath_us": "0",
    "horizon_us": str(60 * DAY_US),
    "horizon_days": "60",
    "min_history_us": str(30 * DAY_US),
    "company": "'Larkspur Broadband'",
    "currency": "'EUR'",
    "max_customer_identifiers": "40",
    "backfill_us": str(HOUR_US // 2),
    "kind": "'page_viewed'",
    "show_identifiers": "false",
    "attribution": "'identifier'",
    "is_machine": "false",
    "is_uncertain": "false",
    "is_tied": "false",
    "is_strong": "true",
    "is_value": "false",
    "is_merge": "false",
    "is_authenticated": "false",
    "is_settled": "true",
    "priority": "50",
    "rank": "100",
    "source_sequence": "0",
    "record_number": "1",
    "night": "1",
}
# What a small table's other columns say already.
DERIVED: Mapping[str, tuple[str, str]] = {
    "occurred_us": ("occurred_at", "epoch_us(cast(occurred_at as timestamp))"),
    "as_of_us": ("as_of", "epoch_us(cast(as_of as timestamp))"),
    "identifier": ("namespace", "namespace || ':' || value"),
    "customer_rank": ("customer_id", "cast(hash(customer_id) % 2147483647 as integer)"),
    "event_key": ("event_id", "event_id"),
}
# What describes an event; models know it by one number of event_kinds.
WORDS = (
    *("source", "channel", "kind", "label", "actor", "device_kind", "time_precision", "score_kind"),
    *("touchpoint", "stage", "stage_position", "initiator", "outcome", "is_value", "owner"),
)
# Tables in words that a test may give, and the one in numbers beneath, which models read.
BENEATH: Mapping[str, str | None] = {
    "ordered_events": None,
    "journey_events": "journey_places",
    "touchpoint_visits": "visit_places",
}
ONE_ROW: Mapping[str, pl.DataFrame] = {
    "device_namespaces": pl.DataFrame({"namespace": ["anonymous_id", "visitor"]}),
    "parameters": pl.DataFrame({"as_of": [AS_OF]}),
    "business_days": business_days.business_days(
        "UTC", since=date(2025, 12, 1), until=date(2026, 6, 30)
    ),
    "retention_spans": spans.retention_spans(),
    "channels": pl.DataFrame(
        {
            "channel": ["web", "chat", "email", "crm", "phone", "survey", "social", "store"],
            "gap_us": [HOUR_US // 2] * 8,
        }
    ),
}


def ancestors(models: Mapping[str, Model], name: str, given: AbstractSet[str]) -> set[str]:
    """The model `name` and all models that it reads, directly or not, up to the given ones."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        model = models[waiting.pop()]
        if model.name not in found | given:
            found.add(model.name)
            waiting.extend(model.reads & models.keys())
    return found


def fill(con: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """Put `frame` into the empty table `name`, columns left out as usual, none unknown."""
    types = con.execute(f'select column_name, column_type from (describe "{name}")').fetchall()
    known = {column for column, _ in types}
    if "event_key" in known and "event_id" not in known and "event_id" in frame.columns:
        frame = frame.rename({"event_id": "event_key"})
    assert set(frame.columns) <= known, f"{name} has no column {set(frame.columns) - known}"
    con.register("given", frame)
    columns = ", ".join(
        f'cast({_expression(column, frame.columns)} as {kind}) as "{column}"'
        for column, kind in types
    )
    con.execute(f'insert into "{name}" select {columns} from given')
    con.unregister("given")


def _expression(column: str, given: list[str]) -> str:
    """Where a column's values come from."""
    if column in given:
        return f'"{column}"'
    if column in DERIVED and DERIVED[column][0] in given:
        return DERIVED[column][1]
    return USUAL.get(column, "null")


def provide(con: duckdb.DuckDBPyConnection, frames: Mapping[str, pl.DataFrame]) -> None:
    """Make every provided table: the given rows, the usual one, or none."""
    for name, schema in PROVIDED.items():
        empty(con, name, schema)
        if name in frames or name in ONE_ROW:
            fill(con, name, frames.get(name, ONE_ROW.get(name, schema.to_frame())))


_SHAPES: dict[str, pl.Schema] = {}


def shape(models: Mapping[str, Model], name: str) -> pl.Schema:
    """The columns of a model's table, found by building it over empty ones, once."""
    if name not in _SHAPES:
        with duckdb.connect(config={"python_enable_replacements": False}) as con:
            provide(con, {})
            needed = [models[one] for one in ancestors(models, name, frozenset())]
            list(build(con, needed, PROVIDED.keys()))
            for model in needed:
                _SHAPES[model.name] = con.sql(f'select * from "{model.name}" limit 0').pl().schema
    return _SHAPES[name]


def make(
    con: duckdb.DuckDBPyConnection,
    models: Mapping[str, Model],
    name: str,
    frames: Mapping[str, pl.DataFrame],
) -> None:
    """Make the table `name` and all it reads; a given frame stands in for its model."""
    lower = beneath(frames)
    needed = ancestors(models, name, frames.keys() | lower.keys())
    read = {table for one in needed for table in models[one].reads}
    unread = frames.keys() - read - {lower[one] for one in lower.keys() & read}
    assert not unread, f"{name} reads no {unread}"
    make_all(con, models, [name], frames)


def make_all(
    con: duckdb.DuckDBPyConnection,
    models: Mapping[str, Model],
    names: Iterable[str],
    frames: Mapping[str, pl.DataFrame],
) -> None:
    """Make several tables and all they read, over frames of which some may be read by none."""
    provide(con, frames)
    made = frames.keys() & models.keys()
    for one in sorted(made):
        give(con, models, one, frames[one])
    names = list(names)
    lower = beneath(frames)
    missing = _needed(models, names, made | lower.keys())
    worded = [one for one in BENEATH if one in made]
    if worded and "event_kinds" in missing:
        empty(con, "event_kinds", shape(models, "event_kinds"))
        number_kinds(con, worded)
        made |= {"event_kinds"}
    read = {table for one in missing for table in models[one].reads}
    for one in lower.keys() & read - made:
        empty(con, one, shape(models, one))
        put_beneath(con, one, lower[one])
        made |= {one}
    named = [one for one in sorted(frames) if "customer_id" in frames[one].columns]
    if frames.keys() & models.keys() & set(named) and "customer_ranks" in missing:
        empty(con, "customer_ranks", shape(models, "customer_ranks"))
        rank_customers(con, named)
        made |= {"customer_ranks"}
    needed = _needed(models, names, made)
    list(build(con, [models[one] for one in sorted(needed)], PROVIDED.keys() | made))


def _needed(models: Mapping[str, Model], names: list[str], given: AbstractSet[str]) -> set[str]:
    """The models of these names and all that they read, up to the given ones."""
    return set().union(*(ancestors(models, name, given) for name in names))


def beneath(frames: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    """The tables in numbers beneath the given ones in words."""
    return {numbers: words for words, numbers in BENEATH.items() if numbers and words in frames}


def give(
    con: duckdb.DuckDBPyConnection, models: Mapping[str, Model], name: str, frame: pl.DataFrame
) -> None:
    """Put `frame` in the place of a model's table."""
    empty(con, name, shape(models, name))
    fill(con, name, frame)


def empty(con: duckdb.DuckDBPyConnection, name: str, schema: pl.Schema) -> None:
    """Make a table without rows."""
    con.register("empty", schema.to_frame())
    con.execute(f'create table "{name}" as select * from empty')
    con.unregister("empty")


def columns_of(con: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """The columns of a table."""
    found = con.execute(f'select column_name from (describe "{name}")').fetchall()
    return [column for (column,) in found]


def words_of(con: duckdb.DuckDBPyConnection, name: str, prefix: str = "") -> dict[str, str]:
    """Where a table has each of WORDS, or those of what comes next; null where it has it not."""
    known = columns_of(con, name)
    return {word: prefix + word if prefix + word in known else "null" for word in WORDS}


def number_kinds(con: duckdb.DuckDBPyConnection, worded: list[str]) -> None:
    """Fill `event_kinds` with all that the given events say, and number these by it."""
    parts = [
        f"select {', '.join(f'{there} as {word}' for word, there in words.items())} from {name}"
        for name in worded
        for words in (words_of(con, name), words_of(con, name, "next_"))
        if words["touchpoint"] != "null"
    ]
    con.execute(
        "insert into event_kinds by name with told as (select distinct * "
        f"from ({' union all '.join(parts)})), "
        "numbered as (select *, row_number() over () as kind_number from told) "
        "select *, 100 as source_rank, min(kind_number) over (partition by channel) "
        "as channel_number, case when touchpoint is not null then min(kind_number) "
        "over (partition by touchpoint) end as touchpoint_number from numbered"
    )
    numbers = {"kind_number", "channel_number", "touchpoint_number"}
    for name in worded:
        for number in numbers & set(columns_of(con, name)):
            con.execute(f"update {name} set {number} = {number_in(con, name, '', number)}")


def number_in(
    con: duckdb.DuckDBPyConnection, name: str, prefix: str, number: str = "kind_number"
) -> str:
    """The expression that finds the number of a row's words in `event_kinds`."""
    alike = " and ".join(
        f"kinds.{word} is not distinct from {'null' if there == 'null' else f'{name}.{there}'}"
        for word, there in words_of(con, name, prefix).items()
    )
    return f"(select kinds.{number} from event_kinds as kinds where {alike})"


def put_beneath(con: duckdb.DuckDBPyConnection, numbers: str, words: str) -> None:
    """Fill a table in numbers with what the one in words above it says."""
    known = columns_of(con, words)
    rank = DERIVED["customer_rank"][1]
    found = {
        "customer_rank": "customer_rank" if "customer_rank" in known else rank,
        "kind_number": number_in(con, words, ""),
        "touchpoint_number": number_in(con, words, "", "touchpoint_number"),
        "next_kind_number": "case when next_touchpoint is not null "
        f"then {number_in(con, words, 'next_')} end",
    }
    columns = {
        column: found.get(column, column)
        for column in columns_of(con, numbers)
        if column in found or column in known
    }
    told = ", ".join(f"{there} as {column}" for column, there in columns.items())
    con.execute(f"insert into {numbers} by name select {told} from {words}")


def rank_customers(con: duckdb.DuckDBPyConnection, named: list[str]) -> None:
    """Fill `customer_ranks` with the customers of the given tables."""
    everybody = " union ".join(
        f"select distinct customer_id from {name} where customer_id is not null" for name in named
    )
    rank = DERIVED["customer_rank"][1]
    con.execute(
        f"insert into customer_ranks by name select *, {rank} as customer_rank from ({everybody})"
    )
