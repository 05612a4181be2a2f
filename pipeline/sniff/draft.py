"""A mapping while it is being drafted, and what a file's name says of its rows."""

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pipeline.sniff import columns
from pipeline.sniff.vocabulary import CONTAINERS


@dataclass(slots=True)
class Mapping:
    """A proposal for a table.

    Attributes:
        fields: Field of Columns -> column, or `=constant`.
        lacks: What cannot be told; with one of these there is no proposal.
    """

    fields: dict[str, str] = field(default_factory=dict)
    identifiers: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    properties: list[str] = field(default_factory=list)
    ignore: list[str] = field(default_factory=list)
    channel: str = "crm"
    time_format: str = "iso"
    time_zone: str | None = None
    doubts: list[str] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)


def noun_of(name: str) -> str:
    """What a file's rows are, by its name or else its folder's: `raw/calls/2026-01.csv` is call."""
    words = plain_words(name) or ["event"]
    if words[-1].endswith("s") and not words[-1].endswith("ss"):
        words[-1] = words[-1][:-1]
    return "_".join(words)


def plain_words(name: str) -> list[str]:
    """The words that a file is called by, or else its folder: no dates, hashes or `export`."""
    for part in reversed(PurePosixPath(name).parts):
        pieces = re.findall(r"[A-Za-z0-9]+", part.partition(".")[0])
        words = [word for piece in pieces if piece.isalpha() for word in columns.words_of(piece)]
        words = [word for word in words if len(word) > 2 and word not in CONTAINERS]
        if words:
            return words
    return []
