"""Events of the company's own that a mail platform keeps beside those of its mails."""

import re
from collections.abc import Mapping
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing.clocks import Instant
from pipeline.landing.record import Event, Feed, Identifier

WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def own_event(
    number: int, word: str, occurred: Instant, who: tuple[Identifier, ...], feed: Feed
) -> Event:
    """A thing that a customer did, by the name that the company gave it: web, unless configured.

    `Placed Order` and `placedOrder` are both the kind `placed_order`.

    Raises:
        BadRecord: The name has no letters, or the record names nobody.
    """
    kind = "_".join(WORDS.findall(word)).lower()
    if not kind:
        raise BadRecord(f"unknown event: {word[:40]!r}")
    if not who:
        raise BadRecord("no customer")
    return Event(
        record_number=number,
        own_id=None,
        channel=feed.source.channel or "web",
        kind=kind,
        kind_raw=word,
        occurred=occurred,
        identifiers=tuple(person._replace(role="actor") for person in who),
    )


def plain(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties that are a number, a flag or a short text, which no nested document is."""
    return {
        name: value
        for name, value in properties.items()
        if isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= 200)
    }
