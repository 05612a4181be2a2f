from collections.abc import Callable, Mapping

import duckdb
import polars as pl
import pytest

from pipeline.simulate.plan import without_incident
from pipeline.times.stage_times import stage_paces, stage_times
from pipeline.warehouse import Model
from tests.tables import table
from tests.walked import build_walked, walked

VISITS = table("""
    customer_id | journey_number | visit_number | stage | entered_at          | left_at             | exit
    ada         | 1              | 1            | Buy   | 2026-01-01 00:00:00 | 2026-01-03 00:00:00 | advanced
    bob         | 1              | 1            | Buy   | 2026-01-01 00:00:00 | 2026-01-02 00:00:00 | ended
    cleo        | 1              | 1            | Buy   | 2026-01-01 00:00:00 | 2026-01-01 06:00:00 | ended
    dan         | 1              | 1            | Buy   | 2026-02-20 00:00:00 |                     | open
    eve         | 1              | 1            | Buy   | 2026-01-01 00:00:00 | 2026-01-01 00:30:00 | completed
""")  # noqa: E501
JOURNEYS = table("""
    customer_id | journey_number | last_sign_at        | outcome_touchpoint
    ada         | 1              | 2026-01-05 00:00:00 |
    bob         | 1              | 2026-01-02 00:00:00 |
    cleo        | 1              | 2026-01-01 06:00:00 | Cancelled
    dan         | 1              | 2026-02-20 00:00:00 |
    eve         | 1              | 2026-01-01 00:30:00 | Renewed
""")


def test_silence_lasts_until_it_is_known_to_be_the_end(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Bob's visit ended 30 days after his last sign; a decision ended Cleo's at once."""
    durations = run_model("stage_durations", stage_visits=VISITS, journeys=JOURNEYS)

    days = {row["exit"]: row["stay_minutes"] for row in durations.iter_rows(named=True)}
    assert sorted(durations.filter(exit="ended")["stay_minutes"]) == [6 * 60, 31 * 1440]
    assert (days["advanced"], days["completed"], days["open"]) == (2 * 1440, 30, 9 * 1440)


def made(*rows: tuple[str, int, int]) -> pl.DataFrame:
    """Durations of one stage: exit, days and how many."""
    return pl.DataFrame(
        [("Buy", name, days * 1440, count) for name, days, count in rows],
        schema=["stage", "exit", "stay_minutes", "visit_count"],
        orient="row",
    )


def test_open_visits_count_until_they_were_looked_at_last() -> None:
    """Of 100 visits 20 advance on day 2; of the 40 still looked at on day 10, 20 advance then."""
    found = stage_times(
        made(("advanced", 2, 20), ("open", 5, 40), ("advanced", 10, 20), ("open", 20, 20))
    )

    shares = dict(found.select("day", "advanced_share").rows())
    assert shares == {1: 0.0, 2: 0.2, 3: 0.2, 7: 0.2, 14: pytest.approx(0.2 + 0.8 * 0.5)}
    assert found["looked_at_count"].to_list() == [100, 100, 100, 60, 60]


def test_a_pace_nobody_reached_is_unknown() -> None:
    """A quarter has gone on by day 2; half never do while they are looked at."""
    (row,) = stage_paces(made(("advanced", 2, 30), ("open", 9, 70))).rows(named=True)

    assert (row["next_stage_days_p25"], row["next_stage_days_p50"]) == (2.0, None)
    assert (row["visit_count"], row["open_count"]) == (100, 70)


def test_a_cut_tail_changes_no_pace(models: Mapping[str, Model]) -> None:
    """What was known 40 days before the end tells the same shares of stays as the whole."""
    plan = without_incident(4_000, 180)
    tables = []
    for cut in (0, 40):
        with duckdb.connect() as con:
            build_walked(con, models, walked(plan, 5, cut_days=cut), "stage_durations")
            tables.append(stage_times(con.table("stage_durations").pl()))

    whole, cut_off = (one.filter(pl.col("day") <= 14) for one in tables)
    both = whole.join(cut_off, on=["stage", "day"], suffix="_cut")
    assert both.height >= 30
    for way in ("advanced", "diverted"):
        apart = (both[f"{way}_share"] - both[f"{way}_share_cut"]).abs()
        assert apart.max() < 0.03
