"""The graphs as files that other tools read: GraphML, and node-link JSON as networkx writes it.

Rule: a node's id is its grain and name, such as stage:Discover, and stays from run to run; the
same tables give the same bytes; what is null in a table is left out.
"""

import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import networkx as nx
import polars as pl

from pipeline.graph.edges import COMPLETED, ENDED, OPEN, START
from pipeline.graph.tables import GRAINS

# What XML 1.0 has no way to write.
UNWRITABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NAMED = ("grain", "from_name", "to_name")


def write(folder: Path, nodes: pl.DataFrame, edges: pl.DataFrame) -> Sequence[Path]:
    """Write graph_<grain>.graphml and graph_<grain>.json for each grain into a folder.

    Args:
        folder: The snapshot's.
        nodes: The table graph_nodes.
        edges: The table graph_edges.
    """
    written = []
    for grain in GRAINS:
        graph = drawn(grain, nodes, edges)
        text = io.BytesIO()
        nx.write_graphml_xml(graph, text, named_key_ids=True)
        content = json.dumps(
            nx.node_link_data(graph, edges="edges"), ensure_ascii=False, indent=1, sort_keys=True
        )
        for suffix, written_bytes in (
            ("graphml", text.getvalue()),
            ("json", content.encode("utf-8") + b"\n"),
        ):
            path = folder / f"graph_{grain}.{suffix}"
            path.write_bytes(written_bytes)
            written.append(path)
    return written


def drawn(grain: str, nodes: pl.DataFrame, edges: pl.DataFrame) -> nx.DiGraph:
    """The graph of one grain with every column of both tables as an attribute."""
    graph = nx.DiGraph(grain=grain)
    for row in nodes.filter(pl.col("grain") == grain).sort("name").iter_rows(named=True):
        graph.add_node(_id(grain, row["name"]), kind=grain, **_known(row))
    for row in (
        edges.filter(pl.col("grain") == grain).sort("from_name", "to_name").iter_rows(named=True)
    ):
        ends = [row["from_name"], row["to_name"]]
        for name in ends:
            if name in {START, COMPLETED, ENDED, OPEN}:
                graph.add_node(_id(grain, name), kind=name.strip("()"), grain=grain, name=name)
        graph.add_edge(
            *(_id(grain, name) for name in ends),
            **_known({key: value for key, value in row.items() if key not in NAMED}),
        )
    return graph


def _id(grain: str, name: str) -> str:
    """The stable id of a node."""
    return f"{grain}:{_writable(name)}"


def _known(row: dict[str, Any]) -> dict[str, Any]:
    """A row without nulls, its texts such that XML can hold them."""
    return {
        key: _writable(value) if isinstance(value, str) else value
        for key, value in row.items()
        if value is not None
    }


def _writable(text: str) -> str:
    """A text without characters that XML cannot hold; each becomes U+FFFD."""
    return UNWRITABLE.sub("\ufffd", text)
