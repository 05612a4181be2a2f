from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.change.interventions import INTERVENTIONS, intervention_effects, read
from pipeline.errors import BadSettings

OTHERS = [f"other {n}" for n in range(8)]
FIRST = date(2026, 1, 1)
START = FIRST + timedelta(days=40)
SETTLED_ON = FIRST + timedelta(days=99)


def days(shares: dict[str, list[float]], count: int = 30, seed: int = 1) -> pl.DataFrame:
    """drop_off_days of touchpoints with the given share on each of 100 days."""
    chance = np.random.default_rng(seed)
    return pl.DataFrame(
        [
            (name, FIRST + timedelta(days=n), count, int(chance.binomial(count, share)))
            for name, each in shares.items()
            for n, share in enumerate(each)
        ],
        schema=["touchpoint", "day_on", "settled_count", "ended_count"],
        orient="row",
    )


def lines(*rows: tuple[str, str, date]) -> pl.DataFrame:
    """Interventions that have not ended."""
    return pl.DataFrame([(*row, None, None) for row in rows], schema=INTERVENTIONS, orient="row")


def alike(share: float = 0.3, later: float | None = None) -> dict[str, list[float]]:
    """Eight untouched touchpoints, all of which change alike on the start."""
    return dict.fromkeys(OTHERS, [share] * 40 + [later or share] * 60)


def test_what_changed_everywhere_is_no_effect() -> None:
    """All rise from 30 % to 45 %, the touched one too: nothing is claimed."""
    told = days(alike(0.3, 0.45) | {"Order": [0.3] * 40 + [0.45] * 60})

    (row,) = intervention_effects(lines(("new form", "Order", START)), told, SETTLED_ON).rows(
        named=True
    )

    assert row["after_share"] - row["before_share"] == pytest.approx(0.15, abs=0.05)
    assert row["effect_low"] < 0 < row["effect_high"]
    assert row["verdict"] == "no change that chance alone would not make"


def test_what_changed_against_the_others_is_the_effect() -> None:
    """The others rise from 30 to 45 %, the touched one stays: about 15 points below them."""
    told = days(alike(0.3, 0.45) | {"Order": [0.3] * 100})

    (row,) = intervention_effects(lines(("new form", "Order", START)), told, SETTLED_ON).rows(
        named=True
    )

    assert row["effect"] == pytest.approx(-0.15, abs=0.05)
    assert row["effect_high"] < 0
    assert row["verdict"].startswith("drop-off fell by ")


def test_the_interval_holds_the_effect_19_times_in_20() -> None:
    """Of 200 companies whose touchpoints drift each its own way 94 % or more hold: no effect."""
    held = 0
    for seed in range(200):
        chance = np.random.default_rng(seed)
        drifts = chance.normal(0, 0.3, 9)
        odds = np.log(0.3 / 0.7)
        told = days(
            {
                name: [0.3] * 40 + [float(1 / (1 + np.exp(-odds - drift)))] * 60
                for name, drift in zip(["Order", *OTHERS], drifts, strict=True)
            },
            seed=seed,
        )
        (row,) = intervention_effects(lines(("x", "Order", START)), told, SETTLED_ON).rows(
            named=True
        )
        held += row["effect_low"] <= 0 <= row["effect_high"]

    assert held / 200 >= 0.94


def test_treated_touchpoints_are_nobodys_yardstick() -> None:
    """Two of eight others are touched within the windows: six are left to compare with."""
    started = lines(
        ("new form", "Order", START),
        ("new form", "other 0", START + timedelta(days=20)),
        ("old news", "other 1", START - timedelta(days=5)),
    )

    found = intervention_effects(started, days(alike() | {"Order": [0.3] * 100}), SETTLED_ON)

    assert found.filter(touchpoint="Order")["other_count"].to_list() == [6]


def test_several_starts_have_a_mean() -> None:
    """Two touchpoints of one intervention, on different days, fall by 20 points each."""
    later = START + timedelta(days=15)
    told = days(alike() | {"Order": [0.5] * 40 + [0.3] * 60, "Ask": [0.5] * 55 + [0.3] * 45})
    found = intervention_effects(
        lines(("chat", "Order", START), ("chat", "Ask", later)), told, SETTLED_ON
    )

    (mean,) = found.filter(pl.col("touchpoint").is_null()).rows(named=True)
    assert mean["effect"] == pytest.approx(-0.2, abs=0.06)
    assert mean["effect_high"] < 0
    assert mean["verdict"] == "2 of 2 touchpoints can be told"


@pytest.mark.parametrize(
    ("start", "told", "words"),
    [
        (SETTLED_ON + timedelta(days=1), days(alike() | {"Order": [0.3] * 100}), "too early"),
        (START, days(alike() | {"Order": [0.3] * 100}, count=1), "too few: 28 settled visits"),
        (START, days({"Order": [0.3] * 100, "other 0": [0.3] * 100}), "nothing to compare with: 1"),
        (START, days(alike()), "too few: 0 settled visits"),
    ],
)
def test_too_little_is_said_in_words(start: date, told: pl.DataFrame, words: str) -> None:
    """No number stands where it would say nothing."""
    (row,) = intervention_effects(lines(("new form", "Order", start)), told, SETTLED_ON).rows(
        named=True
    )

    assert row["verdict"].startswith(words)
    assert row["effect"] is None


def test_lines_that_cannot_be_meant_are_told_all_at_once(tmp_path: Path) -> None:
    """By file and line."""
    (tmp_path / "interventions.csv").write_text(
        "intervention,touchpoint,starts_on,ends_on,note\n"
        "new form,Order,2026-02-01,,\n"
        "new form,Ordr,2026-02-01,,\n"
        ",Order,01/02/2026,,\n"
        "short,Order,2026-02-02,2026-02-01,\n"
    )

    with pytest.raises(BadSettings) as caught:
        read(tmp_path, ["Order"])

    said = str(caught.value)
    assert "interventions.csv:3: unknown touchpoint 'Ordr'" in said
    assert "interventions.csv:4: starts_on is '01/02/2026'" in said
    assert "interventions.csv:4: intervention is empty" in said
    assert "interventions.csv:5: ends_on lies before starts_on" in said


def test_no_file_is_no_intervention(tmp_path: Path) -> None:
    """Most companies have none."""
    assert read(tmp_path, ["Order"]).is_empty()
