"""What several commands share: their options, their exit codes, and where they work."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from pipeline.errors import NoPlace

if TYPE_CHECKING:
    from cyclopts import ArgumentCollection

FAILED, USAGE, CHECKS_FAILED = 1, 2, 3

Project = Annotated[
    Path | None,
    Parameter(help="The project folder; else the nearest wend.toml at or above here."),
]
AtLeastOne = Annotated[int, Parameter(validator=validators.Number(gte=1))]
NotNegative = Annotated[int, Parameter(validator=validators.Number(gte=0))]


def one_of(options: "ArgumentCollection") -> None:
    """Refuse all but one of the options of a group.

    Raises:
        ValueError: None is given, or several are.
    """
    if len(options.filter_by(value_set=True)) != 1:
        raise ValueError(f"Give one of {', '.join(option.name for option in options)}.")


def folder_of(project: Path | None) -> Path:
    """The project that is meant.

    Raises:
        BadSettings: There is none at or above.
    """
    from pipeline.settings import find_project

    return find_project(project or Path.cwd())


def in_utc(instant: datetime) -> datetime:
    """An instant as it was given; UTC unless it names a zone."""
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def can_write(out: Path | None) -> None:
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
