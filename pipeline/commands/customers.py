"""Commands about who is who: why, what if, and what people decide."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from pipeline.commands.options import (
    CHECKS_FAILED,
    USAGE,
    AtLeastOne,
    Project,
    can_write,
    folder_of,
    in_utc,
    one_of,
)
from pipeline.counted import counted

if TYPE_CHECKING:
    from pipeline.settings import Settings

ASKED = Group("What is asked", validator=one_of)
MATCHING = Group("What is to be done", validator=one_of)


def explain(identifier: str, other: str | None = None, /, *, project: Project = None) -> int:
    """Say why the records of IDENTIFIER are one customer; or why OTHER is the same or is not.

    Args:
        identifier: An e-mail address, phone number or id; or namespace:value.
        other: A second one.
        project: The project folder.
    """
    from pipeline import words
    from pipeline.identity import explain as explaining
    from pipeline.settings import load

    settings = load(folder_of(project))
    words.lines(explaining.published(settings, identifier, other))
    return 0


def _identity_as_of(settings: "Settings", as_of: datetime, out: Path | None) -> int:
    """Write the identity tables of a past instant, and say how many customers it had."""
    from pipeline import words
    from pipeline.identity import as_of as past

    if out is None:
        sys.stderr.write("wend: --as-of writes files: name their folder with --out\n")
        return USAGE
    instant = in_utc(as_of)
    stitched = past.write(settings, instant, out)
    said = (
        f"{counted(stitched.identifier_count, 'identifier')}, "
        f"{counted(stitched.link_count, 'link')}, "
        f"{counted(stitched.customer_count, 'customer')} known at {instant.isoformat()}"
    )
    words.lines([said, f"wrote {out}"])
    return 0


def identity(
    *,
    project: Project = None,
    try_: Annotated[Path | None, Parameter(name="--try", group=ASKED)] = None,
    as_of: Annotated[datetime | None, Parameter(group=ASKED)] = None,
    out: Path | None = None,
    show_identifiers: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Say who would be one customer under another policy, or who was at a past instant.

    Ends with 3 where a check would fail, or an alarm stop the publish.

    Args:
        project: The project folder.
        as_of: Write who was who by what was known at this instant (UTC unless it names a zone):
            the identity tables, as Parquet files in the folder OUT. They hold identifiers in
            clear.
        try_: A TOML file with the [identity] section to try: what it would merge, split and
            leave, and how drop-offs and churn risk would move. Nothing published is touched.
        out: Write the answer here, too, as JSON; with --as-of the folder to write to.
        show_identifiers: Name customers by their e-mail addresses, phones and so on, too.
    """
    import json

    from pipeline import words
    from pipeline.identity import trial, trial_report
    from pipeline.settings import clock, load, load_identity

    settings = load(folder_of(project))
    if as_of is not None:
        return _identity_as_of(settings, as_of, out)
    can_write(out)
    policy = load_identity(try_ or Path())
    with words.progress() as listener:
        found = trial.attempt(settings, policy, now=clock(), listener=listener)
    if not show_identifiers:
        found = trial_report.without_identifiers(found)
    words.lines(["", *trial_report.lines(found)])
    if out is not None:
        out.write_text(json.dumps(trial_report.as_json(found), indent=2) + "\n", encoding="utf-8")
        words.lines([f"wrote {out}"])
    is_sound = found.checks["is_met_after"].all() and not found.alarms
    return 0 if is_sound else CHECKS_FAILED


def match(
    *,
    project: Project = None,
    train: Annotated[bool, Parameter(negative=(), group=MATCHING)] = False,
    take: Annotated[Path | None, Parameter(group=MATCHING)] = None,
    by: str = "",
) -> int:
    """Learn anew who may be one customer, or take what people decided about likely pairs.

    Args:
        project: The project folder.
        train: Forget the model of [identity.match]; the next run learns another.
        take: A match_review.csv whose column `decision` says same or different: its decisions
            are added to identity_links.csv, and the next run holds to them.
        by: Who decided; needed with --take.
    """
    from pipeline import words
    from pipeline.identity.matching import nightly
    from pipeline.settings import clock, load

    settings = load(folder_of(project))
    if train:
        nightly.forget(settings)
        words.lines(["the model is forgotten; the next run learns another"])
    elif take is not None:
        count = nightly.take(settings, take, decided_by=by, on=clock().date())
        added = f"{counted(count, 'decision')} added to identity_links.csv"
        words.lines([f"{added}; the next run holds to {'it' if count == 1 else 'them'}"])
    return 0


def suggest_blocks(*, project: Project = None, limit: AtLeastOne = 30) -> int:
    """Name values that look like nobody's, and the lines of wend.toml that would block them.

    Looks for values seen with many people or many given names, repeated characters and
    placeholders. Shows identifiers in clear, and changes nothing.

    Args:
        project: The project folder.
        limit: How many values to name.
    """
    from pipeline import words
    from pipeline.identity import suggestions
    from pipeline.settings import load

    found = suggestions.published(load(folder_of(project)), limit=limit)
    if found.values.is_empty():
        words.lines(["no value looks like nobody's"])
        return 0
    words.table(found.values)
    words.lines(["", "to block them, in place of what [identity] says:", "", *found.toml])
    return 0
