"""What the parts of an Intercom conversation are: who speaks in them, and what they tell."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing.chat.parties import inside
from pipeline.landing.record import Event

# author.type -> who acts
ACTORS = {
    "user": "customer",
    "lead": "customer",
    "contact": "customer",
    "visitor": "customer",
    "admin": "agent",
    "team": "agent",
    "bot": "bot",
}


def actor_of(author_type: object) -> str:
    """Who acts, by the type of an author.

    Raises:
        BadRecord: A type that is not known.
    """
    actor = ACTORS.get(str(author_type))
    if actor is None:
        raise BadRecord(f"unknown type of author: {str(author_type)[:40]!r}")
    return actor


def tells(part: Mapping[str, Any]) -> bool:
    """Whether a part is more than a note of what the inbox did."""
    is_told = str(part.get("part_type")).startswith(("comment", "close", "note"))
    return is_told or bool(part.get("body"))


def as_part(event: Event) -> Event:
    """The event as what a part of its `kind_raw` is: with a text a message, unless it says more."""
    if event.kind_raw.startswith("note"):
        return replace(inside(event), kind="conversation_noted")
    if event.kind_raw.startswith("close"):
        return replace(event if event.text else inside(event), kind="conversation_closed")
    return replace(event, kind="conversation_message_sent")
