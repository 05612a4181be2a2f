"""What a run would do, without doing it: each source is landed into a lake that is thrown away."""

import re
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from pipeline import catalogue
from pipeline.landing import gate
from pipeline.landing.gate import Problem
from pipeline.landing.ledger import Night
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a run would find.

    Attributes:
        files: Ledger rows as they would be, columns of FILES.
        reasons: `source`, `reasons`, `record_count`: why records would be refused.
        unmapped: `channel`, `kind`, `label`, `event_count`, `suggestion`: kinds no touchpoint
            takes.
        problems: Files or paths that could not be read at all.
    """

    files: pl.DataFrame
    reasons: pl.DataFrame
    unmapped: pl.DataFrame
    problems: tuple[Problem, ...]


def rehearse(settings: Settings, *, now: datetime) -> Rehearsal:
    """Read every source whole, land nothing, and say what would come of it."""
    read = catalogue.read(settings.folder)
    with tempfile.TemporaryDirectory(prefix="wend-check-") as folder:
        lake = Path(folder)
        landing = gate.land(settings, lake, Night(1, frozenset(), now), tell=lambda *_: None)
        refused = gate.landed_table(lake, "quarantine").collect()
        kinds = (
            gate.landed_table(lake, "events")
            .filter(~pl.col("is_machine"))
            .group_by("channel", "kind", "label")
            .agg(event_count=pl.len())
            .collect()
        )
    reasons = (
        refused.group_by("source", "reasons")
        .agg(record_count=pl.len())
        .sort("source", "record_count", "reasons", descending=[False, True, False])
    )
    unmapped = catalogue.suggestions(
        without_touchpoint(kinds, read.touchpoint_patterns).sort(
            "event_count", "channel", "kind", "label", descending=[True, False, False, False]
        ),
        read.touchpoints,
        read.touchpoint_patterns,
    )
    return Rehearsal(landing.files, reasons, unmapped, landing.problems)


def without_touchpoint(kinds: pl.DataFrame, patterns: pl.DataFrame) -> pl.DataFrame:
    """The rows of `kinds` that no pattern of the catalogue takes."""
    rules = [
        (rule["channel"], rule["kind"], _expression(rule["label_like"]))
        for rule in patterns.iter_rows(named=True)
    ]
    return kinds.filter(
        [
            not any(
                rule_channel in {None, channel}
                and rule_kind == kind
                and expression.fullmatch(label or "")
                for rule_channel, rule_kind, expression in rules
            )
            for channel, kind, label in kinds.select("channel", "kind", "label").iter_rows()
        ]
    )


def _expression(like: str | None) -> re.Pattern[str]:
    """A LIKE pattern with `!` as its escape, as a regular expression; None takes any label."""
    signs = re.findall(r"!.|.", "%" if like is None else like, re.DOTALL)
    return re.compile(
        "".join(
            ".*" if sign == "%" else "." if sign == "_" else re.escape(sign[-1]) for sign in signs
        ),
        re.DOTALL,
    )
