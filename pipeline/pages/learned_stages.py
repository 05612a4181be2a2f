"""Where no rule sees a stage: what was learned of those customers, or why nothing was.

Every number is the one in the published tables; nothing is counted again here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.counted import counted
from pipeline.pages import numbers

AFTER_SHARE = re.compile(r"(?<=\d%), ")  # names may hold commas
REASONS = {
    "too few customers": "of {customers} no rule shows a stage on half of their days: too few to "
    "learn from ({least_customers} are needed)",
    "no stages told apart": "of {customers} no rule shows a stage on half of their days, and what "
    "they do does not fall into stages either",
}


@dataclass(frozen=True)
class LearnedStage:
    """One learned stage's row."""

    name: str
    touchpoints: Sequence[str]
    customers: str
    events: str
    stay: str
    rule: str
    sure: str


def content(learned: pl.DataFrame, models: pl.DataFrame) -> dict[str, Any]:
    """What the section shows: `headline`, `why` where there are none, and `rows`.

    `headline` is empty where every customer has a stage of the catalogue: then there is nothing
    to tell.
    """
    known = models.filter(pl.col("model") == "stages").to_dicts()
    if not known or known[0]["status"] == "nothing unseen":
        return {"headline": "", "why": "", "rows": []}
    model = known[0]
    unseen = counted(model["customer_count"], "customer")
    if model["customer_count"] < numbers.FEWEST_CUSTOMERS:
        unseen = f"{numbers.customers(model['customer_count'])} customers"
    if learned.is_empty():
        why = REASONS[model["status"]].format_map({**model, "customers": unseen})
        return {
            "headline": "stages of some customers are not known",
            "why": f"{why[0].upper()}{why[1:]}.",
            "rows": [],
        }
    rows = [_learned_stage(row) for row in learned.sort("learned_stage").iter_rows(named=True)]
    said = f"{unseen} move through {counted(len(rows), 'learned stage')}"
    return {"headline": said, "why": "", "rows": rows}


def _learned_stage(row: dict[str, Any]) -> LearnedStage:
    """A row of `learned_stages` in words."""
    rule = "no stage of the catalogue"
    if row["rule_stage"]:
        of = counted(row["rule_event_count"], "event")
        rule = f"{row['rule_stage']}: {numbers.share(row['rule_stage_share'])} of {of}"
    return LearnedStage(
        name=f"Learned stage {row['learned_stage']}",
        touchpoints=[one for one in AFTER_SHARE.split(row["touchpoints"] or "") if one],
        customers=numbers.customers(row["customer_count"]),
        events=numbers.share(row["event_share"]),
        stay=numbers.wait(row["stay_hours_p50"]),
        rule=rule,
        sure=numbers.share(row["probability"]),
    )
