"""What others said of a person, without the person's identifiers."""

import re
from collections.abc import Callable
from typing import Any

import orjson

from pipeline.privacy.texts import ERASED, parted

Reword = Callable[[str], str]


def reworded(text: str | None, names: re.Pattern[str]) -> str | None:
    """The text with [erased] for each name, whatever stands before and after it."""
    if text is None:
        return None
    # Two names may share the sign between them, which the first match takes with it.
    return names.sub(_replaced, names.sub(_replaced, text))


def named_in_path(path: str, names: re.Pattern[str]) -> bool:
    """Whether a file is named after the person."""
    return any(names.search(start) for start, _ in parted(path))


def reworded_path(path: str, names: re.Pattern[str]) -> str:
    """The path with [erased] for each name."""
    for start, ending in parted(path):
        if names.search(start):
            return f"{reworded(start, names)}{ending}"
    return path


def reworded_json(text: str | None, names: re.Pattern[str]) -> str | None:
    """JSON with [erased] for each name in its texts, and null for a number that is one."""
    if text is None or names.search(text) is None:
        return text
    told = _each(orjson.loads(text), names)
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()


def _each(value: Any, names: re.Pattern[str]) -> Any:
    """A JSON value, each text and number of it reworded."""
    if isinstance(value, str):
        return reworded(value, names)
    if isinstance(value, dict):
        return {reworded(name, names): _each(one, names) for name, one in value.items()}
    if isinstance(value, list):
        return [_each(one, names) for one in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return None if names.search(str(value)) else value
    return value


def _replaced(found: re.Match[str]) -> str:
    """[erased], between the signs that the expression took with the name."""
    whole = found[0]
    start, end = 0, len(whole)
    if re.match(r"\\[nrtbf]|%[0-9A-Fa-f]{2}", whole):
        start = 2 if whole[0] == "\\" else 3
    elif not (whole[0].isalnum() or whole[0] in "\"'"):
        start = 1
    if end > start and not whole[-1].isalnum():
        end -= 1
    return whole[:start] + ERASED + whole[end:]
