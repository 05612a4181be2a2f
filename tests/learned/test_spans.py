"""Which persona a customer had shown to be by when."""

from collections.abc import Mapping

import duckdb
import numpy as np
import polars as pl
import pytest

from pipeline.causes.tables import causes
from pipeline.learned.spans import persona_spans
from pipeline.learned.tables import tables
from pipeline.settings import Learned
from pipeline.simulate import behaviour
from pipeline.warehouse import Model
from tests.learned.given import customer_id, mapped, one_stage
from tests.walked import build_walked

# Cell 0 is four times as likely in persona 1, cell 1 in persona 2, cell 2 in neither.
CHAINS = np.array([[0.4, 0.1], [0.1, 0.4], [0.5, 0.5]])
EVEN = np.array([0.5, 0.5])


def moves(*cells: int | None, customer: str = "c") -> pl.DataFrame:
    """A customer's steps, at positions 10, 20, 30 and so on."""
    return pl.DataFrame(
        {
            "customer_id": [customer] * len(cells),
            "position": [10 * place for place in range(1, len(cells) + 1)],
            "cell": cells,
        },
        schema_overrides={"cell": pl.Int64},
    )


@pytest.mark.parametrize(
    ("cells", "spans"),
    [
        # One step tells persona 1 with exactly 0.8: sure. And so it stays.
        ((0,), [(10, None, 1)]),
        ((2, 0, 0), [(20, None, 1)]),
        # A step against it makes it even again, two of them the other one.
        ((0, 1, 1), [(10, 20, 1), (30, None, 2)]),
        # What tells nothing changes nothing.
        ((2, 2), []),
        ((None, 1, None), [(20, None, 2)]),
    ],
)
def test_a_persona_is_known_from_the_step_that_shows_it(
    cells: tuple[int | None, ...], spans: list[tuple[int, int | None, int]]
) -> None:
    """At a probability of 0.8, after that step and up to the one that makes it doubtful."""
    found = persona_spans(moves(*cells), CHAINS, EVEN)

    assert found.select("from_position", "until_position", "persona").rows() == spans


def test_customers_do_not_touch_each_other() -> None:
    """Each begins anew, in whatever order the steps come."""
    both = pl.concat([moves(0, 0, customer="a"), moves(1, 0, customer="b")])

    found = persona_spans(both.reverse(), CHAINS, EVEN)

    assert found.rows() == [("a", 10, None, 1), ("b", 10, 20, 2)]


def test_sizes_count_from_the_first_step() -> None:
    """Persona 2 is nine of ten: a step of persona 1 is not enough to be sure."""
    found = persona_spans(moves(0, 0, 0), CHAINS, np.array([0.1, 0.9]))

    assert found["from_position"].to_list() == [30]


def test_nothing_is_known_without_personas() -> None:
    """No persona, no span."""
    assert persona_spans(moves(0), np.empty((3, 0)), np.empty(0)).is_empty()


def test_a_persona_that_stops_more_is_a_cause(models: Mapping[str, Model]) -> None:
    """Strugglers who visit the site stop there in seven of ten journeys, others in one of ten."""
    behaved = behaviour.movers(behaviour.PERSONAS, 1_500, 1)
    reads = ("attribute_values", "journeys", "known_events", "stage_visits", "touchpoint_visits")
    with duckdb.connect() as con:
        build_walked(con, models, one_stage(mapped(behaved)), *reads)
        learned = tables(con, Learned())
        con.register("spans", learned["persona_spans"])
        con.execute("create or replace table persona_spans as from spans")
        found = causes(con)

    planted = behaved.personas.select(customer_id(), planted="persona")
    own = learned["customer_personas"].join(planted, on="customer_id")
    strugglers = own.filter(planted="strugglers")["persona"].mode()[0]
    (row,) = found.filter(
        name="Visit site", factor="persona", value=str(strugglers), grain="touchpoint"
    ).rows(named=True)
    assert row["lost_share"] == pytest.approx(0.7, abs=0.08)
    assert row["other_lost_share"] == pytest.approx(0.1, abs=0.04)
    assert row["effect_low"] > 0.4
    assert row["rank"] is not None
