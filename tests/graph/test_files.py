import json
from pathlib import Path

import networkx as nx
import polars as pl

from pipeline.graph import files
from pipeline.graph.tables import tables
from tests.test_graph import SIMPLE, frames

DRAWN = tables(frames())


def written(folder: Path, **changed: pl.DataFrame) -> list[Path]:
    """The files of the small company in a folder."""
    made = DRAWN | changed
    return list(files.write(folder, made["graph_nodes"], made["graph_edges"]))


def test_graphml_comes_back_as_it_was(tmp_path: Path) -> None:
    """Reading it with networkx gives every node and edge with its numbers, flags and texts."""
    written(tmp_path)

    read = nx.read_graphml(tmp_path / "graph_stage.graphml")

    drawn = files.drawn("stage", DRAWN["graph_nodes"], DRAWN["graph_edges"])
    assert dict(read.nodes(data=True)) == dict(drawn.nodes(data=True))
    assert {(tail, head): data for tail, head, data in read.edges(data=True)} == {
        (tail, head): data for tail, head, data in drawn.edges(data=True)
    }
    assert read.is_directed()
    assert read.number_of_edges() == SIMPLE.height


def test_node_link_json_comes_back_as_it_was(tmp_path: Path) -> None:
    """The same of the JSON."""
    written(tmp_path)

    read = nx.node_link_graph(
        json.loads((tmp_path / "graph_stage.json").read_text(encoding="utf-8")), edges="edges"
    )

    drawn = files.drawn("stage", DRAWN["graph_nodes"], DRAWN["graph_edges"])
    assert nx.utils.graphs_equal(read, drawn)


def test_ids_are_stable_and_values_those_of_the_tables(tmp_path: Path) -> None:
    """A node is grain and name; its attributes are the columns of graph_nodes."""
    written(tmp_path)

    read = nx.read_graphml(tmp_path / "graph_stage.graphml")

    assert set(read) == {
        *("stage:Discover", "stage:Buy", "stage:Renew"),
        *("stage:(start)", "stage:(completed)", "stage:(ended)", "stage:(open)"),
    }
    row = DRAWN["graph_nodes"].filter(pl.col("name") == "Buy").row(0, named=True)
    assert read.nodes["stage:Buy"]["absorption_completed"] == row["absorption_completed"]
    assert read.nodes["stage:(start)"]["kind"] == "start"
    # What is null in the table is left out.
    assert "share" not in read.edges["stage:Discover", "stage:(open)"]


def test_the_same_tables_give_the_same_bytes(tmp_path: Path) -> None:
    """In any order of their rows."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()

    straight = written(tmp_path / "one")
    turned = written(
        tmp_path / "other",
        graph_nodes=DRAWN["graph_nodes"][::-1],
        graph_edges=DRAWN["graph_edges"][::-1],
    )

    assert [path.read_bytes() for path in straight] == [path.read_bytes() for path in turned]


def test_any_name_can_be_written(tmp_path: Path) -> None:
    """Quotes, angle brackets, other scripts, and a control character that XML has no way for."""
    odd = 'a "b" <c> & ж\x01'
    renamed = {
        name: DRAWN[name].with_columns(pl.col(pl.String).replace({"Buy": odd}))
        for name in ("graph_nodes", "graph_edges")
    }

    written(tmp_path, **renamed)

    read = nx.read_graphml(tmp_path / "graph_stage.graphml")
    assert 'stage:a "b" <c> & ж\ufffd' in read


def test_a_first_night_writes_empty_graphs(tmp_path: Path) -> None:
    """Without journeys the files stand, without a node."""
    written(tmp_path)

    assert nx.read_graphml(tmp_path / "graph_touchpoint.graphml").number_of_nodes() == 0
