"""The journey map: one column a stage, one row a question a reader asks of it.

What people wrote is marked as written; everything else is computed, or said not to be.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl

from pipeline.counted import counted
from pipeline.pages import numbers
from pipeline.pages.causes import Opportunity, opportunities
from pipeline.pages.emotion import Emotion, Felt, StageMood, draw

Row = Mapping[str, Any]

LEFT_LIMIT = 0.25
"""A drop-off share above this is worth a red number (our choice)."""
SHOWN = 5
"""Touchpoints named in a cell; the others are counted."""
QUOTE_LENGTH = 120


@dataclass(frozen=True)
class Touch:
    """One touchpoint in a cell: its number on the whole map, and who met it.

    `mark` says that it is a moment of truth or hygiene, where the data say so.
    """

    number: int
    name: str
    channel: str
    customers: str
    bar: float
    mark: str


@dataclass(frozen=True)
class Touches:
    """The largest touchpoints of a cell, and how many are left out."""

    shown: Sequence[Touch]
    smaller: int


@dataclass(frozen=True)
class Left:
    """How many leave at a stage; `share` is empty where nothing is settled yet."""

    share: str
    counts: str
    interval: str
    is_high: bool


@dataclass(frozen=True)
class Evidence:
    """How much data stands behind a column."""

    events: str
    with_sentiment: str
    channels: str


@dataclass(frozen=True)
class Pain:
    """One pain point, with the customers it touched and their share of the stage."""

    name: str
    customers: str
    share: str


@dataclass(frozen=True)
class Kpi:
    """One survey score of a stage; `refused` says why it is not shown."""

    name: str
    value: str
    interval: str
    answers: str
    refused: str


@dataclass(frozen=True)
class Voiced:
    """One theme of a stage's unhappy messages: its words, where, and how many wrote of it."""

    theme: str
    number: int | None
    customers: str


@dataclass(frozen=True)
class Compared:
    """What the company compares a stage or touchpoint with, and what came of it."""

    name: str
    measured: str
    benchmark: str
    source: str
    verdict: str


@dataclass(frozen=True)
class Toil:
    """How often customers of a stage must come back; empty where nothing is resolved."""

    contacts: str
    interval: str
    cases: str
    repeated: str


@dataclass(frozen=True)
class Begun:
    """Who begins the contacts of a stage; empty where there was none."""

    share: str
    interval: str
    contacts: str


@dataclass(frozen=True)
class Decided:
    """What the data say of a touchpoint's weight, beside what the catalogue says."""

    number: int
    name: str
    importance: str
    verdict: str
    visits: str
    completed: str
    other: str
    difference: str
    interval: str
    penalty: str
    reward: str


@dataclass(frozen=True)
class Quote:
    """What one customer wrote, and where."""

    text: str
    source: str


@dataclass(frozen=True)
class Column:
    """One stage, from top to bottom."""

    name: str
    customers: str
    reach: float
    reach_share: str
    stay: str
    left: Left
    goal: str
    onstage: Touches
    backstage: Touches
    quote: Quote | None
    pains: Sequence[Pain]
    is_worst: bool
    themes: Sequence[Voiced]
    kpis: Sequence[Kpi]
    benchmarks: Sequence[Compared]
    toil: Toil | None
    begun: Begun | None
    owners: Sequence[str]
    opportunities: Sequence[Opportunity]
    evidence: Evidence


@dataclass(frozen=True)
class Sheets:
    """The published tables the map is drawn from.

    Attributes:
        stages: `journey_map`, one row per stage.
        touchpoints: The catalogue with the measures of each touchpoint.
        owners: One row per stage and owner, placed by customers.
        pain_points: One row per stage and pain, ranked within its stage.
        quotes: At most one message per stage.
        notes: What people wrote about stages and touchpoints.
        moments: `moments_of_truth`, one row per touchpoint.
        themes: Words of unhappy messages, ranked within their touchpoint.
        effort: One row per stage and touchpoint that customers come to with something.
        starts: `contact_starts`, one row per stage and touchpoint.
        benchmarks: One row per line of benchmarks.csv.
        opportunities: What could be won, one row per stage and touchpoint with a cause.
        currency: Of `value_cents`, as in EUR; None where nobody said.
    """

    stages: pl.DataFrame
    touchpoints: pl.DataFrame
    owners: pl.DataFrame
    pain_points: pl.DataFrame
    quotes: pl.DataFrame
    notes: pl.DataFrame
    moments: pl.DataFrame
    themes: pl.DataFrame
    effort: pl.DataFrame
    starts: pl.DataFrame
    benchmarks: pl.DataFrame
    opportunities: pl.DataFrame
    currency: str | None


