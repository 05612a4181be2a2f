"""Transitions to networkx graphs: must-pass points, loops, chances, the likeliest way, findings.

Rule: every number is a pure function of the published tables; shares are those of settled visits,
so a journey still open counts neither as completed nor as ended.

A graph is read as an absorbing Markov chain: from each stage or touchpoint the next is drawn by
the settled shares, whatever came before. What rests on that says so by being called expected.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist
from typing import Any

import networkx as nx
import numpy as np
import polars as pl
from numpy.typing import NDArray

Frames = Mapping[str, pl.DataFrame]
Vector = NDArray[np.float64]

START, COMPLETED, ENDED, OPEN = "(start)", "(completed)", "(ended)", "(open)"
ENDS = frozenset({COMPLETED, ENDED, OPEN})
GRAINS = ("stage", "touchpoint")
READS = (
    "drop_off_changes",
    "drop_off_spans",
    "drop_offs",
    "journey_map",
    "stage_transitions",
    "stages",
    "touchpoint_measures",
    "touchpoint_transitions",
    "touchpoints",
    "unmapped_kinds",
)

GRAPH_NODES = pl.Schema(
    {
        "grain": pl.String,
        "name": pl.String,
        "entries": pl.Int64,  # visits
        "is_must_pass": pl.Boolean,  # no observed way from start to completed goes around it
        "betweenness": pl.Float64,  # 0-1, of the likeliest ways between the others
        "loop_share": pl.Float64,  # expected chance that a visit is followed by another one here
        "absorption_completed": pl.Float64,  # expected chance that a journey here completes
        "expected_steps": pl.Float64,  # further visits on the way, of journeys that complete
        "expected_days": pl.Float64,  # the same way, by median waits
        "removal_effect": pl.Float64,  # share of completions lost if nobody got past it
    }
)
GRAPH_EDGES = pl.Schema(
    {
        "grain": pl.String,
        "from_name": pl.String,
        "to_name": pl.String,
        "transition_count": pl.Int64,
        "customer_count": pl.Int64,
        "settled_count": pl.Int64,
        "share": pl.Float64,
        "share_low": pl.Float64,
        "share_high": pl.Float64,
        "wait_hours_p50": pl.Float64,
        "uncertain_share": pl.Float64,
        "is_back": pl.Boolean,  # to an earlier stage
        "is_loop": pl.Boolean,  # to itself
    }
)
GRAPH_PATHS = pl.Schema(
    {
        "grain": pl.String,
        "step": pl.Int64,  # from 1; (start) is step 0
        "name": pl.String,
        "share": pl.Float64,  # of the step that leads here
        "path_share": pl.Float64,  # of all steps up to here
    }
)
GRAPH_LOOPS = pl.Schema(
    {
        "grain": pl.String,
        "name": pl.String,
        "other_name": pl.String,  # the same name for a loop to itself
        "loop_count": pl.Int64,  # there and back: the rarer of the two directions
    }
)
DROP_OFF_POINTS = pl.Schema(
    {
        "grain": pl.String,
        "rank": pl.Int64,
        "name": pl.String,
        "stage": pl.String,
        "settled_count": pl.Int64,
        "settled_ended_count": pl.Int64,
        "drop_off_share": pl.Float64,
        "share_low": pl.Float64,
        "share_high": pl.Float64,
        "is_must_pass": pl.Boolean,
        "completions_lost": pl.Float64,  # had those who ended here gone on as the others did
    }
)
SURE = 0.01  # the chance we accept that the new drop-off named at the end of a run is none
FEW = 30  # visits below which no share is put into words
UNMAPPED_LIMIT = 0.2  # of what people did, unmapped: then the catalogue is the finding


def tables(frames: Frames) -> dict[str, pl.DataFrame]:
    """The graph's tables, over the tables named in READS.

    `graph_nodes`: one row per grain (stage, touchpoint) and name. `graph_edges`: one row per
    transition. `graph_paths`: the likeliest way from start to completed, step by step.
    `graph_loops`: visits to the same again, and there and back. `drop_off_points`: where
    journeys end, the most ended first; outcome touchpoints are decisions and left out.
    `findings`: one row per finding of `findings`, by rank.
    """
    made: dict[str, list[pl.DataFrame]] = {
        name: []
        for name in ("graph_nodes", "graph_edges", "graph_paths", "graph_loops", "drop_off_points")
    }
    for grain in GRAINS:
        lines = edges(grain, frames)
        graph = build(lines)
        points = nodes(grain, graph, _stays(grain, frames))
        made["graph_edges"].append(lines)
        made["graph_nodes"].append(points)
        made["graph_paths"].append(likeliest_path(grain, graph))
        made["graph_loops"].append(loops(grain, graph))
        made["drop_off_points"].append(
            drop_off_points(grain, frames["drop_offs"], points, frames["touchpoints"])
        )
    drawn = {name: pl.concat(parts) for name, parts in made.items()}
    said = findings(frames, drawn["graph_paths"])
    return drawn | {"findings": pl.DataFrame({"rank": range(1, len(said) + 1), "finding": said})}


def edges(grain: str, frames: Frames) -> pl.DataFrame:
    """One row per transition of a grain, sorted, with its direction: the columns of GRAPH_EDGES."""
    catalogue = frames["stages"] if grain == "stage" else frames["touchpoints"]
    column = "position" if grain == "stage" else "stage_position"
    positions = dict(catalogue.select(grain, column).iter_rows())
    lines = frames[f"{grain}_transitions"].rename(
        {f"from_{grain}": "from_name", f"to_{grain}": "to_name"}
    )
    far = {
        name: pl.col(f"{name}_name").replace_strict(positions, default=None, return_dtype=pl.Int64)
        for name in ("from", "to")
    }
    return (
        lines.with_columns(
            grain=pl.lit(grain),
            is_back=(far["to"] < far["from"]).fill_null(value=False),
            is_loop=pl.col("from_name") == pl.col("to_name"),
        )
        .select(GRAPH_EDGES.names())
        .cast(GRAPH_EDGES)
        .sort("from_name", "to_name")
    )


def build(lines: pl.DataFrame) -> nx.DiGraph:
    """The directed graph of one grain's edges.

    Edges carry `count`, `share` (0 where nothing has settled yet), `far` (-log share, of edges
    that have a share) and `days` (the median wait).
    """
    graph = nx.DiGraph()
    graph.add_nodes_from([START, COMPLETED])
    for row in lines.iter_rows(named=True):
        share = row["share"] or 0.0
        graph.add_edge(
            row["from_name"],
            row["to_name"],
            count=row["transition_count"],
            share=share,
            days=(row["wait_hours_p50"] or 0.0) / 24,
            # A certain step is not free: networkx counts paths wrongly over edges of length 0.
            far=max(-math.log(share), 1e-9) if share > 0 else math.inf,
        )
    return graph


def _travelled(graph: nx.DiGraph) -> nx.DiGraph:
    """The edges that settled visits took."""
    return graph.edge_subgraph(
        [(tail, head) for tail, head, share in graph.edges(data="share") if share > 0]
    )


def _stays(grain: str, frames: Frames) -> Mapping[str, float]:
    """The median days of a visit to each stage; a touchpoint takes no time of its own."""
    if grain != "stage":
        return {}
    return {
        name: days
        for name, days in frames["journey_map"].select("stage", "median_days").iter_rows()
        if days is not None
    }


@dataclass(frozen=True, slots=True)
class Chain:
    """The absorbing chain of one graph, over the names from which it can come to an end.

    Attributes:
        names: The rows and columns, START first; a name that only leads round in circles is out.
        steps: Chance of each name to follow each (Q).
        goal: Chance of (completed) to follow each (R).
        visits: Expected visits to each name, having started at each: (I - Q)^-1.
    """

    names: Sequence[str]
    steps: NDArray[np.float64]
    goal: Vector
    visits: NDArray[np.float64]

    @property
    def completed(self) -> Vector:
        """The chance to complete from each name: (I - Q)^-1 R."""
        return np.asarray(self.visits @ self.goal)


def chain(graph: nx.DiGraph) -> Chain:
    """The absorbing chain of a graph.

    A name whose visits have not settled leads nowhere yet: its journeys count as not completed.
    """
    everyone = [START, *sorted(set(graph) - ENDS - {START})]
    ending = {
        name
        for name in everyone
        if sum(share for _, head, share in graph.out_edges(name, data="share") if head not in ENDS)
        < 1 - 1e-12
    }
    backwards = _travelled(graph).reverse(copy=False)
    reached = set(ending).union(
        *(nx.descendants(backwards, name) for name in sorted(ending) if name in backwards)
    )
    names = [name for name in everyone if name in reached]
    place = {name: number for number, name in enumerate(names)}
    steps = np.zeros((len(names), len(names)))
    goal = np.zeros(len(names))
    for tail, head, share in graph.edges(data="share"):
        if tail not in place:
            continue
        if head == COMPLETED:
            goal[place[tail]] = share
        elif head in place:
            steps[place[tail], place[head]] = share
    visits = np.asarray(np.linalg.inv(np.eye(len(names)) - steps), dtype=np.float64)
    return Chain(names, steps, goal, visits)


def nodes(grain: str, graph: nx.DiGraph, stays: Mapping[str, float]) -> pl.DataFrame:
    """One row per stage or touchpoint that any journey visited: the columns of GRAPH_NODES.

    Args:
        grain: stage or touchpoint.
        graph: What `build` gave.
        stays: The days of a visit, by name; where a name is missing, the median wait for what
            comes next stands in.

    Source: removal effect as in Anderl, Becker, von Wangenheim, Schumann (2016), in closed form.
    """
    walked = chain(graph)
    completed = walked.completed
    by_name = {name: number for number, name in enumerate(walked.names)}
    steps, days = _way_to_goal(graph, walked, stays)
    must_pass = _must_pass(graph)
    inner = _travelled(graph).subgraph(set(graph) - ENDS - {START})
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
    return pl.DataFrame(rows, schema=GRAPH_NODES)


def _share(value: float) -> float:
    """A share without the last-bit errors that leave 0-1."""
    return min(max(float(value), 0.0), 1.0)


def _way_to_goal(
    graph: nx.DiGraph, walked: Chain, stays: Mapping[str, float]
) -> tuple[list[float | None], list[float | None]]:
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
        if name in stays:
            costs[row] = stays[name]
            continue
        costs[row] = sum(
            towards[row, column] * graph.edges[name, walked.names[there]]["days"]
            for column, there in enumerate(able)
            if towards[row, column] > 0
        )
    for row, here in enumerate(able):
        steps[here] = max(float(visits[row].sum()) - 1, 0.0)
        days[here] = float(visits[row] @ costs)
    return steps, days


def _must_pass(graph: nx.DiGraph) -> set[str]:
    """The names on every travelled way from start to completed: the goal's dominators."""
    travelled = _travelled(graph)
    if START not in travelled or COMPLETED not in travelled:
        return set()
    above = nx.immediate_dominators(travelled, START)
    found: set[str] = set()
    name = above.get(COMPLETED)
    while name is not None and name != START:
        found.add(name)
        name = above.get(name)
    return found


