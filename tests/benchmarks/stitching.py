"""Jobs over landed identifiers of `many_links`: stitch them, find their groups alone, explain one.

`python -m tests.benchmarks.stitching 10000000` measures them by themselves. Two floors stand beside
what stitching costs: scipy's components of links that are pairs of numbers already, and of
the same links as they are published, which are texts. And two parts are told apart: all that comes
before there are links, which neither floor does, and all that comes after.
"""

import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.identity import customers
from pipeline.identity.explain import from_folder, sentences
from pipeline.identity.groups import group
from pipeline.identity.policy import of
from pipeline.settings import Company, Identity
from pipeline.warehouse import connect
from tests.benchmarks import many_links
from tests.benchmarks.measure import Cost, cost, in_turn

# Of the 2 GiB that stitching may take; DuckDB has to do with streams alone.
MEMORY_GIB = 0.2
ASKED = 50
# A neighbour on the machine weighs on some seconds and not on others.
ROUNDS = 3
MODULE = "tests.benchmarks.stitching"


def prepare(folder: Path, link_count: int) -> None:
    """Landed identifiers in `folder`, and the customers of the night before the last."""
    landed = folder / "landed"
    landed.mkdir(parents=True)
    many_links.write(landed, link_count)
    cost("stitch_links_before", folder, module=MODULE)


def stitched(folder: Path, *, up_to: int, out: str) -> None:
    """Stitch what had landed up to a night, against the customers before if there are any."""
    database = folder / "stitch.duckdb"
    con = connect(
        database, threads=2, memory_gib=MEMORY_GIB, temp_gib=100, temp_folder=folder / "temp"
    )
    with con:
        con.execute("set enable_progress_bar = false")
        con.execute(
            "create view linkable_identifiers as "
            f"from read_parquet('{folder}/landed/*.parquet') where night <= {up_to}"
        )
        before = folder / "before" / "identifiers.parquet"
        if before.is_file():
            con.execute(
                "create view previous_identifiers as select identifier, customer_id, belonging "
                f"from read_parquet('{before}') where belonging is not null"
            )
        policy = of(Identity(), Company(name="Larkspur", email_domains=("larkspur.example",)))
        print(customers.stitch(con, policy=policy, key=b"key", out=folder / out))
    database.unlink()


def stitch_links_before(folder: Path) -> None:
    """All nights but the last, as they were published."""
    stitched(folder, up_to=many_links.NIGHTS - 1, out="before")


def stitch_links(folder: Path) -> None:
    """All nights: read, linked, guarded, named, compared with those before, and written.

    Both parts' CPU seconds and peak go to the file of `parts`.
    """
    costs: list[Cost] = []
    with patch.object(customers, "group", _parted(group, costs)):
        stitched(folder, up_to=many_links.NIGHTS, out="identity")
    before, whole = costs[0], _usage()
    after = Cost(whole.cpu_seconds - before.cpu_seconds, whole.peak_gib)
    np.save(folder / "parts.npy", np.array([before, after]))


def _parted(grouped: Callable[..., Any], costs: list[Cost]) -> Callable[..., Any]:
    """The grouping of links, which notes what had been used when it is called."""

    def noted(*given: Any) -> Any:
        costs.append(_usage())
        # From here on another peak is measured, where the system can do that.
        if (forget := Path("/proc/self/clear_refs")).exists():
            forget.write_text("5")
        return grouped(*given)

    return noted


def _usage() -> Cost:
    """What this process has used so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20)


def parts(folder: Path) -> tuple[Cost, Cost]:
    """What the last `stitch_links` used until there were links, and from then on."""
    before, after = np.load(folder / "parts.npy").tolist()
    return Cost(*before), Cost(*after)


def number_links(folder: Path) -> None:
    """The ends of the links as numbers, for the floor."""
    tables = folder / "identity"
    names = pl.read_parquet(tables / "identifiers.parquet", columns=["identifier"])
    numbers = names.with_row_index("number")
    links = pl.scan_parquet(tables / "customer_links.parquet")
    for end in ("left", "right"):
        found = links.select(pl.col(f"{end}_identifier").alias("identifier")).join(
            numbers.lazy(), on="identifier", maintain_order="left"
        )
        ends = found.select("number").collect()["number"].to_numpy()
        np.save(folder / f"{end}.npy", ends.astype(np.int32))


def floor_links(folder: Path) -> None:
    """Scipy's connected components alone, of links whose ends are numbers already."""
    left, right = (np.load(folder / f"{end}.npy") for end in ("left", "right"))
    size = int(max(left.max(), right.max())) + 1
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
    connected_components(graph, directed=False)


