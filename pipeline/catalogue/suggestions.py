"""What to do about kinds that no touchpoint takes, in words.

Rule: a touchpoint is suggested by the words it shares with the kind, the rarest first; what is no
meeting may stay unmapped, and its suggestion ends in these words.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

WORD = re.compile(r"[a-z0-9]+")
NO_MEETING = {
    "a record about a customer, no meeting": (
        "account_joined",
        "association_recorded",
        "contact_created",
        "contact_updated",
        "customer_identified",
        "deal_created",
        "identity_merged",
        "lead_converted",
        "lead_created",
        "lead_updated",
        "lifecycle_stage_changed",
    ),
    "part of a conversation whose start is a touchpoint": (
        "chat_ended",
        "chat_message_sent",
        "conversation_closed",
        "conversation_message_sent",
        "conversation_noted",
    ),
    "a report on delivery": (
        "email_bounced",
        "email_deferred",
        "email_opened",
        "email_rejected",
    ),
}
MAY_STAY = {
    kind: f"{reason}: may stay unmapped" for reason, kinds in NO_MEETING.items() for kind in kinds
}


def suggestions(
    unmapped: pl.DataFrame, touchpoints: pl.DataFrame, patterns: pl.DataFrame
) -> pl.DataFrame:
    """What to do about each kind that no touchpoint names, in words.

    Args:
        unmapped: Columns `channel`, `kind` and `label` (or `label_example`), and any others.
        touchpoints: TOUCHPOINTS.
        patterns: TOUCHPOINT_PATTERNS.

    Returns:
        The rows of `unmapped` in their order, with `suggestion`: that it may stay unmapped; or
        the touchpoint whose name or patterns share the rarest words with the kind and its label;
        else a new touchpoint.
    """
    label = "label" if "label" in unmapped.columns else "label_example"
    vocabulary = _vocabulary(touchpoints, patterns)
    found = [
        _suggestion(channel, kind, about, vocabulary)
        for channel, kind, about in unmapped.select("channel", "kind", label).iter_rows()
    ]
    return unmapped.with_columns(suggestion=pl.Series(found, dtype=pl.String))


class _Known(NamedTuple):
    """A touchpoint by the words of its name and of its patterns."""

    touchpoint: str
    channel: str | None
    kinds: frozenset[str]
    words: frozenset[str]


def _words(text: str | None) -> frozenset[str]:
    """The words of a text, without plural endings; what two letters say is too little."""
    return frozenset(
        word.removesuffix("s") for word in WORD.findall((text or "").casefold()) if len(word) > 2
    )


def _vocabulary(touchpoints: pl.DataFrame, patterns: pl.DataFrame) -> list[_Known]:
    """Every touchpoint with its words, in the catalogue's order."""
    said: dict[str, set[str]] = {}
    kinds: dict[str, set[str]] = {}
    for touchpoint, kind, like in patterns.select("touchpoint", "kind", "label_like").iter_rows():
        said.setdefault(touchpoint, set()).update(_words(f"{kind} {like or ''}"))
        kinds.setdefault(touchpoint, set()).add(kind)
    return [
        _Known(
            touchpoint,
            channel,
            frozenset(kinds.get(touchpoint, ())),
            _words(touchpoint) | frozenset(said.get(touchpoint, ())),
        )
        for touchpoint, channel in touchpoints.sort("position")
        .select("touchpoint", "channel")
        .iter_rows()
    ]


def _suggestion(
    channel: str | None, kind: str, label: str | None, vocabulary: Sequence[_Known]
) -> str:
    """What to do about one kind and label."""
    if kind in MAY_STAY:
        return MAY_STAY[kind]
    # Many kinds share a verb (email_delivered), so the label decides where there is one.
    words = _words(label) or _words(kind)
    pattern = _pattern(kind, label)

    def nearness(known: _Known) -> tuple[float, bool, bool]:
        # A word that many touchpoints share (page, viewed, email) says little about any.
        weight = sum(
            1 / sum(word in other.words for other in vocabulary) for word in words & known.words
        )
        return weight, kind in known.kinds, channel == known.channel

    # A touchpoint of another channel would not take it, whatever its words are.
    possible = [known for known in vocabulary if not known.channel or known.channel == channel]
    # max() keeps the first of equals, which is the catalogue's order.
    best = max(possible, key=nearness, default=None)
    # Half: a word that at most two touchpoints have. Our choice.
    if best is None or nearness(best)[0] < 0.5:
        return f"add a touchpoint: {pattern}"
    return f"add to {best.touchpoint!r}: {pattern}"


def _pattern(kind: str, label: str | None) -> str:
    """The pattern that would take this kind and its label, and what lies below its path."""
    if not label:
        return kind
    if not label.startswith("/"):
        return f"{kind} {label.replace(';', '*').strip()}"
    first = re.split(r"[/?#;]", label[1:], maxsplit=1)[0]
    return f"{kind} /{first}*" if first else f"{kind} /"
