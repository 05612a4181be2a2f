"""What each transition does for completion: what is lost without it, and whether all must cross it.

It is what the whole graph says of its edges, so it comes after chain and cut.
"""

import polars as pl

from pipeline.graph.chain import Chain
from pipeline.graph.cut import Cut
from pipeline.graph.edges import COMPLETED, ENDED, OPEN, START


def with_effects(lines: pl.DataFrame, walked: Chain, cut: Cut) -> pl.DataFrame:
    """The edges with what the graph says of each.

    The removal effect is that of a transition alone: whoever would go this way ends instead. In
    closed form, by the formula of Sherman and Morrison (1950) for a matrix changed in one place.
    """
    place = {name: number for number, name in enumerate(walked.names)}
    whole = walked.completed[place[START]] if START in place else 0.0
    effects: list[float | None] = []
    for tail, head, share in lines.select("from_name", "to_name", "share").iter_rows():
        if whole <= 0 or not share or head in {ENDED, OPEN}:
            effects.append(None)
            continue
        if tail not in place or (head not in place and head != COMPLETED):
            effects.append(0.0)
            continue
        comes = walked.visits[place[START], place[tail]]
        lost = (
            comes * share
            if head == COMPLETED
            else comes
            * share
            * walked.completed[place[head]]
            / (1 + share * walked.visits[place[head], place[tail]])
        )
        effects.append(min(max(float(lost / whole), 0.0), 1.0))
    pairs = set(cut.edges)
    return lines.with_columns(
        removal_effect=pl.Series(effects, dtype=pl.Float64),
        is_minimum_cut=pl.Series(
            [pair in pairs for pair in lines.select("from_name", "to_name").iter_rows()],
            dtype=pl.Boolean,
        ),
    )
