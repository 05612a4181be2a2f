"""The `wend` command line: nothing but parsing, calling and saying what came of it.

Exit codes: 0 done, 1 failed, 2 usage, 3 finished with failed checks.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, CycloptsError, Group, Parameter, validators

from pipeline.counted import counted
from pipeline.errors import NoPlace, WendError, sentence

if TYPE_CHECKING:
    from cyclopts import ArgumentCollection

    from pipeline.settings import Settings

FAILED, USAGE, CHECKS_FAILED = 1, 2, 3

app = App(
    name="wend",
    help="Raw chat, email, web and CRM logs in; customers, journeys, drop-offs and risk out.",
    help_format="markdown",
    version_flags=["--version"],
)

Project = Annotated[
    Path | None,
    Parameter(help="The project folder; else the nearest wend.toml at or above here."),
]
AtLeastOne = Annotated[int, Parameter(validator=validators.Number(gte=1))]
NotNegative = Annotated[int, Parameter(validator=validators.Number(gte=0))]


def _one_of(options: "ArgumentCollection") -> None:
    """Refuse all but one of the options of a group.

    Raises:
        ValueError: None is given, or several are.
    """
    if len(options.filter_by(value_set=True)) != 1:
        raise ValueError(f"Give one of {', '.join(option.name for option in options)}.")


ASKED = Group("What is asked", validator=_one_of)
MATCHING = Group("What is to be done", validator=_one_of)
Template = Literal["retail", "software", "telecom", "bank", "health"]
Step = Literal[
    "land",
    "stitch",
    "order",
    "restate",
    "models",
    "graph",
    "learned",
    "causes",
    "changes",
    "churn",
    "checks",
    "publish",
    "pages",
]


def _folder(project: Path | None) -> Path:
    from pipeline.settings import find_project

    return find_project(project or Path.cwd())


def _can_write(out: Path | None) -> None:
    """Refuse a place for an answer before there is one.

    Raises:
        NoPlace: It lies in no folder, or is one.
    """
    if out is None:
        return
    if out.is_dir():
        raise NoPlace(f"{out}: is a folder; name a file in it")
    if not out.parent.is_dir():
        raise NoPlace(f"{out}: there is no folder {out.parent}; make it, or name another place")


@app.command
def init(
    folder: Path = Path(),
    *,
    template: Template = "retail",
) -> int:
    """Write wend.toml and the catalogue of stages and touchpoints into FOLDER.

    Args:
        folder: Where the project shall be; made where it does not exist.
        template: The kind of company to begin from.
    """
    from pipeline import words
    from pipeline.catalogue import templates

    written = templates.init(folder, template)
    words.lines([f"wrote {path}" for path in written])
    words.lines(["next: name your log files in wend.toml, then `wend check` and `wend run`"])
    return 0


@app.command
def run(
    *,
    project: Project = None,
    as_of: datetime | None = None,
    from_: Annotated[Step | None, Parameter(name="--from")] = None,
) -> int:
    """Do the main job: land what is new, then build, check and publish everything.

    Args:
        project: The project folder.
        as_of: The instant the reports speak about (UTC unless it names a zone); else the newest
            record's.
        from_: Take the last run up again from this step.
    """
    from pipeline.settings import clock, load

    settings = load(_folder(project))
    from pipeline import run as job
    from pipeline import words

    moment = None if as_of is None else as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)
    with words.progress() as listener:
        result = job.run(settings, now=clock(), as_of=moment, first=from_, listener=listener)
    words.lines(words.summary(result))
    return CHECKS_FAILED if result.failed_checks or result.is_short else 0


@app.command
def status(*, project: Project = None) -> int:
    """Say what is landed, what is published and how fresh each source is."""
    from pipeline import words
    from pipeline.settings import clock, load

    words.lines(words.status(load(_folder(project)), clock()))
    return 0


@app.command
def check(*, project: Project = None) -> int:
    """Check the configuration and read each source without landing anything.

    Says what a run would land, what it would refuse and why, and which kinds no touchpoint takes.
    """
    from pipeline import rehearsal, words
    from pipeline.settings import clock, load

    found = rehearsal.rehearse(load(_folder(project)), now=clock())
    words.lines(words.rehearsal(found))
    return FAILED if any(not problem.is_taken for problem in found.problems) else 0


@app.command
def sniff(file: Path, *, project: Project = None) -> int:
    """Say what FILE is: propose its section of wend.toml, and what is unsure of it.

    Ends with 1 where it cannot tell. Values of the file are not shown.

    Args:
        file: A log or export, compressed or not.
        project: The project folder; its company says how national telephone numbers are read.
    """
    from pipeline import words
    from pipeline.settings import clock
    from pipeline.sniff import proposal

    found = proposal.of_file(file, project, now=clock())
    words.lines(words.proposal(found))
    return 0 if found.section is not None else FAILED


@app.command
def formats(name: str | None = None, /) -> int:
    """List the formats that wend reads, with their channel and whom their records name.

    Args:
        name: Tell all of this format alone: the export's version, the fields used and left out,
            identifiers, clock.
    """
    from pipeline import words
    from pipeline.landing import described

    if name is None:
        words.table(described.listed())
    else:
        words.lines([described.account(name)])
    return 0


@app.command
def query(sql: str, *, project: Project = None, limit: NotNegative = 50) -> int:
    """Ask the published file a question in SQL.

    Args:
        sql: One SELECT over the published tables; no other file can be read or written.
        project: The project folder.
        limit: How many rows to print.
    """
    from pipeline import publish, words
    from pipeline.settings import load

    con = publish.connect(load(_folder(project)).published)
    try:
        words.table(publish.ask(con, sql, limit=limit))
    finally:
        con.close()
    return 0


@app.command
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

    with publish.connect(load(_folder(project)).published) as con:
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


@app.command
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

    _can_write(out)
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
    with publish.connect(load(_folder(project)).published) as con:
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


@app.command
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

    _can_write(file)
    with publish.connect(load(_folder(project)).published) as con:
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


@app.command
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

    _can_write(out)
    if file is not None and from_ is None and to is None and share is None:
        changes = asked.read(file)
    elif file is None and from_ is not None and to is not None and share is not None:
        changes = [asked.change(from_, to, share)]
    else:
        sys.stderr.write("wend: name a file of changes, or --from, --to and --share\n")
        return USAGE
    with publish.connect(load(_folder(project)).published) as con:
        found = asked.answer(asked.published(con), changes, grain)
    words.lines(asked.lines(found))
    if out is not None:
        out.write_text(json.dumps(asked.as_json(found), indent=2) + "\n", encoding="utf-8")
        words.lines([f"wrote {out}"])
    return 0


@app.command
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

    settings = load(_folder(project))
    words.lines(explaining.published(settings, identifier, other))
    return 0


def _identity_as_of(settings: "Settings", as_of: datetime, out: Path | None) -> int:
    """Write the identity tables of a past instant, and say how many customers it had."""
    from pipeline import words
    from pipeline.identity import as_of as past

    if out is None:
        sys.stderr.write("wend: --as-of writes files: name their folder with --out\n")
        return USAGE
    instant = as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)
    stitched = past.write(settings, instant, out)
    said = (
        f"{counted(stitched.identifier_count, 'identifier')}, "
        f"{counted(stitched.link_count, 'link')}, "
        f"{counted(stitched.customer_count, 'customer')} known at {instant.isoformat()}"
    )
    words.lines([said, f"wrote {out}"])
    return 0


@app.command
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

    settings = load(_folder(project))
    if as_of is not None:
        return _identity_as_of(settings, as_of, out)
    _can_write(out)
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


@app.command
def erase(  # noqa: PLR0913 - each is a word of the command line
    *identifiers: str,
    project: Project = None,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    alone: Annotated[bool, Parameter(negative=())] = False,
    yes: Annotated[bool, Parameter(negative=())] = False,
    verify: Annotated[bool, Parameter(negative=())] = False,
    resume: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Erase the person of an identifier from everything that Wend keeps.

    Asks first, where there is a terminal to answer at; elsewhere --yes or --dry-run is needed.
    Ends with 1 where something of the person is left, and with 3 where a check fails in what is
    published anew.

    Args:
        identifiers: E-mail addresses, phone numbers or ids, in any spelling; or namespace:value.
        project: The project folder.
        dry_run: Say what would go, and change nothing.
        alone: Only these identifiers and what names them, not all others of the customer.
        yes: Do not ask first.
        verify: Search every byte of the project's data for these identifiers instead.
        resume: Finish an erasure that was interrupted.
    """
    from pipeline import words
    from pipeline.privacy import requests
    from pipeline.settings import clock, load

    is_asking = not (yes or dry_run or verify or resume)
    if is_asking and not sys.stdin.isatty():
        sys.stderr.write(
            "wend: nobody is there to ask: give --yes to erase, or --dry-run to look\n"
        )
        return USAGE
    settings = load(_folder(project))
    if verify:
        found = requests.verify(settings, identifiers)
        words.lines(found.lines)
        return FAILED if found.is_found else 0
    if resume:
        with words.progress() as listener:
            done = requests.resume(settings, listener=listener)
    else:
        said = requests.rehearse(settings, identifiers, alone=alone, now=clock())
        words.lines(said.lines)
        if dry_run:
            return 0
        if is_asking and input("erase? [y/N] ").strip().lower() != "y":
            words.lines(["nothing was erased"])
            return 0
        with words.progress() as listener:
            done = requests.erase(settings, said.person, now=clock(), listener=listener)
    words.lines(done.lines)
    if done.erased.left:
        return FAILED
    return CHECKS_FAILED if done.erased.failed_checks else 0