def likeliest_path(grain: str, graph: nx.DiGraph) -> pl.DataFrame:
    """The way from start to completed whose shares multiply to most: GRAPH_PATHS, or no row."""
    travelled = _travelled(graph)
    if START not in travelled or COMPLETED not in travelled:
        return GRAPH_PATHS.to_frame()
    if not nx.has_path(travelled, START, COMPLETED):
        return GRAPH_PATHS.to_frame()
    way = nx.dijkstra_path(travelled, START, COMPLETED, weight="far")
    shares = [graph.edges[step]["share"] for step in nx.utils.pairwise(way)]
    return pl.DataFrame(
        {
            "grain": [grain] * len(shares),
            "step": range(1, len(way)),
            "name": way[1:],
            "share": shares,
            "path_share": np.cumprod(shares),
        },
        schema=GRAPH_PATHS,
    )


def loops(grain: str, graph: nx.DiGraph) -> pl.DataFrame:
    """Each name that leads to itself and each pair that leads there and back, most often first."""
    rows = [
        (grain, tail, head, min(count, graph.edges[head, tail]["count"]))
        for tail, head, count in graph.edges(data="count")
        if tail <= head and graph.has_edge(head, tail)
    ]
    return pl.DataFrame(rows, schema=GRAPH_LOOPS, orient="row").sort(
        "loop_count", "name", "other_name", descending=[True, False, False]
    )


