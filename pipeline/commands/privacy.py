"""Commands that take a person out, or leave them alone."""

import sys
from typing import Annotated

from cyclopts import Parameter

from pipeline.commands.options import CHECKS_FAILED, FAILED, USAGE, Project, folder_of


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
    settings = load(folder_of(project))
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

    settings = load(folder_of(project))
    change = requests.lift if lift else requests.suppress
    words.lines(change(settings, identifier, now=clock()))
    return 0
