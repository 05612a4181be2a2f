"""Commands that point Wend at a company's logs."""

from pathlib import Path
from typing import Literal

from pipeline.commands.options import FAILED, Project, folder_of

Template = Literal["retail", "software", "telecom", "bank", "health"]


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


def check(*, project: Project = None) -> int:
    """Check the configuration and read each source without landing anything.

    Says what a run would land, what it would refuse and why, and which kinds no touchpoint takes.
    """
    from pipeline import rehearsal, words
    from pipeline.settings import clock, load

    found = rehearsal.rehearse(load(folder_of(project)), now=clock())
    words.lines(words.rehearsal(found))
    return FAILED if any(not problem.is_taken for problem in found.problems) else 0