def columns(sheets: Sheets) -> list[Column]:
    """The columns of the map, in the order of the stages."""
    rows = sheets.stages.sort("position").rows(named=True)
    last = rows[-1]["stage"] if rows else None
    worst = _worst(sheets.pain_points)
    return [_column(row, sheets, last=last, worst=worst) for row in rows]


def _column(row: Row, sheets: Sheets, *, last: str | None, worst: str | None) -> Column:
    """One stage, from top to bottom."""
    most = max(sheets.touchpoints["customer_count"].to_list(), default=0)
    marks = _marks(sheets.moments)
    owners, pains, quotes = (
        frame.filter(pl.col("stage") == row["stage"])
        for frame in (sheets.owners, sheets.pain_points, sheets.quotes)
    )
    return Column(
        name=row["stage"],
        customers=numbers.customers(row["customer_count"]),
        reach=round(100 * (row["reach_share"] or 0), 1),
        reach_share=numbers.share(row["reach_share"]),
        stay=numbers.stay(row["median_days"]),
        # Whoever leaves at the last stage has come to the end of the way.
        left=_left(row, limit=1.0 if row["stage"] == last else LEFT_LIMIT),
        goal=row["goal"] or "",
        onstage=_touches(_in(sheets.touchpoints, row, "onstage"), most, marks),
        backstage=_touches(_in(sheets.touchpoints, row, "offstage"), most, marks),
        quote=_quote(quotes, sheets.touchpoints),
        pains=_pains(pains),
        is_worst=row["stage"] == worst,
        themes=_themes(sheets.themes.filter(stage=row["stage"]), sheets.touchpoints),
        kpis=_kpis(row),
        benchmarks=_benchmarks(row["stage"], sheets),
        toil=_toil(sheets.effort.filter(grain="stage", name=row["stage"])),
        begun=_begun(sheets.starts.filter(grain="stage", name=row["stage"])),
        owners=owners.sort("place")["owner"].to_list(),
        opportunities=opportunities(
            sheets.opportunities, sheets.notes, row["stage"], sheets.currency
        ),
        evidence=_evidence(row),
    )


def _worst(pain_points: pl.DataFrame) -> str | None:
    """The stage of the pain that touched the largest share of its stage: the one red cell."""
    first = (
        pain_points.filter(pl.col("customer_count") >= numbers.ENOUGH_ANSWERS)
        .sort("share", "pain", descending=[True, False])
        .head(1)
    )
    return None if first.is_empty() else str(first["stage"].item())


def _in(touchpoints: pl.DataFrame, stage: Row, visibility: str) -> pl.DataFrame:
    """The touchpoints of a stage that somebody met, on one side of the line of visibility."""
    return touchpoints.filter(
        pl.col("stage") == stage["stage"],
        pl.col("visibility") == visibility,
        pl.col("customer_count") > 0,
    )


def _left(row: Row, *, limit: float) -> Left:
    """The stage's drop-off: share of settled visits, their counts, and the interval."""
    if not row["left_base_count"]:
        words = "every visit is still open" if row["customer_count"] else "not reached"
        return Left("", words, "", is_high=False)
    return Left(
        numbers.share(row["left_share"]),
        f"{numbers.count(row['left_count'])} of {numbers.count(row['left_base_count'])}",
        numbers.interval(row["left_low"], row["left_high"]),
        is_high=row["left_share"] > limit,
    )


def _marks(moments: pl.DataFrame) -> dict[str, str]:
    """What stands beside a touchpoint that decides, with how far outcomes lie apart."""
    words: dict[str, str] = {}
    for row in moments.iter_rows(named=True):
        if row["verdict"] == "moment of truth":
            words[row["touchpoint"]] = f"moment of truth, {numbers.points(row['difference'])}"
        elif row["verdict"] == "hygiene":
            words[row["touchpoint"]] = f"hygiene, {numbers.points(row['penalty'])} when it fails"
    return words


def _touches(touchpoints: pl.DataFrame, most: int, marks: Mapping[str, str]) -> Touches:
    """The touchpoints most customers met, in the order of the map; bars on one scale."""
    largest = (
        touchpoints.sort("customer_count", "position", descending=[True, False])
        .head(SHOWN)
        .sort("position")
    )
    return Touches(
        [
            Touch(
                number=row["position"],
                name=row["touchpoint"],
                channel=numbers.channel(row["channel"]),
                customers=numbers.customers(row["customer_count"]),
                bar=round(100 * row["customer_count"] / most, 1),
                mark=marks.get(row["touchpoint"], ""),
            )
            for row in largest.iter_rows(named=True)
        ],
        smaller=touchpoints.height - largest.height,
    )


