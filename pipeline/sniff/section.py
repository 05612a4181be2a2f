"""A section of wend.toml as text: its name, its path and its keys."""

import json
import re
import tomllib
from pathlib import PurePosixPath
from typing import Any

from pipeline.sniff.draft import plain_words


def source_name(name: str) -> str:
    """A section's name for a file: its own without dates, or else its folder's."""
    return "_".join(plain_words(name)) or "source"


def glob_of(name: str) -> str:
    """The path of a file and of those whose name differs only in its date: `calls-*.csv`."""
    path = PurePosixPath(name)
    stem, dot, endings = path.name.partition(".")
    if not plain_words(path.name):
        stem = "*"
    # A star of the name's own is no wildcard.
    escaped = re.sub(r"([\[*?])", r"[\1]", stem) if stem != "*" else stem
    dated = re.sub(r"\d[\dT_-]{2,}\d", "*", escaped)
    return (path.parent / f"{dated}{dot}{endings}").as_posix()


def toml(name: str, keys: dict[str, Any]) -> str:
    """A [sources.NAME] section; its keys in their order, tables after them.

    What comes back parses to what went in.
    """
    lines = [f"[sources.{name}]"]
    tables: dict[str, dict[str, Any]] = {}
    _write(lines, tables, f"sources.{name}", keys)
    while tables:
        title, table = next(iter(tables.items()))
        del tables[title]
        lines += ["", f"[{title}]"]
        _write(lines, tables, title, table)
    text = "\n".join(lines) + "\n"
    assert tomllib.loads(text)["sources"][name]
    return text


def _write(
    lines: list[str], tables: dict[str, dict[str, Any]], title: str, keys: dict[str, Any]
) -> None:
    """The lines of one table; the tables in it are left for later."""
    for key, value in keys.items():
        if isinstance(value, dict):
            if value:
                tables[f"{title}.{key}"] = value
        elif isinstance(value, list):
            if value:
                lines.append(f"{_key(key)} = [{', '.join(map(_text, value))}]")
        else:
            lines.append(f"{_key(key)} = {_text(value)}")


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _text(value: str) -> str:
    """A TOML string; JSON's is one, but for a DEL sign."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
