"""A proposal tried on the file itself: what its reader makes of the first records."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from pydantic import ValidationError

from pipeline.errors import BadSettings, SourceRefused
from pipeline.landing import readers
from pipeline.landing.formats import format_named
from pipeline.landing.gate import feed_of
from pipeline.landing.record import Event, Ignored, RawFile, Refused
from pipeline.settings import Company, Settings, Source
from pipeline.sniff.columns import without_values
from pipeline.sniff.sample import Sample

TRIED = 2_000


@dataclass(frozen=True, slots=True)
class Trial:
    """What a reader made of the file's first records."""

    event_count: int
    refusals: Counter[str]
    rules: Counter[str]

    @property
    def is_good(self) -> bool:
        """Whether most records became events, or are such as the format ignores."""
        read = self.event_count + self.rules.total()
        return read > self.refusals.total()


def lacks_zone(trial: Trial) -> bool:
    """Whether records were refused because their stamps name no zone."""
    return any("without a zone" in reason for reason in trial.refusals)


def refusals_of(trial: Trial) -> list[str]:
    """What of the file would be refused, as doubts; values are not repeated."""
    return [
        f"{count:,} of the records looked at would be refused: "
        + without_values(re.sub(r": .*", "", reason))
        for reason, count in trial.refusals.most_common(3)
    ]


def tried(
    keys: dict[str, Any], found: Sample, company: Company, now: datetime, *, strict: bool = False
) -> Trial | None:
    """What a reader makes of the file's first records; None when it refuses the whole file.

    Raises:
        SourceRefused: It refuses the file, where that is to be told (`strict`).
    """
    try:
        source = Source.model_validate(keys)
    except ValidationError:
        return None
    settings = Settings(folder=found.file.path.parent, company=company, sources={"sniffed": source})
    feed = feed_of(settings, "sniffed", now)
    file = RawFile(found.file.path, found.file.name, "sniffed", found.file.encoding)
    refusals: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    events = 0
    try:
        for outcome in islice(readers.read(format_named(source.format), file, feed), TRIED):
            events += isinstance(outcome, Event)
            if isinstance(outcome, Refused):
                refusals[outcome.reasons] += 1
            if isinstance(outcome, Ignored):
                rules[outcome.rule] += 1
    except (SourceRefused, BadSettings):
        if strict:
            raise
        return None
    return Trial(events, refusals, rules)
