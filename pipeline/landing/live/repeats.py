"""Fetched rows compared with rows fetched before, exactly and whole."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from pipeline import warehouse
from pipeline.landing.live.fetched import Visit, staged


def unseen(
    visit: Visit, part: pa.Table, earlier: Sequence[Path], *, newer: str, order: str
) -> pa.Table:
    """The rows of a part that no earlier file holds; of equal rows, as many as are new.

    Args:
        visit: The fetch that they are of.
        part: Rows.
        earlier: Files of earlier fetches; those with other columns or types are not compared.
        newer: The WHERE by which the rows were asked for, or nothing.
        order: The ORDER BY.
    """
    known = [path for path in earlier if pq.read_schema(path).equals(part.schema)]
    if not known:
        return part
    with _comparing(visit) as con:
        con.register("part", part)
        rest: pa.Table = con.sql(
            f"from (from part except all (from read_parquet({_listed(known)}) as fetched{newer}))"
            f" as fetched order by {order}"
        ).to_arrow_table()
    return rest.cast(part.schema)


def are_equal(visit: Visit, new: Sequence[Path], old: Sequence[Path]) -> bool:
    """Whether two sets of files hold the same rows under the same columns."""
    if not old or not pq.read_schema(new[0]).equals(pq.read_schema(old[0])):
        return False
    counts = [sum(pq.read_metadata(path).num_rows for path in paths) for paths in (new, old)]
    with _comparing(visit) as con:
        one, other = (f"from read_parquet({_listed(paths)})" for paths in (new, old))
        return counts[0] == counts[1] and not con.sql(f"{one} except all {other}").fetchall()


def _listed(paths: Sequence[Path]) -> str:
    return f"[{', '.join(warehouse.quoted(path.as_posix()) for path in paths)}]"


@contextmanager
def _comparing(visit: Visit) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of nothing, to compare rows in."""
    with (
        staged(visit.shelf) as folder,
        warehouse.connect(
            ":memory:",
            threads=visit.machine.threads,
            memory_gib=visit.machine.memory_gib,
            temp_gib=visit.machine.temp_gib,
            temp_folder=folder / "temp",
        ) as con,
    ):
        yield con
