"""The cells of tables to values: texts, instants, scores, identifiers, words of a few."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing import clocks, money
from pipeline.landing.identifiers import is_damaged, normalise
from pipeline.landing.record import Feed, Identifier

# What exports call a kind of device; any other word is `other`.
DEVICES = {
    **dict.fromkeys(("desktop", "computer", "laptop", "pc"), "desktop"),
    **dict.fromkeys(("mobile", "phone", "smartphone"), "mobile"),
    "tablet": "tablet",
}
# Score kind -> the ends of its scale.
SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}


def texted(value: Any) -> str | None:
    """A cell's text, trimmed; None when it is empty."""
    if isinstance(value, str):
        return value.strip() or None
    if value is None:
        return None
    if isinstance(value, (dict, list)):
        raise BadRecord(f"a list or object where a single value is needed: {str(value)[:40]}")
    return str(value).strip() or None


@lru_cache(maxsize=10_000)
def kind_name(text: str) -> str:
    """A kind in Wend's spelling: `Call Answered` is call_answered."""
    return re.sub(r"\W+", "_", text).strip("_").lower() or text


def instant(value: Any, feed: Feed) -> clocks.Instant:
    """The instant of a cell in the source's declared layout.

    Raises:
        BadRecord: It is empty, or does not follow the layout.
    """
    if texted(value) is None:
        raise BadRecord("the time is empty")
    return clocks.declared(value, feed.source.time_format, feed.clock)


def one_of(name: str, value: str | None, allowed: tuple[str, ...]) -> str | None:
    """The value, when it is one of the allowed.

    Raises:
        BadRecord: It is another.
    """
    if value is None or value.lower() in allowed:
        return value and value.lower()
    raise BadRecord(f"{name} {value!r} is none of {', '.join(allowed)}")


def device_kind(text: str | None) -> str | None:
    """desktop, mobile or tablet, other for any other word; None where nothing is said."""
    return None if text is None else DEVICES.get(text.lower(), "other")


def score_kind(value: str | None) -> str:
    """nps, csat or ces.

    Raises:
        BadRecord: Another, or none.
    """
    found = one_of("score_kind", value, tuple(SCALES))
    if found is None:
        raise BadRecord("a score without score_kind")
    return found


def score(kind: str | None, text: str) -> float:
    """A score on the scale of its kind: nps 0 to 10, csat 1 to 5, ces 1 to 7.

    Raises:
        BadRecord: Not a number, or off the scale.
    """
    number = money.decimal(text)
    if number is None:
        raise BadRecord(f"not a score: {text[:40]!r}")
    low, high = SCALES[kind] if kind else (float("-inf"), float("inf"))
    if not low <= number <= high:
        raise BadRecord(f"{kind} {text[:40]} lies outside {low} to {high}")
    return float(number)


def identify(
    feed: Feed, given: Iterable[tuple[str, Any]], role: str
) -> tuple[tuple[Identifier, ...], list[str]]:
    """Handles in normal form, and the namespaces of those that have none.

    Raises:
        BadRecord: A spreadsheet has cut an id's digits off.
    """
    found, unreadable = [], []
    for namespace, value in given:
        text = texted(value)
        if text is None:
            continue
        if is_damaged(text):
            raise BadRecord(f"{namespace} {text} has lost its digits in a spreadsheet")
        normal = normalise(namespace, text, region=feed.company.phone_region)
        if normal is None:
            unreadable.append(namespace)
        else:
            found.append(Identifier(feed.namespace(namespace), normal, role))
    return tuple(dict.fromkeys(found)), sorted(unreadable)
