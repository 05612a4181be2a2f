"""Sizes of personas and learned stages are those of the customers and stays that have them."""

from collections.abc import Mapping

import duckdb
import polars as pl
import pytest

from pipeline.resources import sql_folder
from pipeline.simulate import behaviour
from pipeline.warehouse import Model, check, read_checks
from tests.learned.given import learned, mapped, unmapped

CLAIMS = {
    "personas hold the customers they count": ("personas", "customer_personas", "customer_count"),
    "learned stages hold the stays they count": (
        "learned_stages",
        "learned_stage_visits",
        "event_count",
    ),
}


@pytest.fixture(scope="module")
def found(models: Mapping[str, Model]) -> dict[str, pl.DataFrame]:
    """Personas of one company, learned stages of another."""
    movers = learned(models, mapped(behaviour.movers(behaviour.PERSONAS, 300, 1)))
    travellers = learned(models, unmapped(behaviour.travellers(behaviour.HIDDEN_STAGES, 200, 1)))
    names = ("learned_stages", "learned_stage_visits")
    return movers | {name: travellers[name] for name in names}


def failing(tables: Mapping[str, pl.DataFrame], claim: str) -> int:
    """How many rows contradict a claim."""
    (one,) = [one for one in read_checks(sql_folder()) if one.claim == claim]
    with duckdb.connect() as con:
        for name in one.reads:
            con.register("given", tables[name])
            con.execute(f"create table {name} as from given")
            con.unregister("given")
        failed = check(con, [one])
    return sum(each.row_count for each in failed)


@pytest.mark.parametrize("claim", CLAIMS)
def test_what_was_learned_adds_up(found: dict[str, pl.DataFrame], claim: str) -> None:
    """As published, and where there is nothing."""
    assert failing(found, claim) == 0
    assert failing({name: frame.clear() for name, frame in found.items()}, claim) == 0


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_slip_is_seen(found: dict[str, pl.DataFrame], claim: str) -> None:
    """A size of one less, a row lost, and a part that nobody counted."""
    table, parts, column = CLAIMS[claim]
    key = found[table].columns[0]
    one_less = found[table].with_columns(pl.col(column) - (pl.col(key) == 2).cast(pl.Int64))
    lost = found[parts].tail(-1)
    uncounted = found[table].filter(pl.col(key) != 1)

    assert failing(found | {table: one_less}, claim) == 1
    assert failing(found | {parts: lost}, claim) == 1
    assert failing(found | {table: uncounted}, claim) == 1
