"""Commands that ask the published file."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from pipeline.commands.options import USAGE, NotNegative, Project, can_write, folder_of
from pipeline.counted import counted


def query(sql: str, *, project: Project = None, limit: NotNegative = 50) -> int:
    """Ask the published file a question in SQL.

    Args:
        sql: One SELECT over the published tables; no other file can be read or written.
        project: The project folder.
        limit: How many rows to print.
    """
    from pipeline import publish, words
    from pipeline.settings import load

    con = publish.connect(load(folder_of(project)).published)
    try:
        words.table(publish.ask(con, sql, limit=limit))
    finally:
        con.close()
    return 0


def funnel(  # noqa: PLR0913 - each is a word of the command line
    *steps: str,
    project: Project = None,
    window: str = "14d",
    order: Literal["ordered", "strict", "any"] = "ordered",
    step_window: Annotated[list[str] | None, Parameter(negative=())] = None,
    anchored: Annotated[list[int] | None, Parameter(negative=())] = None,
    optional: Annotated[list[int] | None, Parameter(negative=())] = None,
    exclude: Annotated[list[str] | None, Parameter(negative=())] = None,
    between: tuple[int, int] | None = None,
    exclusion: Literal["keep", "remove"] = "keep",
    hold: str | None = None,
    count: Literal["customers", "journeys", "totals"] = "customers",
    reentry: Literal["first", "optimised"] | None = None,
    ties: Literal["position", "steps"] = "position",
    by: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    trend: Literal["day", "week", "month"] | None = None,
    out: Path | None = None,
) -> int:
    """Say how many go from step to step, how soon, and where they are lost.

    The same numbers as `from funnel(...)` in the published file, whose sql/macros say what each
    word means to the last boundary. Shares are of entries whose window is over.

    Args:
        steps: Touchpoints, kinds or stages; "a|b" is either.
        project: The project folder.
        window: The longest time from the first step to the last, inclusive: 90m, 36h, 14d, 2w or
            none.
        order: ordered: anything may lie between; strict: nothing; any: in any order.
        step_window: The longest time from each step to the next, one for each step but the first.
        anchored: Any order: numbers of steps that keep their place.
        optional: Numbers of steps that may be left out.
        exclude: Touchpoints, kinds or stages that must not lie between.
        between: Only between these two steps.
        exclusion: keep what came before the exclusion, or remove the customer from the funnel.
        hold: What all events share: object_id or property:NAME.
        count: Customers or journeys once each; totals: every entry.
        reentry: The first entry, or the optimised: furthest, first there, entered last.
        ties: Events of one instant in their one order, or in that of the steps.
        by: A breakdown as of the entry: a column of events, property:NAME or attribute:NAME.
        since: Entries from here on (UTC).
        until: Entries before here (UTC).
        trend: By day, week or month of entry instead of by step.
        out: Write the numbers here, too: a .csv or .json file.
    """
    from pipeline import publish, words
    from pipeline.funnels import answer
    from pipeline.funnels.question import Question, days
    from pipeline.settings import load

    can_write(out)
    asked = Question(
        steps=steps,
        window_days=days(window),
        ordering=order,
        anchored=tuple(anchored or ()),
        optional_steps=tuple(optional or ()),
        step_days=tuple(days(one) for one in step_window or ()),
        excluded=tuple(exclude or ()),
        excluded_between=between,
        exclusion=exclusion,
        hold=hold,
        counting=count,
        reentry=reentry,
        ties=ties,
        breakdown=by,
        entered_from=since,
        entered_until=until,
    )
    with publish.connect(load(folder_of(project)).published) as con:
        if trend is None:
            found = answer.steps(con, asked)
            words.table(answer.shown_steps(found))
            compared = answer.shown_segments(found)
            if compared.height:
                words.lines(["", "each segment against all others:"])
                words.table(compared)
        else:
            found = answer.trend(con, asked, trend)
            words.table(answer.shown_trend(found))
    if out is not None:
        answer.write(found, out)
        words.lines([f"wrote {out}"])
    return 0


def paths(
    pattern: str,
    *,
    project: Project = None,
    examples: NotNegative = 3,
    sql: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Say how many journeys take a way, how they end, and show some.

    A pattern is steps with arrows between: "Visit site -> .* ->{<=2d} [Order placed|Ask sales]".

    Args:
        pattern: Names of touchpoints or stages; . any; [a|b] one of; [^a] any but; x* x+ x?
            x{2,4} repeats; .* a gap; -> the next; ->{<=2d} in time (< <= > >=; s m h d w); ^ the
            journey begins; $ it is over; (completed), (ended) or (open) it ends so.
        project: The project folder.
        examples: How many journeys to show.
        sql: Print the question as SQL over the published tables instead.
    """
    from pipeline import publish, words
    from pipeline.paths import matches, patterns
    from pipeline.settings import load

    with publish.connect(load(folder_of(project)).published) as con:
        if sql:
            asked = patterns.read(pattern, matches.names(con))
            words.lines([matches.statement(asked)])
            return 0
        found = matches.matches(con, pattern, example_count=examples)
    words.lines(matches.lines(found))
    if examples and not found.examples.is_empty():
        words.lines([""])
        words.table(found.examples)
    return 0


