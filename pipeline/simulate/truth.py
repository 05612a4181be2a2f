"""What really happened, as Parquet beside the raw files: the yardstick of every test.

No step of a run ever reads it. All instants are naive UTC microseconds.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from numpy.typing import NDArray
from polars._typing import PolarsDataType
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from pipeline.simulate import devices, identifiers, stamps, way
from pipeline.simulate.plan import Plan
from pipeline.simulate.raw import salesforce_cases, survey, web_calls
from pipeline.simulate.raw.written import EVIDENCE, Company

INSTANT: PolarsDataType = pl.Datetime("us")
EVENTS = pl.Schema(
    {
        "person_id": pl.Int64,
        "journey": pl.Int16,
        "visit": pl.Int16,
        "source": pl.String,
        "own_id": pl.String,  # the source's own id of the record; null where it has none
        "touchpoint": pl.String,
        "stage": pl.String,
        "occurred_at": INSTANT,
        "mood": pl.Int8,  # -1, 0, 1: what scores and messages follow
    }
)
GROUP_ROWS = 400_000


def events(touches: pl.DataFrame, company: Company) -> pl.DataFrame:
    """The touchpoints of a chunk of persons, in the order they met them: `EVENTS`."""
    points = pl.DataFrame(
        {
            "touchpoint": range(len(way.TOUCHPOINTS)),
            "name": [point.name for point in way.TOUCHPOINTS],
            "stage": [way.STAGES[point.stage] for point in way.TOUCHPOINTS],
            "source": [point.source for point in way.TOUCHPOINTS],
        },
        schema_overrides={"touchpoint": pl.Int8},
    )
    found = touches.join(points, on="touchpoint", how="left", maintain_order="left")
    return found.with_columns(own_id=_own_ids(found, company)).select(
        "person_id",
        "journey",
        "visit",
        "source",
        "own_id",
        touchpoint="name",
        stage="stage",
        occurred_at=pl.from_epoch("at", time_unit="us"),
        mood="mood",
    )


def _own_ids(found: pl.DataFrame, company: Company) -> pl.Series:
    """The id each record has in its source; access logs and HubSpot's stages have none."""
    seed = company.seed
    rows = found.with_row_index("place")
    parts = [pl.DataFrame(schema={"place": pl.UInt32, "own_id": pl.String})]
    for (source,), part in rows.group_by("source", maintain_order=True):
        person, step = part["person_id"].to_numpy(), part["step"].to_numpy()
        if source in {"portal", "hubspot"}:
            continue
        if source == "web":
            zero = pl.repeat(web_calls.TOUCH, part.height, eager=True)
            own = web_calls.message_ids(part["person_id"], part["step"], zero, seed)
        elif source == "salesforce":
            is_case = part["name"].is_in(["Ticket opened", "Ticket resolved"])
            case = salesforce_cases.case_ids(person, part["case_number"].to_numpy(), seed)
            own = case.zip_with(is_case, identifiers.own_ids(str(source), person, step, seed))
        else:
            prefix = "C" if source == "calls" else ""
            own = prefix + identifiers.own_ids(str(source), person, step, seed)
        parts.append(pl.DataFrame({"place": part["place"], "own_id": own}))
    ids = pl.concat(parts)
    return rows.select("place").join(ids, on="place", how="left", maintain_order="left")["own_id"]


def visits(found: pl.DataFrame) -> pl.DataFrame:
    """The stays with names: person_id, journey, visit, stage, entered_at, left_at, exit, leads_to.

    `exit` is what the last day shows; `leads_to` is what was planted, null when not decided yet.
    """
    rows = found.sort("person_id", "visit")
    decided = pl.col("leads_to").replace_strict(
        dict(enumerate(way.EXITS)), default=None, return_dtype=pl.String
    )
    return rows.select(
        "person_id",
        "journey",
        "visit",
        stage=pl.Series(way.STAGES).gather(rows["stage"]),
        entered_at=pl.from_epoch("entered_at", time_unit="us"),
        left_at=pl.from_epoch("left_at", time_unit="us"),
        exit="exit",
        leads_to=decided,
    )