def drop_off_points(
    grain: str, drop_offs: pl.DataFrame, points: pl.DataFrame, touchpoints: pl.DataFrame
) -> pl.DataFrame:
    """Where settled journeys end, the most ended first, then the higher share: DROP_OFF_POINTS."""
    decided = touchpoints.filter(pl.col("outcome").is_not_null())["touchpoint"].to_list()
    counted = drop_offs.filter(
        (pl.col("grain") == grain)
        & (pl.col("settled_ended_count") > 0)
        & ((pl.col("grain") == "stage") | ~pl.col("name").is_in(decided))
    )
    goes_on = 1 - pl.col("settled_ended_count") / pl.col("settled_count")
    return (
        counted.join(points.drop("grain"), on="name", how="left", maintain_order="left")
        .with_columns(
            completions_lost=pl.when(goes_on > 0).then(
                pl.col("settled_ended_count") * pl.col("absorption_completed") / goes_on
            )
        )
        .sort("settled_ended_count", "drop_off_share", "name", descending=[True, True, False])
        .with_columns(rank=pl.int_range(1, pl.len() + 1))
        .select(DROP_OFF_POINTS.names())
        .cast(DROP_OFF_POINTS)
    )


def findings(frames: Frames, paths: pl.DataFrame) -> list[str]:
    """Three findings of a run in words, over the tables named in READS and the likeliest paths.

    Where journeys stop most; what drop-off is new; the likeliest way to the goal, or that the
    catalogue misses much of what people do. Each says when nothing stands out.
    """
    return [
        _largest_drop_off(frames["drop_offs"]),
        _new_drop_off(frames["drop_off_changes"], frames["drop_off_spans"]),
        _unmapped(frames["unmapped_kinds"], frames["touchpoint_measures"]) or _likeliest(paths),
    ]