def _pains(pain_points: pl.DataFrame) -> list[Pain]:
    """Up to three pain points, by customers."""
    return [
        Pain(
            f"{row['touchpoint']}: {row['trouble']}",
            numbers.customers(row["customer_count"]),
            numbers.share(row["share"]),
        )
        for row in pain_points.sort("rank").head(3).iter_rows(named=True)
    ]


def _evidence(row: Row) -> Evidence:
    """How much data stands behind a column."""
    return Evidence(
        numbers.count(row["event_count"]),
        numbers.share(row["sentiment_share"] or 0),
        f"{row['channel_count']} of {counted(row['channel_total'], 'channel')}",
    )


def _quote(quotes: pl.DataFrame, touchpoints: pl.DataFrame) -> Quote | None:
    """The stage's message, cut at a word where it is long, and where it was written."""
    if quotes.is_empty():
        return None
    row = quotes.row(0, named=True)
    text = " ".join(row["text"].split())
    if len(text) > QUOTE_LENGTH:
        text = text[: QUOTE_LENGTH - 1].rsplit(" ", 1)[0].rstrip(",.;: ") + "…"
    number = touchpoints.filter(pl.col("touchpoint") == row["touchpoint"])["position"]
    where = (*map(str, number), numbers.channel(row["channel"]), numbers.day(row["occurred_at"]))
    return Quote(text, ", ".join(where))


def _themes(themes: pl.DataFrame, touchpoints: pl.DataFrame) -> list[Voiced]:
    """Up to three themes of a stage, by customers."""
    placed = dict(touchpoints.select("touchpoint", "position").iter_rows())
    ranked = themes.sort(
        "customer_count", "touchpoint", "language", "rank", descending=[True, False, False, False]
    )
    # Touchpoints of one survey hear the same words.
    largest = ranked.unique("theme", keep="first", maintain_order=True).head(3)
    return [
        Voiced(
            row["theme"],
            placed.get(row["touchpoint"]),
            numbers.customers(row["customer_count"]),
        )
        for row in largest.iter_rows(named=True)
    ]


MEASURES: Mapping[str, tuple[str, Callable[[float | None], str]]] = {
    "nps": ("NPS", partial(numbers.decimal, decimals=0)),
    "csat": ("CSAT", numbers.share),
    "ces": ("CES", numbers.decimal),
    "sentiment": ("Sentiment", numbers.signed),
    "drop_off_share": ("Drop-off", numbers.share),
    "contacts_per_resolution": ("Contacts per resolution", numbers.decimal),
    "single_contact_share": ("Resolved at the first contact", numbers.share),
    "repeated_share": ("Contacts repeated", numbers.share),
    "company_started_share": ("Contacts we began", numbers.share),
}
"""How each measure is called and written."""
VERDICTS: Mapping[str, str] = {"cannot tell": "cannot be told from"}
"""The verdicts that do not stand before a benchmark as they are."""


def _benchmarks(stage: str, sheets: Sheets) -> list[Compared]:
    """What the stage and its touchpoints are compared with, in the order of the file."""
    inside = sheets.touchpoints.filter(pl.col("stage") == stage)["touchpoint"].to_list()
    rows = sheets.benchmarks.filter(
        ((pl.col("grain") == "stage") & (pl.col("name") == stage))
        | ((pl.col("grain") == "touchpoint") & pl.col("name").is_in(inside))
    )
    found = []
    for row in rows.sort("number").iter_rows(named=True):
        word, written = MEASURES.get(row["measure"], (row["measure"], numbers.decimal))
        where = f"{row['name']}: " if row["grain"] == "touchpoint" else ""
        day = f", {numbers.day(row['as_of_on'])}" if row["as_of_on"] else ""
        found.append(
            Compared(
                f"{where}{word}",
                "" if row["value"] is None else written(row["value"]),
                written(row["benchmark"]),
                f"{row['source']}{day}",
                VERDICTS.get(row["verdict"], row["verdict"])
                if row["value"] is not None
                else "too little is measured to tell it from",
            )
        )
    return found


