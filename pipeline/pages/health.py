"""The run and its sources: whether a reader may trust the other pages, and what each fault touches.

A state is a sign and a word, never a colour alone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.counted import counted
from pipeline.pages import numbers

Row = Mapping[str, Any]

SIGNS = {"good": "✓ Good", "check": "! Check", "failed": "✕ Failed"}
TONES = {"good": "good", "check": "check", "failed": "bad"}
BARS = 30
STEPS = (
    *("land", "stitch", "attribute", "order", "restate", "models"),
    *("graph", "learned", "causes", "changes", "churn", "checks", "publish", "pages"),
)


@dataclass(frozen=True)
class Step:
    """One step of the run: its share of the whole time."""

    name: str
    words: str
    width: float


@dataclass(frozen=True)
class Bar:
    """One day of a source, drawn."""

    x: float
    height: float
    tone: str


@dataclass(frozen=True)
class Source:
    """One source's row."""

    name: str
    channel: str
    state: str
    tone: str
    records: str
    repeats: str
    refused: str
    ignored: str
    unlinked: str
    newest: str
    note: str
    bars: Sequence[Bar]
    sentence: str


@dataclass(frozen=True)
class Claim:
    """One check of the run."""

    name: str
    state: str
    tone: str
    found: str


@dataclass(frozen=True)
class Effect:
    """What a fault does to a page."""

    page: str
    words: str


def steps(run: Row) -> list[Step]:
    """The steps of the run, each as wide as it took."""
    seconds: dict[str, float] = json.loads(run["step_seconds"] or "{}")
    whole = sum(seconds.values()) or 1.0
    place = {name: n for n, name in enumerate(STEPS)}
    return [
        Step(name, f"{name} {numbers.spell(spent)}", round(100 * spent / whole, 2))
        for name, spent in sorted(seconds.items(), key=lambda step: place.get(step[0], len(STEPS)))
    ]


def sources(health: pl.DataFrame, days: pl.DataFrame) -> list[Source]:
    """One row per source, the worst state first."""
    order = {"failed": 0, "check": 1, "good": 2}
    rows = sorted(
        health.iter_rows(named=True), key=lambda row: (order[row["state"]], row["source"])
    )
    return [_source(row, days.filter(pl.col("source") == row["source"])) for row in rows]


def _source(row: Row, days: pl.DataFrame) -> Source:
    people = row["event_count"] - row["machine_event_count"]
    counts = days.sort("day_on")["event_count"].to_list()[-BARS:]
    return Source(
        name=row["source"],
        channel=numbers.channel(row["channel"]) if row["channel"] else "",
        state=SIGNS[row["state"]],
        tone=TONES[row["state"]],
        records=numbers.count(row["record_count"]),
        repeats=numbers.count(row["duplicate_count"]),
        refused=numbers.count(row["refused_count"]),
        ignored=numbers.count(row["ignored_count"]),
        unlinked=numbers.fine_share(row["unlinked_event_count"] / people)
        if people
        else numbers.DASH,
        newest=f"{numbers.wait(row['age_hours'])} before" if row["newest_at"] else "never",
        note=(row["reason"] or "")[:1].upper() + (row["reason"] or "")[1:],
        bars=_bars(counts, is_good=row["state"] == "good"),
        sentence=_rhythm(counts),
    )


def _rhythm(counts: Sequence[int]) -> str:
    if not any(counts):
        return f"no event in {len(counts)} days"
    return (
        f"{len(counts)} days, {numbers.count(sum(counts) / len(counts))} events a day on average, "
        f"{numbers.count(counts[-1])} on the last"
    )