def floor_texts(folder: Path) -> None:
    """The same of links as they are published: their texts made numbers first."""
    links = pl.read_parquet(
        folder / "identity" / "customer_links.parquet",
        columns=["left_identifier", "right_identifier"],
    )
    names = pl.concat([links["left_identifier"], links["right_identifier"]])
    codes = names.cast(pl.Categorical).to_physical().to_numpy()
    left, right = codes[: links.height], codes[links.height :]
    size = int(codes.max()) + 1
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
    connected_components(graph, directed=False)


def explain_links(folder: Path) -> None:
    """How long explaining one customer takes, in ms: the first, half of all, the slowest."""
    names = pl.scan_parquet(folder / "identity" / "identifiers.parquet").select("identifier")
    rows = np.linspace(0, names.select(pl.len()).collect().item() - 1, ASKED).astype(int)
    asked = names.collect()[rows]["identifier"]
    took, used = [], []
    for one in asked:
        start, begun = perf_counter(), process_time()
        for found in from_folder(folder / "identity", one, region="GB"):
            sentences(found)
        took.append(1000 * (perf_counter() - start))
        used.append(1000 * (process_time() - begun))
    print(f"explain, ms: {took[0]:.0f} first, {median(took):.0f} median, {max(took):.0f} slowest")
    print(f"  of the CPU: {used[0]:.0f} first, {median(used):.0f} median, {max(used):.0f} slowest")


def nothing(folder: Path) -> None:
    """What starting Python and importing the pipeline costs; taken off every figure."""
    assert folder


JOBS = {
    job.__name__: job
    for job in (
        nothing,
        stitch_links_before,
        stitch_links,
        number_links,
        floor_links,
        floor_texts,
        explain_links,
    )
}


def main(link_count: int) -> None:
    """Print what stitching so many links costs, against the groups alone."""
    with tempfile.TemporaryDirectory(prefix="wend-bench-") as name:
        folder = Path(name)
        prepare(folder, link_count)
        for job in ("stitch_links", "number_links"):
            cost(job, folder, module=MODULE)
        timed = ("nothing", "stitch_links", "floor_links", "floor_texts")
        costs = in_turn(timed, folder, rounds=ROUNDS, module=MODULE)
        cost("explain_links", folder, module=MODULE)
        before, after = parts(folder)
    start_up = costs["nothing"].cpu_seconds
    numbers, texts = (
        max(0.01, costs[floor].cpu_seconds - start_up) for floor in ("floor_links", "floor_texts")
    )
    before = before._replace(cpu_seconds=before.cpu_seconds - start_up)
    peak = max(before.peak_gib, after.peak_gib)
    whole = Cost(costs["stitch_links"].cpu_seconds - start_up, peak)
    print(f"{ROUNDS} rounds; CPU s with start-up, the parts are those of the last:")
    for job, found in costs.items():
        least, most = found.spread
        print(f"{job:<18}{found.cpu_seconds:>8.1f}  ({least:.1f} to {most:.1f})")
    print(f"{link_count:,} links; floors, CPU s: {numbers:.1f} of numbers, {texts:.1f} of texts")
    print(f"{'stitch links':<18}{'CPU s':>8}{'GiB':>7}{'/ numbers':>11}{'/ texts':>9}")
    for name, part in (("until linked", before), ("from links on", after), ("whole", whole)):
        line = f"{name:<18}{part.cpu_seconds:>8.1f}{part.peak_gib:>7.2f}"
        print(f"{line}{part.cpu_seconds / numbers:>11.1f}{part.cpu_seconds / texts:>9.1f}")
    print(f"{'target':<18}{'':>8}{'<= 2':>7}{'<= 3':>11}{'<= 3':>9}")


if __name__ == "__main__":
    if sys.argv[1] in JOBS:
        JOBS[sys.argv[1]](Path(sys.argv[2]))
    else:
        main(int(sys.argv[1]))