def _toil(effort: pl.DataFrame) -> Toil | None:
    """Contacts per resolution and repeats of a stage; None where nobody had to ask."""
    if effort.is_empty():
        return None
    row = effort.row(0, named=True)
    again = numbers.interval(row["repeated_low"], row["repeated_high"])
    return Toil(
        "" if row["contacts_per_resolution"] is None
        else numbers.decimal(row["contacts_per_resolution"], 2),
        _between(row["contacts_low"], row["contacts_high"], 2),
        f"{counted(row['resolved_count'], 'case')} resolved, "
        f"{numbers.count(row['open_case_count'])} open",
        "" if row["repeated_share"] is None
        else f"{numbers.share(row['repeated_share'])} repeated within 7 days ({again})",
    )  # fmt: skip


def _begun(starts: pl.DataFrame) -> Begun | None:
    """How many of a stage's contacts the company began; None where there was none."""
    met = starts.filter(pl.col("contact_count") > 0)
    if met.is_empty():
        return None
    row = met.row(0, named=True)
    return Begun(
        numbers.share(row["company_started_share"]),
        numbers.interval(row["company_started_low"], row["company_started_high"]),
        numbers.count(row["contact_count"]),
    )


def decisive(moments: pl.DataFrame, touchpoints: pl.DataFrame) -> list[Decided]:
    """What the data say of each touchpoint's weight; those that decide come first."""
    placed = dict(touchpoints.select("touchpoint", "position").iter_rows())
    order = {"moment of truth": 0, "hygiene": 1, "no difference seen": 2}
    rows = sorted(
        moments.filter(pl.col("visit_count") > 0).rows(named=True),
        key=lambda row: (
            order.get(row["verdict"], 3),
            row["rank"] or 0,
            placed.get(row["touchpoint"], 0),
        ),
    )
    return [
        Decided(
            placed.get(row["touchpoint"], 0),
            row["touchpoint"],
            row["importance"] or "",
            row["verdict"],
            f"{numbers.count(row['visit_count'])}, {numbers.count(row['open_count'])} still open",
            numbers.share(row["completed_share"]),
            numbers.share(row["other_completed_share"]),
            numbers.points(row["difference"]),
            _points_between(row, "difference"),
            " ".join((numbers.points(row["penalty"]), _points_between(row, "penalty"))),
            " ".join((numbers.points(row["reward"]), _points_between(row, "reward"))),
        )
        for row in rows
    ]


def _points_between(row: Row, name: str) -> str:
    """The interval of a difference in points, in brackets; nothing where there is none."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if low is None or high is None:
        return ""
    return f"({numbers.signed(100 * low, 0)} to {numbers.signed(100 * high, 0)})"


def _between(low: float | None, high: float | None, decimals: int) -> str:
    """The interval of a plain number; nothing where nobody knows it."""
    if low is None or high is None:
        return ""
    return f"{numbers.decimal(low, decimals)} to {numbers.decimal(high, decimals)}"


def _kpis(row: Row) -> list[Kpi]:
    """The survey scores of a stage; too few answers give words in place of a score."""
    kpis = []
    for name, decimals in (("nps", 0), ("csat", 0), ("ces", 1)):
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        answers = row[f"{name}_count"] or 0
        if not answers:
            continue
        enough = numbers.ENOUGH_ANSWERS
        few = f"{counted(answers, 'answer')}, too few to show ({enough} needed)"
        kpis.append(
            Kpi(
                name.upper(),
                MEASURES[name][1](row[name]),
                numbers.interval(low, high) if name == "csat" else _between(low, high, decimals),
                numbers.count(answers),
                few if answers < enough else "",
            )
        )
    return kpis


def mood(stages: pl.DataFrame, touchpoints: pl.DataFrame) -> Emotion:
    """The emotion row over the same columns."""
    met = touchpoints.filter(pl.col("customer_count") > 0)
    return draw([_mood(row, met) for row in stages.sort("position").iter_rows(named=True)])


def _mood(row: Row, met: pl.DataFrame) -> StageMood:
    """What is felt in a stage, and at its largest touchpoints."""
    largest = (
        met.filter(pl.col("stage") == row["stage"])
        .sort("customer_count", "position", descending=[True, False])
        .head(2 * SHOWN)
        .sort("position")
        .rows(named=True)
    )
    felt = [
        (
            slot,
            Felt(
                number=one["position"],
                name=one["touchpoint"],
                mean=one["sentiment_mean"],
                low=one["sentiment_low"]
                if one["sentiment_low"] is not None
                else one["sentiment_mean"],
                high=one["sentiment_high"]
                if one["sentiment_high"] is not None
                else one["sentiment_mean"],
                message_count=one["message_count"],
            ),
        )
        for slot, one in enumerate(largest)
        if one["message_count"] and one["sentiment_mean"] is not None
    ]
    return StageMood(row["sentiment_mean"], row["message_count"], max(len(largest), 1), felt)
