"""The stages and touchpoints of a graph: must-pass points, chances, expected steps and days.

Rule: what is called expected, and the removal effect, rest on the chain; must-pass and betweenness
on the travelled edges alone. An interval is that of drawing customers anew.
"""

from typing import Any

import networkx as nx
import numpy as np
import polars as pl

from pipeline.graph import absorption, bootstrap
from pipeline.graph.chain import Chain, chain
from pipeline.graph.communities import Communities
from pipeline.graph.counts import Counts, Numbers
from pipeline.graph.edges import COMPLETED, ENDS, START
from pipeline.graph.network import travelled

GRAPH_NODES = pl.Schema(
    {
        "grain": pl.String,
        "name": pl.String,
        "entries": pl.Int64,  # visits
        "is_must_pass": pl.Boolean,  # no observed way from start to completed goes around it
        "betweenness": pl.Float64,  # 0-1, of the likeliest ways between the others
        "community": pl.Int64,
        "loop_share": pl.Float64,  # expected chance that a visit is followed by another one here
        "absorption_completed": pl.Float64,  # expected chance that a journey here completes
        "absorption_low": pl.Float64,
        "absorption_high": pl.Float64,
        "expected_steps": pl.Float64,  # further visits on the way, of journeys that complete
        "expected_steps_low": pl.Float64,
        "expected_steps_high": pl.Float64,
        "expected_days": pl.Float64,  # the same way, by mean days from one to the next
        "expected_days_low": pl.Float64,
        "expected_days_high": pl.Float64,
        "removal_effect": pl.Float64,  # share of completions lost if nobody got past it
        "removal_low": pl.Float64,
        "removal_high": pl.Float64,
    }
)
# What an interval is given for, and how its ends are called.
DRAWN = {
    "absorption_completed": "absorption",
    "expected_steps": "expected_steps",
    "expected_days": "expected_days",
    "removal_effect": "removal",
}


def nodes(grain: str, graph: nx.DiGraph, bounds: pl.DataFrame, parts: Communities) -> pl.DataFrame:
    """One row per stage or touchpoint that any journey visited: the columns of GRAPH_NODES.

    Args:
        grain: stage or touchpoint.
        graph: What `build` gave.
        bounds: What `intervals` gave.
        parts: What `communities` gave.

    Source: removal effect as in Anderl, Becker, von Wangenheim, Schumann (2016), in closed form.
    """
    walked = chain(graph)
    completed = walked.completed
    by_name = {name: number for number, name in enumerate(walked.names)}
    steps, days = _way_to_goal(graph, walked)
    must_pass = _must_pass(graph)
    inner = travelled(graph).subgraph(set(graph) - ENDS - {START})
    between = nx.betweenness_centrality(inner, weight="far", normalized=True)
    whole = completed[by_name[START]] if START in by_name else 0.0
    rows = []
    for name in sorted(set(graph) - ENDS - {START}):
        row: dict[str, Any] = {
            "grain": grain,
            "name": name,
            "entries": sum(count for _, _, count in graph.in_edges(name, data="count")),
            "is_must_pass": name in must_pass,
            "betweenness": between.get(name, 0.0),
            "community": parts.number_of[name],
            "absorption_completed": 0.0,
        }
        if name in by_name:
            here = by_name[name]
            visits = walked.visits[here, here]
            row |= {
                "loop_share": _share(1 - 1 / visits),
                "absorption_completed": _share(completed[here]),
                "expected_steps": steps[here],
                "expected_days": days[here],
            }
            if whole > 0:
                # To lose it, a journey must come here and would then have completed.
                comes = walked.visits[by_name[START], here] / visits
                row["removal_effect"] = _share(comes * completed[here] / whole)
        rows.append(row)
    bare = pl.DataFrame(rows, schema=GRAPH_NODES)
    bounds = bare.select("name").join(bounds, on="name", how="left", maintain_order="left")
    # A number that does not exist has no interval.
    return bare.with_columns(
        pl.when(pl.col(column).is_not_null()).then(bounds[f"{name}_{end}"]).alias(f"{name}_{end}")
        for column, name in DRAWN.items()
        for end in ("low", "high")
    ).select(GRAPH_NODES.names())


def intervals(counts: Counts, weights: Numbers) -> pl.DataFrame:
    """Both ends of each of DRAWN, by name, START included."""
    drawn: dict[str, list[Numbers]] = {name: [] for name in DRAWN.values()}
    for solved in absorption.solved(counts, weights):
        drawn["absorption"].append(solved.goal)
        drawn["expected_steps"].append(solved.steps)
        drawn["expected_days"].append(solved.days)
        drawn["removal"].append(
            np.stack(
                [
                    absorption.removed(solved, np.array([place]))
                    for place in range(len(counts.states))
                ],
                axis=1,
            )
        )
    columns: dict[str, list[float | None]] = {}
    for name, values in drawn.items():
        low, high = bootstrap.interval(np.concatenate(values))
        columns |= {f"{name}_low": bootstrap.column(low), f"{name}_high": bootstrap.column(high)}
    return pl.DataFrame(
        {"name": [state[-1] for state in counts.states], **columns},
        schema={"name": pl.String, **dict.fromkeys(columns, pl.Float64)},
    )


def _share(value: float) -> float:
    """A share without the last-bit errors that leave 0-1."""
    return min(max(float(value), 0.0), 1.0)


def _way_to_goal(graph: nx.DiGraph, walked: Chain) -> tuple[list[float | None], list[float | None]]:
    """Further visits and days until completed, from each name, of journeys that complete."""
    completed = walked.completed
    steps: list[float | None] = [None] * len(walked.names)
    days: list[float | None] = [None] * len(walked.names)
    able = np.flatnonzero(completed > 1e-15).tolist()
    if not able:
        return steps, days
    # The chain of those who will complete: each step reweighted by the chance to, after it.
    towards = (
        walked.steps[np.ix_(able, able)] * completed[able][np.newaxis] / completed[able][:, None]
    )
    visits = np.linalg.inv(np.eye(len(able)) - towards)
    costs = np.zeros(len(able))
    for row, here in enumerate(able):
        name = walked.names[here]
        costs[row] = sum(
            towards[row, column] * graph.edges[name, walked.names[there]]["days"]
            for column, there in enumerate(able)
            if towards[row, column] > 0
        )
        if walked.goal[here] > 0:
            costs[row] += walked.goal[here] / completed[here] * graph.edges[name, COMPLETED]["days"]
    for row, here in enumerate(able):
        steps[here] = max(float(visits[row].sum()) - 1, 0.0)
        days[here] = float(visits[row] @ costs)
    return steps, days


def _must_pass(graph: nx.DiGraph) -> set[str]:
    """The names on every travelled way from start to completed: the goal's dominators."""
    taken = travelled(graph)
    if START not in taken or COMPLETED not in taken:
        return set()
    above = nx.immediate_dominators(taken, START)
    found: set[str] = set()
    name = above.get(COMPLETED)
    while name is not None and name != START:
        found.add(name)
        name = above.get(name)
    return found