def _bars(counts: Sequence[int], *, is_good: bool) -> list[Bar]:
    """One bar a day; the last days of a late source are marked where it fell silent."""
    most = max(counts, default=0) or 1
    usual = sorted(counts)[len(counts) // 2] if counts else 0
    silent = 0
    while not is_good and silent < len(counts) and counts[-1 - silent] < 0.25 * usual:
        silent += 1
    return [
        Bar(
            5.0 * n,
            round(max(22 * count / most, 1), 1),
            "bad" if n >= len(counts) - silent else "edge",
        )
        for n, count in enumerate(counts)
    ]


def claims(checks: pl.DataFrame) -> list[Claim]:
    """One row per check, those that do not hold first."""
    return [
        Claim(
            name=row["claim"].replace("_", " ").capitalize(),
            state=SIGNS["good" if row["is_met"] else "failed"],
            tone=TONES["good" if row["is_met"] else "failed"],
            found="holds"
            if row["is_met"]
            else f"{counted(row['failing_row_count'], 'row')} against it. {row['reason']}",
        )
        for row in checks.sort("is_met", "claim").iter_rows(named=True)
    ]


def stale(health: pl.DataFrame, touchpoints: pl.DataFrame) -> list[str]:
    """One line for each source that is late or failed, with the touchpoints it feeds."""
    return [
        f"{row['source']}: {row['reason'] or row['state']}{_fed(row, touchpoints)}."
        for row in health.filter(pl.col("state") != "good").sort("source").iter_rows(named=True)
        if _is_late(row)
    ]


def _is_late(row: Row) -> bool:
    return bool(row["state"] == "failed" or (row["age_hours"] or 0) > row["max_age_hours"])


def _fed(row: Row, touchpoints: pl.DataFrame) -> str:
    """The numbers of the touchpoints on a source's channel, if it is one channel."""
    fed = touchpoints.filter(pl.col("channel") == row["channel"]).sort("position")
    if fed.is_empty():
        return ""
    listed = ", ".join(str(number) for number in fed["position"])
    return f"; touchpoints {listed} may miss the newest {numbers.channel(row['channel'])} events"


def undecided(unmapped: pl.DataFrame) -> pl.DataFrame:
    """The kinds that people may have to give a touchpoint, most events first."""
    return unmapped.filter(~pl.col("suggestion").str.ends_with("may stay unmapped")).sort(
        "event_count", "source", "channel", "kind", descending=[True, False, False, False]
    )


def tied(ties: pl.DataFrame, reversals: pl.DataFrame) -> list[Effect]:
    """How many neighbouring events bear one instant, and the most that hangs on their order.

    Nothing where no tie was left to the events' ids.
    """
    whole = ties.filter(grain="all")
    if whole.is_empty() or whole["by_id_count"].item() == 0:
        return []
    row = whole.row(0, named=True)
    said = (
        f"{numbers.fine_share(row['tied_share'])} of customers' neighbouring events bear the same "
        f"instant, and of {counted(row['by_id_count'], 'pair')} nobody knows which came "
        "first"
    )
    first = reversals.filter(grain="touchpoint", rank=1)
    if first.is_empty():
        return [Effect("Paths", f"{said}. No transition hangs on it.")]
    most = first.row(0, named=True)
    return [
        Effect(
            "Paths",
            f"{said}. With all such pairs the other way round, "
            f"{numbers.fine_share(most['reversed_share'] or 0.0)} and not "
            f"{numbers.fine_share(most['share'] or 0.0)} would go from {most['from_name']} to "
            f"{most['to_name']}; no other share would change by more.",
        )
    ]


def effects(
    health: pl.DataFrame, touchpoints: pl.DataFrame, unmapped: pl.DataFrame
) -> list[Effect]:
    """What each fault does to the numbers of a page."""
    found = [Effect("Journey map", line) for line in stale(health, touchpoints)]
    refused = health.filter(pl.col("refused_count") > 0).sort(
        "refused_count", "source", descending=[True, False]
    )
    if refused.height:
        by_source = [
            f"{row['source']} {numbers.count(row['refused_count'])} "
            f"({numbers.fine_share(row['refused_share'])})"
            for row in refused.iter_rows(named=True)
        ]
        found.append(
            Effect(
                "All pages",
                f"{counted(int(refused['refused_count'].sum()), 'refused record')} count "
                f"nowhere: {numbers.listed(by_source)}. The table quarantine says why.",
            )
        )
    missing = undecided(unmapped)
    events = int(missing["event_count"].sum())
    if events:
        found.append(
            Effect(
                "Journey map, paths",
                f"{counted(events, 'event')} of {counted(missing.height, 'kind')} "
                "match no touchpoint; the kinds are listed below.",
            )
        )
    return found