def _largest_drop_off(drop_offs: pl.DataFrame) -> str:
    """The stage in which most journeys ended, with base and interval."""
    found = drop_offs.filter(
        (pl.col("grain") == "stage")
        & (pl.col("settled_count") >= FEW)
        & (pl.col("settled_ended_count") > 0)
    ).sort("settled_ended_count", "name", descending=[True, False])
    if found.is_empty():
        return f"No stage has {FEW} settled visits of which any ended: drop-off is not known yet."
    row = found.row(0, named=True)
    return (
        f"Most journeys that stop, stop in {row['name']}: {row['settled_ended_count']:,} of "
        f"{row['settled_count']:,} settled visits, {row['drop_off_share']:.0%} "
        f"({row['share_low']:.1%} to {row['share_high']:.1%})."
    )


def _new_drop_off(changes: pl.DataFrame, spans: pl.DataFrame) -> str:
    """The week and cell whose drop-off rose most, if chance alone would hardly do it."""
    tested = changes.filter(pl.col("z").is_not_null()).height
    first = changes.filter(pl.col("rank") == 1)
    # As many cells as are looked at, as many chances to be fooled (Bonferroni).
    if first.is_empty() or first["z"].item() < NormalDist().inv_cdf(1 - SURE / max(tested, 1)):
        return f"No drop-off is new: none of {tested:,} weekly shares stands out from the others."
    row = first.row(0, named=True)
    span = spans.filter(pl.col("rank") == 1).row(0, named=True)
    where = ", ".join(word for word in (row["channel"], row["device_kind"]) if word)
    return (
        f"New drop-off after {row['touchpoint']} ({where}) from {_day(span['from_on'])} to "
        f"{_day(span['to_on'])}: {span['ended_count']:,} of {span['settled_count']:,} journeys "
        f"stopped there, {span['share']:.0%}; in other weeks {row['baseline_share']:.0%} do."
    )


def _unmapped(kinds: pl.DataFrame, measures: pl.DataFrame) -> str | None:
    """How much of what people did no touchpoint describes, where that is much."""
    missing = kinds.filter(~pl.col("suggestion").str.ends_with("may stay unmapped"))
    count, mapped = int(missing["event_count"].sum()), int(measures["event_count"].sum())
    if count == 0 or count < UNMAPPED_LIMIT * (count + mapped):
        return None
    row = missing.sort("event_count", "source", "kind", descending=[True, False, False]).row(
        0, named=True
    )
    return (
        f"{count / (count + mapped):.0%} of what people did matches no touchpoint; most often "
        f"{row['kind']} of {row['source']} ({row['event_count']:,} events)."
    )


def _likeliest(paths: pl.DataFrame) -> str:
    """The likeliest way through the stages, and how unlikely even that is."""
    way = paths.filter(pl.col("grain") == "stage").sort("step")
    if way.is_empty():
        return "No settled journey has completed yet: no way to the goal is known."
    names = [name for name in way["name"] if name != COMPLETED]
    return (
        f"The likeliest way to the goal is {' > '.join(names)}; by the shares of its steps "
        f"{way['path_share'][-1]:.1%} of journeys go exactly that way."
    )


def _day(day: date) -> str:
    """A day as 3 Feb 2026."""
    return f"{day.day} {day:%b %Y}"
