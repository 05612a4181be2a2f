"""The second stage of a night's stitching: customers who share no identifier, yet are one person.

It reads what the first stage found and adds links to the door that stitching reads, so that the
second pass, under the same policy, has the last word.
"""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import polars as pl

from pipeline import publish, warehouse
from pipeline.errors import BadSettings
from pipeline.identity.given_links import GIVEN_LINKS
from pipeline.identity.matching import door, review
from pipeline.identity.policy import Policy
from pipeline.identity.tables import given, read_sql
from pipeline.settings import Match, Settings

if TYPE_CHECKING:
    from pipeline.identity.matching.decision import Apart
    from pipeline.identity.matching.model import Model

MATCH_PAIRS = pl.Schema(
    {
        "left_identifier": pl.String,
        "right_identifier": pl.String,
        "probability": pl.Float64,
        "status": pl.String,  # accepted, review, separated, vetoed
        "features": pl.String,
        "model_id": pl.String,
    }
)
# Fewer persons than this teach nothing.
FEWEST = 100
MODEL = Path("identity_model") / "model.json"


def nothing(out: Path) -> None:
    """Write that nobody was matched: an empty `match_pairs` in `out`."""
    MATCH_PAIRS.to_frame().write_parquet(out / "match_pairs.parquet")


def match(con: duckdb.DuckDBPyConnection, settings: Settings, policy: Policy, *, out: Path) -> int:
    """Add to `given_links` of `con` which customers in `out` are probably one person.

    Writes `match_pairs` and the review file into `out`, and keeps the model in the lake when it
    is the first. The model is learnt once and used every night until `wend match --train`.

    Returns:
        How many links were added; with none there is nothing to stitch anew.

    Raises:
        BadSettings: The extra `match` is not installed.
    """
    said = settings.identity.match
    nothing(out)
    if said is None:
        return 0
    door.require()
    from pipeline.identity.matching import decision, records  # noqa: PLC0415 - the extra

    path = warehouse.quoted((out / "identifiers.parquet").as_posix())
    con.execute(f"create or replace temp view stitched_identifiers as from read_parquet({path})")
    table = _table(con, said)
    if table.height < FEWEST:
        return 0
    known = _kept(settings.lake)
    persons = records.read(
        table, record_id="customer_id", columns=None if known is None else known.columns
    )
    if not persons.columns:
        return 0
    machine = settings.machine
    with door.connect(
        settings.work / "temp", memory_gib=machine.memory_gib, temp_gib=machine.temp_gib
    ) as own:
        if known is None:
            known = door.learn(own, persons, seed=said.seed, sample_pairs=said.training_pairs)
            _keep(settings.lake, known)
        decided = decision.decide(
            own,
            persons,
            known,
            accept=said.accept,
            review=said.review,
            apart=_apart(con, persons.ids, policy),
        )
    names = con.sql(read_sql("match_names")).pl()
    told = decided.pairs.with_columns(
        left_customer_id=persons.ids.gather(decided.pairs["left"]),
        right_customer_id=persons.ids.gather(decided.pairs["right"]),
    ).sort("left_customer_id", "right_customer_id")
    for side in ("left", "right"):
        own_names = names.rename({name: f"{side}_{name}" for name in names.columns})
        told = told.join(own_names, on=f"{side}_customer_id", how="left", maintain_order="left")
    told = told.with_columns(model_id=pl.lit(known.model_id))
    told.select(MATCH_PAIRS.names()).write_parquet(out / "match_pairs.parquet")
    review.write(told.filter(pl.col("status") == "review"), table, out)
    links = told.filter(pl.col("status") == "accepted").select(
        pl.lit("match").alias("rule"),
        "left_namespace",
        "left_value",
        "right_namespace",
        "right_value",
        pl.col("probability").alias("weight"),
        pl.format("matched by {}: {}", "model_id", "features").alias("reason"),
    )
    with given(con, matched=links.cast(GIVEN_LINKS)):
        con.execute("insert into given_links by name from matched")
    return links.height


def take(settings: Settings, file: Path, *, decided_by: str, on: date) -> int:
    """Add what people decided in a review file to identity_links.csv; how many decisions.

    Raises:
        BadSettings: Nobody is named as having decided, or a line cannot be meant.
        NothingPublished: There is no snapshot whose pairs could be meant.
    """
    if not decided_by.strip():
        raise BadSettings("--by is missing; say who decided, it is kept beside each decision")
    path = publish.current(settings.published) / "identity" / "match_pairs.parquet"
    pairs = pl.read_parquet(path).filter(pl.col("status") == "review")
    return review.take(
        file, project=settings.folder, pairs=pairs, decided_by=decided_by.strip(), on=on
    )


def forget(settings: Settings) -> None:
    """Let the next run learn another model."""
    (settings.lake / MODEL).unlink(missing_ok=True)


def _kept(lake: Path) -> "Model | None":
    """The project's model; None where none has been learnt."""
    from pipeline.identity.matching import model  # noqa: PLC0415 - needs the extra

    path = lake / MODEL
    return model.read(path.read_text(encoding="utf-8")) if path.is_file() else None


def _keep(lake: Path, learnt: "Model") -> None:
    """Make `learnt` the project's model."""
    path = lake / MODEL
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(".staged")
    staged.write_text(learnt.text(), encoding="utf-8")
    staged.replace(path)


def _table(con: duckdb.DuckDBPyConnection, said: Match) -> pl.DataFrame:
    """One row per customer of whom at least two things are said, in the order of ids."""
    found: pl.DataFrame = con.sql(read_sql("match_values")).pl()
    values = found.filter(pl.col("attribute").is_in(said.attributes))
    known = values.group_by("customer_id").len().filter(pl.col("len") >= 2)
    values = values.join(known, on="customer_id", how="semi")
    if values.is_empty():
        return pl.DataFrame({"customer_id": pl.Series([], dtype=pl.String)})
    wide = values.pivot("attribute", index="customer_id", values="value")
    return wide.select("customer_id", *sorted(set(wide.columns) - {"customer_id"})).sort(
        "customer_id"
    )


def _apart(con: duckdb.DuckDBPyConnection, ids: pl.Series, policy: Policy) -> "Apart":
    """Customers with unique identifiers of one kind, and those whom people keep apart."""
    from pipeline.identity.matching.decision import Apart  # noqa: PLC0415 - needs the extra

    unique = sorted(name for name, rule in policy.namespaces.items() if rule.unique_per_customer)
    with given(
        con, unique_namespaces=pl.DataFrame({"namespace": unique}, schema={"namespace": pl.String})
    ):
        accounts = con.sql(read_sql("match_accounts")).pl()
    vetoes = con.sql(read_sql("match_vetoes")).pl()
    place = {one: number for number, one in enumerate(ids.to_list())}
    kinds = np.zeros(len(ids), dtype=np.int64)
    for customer, namespace in accounts.iter_rows():
        if customer in place:
            kinds[place[customer]] |= 1 << (unique.index(namespace) % 62)
    pairs = [
        min(place[one], place[other]) * len(ids) + max(place[one], place[other])
        for one, other in vetoes.iter_rows()
        if one in place and other in place
    ]
    return Apart(kinds=kinds, pairs=np.array(sorted(set(pairs)), dtype=np.int64))
