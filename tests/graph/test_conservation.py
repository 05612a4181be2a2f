"""Random companies through the models and the graph: no step is lost or made up on the way."""

from collections.abc import Mapping
from typing import NamedTuple

import duckdb
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipeline.graph.edges import COMPLETED, ENDED, OPEN, START
from pipeline.graph.tables import READS, tables
from pipeline.warehouse import Model
from tests.models.provided import make_all, shape
from tests.models.test_conservation import HAPPENINGS, Happening, landed

# What findings and rankings alone read stays empty; the rest is built.
BUILT = ("chain_steps", "journeys", "stage_transitions", "touchpoint_transitions")
LEFT_EMPTY = (
    "drop_off_changes",
    "drop_off_spans",
    "drop_offs",
    "touchpoint_measures",
    "unmapped_kinds",
)


class Drawn(NamedTuple):
    """The graph's tables over landed records, and the tables they are drawn from."""

    made: dict[str, pl.DataFrame]
    read: dict[str, pl.DataFrame]


def drawn(models: Mapping[str, Model], frames: Mapping[str, pl.DataFrame]) -> Drawn:
    """The graph of a random company."""
    with duckdb.connect(config={"python_enable_replacements": False, "threads": 1}) as con:
        make_all(con, models, BUILT, {name: one for name, one in frames.items() if one.width})
        read = {name: con.table(name).pl() for name in {*READS, *BUILT} - {*LEFT_EMPTY}}
    read |= {name: shape(models, name).to_frame() for name in LEFT_EMPTY}
    read["unmapped_kinds"] = read["unmapped_kinds"].with_columns(suggestion=pl.lit(""))
    return Drawn(tables(read), read)


@given(happenings=HAPPENINGS)
@settings(max_examples=6)
def test_flow_is_conserved_at_every_node(
    models: Mapping[str, Model], happenings: list[Happening]
) -> None:
    """In + starts = out + ends + open = visits; starts = ends + open = journeys on their way."""
    made, read = drawn(models, landed(happenings))
    edges, nodes = made["graph_edges"], made["graph_nodes"]
    for grain in ("stage", "touchpoint"):
        mine = edges.filter(pl.col("grain") == grain)
        into = dict(mine.group_by("to_name").agg(pl.col("transition_count").sum()).iter_rows())
        out = dict(mine.group_by("from_name").agg(pl.col("transition_count").sum()).iter_rows())
        entries = dict(nodes.filter(pl.col("grain") == grain).select("name", "entries").iter_rows())
        names = entries.keys()

        assert {name: into[name] for name in names} == entries
        assert {name: out[name] for name in names} == entries
        ends = sum(into.get(name, 0) for name in (COMPLETED, ENDED, OPEN))
        assert out.get(START, 0) == ends
        # Events less journeys are the steps between.
        inner = mine.filter(
            (pl.col("from_name") != START) & ~pl.col("to_name").is_in([COMPLETED, ENDED, OPEN])
        )
        assert inner["transition_count"].sum() == sum(entries.values()) - out.get(START, 0)
        assert (mine["customer_count"] <= mine["transition_count"]).all()
        assert (mine["settled_count"] <= mine["transition_count"]).all()
    staged = read["journeys"].filter(pl.col("staged_count") > 0).height
    assert (
        edges.filter(pl.col("grain") == "touchpoint", pl.col("from_name") == START)[
            "transition_count"
        ].sum()
        == staged
    )


@given(happenings=HAPPENINGS)
@settings(max_examples=6)
def test_steps_with_a_memory_are_the_transitions(
    models: Mapping[str, Model], happenings: list[Happening]
) -> None:
    """Summed over groups and pasts, chain_steps and graph_counts are the published transitions."""
    made, read = drawn(models, landed(happenings))

    for grain in ("stage", "touchpoint"):
        published = (
            read[f"{grain}_transitions"]
            .rename({f"from_{grain}": "from_name", f"to_{grain}": "to_name"})
            .select("from_name", "to_name", "transition_count", "settled_count")
            .sort("from_name", "to_name")
        )
        for steps in (read["chain_steps"], made["graph_counts"]):
            summed = (
                steps.filter(pl.col("grain") == grain)
                .group_by("from_name", "to_name")
                .agg(pl.col("transition_count", "settled_count").sum())
                .sort("from_name", "to_name")
            )
            assert_frame_equal(summed, published)
    touches = read["chain_steps"].filter(pl.col("grain") == "touchpoint")
    # What came before came: each past of two was itself a step.
    pasts = touches.filter(pl.col("before_1").is_not_null()).group_by("before_1", "from_name")
    steps = touches.group_by("from_name", "to_name").agg(pl.col("transition_count").sum())
    assert sorted(pasts.agg(pl.col("transition_count").sum()).rows()) == sorted(
        steps.filter(~pl.col("to_name").is_in([COMPLETED, ENDED, OPEN])).rows()
    )


@given(happenings=HAPPENINGS)
@settings(max_examples=6)
def test_what_the_graph_says_is_possible(
    models: Mapping[str, Model], happenings: list[Happening]
) -> None:
    """Chances and effects are shares; must-pass is removal of everything; cut is completions."""
    made, _ = drawn(models, landed(happenings))
    nodes, edges, effects = (
        made[name] for name in ("graph_nodes", "graph_edges", "removal_effects")
    )

    for frame, column in (
        (nodes, "absorption_completed"),
        (nodes, "removal_effect"),
        (nodes, "loop_share"),
        (nodes, "betweenness"),
        (edges, "removal_effect"),
        (effects, "removal_effect"),
        (effects, "credit_share"),
    ):
        assert frame[column].drop_nulls().is_between(0, 1).all(), column
    assert (
        nodes.filter("is_must_pass")["removal_effect"].to_list()
        == [1.0] * nodes["is_must_pass"].sum()
        or (nodes.filter("is_must_pass")["removal_effect"] > 1 - 1e-9).all()
    )
    # The chain of order 1 of the two ways to it.
    both = effects.filter(pl.col("chain_order") == 1).join(
        nodes, on=["grain", "name"], suffix="_of_node"
    )
    assert (
        (both["removal_effect"] - both["removal_effect_of_node"]).abs().fill_null(0) < 1e-6
    ).all()
    for row in made["graph_summary"].rows(named=True):
        cut = edges.filter(pl.col("grain") == row["grain"], pl.col("is_minimum_cut"))
        assert cut["settled_count"].sum() == row["cut_count"]
        assert (row["cut_count"] > 0) == (row["absorption_completed"] > 0)


@given(happenings=HAPPENINGS, seed=st.integers(0, 2**16))
@settings(max_examples=3)
def test_permuting_the_records_changes_nothing(
    models: Mapping[str, Model], happenings: list[Happening], seed: int
) -> None:
    """Every table of the graph is the same to the last bit, whatever came first."""
    frames = landed(happenings)
    shuffled = frames | {
        name: frames[name].sample(fraction=1, shuffle=True, seed=seed)
        for name in ("landed_events", "landed_identifiers", "identifiers")
    }

    (straight, _), (other, _) = drawn(models, frames), drawn(models, shuffled)

    for name, frame in straight.items():
        assert_frame_equal(frame, other[name], check_exact=True)
