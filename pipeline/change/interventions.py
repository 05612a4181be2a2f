"""What a company did about a touchpoint, and what became of the drop-off there.

Rule: the change at the touchpoint, less what changed at touchpoints that nobody touched in the
same days: a difference in differences, on the scale of log odds, since shares lie far apart. The
others' changes differ by more than chance, and so might the touchpoint's have without being
touched: that spread is part of the interval. Each start is compared with touchpoints not treated
within its own two windows, so starts may be staggered.
Sources: Callaway and Sant'Anna, Difference-in-differences with multiple time periods (Journal of
Econometrics 225, 2021), for whom to compare with; DerSimonian and Laird (Controlled Clinical
Trials 7, 1986), for the spread; Higgins, Thompson and Spiegelhalter (JRSS A 172, 2009), for the t
law where few others tell the spread; Haldane (Annals of Human Genetics 20, 1956), for the half
visit in every cell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from scipy import special

from pipeline.catalogue import sheets
from pipeline.catalogue.sheets import Faults
from pipeline.errors import BadSettings
from pipeline.proportions import Z95, Numbers, two_sided

FILE = "interventions.csv"
COLUMNS = ("intervention", "touchpoint", "starts_on", "ends_on", "note")
WINDOW_DAYS = 28
FEW = 30  # settled visits before or after below which nothing is said
FEW_OTHERS = 4  # touchpoints to compare with
INTERVENTIONS = pl.Schema(
    {
        "intervention": pl.String,
        "touchpoint": pl.String,
        "starts_on": pl.Date,
        "ends_on": pl.Date,
        "note": pl.String,
    }
)
EFFECTS = pl.Schema(
    {
        "intervention": pl.String,
        "touchpoint": pl.String,
        "starts_on": pl.Date,
        "ends_on": pl.Date,
        "before_settled_count": pl.Int64,
        "before_share": pl.Float64,
        "after_settled_count": pl.Int64,
        "after_share": pl.Float64,
        "other_count": pl.Int64,
        "expected_share": pl.Float64,
        "effect": pl.Float64,
        "effect_low": pl.Float64,
        "effect_high": pl.Float64,
        "p_value": pl.Float64,
        "verdict": pl.String,
    }
)


def read(folder: Path, touchpoints: Sequence[str]) -> pl.DataFrame:
    """The interventions of the project in `folder`; none where there is no such file.

    Raises:
        BadSettings: A line that cannot be meant; names file and line.
    """
    path = folder / FILE
    if not path.is_file():
        return pl.DataFrame(schema=INTERVENTIONS)
    faults = Faults()
    rows = []
    for where, cells in sheets.read(path, COLUMNS, faults):
        starts_on = faults.day(where, "starts_on", cells["starts_on"])
        given = cells["ends_on"]
        ends_on = faults.day(where, "ends_on", given) if given else None
        if not cells["intervention"]:
            faults.add(where, "intervention is empty; name it")
        if cells["touchpoint"] not in touchpoints:
            known = ", ".join(sorted(touchpoints))
            faults.add(where, f"unknown touchpoint {cells['touchpoint']!r}; there are {known}")
        if starts_on and ends_on and ends_on < starts_on:
            faults.add(where, "ends_on lies before starts_on; turn them round")
        rows.append(
            (cells["intervention"], cells["touchpoint"], starts_on, ends_on, cells["note"] or None)
        )
    if faults.sentences:
        raise BadSettings("\n".join(faults.sentences))
    return pl.DataFrame(rows, schema=INTERVENTIONS, orient="row")


@dataclass(frozen=True, slots=True)
class Windows:
    """The days before and after a start; first and last day of each."""

    before: tuple[date, date]
    after: tuple[date, date]


def intervention_effects(
    interventions: pl.DataFrame, days: pl.DataFrame, settled_on: date
) -> pl.DataFrame:
    """What each intervention did to the drop-off of its touchpoint: EFFECTS.

    One row per line of the file, and one with an empty touchpoint per intervention of several
    lines, the mean weighted by their visits after. Where there is too little to say, `verdict`
    says so and why, and no number stands.

    Args:
        interventions: INTERVENTIONS.
        days: drop_off_days.
        settled_on: The last day of which everything is settled.
    """
    counted = (
        days.group_by("touchpoint", "day_on")
        .agg(pl.col("settled_count", "ended_count").sum())
        .filter(pl.col("day_on") <= settled_on)
    )
    rows = [
        _effect(one, interventions, counted, settled_on)
        for one in interventions.iter_rows(named=True)
    ]
    found = pl.DataFrame(rows, schema=EFFECTS, orient="row")
    several = [
        _together(part)
        for _, part in found.group_by("intervention", maintain_order=True)
        if part.height > 1
    ]
    return pl.concat([found, pl.DataFrame(several, schema=EFFECTS, orient="row")]).sort(
        "intervention", "starts_on", "touchpoint", nulls_last=True
    )


def _windows(one: dict[str, date], settled_on: date) -> Windows:
    """28 days before the start, and up to 28 from it while it runs and all is settled."""
    start = one["starts_on"]
    last = min(start + timedelta(days=WINDOW_DAYS - 1), one["ends_on"] or date.max, settled_on)
    return Windows((start - timedelta(days=WINDOW_DAYS), start - timedelta(days=1)), (start, last))


def _effect(
    one: dict[str, date], interventions: pl.DataFrame, counted: pl.DataFrame, settled_on: date
) -> dict[str, object]:
    """The row of one line."""
    windows = _windows(one, settled_on)
    row: dict[str, object] = {key: one.get(key) for key in EFFECTS}
    cells = _cells(counted, windows)
    mine = cells.filter(touchpoint=one["touchpoint"])
    k, n, later_k, later_n = (
        (int(mine[name].item()) if mine.height else 0) for name in ("k", "n", "later_k", "later_n")
    )
    row |= {"before_settled_count": n, "after_settled_count": later_n}
    row |= {
        "before_share": k / n if n else None,
        "after_share": later_k / later_n if later_n else None,
    }
    touched = interventions.filter(
        (pl.col("starts_on") <= windows.after[1])
        & (pl.col("ends_on").fill_null(date.max) >= windows.before[0])
    )["touchpoint"].to_list()
    others = cells.filter(
        ~pl.col("touchpoint").is_in([*touched, one["touchpoint"]])
        & (pl.min_horizontal("n", "later_n") >= FEW)
        # Where everybody or nobody leaves there is nothing that could change alike.
        & (pl.col("k") + pl.col("later_k") > 0)
        & (pl.col("k") + pl.col("later_k") < pl.col("n") + pl.col("later_n"))
    )
    row["other_count"] = others.height
    row["verdict"] = _refusal(windows, n, later_n, others.height, settled_on)
    if row["verdict"] is not None:
        return row
    return row | _estimated(np.array([k, n, later_k, later_n], dtype=np.float64), others)


def _refusal(windows: Windows, n: int, later_n: int, others: int, settled_on: date) -> str | None:
    """Why nothing can be said, in words; None where it can."""
    if windows.after[0] > settled_on:
        return f"too early: what happened from {windows.after[0]} on is not settled yet"
    if n < FEW or later_n < FEW:
        return (
            f"too few: {n} settled visits in the {WINDOW_DAYS} days before and {later_n} after, "
            f"where {FEW} are needed"
        )
    if others < FEW_OTHERS:
        return (
            f"nothing to compare with: {others} untouched touchpoints with enough visits, where "
            f"{FEW_OTHERS} are needed"
        )
    return None


def _cells(counted: pl.DataFrame, windows: Windows) -> pl.DataFrame:
    """Losses and visits of each touchpoint before (`k`, `n`) and after (`later_k`, `later_n`)."""
    before, after = (pl.col("day_on").is_between(*days) for days in (windows.before, windows.after))
    return (
        counted.group_by("touchpoint")
        .agg(
            k=pl.col("ended_count").filter(before).sum(),
            n=pl.col("settled_count").filter(before).sum(),
            later_k=pl.col("ended_count").filter(after).sum(),
            later_n=pl.col("settled_count").filter(after).sum(),
        )
        .sort("touchpoint")
    )


def _estimated(mine: Numbers, others: pl.DataFrame) -> dict[str, object]:
    """Effect, interval and p of one touchpoint against the others."""
    changes, variances = _changes(others.select("k", "n", "later_k", "later_n").to_numpy().T)
    usual, spread, error = _pooled(changes, variances)
    (change,), (variance,) = _changes(mine[:, None])
    # Without being touched it would have changed as one of the others does.
    reach = np.sqrt(spread + error**2)
    before = (mine[0] + 0.5) / (mine[1] + 1)
    after = mine[2] / mine[3]
    expected = _share(_log_odds(before) + usual)
    # The effect as a share, by the ends of the effect on log odds.
    apart = change - usual
    freedom = others.height - 2
    width = special.stdtrit(freedom, 0.975) * np.sqrt(variance + reach**2)
    low, high = (
        _share(_log_odds(expected) + end) - expected for end in (apart - width, apart + width)
    )
    p = 2 * special.stdtr(freedom, -abs(apart) / np.sqrt(variance + reach**2))
    effect = _share(_log_odds(expected) + apart) - expected
    is_sure = low > 0 or high < 0
    words = (
        f"drop-off {'rose' if effect > 0 else 'fell'} by {abs(effect):.1%}"
        if is_sure
        else "no change that chance alone would not make"
    )
    return {
        "after_share": after,
        "expected_share": expected,
        "effect": effect,
        "effect_low": low,
        "effect_high": high,
        "p_value": float(p),
        "verdict": words,
    }


def _changes(counts: Numbers) -> tuple[Numbers, Numbers]:
    """Changes of log odds and their variances, with half a visit in every cell."""
    k, n, later_k, later_n = counts
    a, b, c, d = k + 0.5, n - k + 0.5, later_k + 0.5, later_n - later_k + 0.5
    return np.log(c / d) - np.log(a / b), 1 / a + 1 / b + 1 / c + 1 / d


def _pooled(changes: Numbers, variances: Numbers) -> tuple[float, float, float]:
    """Mean of the others' changes, their spread beyond chance, and the mean's error."""
    weights = 1 / variances
    fixed = float((weights * changes).sum() / weights.sum())
    excess = float((weights * (changes - fixed) ** 2).sum()) - (len(changes) - 1)
    scale = float(weights.sum() - (weights**2).sum() / weights.sum())
    spread = max(0.0, excess / scale) if scale > 0 else 0.0
    weights = 1 / (variances + spread)
    mean = float((weights * changes).sum() / weights.sum())
    return mean, spread, float(np.sqrt(1 / weights.sum()))


def _log_odds(share: float) -> float:
    """The log odds of a share."""
    return float(np.log(share / (1 - share)))


def _share(log_odds: float) -> float:
    """The share of log odds."""
    return float(1 / (1 + np.exp(-log_odds)))


def _together(part: pl.DataFrame) -> dict[str, object]:
    """The mean effect of one intervention's lines, weighted by their visits after."""
    told = part.drop_nulls("effect")
    row: dict[str, object] = dict.fromkeys(EFFECTS) | {
        "intervention": part["intervention"][0],
        "verdict": f"{told.height} of {part.height} touchpoints can be told",
    }
    if told.is_empty():
        return row
    weights = told["after_settled_count"].to_numpy() / told["after_settled_count"].sum()
    effects = told["effect"].to_numpy()
    # Half the width of an interval is 1.96 errors, or more where few others tell the spread.
    errors = (told["effect_high"] - told["effect_low"]).to_numpy() / (2 * Z95)
    effect, error = float(weights @ effects), float(np.sqrt((weights**2) @ errors**2))
    return row | {
        "effect": effect,
        "effect_low": effect - Z95 * error,
        "effect_high": effect + Z95 * error,
        "p_value": float(two_sided(effect / error)),
    }
