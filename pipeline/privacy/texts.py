"""Whether a text names somebody erased, when only keyed hashes of their names are left.

A name in a text is one or several words with what stands between them: an address is three words
and more, a cookie one or five. Words are compared in lower case. A value that is too short to be
told from a number or a word is not looked for in texts.
"""

import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import orjson

from pipeline.privacy.tombstones import Tombstones

ERASED = "[erased]"
WORD = re.compile(r"[^\W_]+")
NUMBER = re.compile(r"\+?\d(?:[ ().\u2013-]{0,3}\d){6,}")
# National numbers begin with other digits than the same ones written in full; these they share.
SHARED_DIGITS = 9
# A hash is told by its beginning: 64 bits, and what is left of one that was redacted as a number.
HASH_DIGITS = 16
HASH = re.compile(r"[0-9a-fA-F]+")
# A file may be called a.b.csv.gz.
MOST_ENDINGS = 4
# Further on the left or right, these belong to an address.
ADDRESS_BEFORE = re.compile(r"[\w.+-]$")
ADDRESS_AFTER = re.compile(r"^(?:[\w-]|\.\w)")


def is_searchable(value: str) -> bool:
    """Whether a value is long enough to mean its owner wherever it stands.

    Our choice: five characters with a letter among them, or eight of any kind.
    """
    core = "".join(WORD.findall(value))
    return len(core) >= (8 if core.isdigit() else 5)


def phrase(value: str) -> tuple[str, int]:
    """A value as it is looked for in texts, and how many words it has."""
    words = list(WORD.finditer(value))
    return value[words[0].start() : words[-1].end()].lower(), len(words)


def first_word(value: str) -> str:
    """The word with which a value begins."""
    return next(WORD.finditer(value))[0].lower()


def last_digits(number: str) -> str:
    """The last digits of a telephone number, which all its spellings share."""
    return re.sub(r"\D", "", number)[-SHARED_DIGITS:]


def readings(text: str) -> set[str]:
    """A text as it is written, and without the escapes of addresses, JSON and HTML."""
    plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    plain = re.sub(r"\\[nrtbf/\"]", " ", plain)
    return {text, plain, unquote(plain), html.unescape(plain), plain.replace("=40", "@")}


def names_erased(text: str, stones: Tombstones) -> bool:
    """Whether a text names somebody erased, in whatever spelling."""
    return any(True for reading in readings(text) for _ in spans(reading, stones))


def parted(path: str) -> Iterator[tuple[str, str]]:
    """A path and its endings, cut at ever more points: what it was named after may have some."""
    yield path, ""
    places = [found.start() for found in re.finditer(r"\.", path)]
    for place in reversed(places[-MOST_ENDINGS:]):
        yield path[:place], path[place:]


def path_names_erased(path: str, stones: Tombstones) -> bool:
    """Whether a file is named after somebody erased."""
    return any(names_erased(start, stones) for start, _ in parted(path))


def masked_path(path: str, stones: Tombstones) -> str:
    """The path with [erased] for each name of somebody erased."""
    for start, ending in parted(path):
        if names_erased(start, stones):
            return masked(start, stones) + ending
    return path


def masked(text: str, stones: Tombstones) -> str:
    """The text with [erased] for each name of somebody erased."""
    for start, end in sorted(spans(text, stones), reverse=True):
        text = text[:start] + ERASED + text[end:]
    return ERASED if names_erased(text, stones) else text


def masked_json(text: str | None, stones: Tombstones) -> str | None:
    """JSON with [erased] for each name of somebody erased, and null for a number that is one."""
    if text is None or not names_erased(text, stones):
        return text
    told = _each(orjson.loads(text), stones)
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()


def _each(value: Any, stones: Tombstones) -> Any:
    """A JSON value, each text and number of it masked."""
    if isinstance(value, str):
        return masked(value, stones)
    if isinstance(value, dict):
        return {masked(name, stones): _each(one, stones) for name, one in value.items()}
    if isinstance(value, list):
        return [_each(one, stones) for one in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return None if names_erased(str(value), stones) else value
    return value


def spans(text: str, stones: Tombstones) -> Iterator[tuple[int, int]]:
    """Where a text names somebody erased: start and end."""
    words = [found.span() for found in WORD.finditer(text)]
    for place, (start, stop) in enumerate(words):
        if stop - start >= HASH_DIGITS and HASH.fullmatch(text, start, stop):
            begun = text[start : start + HASH_DIGITS].lower()
            if stones.holds("hash", begun):
                yield start, stop
        for count in stones.word_counts:
            if place + count > len(words):
                break
            end = words[place + count - 1][1]
            name = text[start:end].lower()
            if stones.holds("text", name) and not _is_part(text, start, end):
                yield start, end
    for found in NUMBER.finditer(text):
        if stones.holds("digits", last_digits(found[0])):
            yield found.span()


def _is_part(text: str, start: int, end: int) -> bool:
    """Whether what looks like an address is only part of a longer one."""
    if "@" not in text[start:end]:
        return False
    before, after = text[max(0, start - 1) : start], text[end : end + 2]
    return bool(ADDRESS_BEFORE.search(before) or ADDRESS_AFTER.search(after))
