"""From any table of persons to who is who: the door that evaluations and notebooks use."""

import importlib.util
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import polars as pl

from pipeline import warehouse
from pipeline.errors import BadSettings

if TYPE_CHECKING:
    from pipeline.identity.matching.model import Model
    from pipeline.identity.matching.records import Records


@dataclass(frozen=True, slots=True)
class Matched:
    """What matching a table found.

    Attributes:
        clusters: One row per record: `record` (its id) and `cluster`, the lowest id among all
            records of the same person.
        pairs: One row per pair of records that is likely one person: `left`, `right` (ids),
            `probability`, `status` (accepted; review; separated: likely by itself, but other
            records of the group speak against it; vetoed) and `features`, what agrees and what
            does not.
        model: What was learnt, as JSON text; it holds no value of any record.
    """

    clusters: pl.DataFrame
    pairs: pl.DataFrame
    model: str


def match(  # noqa: PLR0913 - each is a wish of its own
    table: pl.DataFrame,
    *,
    record_id: str = "id",
    accept: float = 0.8,
    review: float = 0.3,
    seed: int = 1,
    sample_pairs: int = 1_000_000,
    model: str | None = None,
) -> Matched:
    """Who is who in a table of persons, without labels and without a set-up of one's own.

    Every column but `record_id` is an attribute, and is known by its name (given_name, surname,
    dob, postcode, email, phone ...) or by the form of its values; values may be missing or
    misspelt. Leave out columns that say nothing of persons. The order of rows changes nothing.

    Args:
        table: One row per record.
        record_id: The column of ids; none stands twice.
        accept: Records are joined while they are one person with at least this probability.
        review: Likely pairs that are not joined are told from this probability on.
        seed: The same seed gives the same answer.
        sample_pairs: How many pairs a lesson of the training may use.
        model: What an earlier call learnt, to be used again; else the table itself is learnt from.

    Raises:
        BadSettings: The extra `match` is not installed, an id stands twice or is missing, or there
            is no attribute.
    """
    require()
    # Splink loads slowly, and is there only with the extra.
    from pipeline.identity.matching import decision, records  # noqa: PLC0415
    from pipeline.identity.matching import model as models  # noqa: PLC0415

    ids = table[record_id]
    if ids.null_count() or ids.n_unique() < len(ids):
        raise BadSettings(f"{record_id}: an id is missing or stands twice; give every row its own")
    known = None if model is None else models.read(model)
    persons = records.read(
        table, record_id=record_id, columns=None if known is None else known.columns
    )
    if table.width < 2:
        raise BadSettings(f"there is no column beside {record_id}; give at least one attribute")
    if not persons.columns:
        return _nobody(persons)
    with tempfile.TemporaryDirectory() as folder, connect(Path(folder)) as con:
        known = known or learn(con, persons, seed=seed, sample_pairs=sample_pairs)
        decided = decision.decide(con, persons, known, accept=accept, review=review)
    lowest = persons.ids.gather(decided.group)
    return Matched(
        clusters=pl.DataFrame({"record": persons.ids, "cluster": lowest}),
        pairs=decided.pairs.with_columns(
            left=persons.ids.gather(decided.pairs["left"]),
            right=persons.ids.gather(decided.pairs["right"]),
        ).drop("weight"),
        model=known.text(),
    )


def _nobody(persons: "Records") -> Matched:
    """Every record alone: nothing differs that could tell who is who."""
    from pipeline.identity.matching.model import Model  # noqa: PLC0415 - needs the extra

    kind = persons.ids.dtype
    return Matched(
        clusters=pl.DataFrame({"record": persons.ids, "cluster": persons.ids}),
        pairs=pl.DataFrame(
            schema={
                "left": kind,
                "right": kind,
                "probability": pl.Float64,
                "status": pl.String,
                "features": pl.String,
            }
        ),
        model=Model((), 0.0, {"comparisons": []}).text(),
    )


def learn(
    con: duckdb.DuckDBPyConnection, persons: "Records", *, seed: int, sample_pairs: int
) -> "Model":
    """A model of the records, brought to agree with itself."""
    from pipeline.identity.matching import decision, model  # noqa: PLC0415 - needs the extra

    learnt = model.learn(con, persons, seed=seed, sample_pairs=sample_pairs)
    return model.settled(con, persons, learnt, decision.candidates(persons))


def connect(
    folder: Path, *, memory_gib: float = 4, temp_gib: float = 20
) -> duckdb.DuckDBPyConnection:
    """A database of its own for Splink: one thread, so that sums are the same every time."""
    return warehouse.connect(
        ":memory:", threads=1, memory_gib=memory_gib, temp_gib=temp_gib, temp_folder=folder
    )


def require() -> None:
    """Nothing, where the extra is installed.

    Raises:
        BadSettings: It is not.
    """
    if importlib.util.find_spec("splink") is None:
        raise BadSettings(
            "matching needs splink; install it with pip install 'wend[match]', "
            "or take [identity.match] out of wend.toml"
        )
