"""A trial in words for people, and in JSON for machines."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import polars as pl

from pipeline.identity.trial import SHOWN, Trial

FATES = {
    "unchanged": "the same identifiers",
    "merged": "whole, together with others",
    "split": "come apart",
    "regrouped": "change parts with others",
    "resized": "gain or lose an identifier that no other customer has",
    "dissolved": "keep no identifier: all of them shared or blocked",
}


def without_identifiers(found: Trial) -> Trial:
    """The same with customers named by their ids alone."""
    return replace(found, members=found.members.clear())


def lines(found: Trial) -> list[str]:
    """The trial as lines to print."""
    compared = "what is published" if found.is_published else "the landed records of now"
    return [
        f"as of {found.as_of}, against {compared}; nothing published was touched",
        *_customers(found),
        *_groups(found, "merges", "made of"),
        *_groups(found, "splits", "parted into"),
        *_events(found),
        *_drop_offs(found),
        *_churn(found),
        *(f"! nothing would be published: {alarm}" for alarm in found.alarms),
        *_checks(found),
    ]


def as_json(found: Trial) -> dict[str, Any]:
    """The trial as plain values; its key `members` is empty where identifiers are not shown."""
    sides = found.churn.rows_by_key("side", named=True, unique=True)
    return {
        "as_of": found.as_of,
        "before_is_published": found.is_published,
        "customers": {
            "before": found.fates.height,
            "after": found.customer_count,
            "new": found.new_count,
            "renamed": _renamed(found),
            **_counts(found),
        },
        "largest_customer": found.largest.rows_by_key("side", named=True, unique=True),
        "merges": found.merges.with_columns(pl.col("customer_ids").str.split(" ")).to_dicts(),
        "splits": found.splits.with_columns(pl.col("customer_ids").str.split(" ")).to_dicts(),
        "events": found.events.row(0, named=True),
        "drop_offs": found.drop_offs.to_dicts(),
        "churn": {side: row | _risk_shares(row) for side, row in sides.items()},
        "alarms": list(found.alarms),
        "checks": found.checks.to_dicts(),
        "members": found.members.to_dicts(),
    }


def _counts(found: Trial) -> dict[str, int]:
    counted = dict(found.fates.group_by("fate").len().iter_rows())
    return {fate: counted.get(fate, 0) for fate in FATES}


def _renamed(found: Trial) -> int:
    """How many customers stay whom they are, but under another id."""
    stays = pl.col("fate").is_in(["unchanged", "resized"])
    return found.fates.filter(stays & ~pl.col("has_kept_id")).height


def _customers(found: Trial) -> Iterator[str]:
    yield f"customers: {found.fates.height:,} -> {found.customer_count:,}"
    for fate, count in _counts(found).items():
        yield f"  {fate:<10} {count:>10,}  {FATES[fate]}"
    yield f"  {'new':<10} {found.new_count:>10,}  of identifiers that had no customer"
    if renamed := _renamed(found):
        yield f"  {renamed:,} of the unchanged and resized get another id"
    sizes = found.largest.rows_by_key("side", named=True, unique=True)
    told = [
        f"{sizes[side]['identifier_count']:,} identifiers ({sizes[side]['customer_id']})"
        if side in sizes
        else "none"
        for side in ("before", "after")
    ]
    yield f"largest customer: {' -> '.join(told)}"


def _groups(found: Trial, name: str, verb: str) -> Iterator[str]:
    """The largest merges or splits, each customer with its identifiers where they are shown."""
    groups: pl.DataFrame = getattr(found, name)
    if groups.is_empty():
        return
    own, other = ("after", "before") if name == "merges" else ("before", "after")
    yield f"largest {name}:"
    for row in groups.iter_rows(named=True):
        said = f"{verb} {row['customer_count']:,}"
        yield f"  {row['customer_id']}, {said}{_held(found, own, row['customer_id'])}"
        others = row["customer_ids"].split(" ")
        for customer_id in others[:SHOWN]:
            yield f"    {customer_id}{_held(found, other, customer_id)}"
        if len(others) > SHOWN:
            yield f"    and {len(others) - SHOWN:,} more"


def _held(found: Trial, side: str, customer_id: str) -> str:
    """The customer's strongest identifiers, where they are shown."""
    own = (pl.col("side") == side) & (pl.col("customer_id") == customer_id)
    held = found.members.filter(own)["identifier"]
    return f": {' '.join(held)}" if held.len() else ""


def _events(found: Trial) -> Iterator[str]:
    row = found.events.row(0, named=True)
    share = row["moved_count"] / max(row["before_count"], 1)
    yield (
        f"events: {row['before_count']:,} -> {row['after_count']:,}; "
        f"{row['moved_count']:,} ({share:.1%}) another customer's, "
        f"{row['gained_count']:,} a customer's only now, {row['lost_count']:,} nobody's any more"
    )


def _drop_offs(found: Trial) -> Iterator[str]:
    yield "drop-off by stage, with 95 % intervals:"
    width = max((len(stage) for stage in found.drop_offs["stage"]), default=0)
    for row in found.drop_offs.iter_rows(named=True):
        sides = " -> ".join(_share(row, side) for side in ("before", "after"))
        yield f"  {row['stage']:<{width}}  {sides}"


def _share(row: dict[str, Any], side: str) -> str:
    """A stage's drop-off on one side."""
    if row[f"{side}_share"] is None:
        return "no settled visit"
    share, low, high = (row[f"{side}_{name}"] for name in ("share", "low", "high"))
    return f"{share:.1%} ({low:.1%} to {high:.1%} of {row[f'{side}_settled_count']:,})"


def _risk_shares(row: dict[str, Any]) -> dict[str, float | None]:
    """What share of one side's customers is scored, and what share of these is at risk."""
    customers, scored, at_risk = (
        row[name] for name in ("customer_count", "scored_count", "at_risk_count")
    )
    return {
        "scored_share": scored / customers if customers else None,
        "at_risk_share": at_risk / scored if scored else None,
    }


def _churn(found: Trial) -> Iterator[str]:
    sides = found.churn.rows_by_key("side", named=True, unique=True)
    yield "churn risk:"
    for title, key in (
        ("customers scored", "scored_share"),
        ("of these at risk (0.5 and more)", "at_risk_share"),
        ("mean risk", "mean_risk"),
    ):
        values = [
            (sides[side] | _risk_shares(sides[side]))[key] if side in sides else None
            for side in ("before", "after")
        ]
        told = " -> ".join("nobody" if value is None else f"{value:.1%}" for value in values)
        yield f"  {title:<32} {told}"


def _checks(found: Trial) -> Iterator[str]:
    for row in found.checks.iter_rows(named=True):
        if row["is_met_after"]:
            said = "would hold again"
        elif row["is_met_before"]:
            said = "would fail"
        else:
            said = "fails, and would fail"
        yield f"! check {said}: {row['claim']}: {row['reason']}"