def what_if(  # noqa: PLR0913 - each is a word of the command line
    file: Path | None = None,
    /,
    *,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    share: float | None = None,
    grain: Literal["stage", "touchpoint"] | None = None,
    out: Path | None = None,
    project: Project = None,
) -> int:
    """Say how many more journeys would complete, were a transition more or less common.

    The other shares of the same stage or touchpoint are scaled in proportion. Reads the published
    file and changes nothing.

    Args:
        file: A TOML file of several changes: [[change]] sections with from, to and share. Else
            name one change with --from, --to and --share.
        from_: The stage or touchpoint left; `start` for where journeys begin.
        to: The one gone on to; `completed` or `ended` for an end.
        share: Of the settled visits, 0-1.
        grain: Where a name is both a stage's and a touchpoint's.
        out: Write the answer here, too, as JSON.
        project: The project folder.
    """
    import json

    from pipeline import publish, words
    from pipeline.graph import what_if as asked
    from pipeline.settings import load

    can_write(out)
    if file is not None and from_ is None and to is None and share is None:
        changes = asked.read(file)
    elif file is None and from_ is not None and to is not None and share is not None:
        changes = [asked.change(from_, to, share)]
    else:
        sys.stderr.write("wend: name a file of changes, or --from, --to and --share\n")
        return USAGE
    with publish.connect(load(folder_of(project)).published) as con:
        found = asked.answer(asked.published(con), changes, grain)
    words.lines(asked.lines(found))
    if out is not None:
        out.write_text(json.dumps(asked.as_json(found), indent=2) + "\n", encoding="utf-8")
        words.lines([f"wrote {out}"])
    return 0


def export(layout: Literal["xes", "ocel"], file: Path, *, project: Project = None) -> int:
    """Write the published journeys as an event log that process-mining tools read.

    Args:
        layout: xes (IEEE 1849), or ocel (OCEL 2.0 as JSON).
        file: Where to; compressed if its name ends in .gz.
        project: The project folder.
    """
    from pipeline import publish, words
    from pipeline.exports import ocel, xes
    from pipeline.settings import load

    can_write(file)
    with publish.connect(load(folder_of(project)).published) as con:
        if layout == "xes":
            made = xes.write(con, file)
            objects = counted(made.object_count, "journey")
            said = f"{counted(made.event_count, 'touchpoint')} of {objects}"
        else:
            made = ocel.write(con, file)
            objects = counted(made.object_count, "object")
            said = f"{counted(made.event_count, 'touchpoint')} and {objects}"
    words.lines([f"{file}: {said}"])
    return 0