def churn(found: pl.DataFrame) -> pl.DataFrame:
    """Who left for good: person_id, churned_at, hazard, cause, touchpoint."""
    at = pl.from_epoch("churned_at", time_unit="us")
    return found.sort("person_id", "churned_at").with_columns(churned_at=at)


def transitions(planted: NDArray[np.int64]) -> pl.DataFrame:
    """The planted chances: from_stage, to_stage, probability, visit_count.

    The mean over the settled visits of each stage: those last touched a dormancy limit or more
    before the logs end, which is what a report can know. `visit_count` is their number.
    """
    totals = planted.sum(axis=1)
    counts = np.round(totals / 1e9).astype(np.int64)
    rows = [
        (way.STAGES[stage], way.EXITS[to], planted[stage, to] / totals[stage], int(counts[stage]))
        for stage in range(len(way.STAGES))
        for to in range(len(way.EXITS))
        if planted[stage, to] > 0
    ]
    names = ("from_stage", "to_stage", "probability", "visit_count")
    kinds = (pl.String, pl.String, pl.Float64, pl.Int64)
    schema = dict(zip(names, kinds, strict=True))
    return pl.DataFrame(rows, schema=schema, orient="row")


def touchpoint_chain() -> pl.DataFrame:
    """The planted chances inside stages: from_touchpoint, to_touchpoint or `(exit)`, probability.

    The exit from the two value touchpoints is each person's own and stands in `hazards`.
    """
    rows = []
    for name, (leave, ways) in way.WITHIN.items():
        rows += [(name, to, (1 - leave) * share) for to, share in ways.items()]
        rows.append((name, "(exit)", leave))
    names = ["from_touchpoint", "to_touchpoint", "probability"]
    return pl.DataFrame(rows, schema=names, orient="row")


def hazards() -> pl.DataFrame:
    """The planted chances per value event to leave Use, and what multiplies the last of them.

    Columns `name`, `value`; the names of causes are those of `churn`.
    """
    rows = [(f"leave to {way.EXITS[to]}", chance_) for to, chance_ in way.HAZARD.items()]
    rows += list(way.CAUSES.items())
    return pl.DataFrame(rows, schema=["name", "value"], orient="row")


def incident(plan: Plan) -> pl.DataFrame:
    """The planted incident, one row or none: what broke, for whom, when."""
    schema = pl.Schema(
        {
            "touchpoint": pl.String,
            "channel": pl.String,
            "device_kind": pl.String,
            "starts_on": pl.Date,
            "ends_on": pl.Date,  # the last day
            "left_at_stage": pl.String,
            "left_at_touchpoint": pl.String,  # where most of the customers are seen last
        }
    )
    if plan.incident is None:
        return pl.DataFrame(schema=schema)
    what = plan.incident
    ends_on = stamps.day_of(stamps.day_number(what.starts_on) + what.days - 1)
    row = (what.touchpoint, what.channel, what.device_kind, what.starts_on, ends_on)
    return pl.DataFrame([(*row, "Evaluate", "Compare plans")], schema=schema, orient="row")


