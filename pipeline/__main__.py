"""The `wend` command line: nothing but parsing, calling and saying what came of it.

Exit codes: 0 done, 1 failed, 2 usage, 3 finished with failed checks.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, CycloptsError, Parameter

from pipeline.errors import WendError

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
Template = Literal["retail", "software", "telecom", "bank", "health"]
Step = Literal["land", "stitch", "order", "models", "graph", "churn", "checks", "publish", "pages"]


def _folder(project: Path | None) -> Path:
    from pipeline.settings import find_project

    return find_project(project or Path.cwd())


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
    return CHECKS_FAILED if result.failed_checks else 0


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
def query(sql: str, *, project: Project = None, limit: int = 50) -> int:
    """Ask the published file a question in SQL.

    Args:
        sql: A SELECT over the published tables.
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
def explain(identifier: str, *, project: Project = None) -> int:
    """Say why the records of IDENTIFIER are one customer.

    Args:
        identifier: An e-mail address, phone number or id; or namespace:value.
        project: The project folder.
    """
    from pipeline import words
    from pipeline.identity import explain as explaining
    from pipeline.settings import load

    settings = load(_folder(project))
    words.lines(explaining.published(settings, identifier))
    return 0


@app.command
def simulate(
    *,
    out: Path,
    customers: int = 4_000,
    days: int = 180,
    seed: int = 1,
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

    company.simulate(out, plan.usual(customers, days), seed=seed)
    words.lines([f"wrote {out}; next: wend run --project {out}"])
    return 0


@app.command
def demo(*, out: Path = Path("data/demo"), customers: int = 4_000, days: int = 180) -> int:
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
    """Run the command line; a WendError becomes a sentence and exit code 1."""
    try:
        code = app(result_action="return_value", exit_on_error=False, print_error=True)
    except CycloptsError:
        sys.exit(USAGE)
    except WendError as error:
        sys.stderr.write(f"wend: {error}\n")
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.stderr.write("wend: stopped; the published snapshot is untouched\n")
        sys.exit(FAILED)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
