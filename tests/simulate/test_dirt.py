import numpy as np
import polars as pl

from pipeline.simulate import chance, dirt, stamps
from pipeline.simulate.plan import usual

PLAN = usual(1, 90)
FIRST = stamps.day_number(PLAN.starts_on)


def test_every_original_stays_and_bad_records_come_on_top() -> None:
    """Copies are added at the plan's shares; no good record is lost to a bad one."""
    rows = pl.DataFrame({"file_day": np.full(100_000, FIRST), "n": range(100_000)}).cast(
        {"file_day": pl.Int32}
    )
    keys = chance.keyed(chance.root(1, "test"), np.arange(100_000))

    found = dirt.with_copies(rows, keys, PLAN, (dirt.CUT,))

    originals = found.filter(pl.col("copy") == dirt.ORIGINAL)
    assert originals["n"].to_list() == list(range(100_000))
    counts = dict(found.group_by("copy").len().iter_rows())
    assert abs(counts[dirt.DUPLICATE] - 400) < 80
    assert abs(counts[dirt.REDELIVERED] - 200) < 60
    assert abs(counts[dirt.CUT] - 50) < 30


def test_a_redelivery_comes_in_a_later_file() -> None:
    """One to three days after the first delivery, but never after the last day."""
    days = np.repeat([FIRST, FIRST + 90], 5000)
    rows = pl.DataFrame({"file_day": days}).cast({"file_day": pl.Int32})
    keys = chance.keyed(chance.root(1, "test"), np.arange(10_000))

    found = dirt.with_copies(rows, keys, dirt.heavier(PLAN), (dirt.CUT,))

    again = found.filter(pl.col("copy") == dirt.REDELIVERED)["file_day"].unique().sort()
    assert (again - FIRST).to_list() == [1, 2, 3, 90]