def orders(touches: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Every order: person_id, own_id, occurred_at, amount_cents, device_kind."""
    rows = touches.filter(pl.col("touchpoint") == way.NUMBER["Order placed"])
    person, slot = rows["person_id"].to_numpy(), rows["slot"].to_numpy()
    owner = identifiers.cookie_owners(company.persons, person, slot)
    mobile = devices.device_is_mobile(owner, slot, company.seed)
    zero = pl.repeat(web_calls.TOUCH, rows.height, eager=True)
    return rows.select(
        "person_id",
        own_id=web_calls.message_ids(rows["person_id"], rows["step"], zero, company.seed),
        occurred_at=pl.from_epoch("at", time_unit="us"),
        amount_cents=web_calls.amounts(rows, company),
        device_kind=pl.when(pl.Series(mobile)).then(pl.lit("mobile")).otherwise(pl.lit("desktop")),
    )


def scores(company: Company) -> pl.DataFrame:
    """Every survey answer: person_id, touchpoint it is about, metric, score, mood, occurred_at."""
    return survey.answers(company).sort("at", "person_id", "step", "metric").select(
        "person_id",
        "touchpoint",
        "metric",
        "score",
        "mood",
        occurred_at=pl.from_epoch("at", time_unit="us"),
    )  # fmt: skip


def known_identifiers(evidence: pl.DataFrame) -> pl.DataFrame:
    """Every handle in the raw files, and which of a person's handles their records connect.

    Columns person_id, namespace, value (normal form), is_shared (several persons use it, or it
    names nobody), group_number (within the person, the largest group first; handles of one group
    are connected by records without any shared handle), is_reachable (in group 0, not shared).
    """
    handles = evidence.unique().sort(pl.all(), nulls_last=True).with_row_index("record")
    names = [name for name in EVIDENCE.names() if name != "person_id"]
    seen = (
        handles.unpivot(names, index=["record", "person_id"], variable_name="namespace")
        .drop_nulls("value")
        .with_columns(pl.col("namespace").str.split(":").list.first())
    )
    keys = ["person_id", "namespace", "value"]
    nodes = seen.select(keys).unique().sort(keys).with_row_index("node")
    nobody = [identifiers.PLACEHOLDER_EMAIL, *identifiers.CALL_CENTRE_PHONES]
    owners = nodes.group_by("namespace", "value").agg(owner_count=pl.len())
    nodes = nodes.join(owners, on=["namespace", "value"], how="left").with_columns(
        is_shared=(pl.col("owner_count") > 1) | pl.col("value").is_in(nobody)
    )
    members = (
        seen.join(nodes.filter(~pl.col("is_shared")), on=keys, how="inner")
        .select("record", "node")
        .with_columns(first=pl.col("node").min().over("record"))
    )
    nodes = nodes.sort("node").with_columns(group=_components(nodes.height, members))
    sizes = nodes.group_by("person_id", "group").agg(
        size=(~pl.col("is_shared")).sum(), least=pl.col("node").min()
    )
    order = pl.struct(-pl.col("size").cast(pl.Int64), "least")
    numbered = sizes.with_columns(
        group_number=(order.rank("ordinal").over("person_id") - 1).cast(pl.Int64)
    )
    return (
        nodes.join(numbered.select("person_id", "group", "group_number"), on=["person_id", "group"])
        .select(
            *keys,
            "is_shared",
            "group_number",
            is_reachable=(pl.col("group_number") == 0) & ~pl.col("is_shared"),
        )
        .sort(keys)
    )


def _components(size: int, members: pl.DataFrame) -> pl.Series:
    """A group per node; `members` links each node to the first of its record."""
    links = np.ones(members.height, dtype=np.int8)
    ends = (members["node"].to_numpy(), members["first"].to_numpy())
    graph = coo_matrix((links, ends), shape=(size, size))
    return pl.Series(connected_components(graph, directed=False)[1], dtype=pl.Int64)


@contextmanager
def growing(path: Path) -> Iterator[Callable[[pl.DataFrame], None]]:
    """A Parquet file to append chunks to; its row groups do not show where a chunk ended."""
    with ExitStack() as stack:
        waiting: list[pl.DataFrame] = []
        writers: list[Any] = []

        def write(rows: pl.DataFrame) -> None:
            table = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
            if not writers:
                writer = pq.ParquetWriter(path, table.schema, compression="zstd")
                writers.append(stack.enter_context(writer))
            writers[0].write_table(table, row_group_size=GROUP_ROWS)

        def add(rows: pl.DataFrame) -> None:
            whole = pl.concat([*waiting, rows])
            while whole.height >= GROUP_ROWS:
                write(whole.head(GROUP_ROWS))
                whole = whole.slice(GROUP_ROWS)
            waiting[:] = [whole]

        yield add
        write(waiting[0])


def write(folder: Path, tables: dict[str, pl.DataFrame]) -> None:
    """One Parquet file a table, the same bytes for the same rows."""
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet", compression="zstd", statistics=False)
