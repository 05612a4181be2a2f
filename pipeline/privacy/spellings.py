"""How the identifiers of one person may be written in a text: one regular expression for all.

Rule: an expression that two engines take: Python's and RE2, which knows no look-around.
"""

import re
from collections.abc import Iterable
from urllib.parse import quote

import orjson

from pipeline.privacy.hashed import REST
from pipeline.privacy.texts import SHARED_DIGITS, is_searchable, last_digits

GAP = r"[ ().\x{2013}-]{0,3}"
# An escape of an address or of JSON ends in a letter that belongs to no word.
BEFORE = r"(?:^|[^A-Za-z0-9]|%[0-9A-Fa-f]{2}|\\[nrtbf])"
BEFORE_ADDRESS = r"(?:^|[^A-Za-z0-9_.+-]|%[0-9A-Fa-f]{2}|\\[nrtbf])"
AFTER = r"(?:$|[^A-Za-z0-9])"
AFTER_ADDRESS = r"(?:$|[^A-Za-z0-9_.-]|[.](?:$|[^A-Za-z0-9]))"
SIGNS = ("@", "%40", "&#64;", "&commat;", r"\u0040", "=40")


def pattern(identifiers: Iterable[tuple[str, str]], hashes: Iterable[str] = ()) -> str:
    """An expression that finds any of these identifiers, to be used without regard to case.

    Args:
        identifiers: Namespace and value in normal form.
        hashes: How hashes begin that stand for one.
    """
    parts: list[str] = []
    for namespace, value in sorted(set(identifiers)):
        said = f"{namespace}:{value}"
        pair = orjson.dumps([namespace, value]).decode()[1:-1]
        parts += [_between(BEFORE, [said], AFTER), re.escape(pair)]
        if not is_searchable(value):
            continue
        if "@" in value:
            name, _, domain = value.rpartition("@")
            spelled = [f"{name}{sign}{domain}" for sign in SIGNS]
            parts.append(_between(BEFORE_ADDRESS, [*spelled, quote(value, safe="")], AFTER_ADDRESS))
        elif namespace == "phone" and len(last_digits(value)) == SHARED_DIGITS:
            digits = GAP.join(last_digits(value))
            parts.append(f"{digits}(?:$|[^0-9])")
        else:
            spelled = [value, quote(value, safe=""), orjson.dumps(value).decode()[1:-1]]
            parts.append(_between(BEFORE, spelled, AFTER))
    parts += [f"{_literal(start)}{REST}" for start in sorted(hashes)]
    return "|".join(f"(?:{part})" for part in parts)


def _between(before: str, spelled: Iterable[str], after: str) -> str:
    """Any of the spellings, where it is no part of something longer."""
    return f"{before}(?:{'|'.join(map(_literal, sorted(set(spelled))))}){after}"


def _literal(text: str) -> str:
    """A text that means itself in both engines."""
    return re.sub(r"[^\w]", lambda found: _escaped(found[0]), text)


def _escaped(sign: str) -> str:
    return f"\\{sign}" if sign.isascii() else sign


def for_python(expression: str) -> re.Pattern[str]:
    """The expression, compiled for texts that are in memory."""
    return re.compile(expression.replace(r"\x{2013}", "\u2013"), re.IGNORECASE)


def for_bytes(expression: str) -> re.Pattern[bytes]:
    """The expression, compiled for the bytes of files in UTF-8 and its kin."""
    written = expression.replace(r"[ ().\x{2013}-]", r"(?:[ ().-]|\xe2\x80\x93)")
    return re.compile(written.encode(), re.IGNORECASE)


def for_latin(expression: str) -> str:
    """The expression for bytes in UTF-8 and its kin, each byte of them read as one character."""
    written = expression.encode().decode("latin-1")
    return written.replace(r"[ ().\x{2013}-]", r"(?:[ ().-]|\x{e2}\x{80}\x{93})")
