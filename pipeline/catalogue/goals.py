"""Which touchpoints belong to which of a company's goals, as wend.toml says under [goals]."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import polars as pl

from pipeline.errors import BadSettings

GOALS = pl.Schema({"goal": pl.String, "touchpoint": pl.String})


def goals(given: Mapping[str, Sequence[str]], touchpoints: Sequence[str]) -> pl.DataFrame:
    """One row per touchpoint that belongs to a goal: GOALS.

    Raises:
        BadSettings: A touchpoint that the catalogue lacks, or that belongs to two goals.
    """
    rows = [(goal, name) for goal, names in sorted(given.items()) for name in names]
    for goal, name in rows:
        if name not in touchpoints:
            close = get_close_matches(name, touchpoints, 1)
            hint = f"did you mean {close[0]!r}?" if close else "see touchpoints.csv"
            raise BadSettings(f"wend.toml: goals.{goal}: unknown touchpoint {name!r}; {hint}")
        owners = [other for other, owned in rows if owned == name]
        if len(owners) > 1:
            raise BadSettings(
                f"wend.toml: goals: {name!r} belongs to {' and to '.join(owners)}; "
                "leave it in one, so that its journeys have one goal"
            )
    return pl.DataFrame(rows, schema=GOALS, orient="row")