@app.command
def suppress(
    identifier: str,
    *,
    project: Project = None,
    lift: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Stop processing of a person's data, and keep it; the next run holds to it.

    Args:
        identifier: An e-mail address, phone number or id; or namespace:value.
        project: The project folder.
        lift: Let processing go on again.
    """
    from pipeline import words
    from pipeline.privacy import requests
    from pipeline.settings import clock, load

    settings = load(_folder(project))
    change = requests.lift if lift else requests.suppress
    words.lines(change(settings, identifier, now=clock()))
    return 0


@app.command
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

    found = suggestions.published(load(_folder(project)), limit=limit)
    if found.values.is_empty():
        words.lines(["no value looks like nobody's"])
        return 0
    words.table(found.values)
    words.lines(["", "to block them, in place of what [identity] says:", "", *found.toml])
    return 0


@app.command(name="match")
def match_(
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

    settings = load(_folder(project))
    if train:
        nightly.forget(settings)
        words.lines(["the model is forgotten; the next run learns another"])
    elif take is not None:
        count = nightly.take(settings, take, decided_by=by, on=clock().date())
        added = f"{counted(count, 'decision')} added to identity_links.csv"
        words.lines([f"{added}; the next run holds to {'it' if count == 1 else 'them'}"])
    return 0


@app.command
def simulate(
    *,
    out: Path,
    customers: AtLeastOne = 4_000,
    days: AtLeastOne = 180,
    seed: NotNegative = 1,
) -> int:
    """Write an invented company's raw logs, with the truth beside them.

    Args:
        out: A new folder; it becomes a project that `wend run` can take.
        customers: How many persons.
        days: How many days of logs.
        seed: The same seed gives the same bytes.
    """
    from pipeline import words
    from pipeline.simulate import company, plan

    if out.exists() and any(out.iterdir()):
        raise NoPlace(f"{out}: holds other files; name a new folder with --out")
    company.simulate(out, plan.usual(customers, days), seed=seed)
    words.lines([f"wrote {out}; next: wend run --project {out}"])
    return 0


@app.command
def demo(
    *,
    out: Path = Path("data/demo"),
    customers: AtLeastOne = 4_000,
    days: AtLeastOne = 180,
) -> int:
    """Simulate a company, run the main job on it and say where to look.

    Args:
        out: The demo's project folder; an earlier demo there is replaced.
        customers: How many persons.
        days: How many days of logs.
    """
    from pipeline import demo as invented

    invented.make(out, customers=customers, days=days)
    return run(project=out)


@app.command
def schedule(*, project: Project = None, cron: str = "0 2 * * *") -> int:
    """Serve the nightly run on a Prefect server by cron, until stopped.

    Args:
        project: The project folder.
        cron: When to run, in the company's time zone.
    """
    from flows import nightly
    from pipeline.settings import load

    nightly.serve(load(_folder(project)), cron=cron)
    return 0


def main() -> None:
    """Run the command line; what is refused, by Wend or the machine, is a sentence and code 1."""
    try:
        code = app(
            sys.argv[1:], result_action="return_value", exit_on_error=False, print_error=True
        )
    except CycloptsError:
        sys.exit(USAGE)
    except WendError as error:
        sys.stderr.write(f"wend: {error}\n")
        sys.exit(FAILED)
    except OSError as error:
        sys.stderr.write(f"wend: {sentence(error)}\n")
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.stderr.write("wend: stopped; the published snapshot is untouched\n")
        sys.exit(FAILED)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
