"""wend.toml to Settings; what is wrong in it by file, line and key."""

import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from pipeline.errors import BadSettings, NoProject
from pipeline.settings.identity import Identity
from pipeline.settings.project import Settings
from pipeline.settings.section import Section

FILE_NAME = "wend.toml"
_AnySection = TypeVar("_AnySection", bound=Section)


class _PolicyFile(Section):
    """A policy on its own."""

    identity: Identity


def find_project(start: Path) -> Path:
    """The nearest folder at or above `start` that holds a wend.toml.

    Raises:
        NoProject: There is none.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder
    raise NoProject(
        f"{start}: no {FILE_NAME} here or above; run `wend init` to make one, "
        "or name the folder with --project"
    )


def load(folder: Path) -> Settings:
    """The settings of the project in `folder`.

    Raises:
        NoProject: No wend.toml there.
        BadSettings: Not TOML, an unknown key, or a value out of range; names file and line.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise NoProject(f"{path}: no such file; run `wend init` to make one")
    return _read(path, Settings, folder=folder.resolve())


def load_identity(path: Path) -> Identity:
    """The policy in a TOML file that holds an [identity] section and nothing else.

    Raises:
        BadSettings: No such file, not TOML, an unknown key, or a value out of range; names file
            and line.
    """
    if not path.is_file():
        raise BadSettings(f"{path}: no such file; write the [identity] section to try into it")
    return _read(path, _PolicyFile).identity


def _read(path: Path, section: type[_AnySection], **given: Path) -> _AnySection:
    """The content of a TOML file, checked; `given` comes from elsewhere."""
    text = path.read_text(encoding="utf-8")
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{path}: not valid TOML: {error}") from error
    try:
        return section.model_validate({**content, **given})
    except ValidationError as error:
        lines = _lines(text)
        raise BadSettings(
            "\n".join(_sentence(path, lines, fault) for fault in error.errors())
        ) from error


def _lines(text: str) -> dict[tuple[str, ...], int]:
    """The line of every section and key, for messages."""
    section: tuple[str, ...] = ()
    found: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if match := re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line):
            section = tuple(part.strip(" \"'") for part in match[1].split("."))
            found.setdefault(section, number)
        elif match := re.match(r"\s*[\"']?([\w.-]+)[\"']?\s*=", line):
            found.setdefault((*section, *match[1].split(".")), number)
    return found


def _sentence(path: Path, lines: dict[tuple[str, ...], int], fault: Any) -> str:
    """One fault of the configuration as file:line: key: what to do."""
    where = tuple(str(part) for part in fault["loc"])
    line = next((lines[where[:n]] for n in range(len(where), 0, -1) if where[:n] in lines), 1)
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        message = "unknown key; check its spelling or take it out"
    if fault["type"] == "missing":
        message = "is missing; add it"
    if fault["type"] == "literal_error":
        message = f"{message}, not {fault['input']!r}"
    if where[:1] == ("sources",):
        message = message.replace("sources.NAME", ".".join(where[:2]))
    return f"{path}:{line}: {'.'.join(where)}: {message}"
