from collections.abc import Mapping

import duckdb
import numpy as np
import polars as pl
import pytest

from pipeline.resources import sql_folder
from pipeline.times.dormancy import FEW, dormancy
from pipeline.warehouse import Model
from tests.models.provided import give, provide
from tests.tables import table

SCHEMA = ["silent_hours", "has_returned", "silence_count"]


def silences(*rows: tuple[float, bool, int]) -> pl.DataFrame:
    """Silences of so many days."""
    return pl.DataFrame(
        [(int(days * 24), returned, count) for days, returned, count in rows],
        schema=SCHEMA,
        orient="row",
    )


# Of 1000 silences 500 last two days, 300 ten, 100 twenty; 100 are still going on.
USUAL = ((2, True, 500), (10, True, 300), (20, True, 100), (100, False, 1000))


def test_the_limit_is_where_hardly_anybody_comes_back() -> None:
    """1,100 are silent for longer than ten days and 100 of them come back: fewer than a tenth."""
    found = dormancy(silences(*USUAL), None)

    (limit,) = found.filter("is_limit").rows(named=True)
    assert (limit["day"], limit["basis"]) == (11.0, "inferred")
    assert limit["later_share"] == pytest.approx(100 / 1100)
    assert limit["silence_count"] == 1100
    assert found.filter(day=10.0)["later_share"].item() == pytest.approx(400 / 1400)


def test_a_configured_limit_holds_and_the_curve_is_shown_all_the_same() -> None:
    """45 days are configured: they are the limit, beside what the data say of day 14."""
    found = dormancy(silences(*USUAL), 45.0)

    assert found.filter("is_limit").select("day", "basis").rows() == [(45.0, "configured")]
    assert found.filter(day=14.0)["later_share"].item() == pytest.approx(100 / 1100)


@pytest.mark.parametrize(
    "given",
    [silences(), silences((2, True, FEW - 1)), silences((2, True, 900), (5, False, 9))],
    ids=["no silence", "too few", "too short"],
)
def test_where_the_data_do_not_say_it_is_thirty_days(given: pl.DataFrame) -> None:
    """Few or short silences infer nothing."""
    assert dormancy(given, None).filter("is_limit").select("day", "basis").rows() == [
        (30.0, "usual")
    ]


def test_silences_cut_off_are_no_returns_and_no_farewells() -> None:
    """Half of all silences are cut off at random: the limit stays where it is, within some days."""
    chance = np.random.default_rng(1)
    lasting = np.where(chance.random(40_000) < 0.8, chance.exponential(15, 40_000), 1e6)
    limits = []
    for cut in (np.full(40_000, 200.0), chance.uniform(0, 300, 40_000)):
        rows = pl.DataFrame(
            {
                "silent_hours": (np.minimum(lasting, cut) * 24).astype(np.int64),
                "has_returned": lasting < cut,
                "silence_count": 1,
            }
        )
        limits.append(dormancy(rows, None).filter("is_limit")["day"].item())

    # 0.8 exp(-d / 15) / (0.8 exp(-d / 15) + 0.2) = 0.1 at d = 15 ln 36.
    assert limits == pytest.approx([15 * np.log(36)] * 2, abs=4)


def test_a_silence_runs_between_signs_of_life(
    con: duckdb.DuckDBPyConnection, models: Mapping[str, Model]
) -> None:
    """The company's mail is no sign; after an outcome is no silence; as_of cuts one off."""
    events = table("""
        customer_id | position | occurred_at         | touchpoint   | initiator | outcome
        ada         | 1        | 2026-01-01 00:00:00 | Visit site   | customer  |
        ada         | 2        | 2026-01-02 00:00:00 | Quote sent   | company   |
        ada         | 3        | 2026-01-03 00:00:00 | Ask sales    | customer  |
        ada         | 4        | 2026-01-04 00:00:00 | Renewed      | company   | completes
        bob         | 1        | 2026-02-27 23:00:00 | Visit site   | customer  |
        bob         | 2        | 2026-02-28 00:00:00 |              | customer  |
    """)
    provide(con, {})
    give(con, models, "ordered_events", events)

    found = con.sql((sql_folder() / "times" / "silences.sql").read_text()).pl()

    assert sorted(found.select(SCHEMA).rows()) == [(24, True, 1), (25, False, 1), (48, True, 1)]
