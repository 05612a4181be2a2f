"""Three findings of a run in words.

Rule: a share is put into words only with its base, and a change only if chance alone would hardly
make it; where nothing stands out, the finding says so.
"""

from datetime import date, datetime, timedelta
from statistics import NormalDist

import polars as pl

from pipeline.graph.edges import COMPLETED, Frames

SURE = 0.01  # the chance we accept that the rise of drop-off named at the end of a run is none
FEW = 30  # visits, or customers, below which nothing is put into words
USUAL = timedelta(days=30)  # of a log, in which what is usual will have come up
UNMAPPED_LIMIT = 0.2  # of what people did, unmapped: then the catalogue is the finding


def findings(frames: Frames, paths: pl.DataFrame) -> list[str]:
    """Three findings of a run in words, over the tables named in READS and the likeliest paths.

    Where journeys stop most; which drop-off rose; the likeliest way to the goal, or that the
    catalogue misses much of what people do. Each says when nothing stands out.
    """
    return [
        _largest_drop_off(frames["drop_offs"]),
        _new_drop_off(
            frames["drop_off_changes"], frames["drop_off_spans"], frames["touchpoint_measures"]
        ),
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


def _new_drop_off(changes: pl.DataFrame, spans: pl.DataFrame, measures: pl.DataFrame) -> str:
    """The week and cell whose drop-off rose most, if chance alone would hardly do it."""
    first = changes.filter(pl.col("rank") == 1)
    if first.is_empty() or first["z"].item() < clear_z(changes):
        tested = changes["z"].count()
        said = f"No drop-off rose: none of {tested:,} weekly shares stands out from the others"
        return f"{said}{_new_touchpoint(measures)}."
    row = first.row(0, named=True)
    span = spans.filter(pl.col("rank") == 1).row(0, named=True)
    where = ", ".join(word for word in (row["channel"], row["device_kind"]) if word)
    return (
        f"Drop-off rose after {row['touchpoint']} ({where}) from {_day(span['from_on'])} to "
        f"{_day(span['to_on'])}: {span['ended_count']:,} of {span['settled_count']:,} journeys "
        f"stopped there, {span['share']:.0%}; in other weeks {row['baseline_share']:.0%} do."
    )


def clear_z(changes: pl.DataFrame) -> float:
    """The z of a weekly drop-off that chance alone would hardly give.

    As many weeks as are looked at, as many chances to be fooled (Bonferroni): all of them together
    fool with a chance of SURE.
    """
    return NormalDist().inv_cdf(1 - SURE / max(changes["z"].count(), 1))


def _new_touchpoint(measures: pl.DataFrame) -> str:
    """The touchpoint of most customers that nobody met at first; nothing if there is none."""
    begun: datetime | None = measures["first_met_at"].min()  # type: ignore[assignment]
    if begun is None:
        return ""
    found = measures.filter(
        pl.col("first_met_at") > begun + USUAL, pl.col("customer_count") >= FEW
    ).sort("customer_count", "touchpoint", descending=[True, False])
    if found.is_empty():
        return ""
    row = found.row(0, named=True)
    return (
        f"; but {row['touchpoint']} is new: {row['customer_count']:,} customers met it, first on "
        f"{_day(row['first_met_at'].date())} and last on {_day(row['last_met_at'].date())}"
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
